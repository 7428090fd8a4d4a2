/* assets.h: style sheets and scripts, of a fixed list, embedded in the program. Their names hold a
 * hash of what is in them, so browsers may keep them for ever. */
#pragma once

#include <glib.h>
#include <jansson.h>

typedef struct Assets Assets;

typedef struct Asset {
    char *path;       /* "/assets/style.0f3a….css" */
    const char *name; /* "style.css" */
    const char *content_type;
    GBytes *bytes;
    void *response; /* of the server: made once */
} Asset;

Assets *assets_new(void);
void assets_free(Assets *assets); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Assets, assets_free)

Asset *assets_find(const Assets *assets, const char *path); /* exactly; NULL = none */
Asset *assets_at(const Assets *assets, size_t index);       /* NULL after the last */
/* {"style_href": "/assets/style.….css", …}: for templates. Owned by the assets. */
json_t *assets_paths(const Assets *assets);
