#include "web/assets.h"

#include "base/digest.h"
#include "web_resource.h"

#include <gio/gio.h>
#include <stdint.h>
#include <string.h>

static const struct {
    const char *name, *content_type;
} files[] = {
    {"style.css", "text/css; charset=utf-8"},
    {"icon.svg", "image/svg+xml"},
    {"page.js", "text/javascript; charset=utf-8"},
    {"review.js", "text/javascript; charset=utf-8"},
};

struct Assets {
    Asset list[G_N_ELEMENTS(files)];
    json_t *paths;
};

/* "style.css" → "/assets/style.0123456789abcdef.css" */
static char *path_of(const char *name, GBytes *bytes)
{
    size_t size;
    const void *data = g_bytes_get_data(bytes, &size);
    g_autofree char *digest = digest_text(data, size);
    const char *dot = strrchr(name, '.');

    return g_strdup_printf("/assets/%.*s.%.16s%s", (int)(dot - name), name,
                           digest + strlen("sha256:"), dot);
}

/* "style.css" → "style_href" */
static char *key_of(const char *name)
{
    g_autofree char *stem = g_strndup(name, strcspn(name, "."));

    return g_strconcat(g_strdelimit(stem, "-", '_'), "_href", NULL);
}

Assets *assets_new(void)
{
    Assets *assets = g_new0(Assets, 1);

    assets->paths = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *from = g_strconcat("/rightful/web/assets/", files[i].name, NULL);
        g_autofree char *key = key_of(files[i].name);
        Asset *asset = &assets->list[i];

        asset->name = files[i].name;
        asset->content_type = files[i].content_type;
        asset->bytes = g_resource_lookup_data(web_resource_get_resource(), from,
                                              G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
        if (!asset->bytes)
            g_error("%s is not part of this program", from);
        asset->path = path_of(asset->name, asset->bytes);
        json_object_set_new(assets->paths, key, json_string(asset->path));
    }
    return assets;
}

void assets_free(Assets *assets)
{
    if (!assets)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_free(assets->list[i].path);
        g_bytes_unref(assets->list[i].bytes);
    }
    json_decref(assets->paths);
    g_free(assets);
}

Asset *assets_at(const Assets *assets, size_t index)
{
    return index < G_N_ELEMENTS(files) ? (Asset *)(uintptr_t)&assets->list[index] : NULL;
}

Asset *assets_find(const Assets *assets, const char *path)
{
    Asset *asset;

    for (size_t i = 0; (asset = assets_at(assets, i)) != NULL; i++) {
        if (g_str_equal(asset->path, path))
            return asset;
    }
    return NULL;
}

json_t *assets_paths(const Assets *assets)
{
    return assets->paths;
}
