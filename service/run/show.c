#include "run/show.h"

#include "base/visible.h"
#include "run/list.h"
#include "run/summary.h"
#include "run/terminal.h"

#include <string.h>

static bool is_list_of_objects(const json_t *value)
{
    return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

/* "first_seen" reads as "first seen". */
static char *label_of(const char *key)
{
    return g_strdelimit(g_strdup(key), "_", ' ');
}

static char *plain_text(const json_t *value)
{
    if (json_is_string(value))
        return visible_text(json_string_value(value));
    if (json_is_boolean(value))
        return g_strdup(json_is_true(value) ? "yes" : "no");
    char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    char *text = visible_text(dumped);

    free(dumped);
    return text;
}

/* Texts joined; a list in a list is a path. */
static void append_value(GString *text, const json_t *value)
{
    size_t i;
    json_t *item;

    if (!json_is_array(value)) {
        g_autofree char *plain = plain_text(value);

        g_string_append(text, plain);
        return;
    }
    json_array_foreach((json_t *)(uintptr_t)value, i, item)
    {
        g_string_append(text, i > 0 ? (json_is_array(item) ? "; " : ", ") : "");
        append_value(text, item);
    }
}

static void print_object(const Invocation *invocation, json_t *object, int indent);

static void print_member(const Invocation *invocation, const char *key, json_t *value, int indent)
{
    g_autofree char *label = label_of(key);

    if (json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0) ||
        (json_is_object(value) && json_object_size(value) == 0))
        return;
    if (json_is_object(value)) {
        printf("%*s%s\n", indent, "", label);
        print_object(invocation, value, indent + 2);
        return;
    }
    g_autoptr(GString) text = g_string_new(NULL);

    append_value(text, value);
    printf("%*s%-*s  %s\n", indent, "", 22 - indent, label, text->str);
}

/* Columns of a list of objects: the keys of its first one. Values that are objects are left to
 * JSON. */
static void print_list(const Invocation *invocation, const char *key, json_t *list)
{
    Column columns[24] = {0};
    size_t n = 0, i;
    const char *name;
    json_t *value, *row;
    g_autofree char *label = label_of(key);
    g_autoptr(GPtrArray) headers = g_ptr_array_new_with_free_func(g_free);

    json_object_foreach(json_array_get(list, 0), name, value)
    {
        if (n + 1 < G_N_ELEMENTS(columns) && !json_is_object(value)) {
            char *header = g_ascii_strup(name, -1);

            g_ptr_array_add(headers, header);
            columns[n++] =
                (Column){.path = name,
                         .header = g_strdelimit(header, "_", ' '),
                         .is_right = json_is_integer(value),
                         .may_wrap = strcmp(name, "summary") == 0 || strcmp(name, "text") == 0};
        }
    }
    fputc('\n', stdout);
    print_heading(stdout, invocation->has_colour, label);
    g_autoptr(Writer) writer =
        writer_new(FORMAT_TABLE, key, columns, stdout, invocation->has_colour);

    json_array_foreach(list, i, row)
    {
        writer_row(writer, row);
    }
    writer_end(writer, NULL);
}

static void print_object(const Invocation *invocation, json_t *object, int indent)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        if (!is_list_of_objects(value))
            print_member(invocation, key, value, indent);
    }
    json_object_foreach(object, key, value)
    {
        if (is_list_of_objects(value))
            print_list(invocation, key, value);
    }
}

/* Paths of all fields, objects flattened: "subject.name". */
static void collect_paths(json_t *object, const char *prefix, GPtrArray *paths)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        g_autofree char *path = g_strconcat(prefix, *prefix != '\0' ? "." : "", key, NULL);

        if (json_is_object(value) && json_object_size(value) > 0)
            collect_paths(value, path, paths);
        else
            g_ptr_array_add(paths, g_steal_pointer(&path));
    }
}

static ExitCode write_rows(const Invocation *invocation, const char *name, json_t *things)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

    if (json_array_size(things) > 0)
        collect_paths(json_array_get(things, 0), "", paths);
    g_autofree Column *columns = g_new0(Column, paths->len + 1);

    for (guint j = 0; j < paths->len; j++)
        columns[j].path = paths->pdata[j];
    return list_rows(invocation, name, columns, things);
}

ExitCode show_things(const Invocation *invocation, const char *name, json_t *things)
{
    ExitCode code = EXIT_DONE;

    if (invocation->format == FORMAT_TABLE) {
        size_t i;
        json_t *thing;

        json_array_foreach(things, i, thing)
        {
            if (i > 0)
                fputc('\n', stdout);
            print_object(invocation, thing, 0);
        }
        code = fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
    } else if (invocation->format == FORMAT_JSON) {
        return print_json(invocation, json_pack("{s:i s:o}", "schema_version", 1, name, things));
    } else {
        code = write_rows(invocation, name, things);
    }
    json_decref(things);
    return code;
}
