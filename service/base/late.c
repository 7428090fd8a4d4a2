#include <rightful/late.h>

#include <dlfcn.h>

/* Opened again for every function, which costs next to nothing once it is mapped; never closed. */
static void *open_library(const LateLibrary *library)
{
    void *handle = NULL;

    for (size_t i = 0; handle == NULL && library->names[i] != NULL; i++)
        handle = dlopen(library->names[i], RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        g_error("%s cannot be loaded: %s. Install the package it belongs to", library->names[0],
                dlerror());
    return handle;
}

void *late_function(const LateLibrary *library, const char *name)
{
    void *function = dlsym(open_library(library), name);

    if (function == NULL)
        g_error("%s is not the library that rightful was built for: %s", library->names[0],
                dlerror());
    return function;
}
