#include "review/removal.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

/* ---- LDIF ---- */

/* SAFE-STRING of RFC 2849, and no blank at the end, which nobody would see. */
static bool is_safe(const char *text)
{
    size_t length = strlen(text);
    bool is_plain = strchr(" :<", *text) == NULL && text[length - 1] != ' ';

    for (const char *at = text; is_plain && *at != '\0'; at++)
        is_plain = (unsigned char)*at < 0x80 && *at != '\n' && *at != '\r';
    return is_plain;
}

static void add_line(GString *ldif, const char *attribute, const char *value)
{
    if (*value != '\0' && is_safe(value)) {
        g_string_append_printf(ldif, "%s: %s\n", attribute, value);
        return;
    }
    g_autofree char *coded = g_base64_encode((const guchar *)value, strlen(value));
    g_string_append_printf(ldif, "%s:: %s\n", attribute, coded);
}

/* The attribute of the group that lists the member; NULL: none does. */
static const char *attribute_of(const char *via)
{
    static const char *const attributes[] = {"member", "uniqueMember", "memberUid", NULL};

    for (size_t i = 0; attributes[i] != NULL; i++) {
        if (strcmp(via, attributes[i]) == 0)
            return attributes[i];
    }
    return NULL;
}

/* false: the membership is none that a record takes away. */
static bool add_record(GString *ldif, const json_t *task, const json_t *cut)
{
    const char *attribute = attribute_of(text_of(cut, "via"));
    const char *group = text_of(cut, "group_dn"), *member = text_of(cut, "member_dn");

    if (attribute != NULL && strcmp(attribute, "memberUid") == 0)
        member = text_of(json_object_get(task, "account"), "name");
    if (attribute == NULL || *group == '\0' || *member == '\0')
        return false;
    add_line(ldif, "dn", group);
    g_string_append_printf(ldif, "changetype: modify\ndelete: %s\n", attribute);
    add_line(ldif, attribute, member);
    g_string_append(ldif, "-\n\n");
    return true;
}

/* ---- in words ---- */

static const char *member_of(const json_t *task, const json_t *cut)
{
    const char *dn = text_of(cut, "member_dn");

    return *dn != '\0' ? dn : text_of(json_object_get(task, "account"), "name");
}

static void say_cut(GString *how, const json_t *task, const json_t *cut)
{
    const char *via = text_of(cut, "via"), *member = member_of(task, cut);
    const char *dn = text_of(cut, "group_dn");
    const char *group = *dn != '\0' ? dn : text_of(json_object_get(task, "group"), "name");

    if (strcmp(via, "primary group") == 0)
        g_string_append_printf(how, "Give %s another primary group than %s. ", member, group);
    else
        g_string_append_printf(how, "Remove %s from %s. ", member, group);
}

/* A right through other groups: more than this one right hangs on the membership. */
static void say_way(GString *how, const json_t *task)
{
    const char *account = text_of(json_object_get(task, "account"), "name"),
               *group = text_of(json_object_get(task, "group"), "name");
    const json_t *path = json_object_get(task, "path");
    size_t i;
    json_t *step;

    if (json_array_size(path) <= 2)
        return;
    g_string_append(how, "The right is held through other groups (");
    json_array_foreach(path, i, step)
    {
        g_string_append_printf(how, "%s%s", i > 0 ? " → " : "", json_string_value(step));
    }
    g_string_append_printf(how,
                           "), so whatever else the membership gives goes with it; rightful "
                           "explain %s '%s' shows the ways as they are now. ",
                           account, group);
}

static void say_decision(GString *how, const json_t *task)
{
    if (strcmp(text_of(task, "decision"), "reduce") == 0)
        g_string_append_printf(how, "It is to be reduced, not lost: %s. ", text_of(task, "reason"));
}

void review_removal_explain(json_t *task)
{
    const json_t *cuts = json_object_get(task, "cuts");
    g_autoptr(GString) how = g_string_new(NULL);
    g_autoptr(GString) ldif = g_string_new(NULL);
    bool is_whole = json_array_size(cuts) > 0;
    size_t i;
    json_t *cut;

    say_decision(how, task);
    if (json_array_size(cuts) > 1)
        g_string_append(how, "Several ways lead there: all of these memberships have to go. ");
    json_array_foreach(cuts, i, cut)
    {
        say_cut(how, task, cut);
        is_whole = add_record(ldif, task, cut) && is_whole;
    }
    if (json_array_size(cuts) == 0)
        g_string_append_printf(how, "Take %s out of %s. ",
                               text_of(json_object_get(task, "account"), "name"),
                               text_of(json_object_get(task, "group"), "name"));
    say_way(how, task);
    g_string_truncate(how, how->len - 1);
    json_object_set_new(task, "how", json_string(how->str));
    json_object_set_new(task, "ldif", is_whole ? json_string(ldif->str) : json_null());
}
