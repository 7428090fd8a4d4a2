#include "web/who.h"

static const struct {
    Role role;
    const char *name;
} role_table[] = {
    {ROLE_ADMIN, "admin"},     {ROLE_HR, "hr"},          {ROLE_AUDITOR, "auditor"},
    {ROLE_REVIEWS, "reviews"}, {SIGNED_IN, "signed-in"}, {ANYBODY, "anybody"},
    {PROGRAMS, "programs"},
};

json_t *role_names(unsigned roles)
{
    json_t *names = json_array();

    for (size_t i = 0; i < G_N_ELEMENTS(role_table); i++) {
        if (roles & role_table[i].role)
            json_array_append_new(names, json_string(role_table[i].name));
    }
    return names;
}

unsigned role_of(const char *name)
{
    for (size_t i = 0; name && i < G_N_ELEMENTS(role_table); i++) {
        if (role_table[i].role < SIGNED_IN && g_str_equal(role_table[i].name, name))
            return role_table[i].role;
    }
    return 0;
}

static const char *text_at(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));

    return text && *text ? text : NULL;
}

bool who_init(Who *who, json_t *json)
{
    const json_t *person = json_object_get(json, "person");
    json_t *role;
    size_t i;

    *who = (Who){.json = json};
    who->login = text_at(json, "user");
    if (!who->login) {
        who_clear(who);
        return false;
    }
    who->person = text_at(person, "id");
    who->name = text_at(person, "name") ? text_at(person, "name") : who->login;
    who->is_usable = json_is_true(json_object_get(json, "usable"));
    who->run = json_integer_value(json_object_get(json, "run"));
    json_array_foreach(json_object_get(json, "roles"), i, role)
    {
        who->roles |= role_of(json_string_value(role));
    }
    return true;
}

void who_clear(Who *who)
{
    json_decref(who->json);
    *who = (Who){0};
}
