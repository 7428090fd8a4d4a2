/* late.h: libraries that a process loads when it first calls them, and not when it starts.
 *
 * A library that the program is linked with is mapped, relocated and initialised in every process,
 * with all that stands behind it (libical: ICU and libstdc++), although most runs send no mail, ask
 * no PostgreSQL and know no recurring review. docs/decisions says which are late and what it costs.
 *
 * One header for each library includes the library's own, says by what names the library is found
 * and then, for each function that we call, one line:
 *
 *     #define zip_fdopen LATE(libzip, zip_fdopen)
 *
 * so callers read as if it were linked, and types are checked as ever. Who calls a function that
 * has no such line is told by the linker. Cost: one load and one test a call; the first of each
 * place in the source looks the name up. From any thread. */
#pragma once

#include <glib.h>

/* Names in the order in which they are tried, up to a NULL: those of the ABI that our headers
 * describe, as the linker would have recorded them. */
typedef struct LateLibrary {
    const char *names[3];
} LateLibrary;

/* Never NULL: a library that is not there, or not what its name says, ends the process with a
 * sentence, as the dynamic linker does at the start for those that are linked. */
void *late_function(const LateLibrary *library, const char *name);

#define LATE(library, function)                                                                    \
    (*__extension__({                                                                              \
        static __typeof__(function) *loaded;                                                       \
        if (__atomic_load_n(&loaded, __ATOMIC_ACQUIRE) == NULL)                                    \
            __atomic_store_n(&loaded, late_function(&(library), #function), __ATOMIC_RELEASE);     \
        loaded;                                                                                    \
    }))
