#include "random_nights.h"

#include <string.h>

static bool happens(GRand *random, int per_mille)
{
    return g_rand_int_range(random, 0, 1000) < per_mille;
}

RandomNights random_nights(GRand *random)
{
    RandomNights nights = {.random = random};

    memset(nights.is_there, true, sizeof nights.is_there / 2);
    memset(nights.person_is_there, true, sizeof nights.person_is_there);
    memset(nights.group_is_there, true, sizeof nights.group_is_there);
    return nights;
}

static void change_to(GRand *random, int per_mille, int n, int *value)
{
    if (happens(random, per_mille))
        *value = g_rand_int_range(random, 0, n);
}

static void change(RandomNights *nights)
{
    GRand *random = nights->random;

    for (int i = 0; i < RANDOM_ACCOUNTS; i++) {
        nights->is_there[i] ^= happens(random, 20);
        change_to(random, 40, 3, &nights->state[i]);
        change_to(random, 15, 3, &nights->name[i]);
        change_to(random, 20, 4, &nights->mail[i]);
        change_to(random, 20, RANDOM_PEOPLE + 1, &nights->person[i]);
        nights->logon[i] += happens(random, 300);
    }
    for (int i = 0; i < RANDOM_PEOPLE; i++) {
        nights->person_is_there[i] ^= happens(random, 20);
        change_to(random, 30, 3, &nights->department[i]);
        change_to(random, 20, 3, &nights->title[i]);
        change_to(random, 30, 3, &nights->status[i]);
    }
    for (int g = 0; g < RANDOM_GROUPS; g++) {
        nights->group_is_there[g] ^= happens(random, 15);
        nights->is_governed[g] ^= happens(random, 15);
        for (int i = 0; i < RANDOM_ACCOUNTS; i++)
            nights->is_member[g][i] ^= happens(random, 15);
    }
}

/* Accounts of odd numbers are of the second directory. */
static void put_account_name(GString *text, int i)
{
    g_string_append_printf(text, "%su%d", i % 2 ? "lab/" : "", i);
}

static void put_account(const RandomNights *nights, GString *text, int i)
{
    static const char *const states[] = {"", " off", " dim"};

    put_account_name(text, i);
    if (nights->person[i] > 0)
        g_string_append_printf(text, " =p%d", nights->person[i] - 1);
    if (nights->name[i] > 0)
        g_string_append_printf(text, " name=n%d-%d", i, nights->name[i]);
    if (nights->mail[i] > 0)
        g_string_append_printf(text, " mail=m%d@x.org", nights->mail[i]);
    g_string_append_printf(text, " logon=%d%s; ", 1000 + nights->logon[i],
                           states[nights->state[i]]);
}

static void put_person(const RandomNights *nights, GString *text, int i)
{
    static const char *const departments[] = {"Sales", "Finance", "Legal"};
    static const char *const titles[] = {"Clerk", "Lead", "Head"};
    static const char *const statuses[] = {"active", "leave", "odd"};

    g_string_append_printf(text, "person p%d dept=%s title=%s status=%s; ", i,
                           departments[nights->department[i]], titles[nights->title[i]],
                           statuses[nights->status[i]]);
}

static void put_group(const RandomNights *nights, GString *text, int g)
{
    g_string_append_printf(text, "group%s %sg%d", nights->is_governed[g] ? "*" : "",
                           g % 3 == 2 ? "lab/" : "", g);
    for (int i = 0; i < RANDOM_ACCOUNTS; i++) {
        if (nights->is_there[i] && nights->is_member[g][i]) {
            g_string_append_c(text, ' ');
            put_account_name(text, i);
        }
    }
    g_string_append(text, "; ");
}

char *random_nights_next(RandomNights *nights)
{
    static const char *const sources[] = {"corp", "lab", "hr"};
    GRand *random = nights->random;
    GString *text = g_string_new("");

    if (!happens(random, 200))
        change(nights);
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
        if (happens(random, 80))
            g_string_append_printf(text, "?%s; ", sources[i]);
    }
    bool has_rejected = happens(random, 100);
    if (has_rejected)
        g_string_append(text, "!corp; !lab; ");
    for (int i = 0; i < RANDOM_ACCOUNTS; i++) {
        if (nights->is_there[i] && !(has_rejected && happens(random, 100)))
            put_account(nights, text, i);
    }
    for (int i = 0; i < RANDOM_PEOPLE; i++) {
        if (nights->person_is_there[i])
            put_person(nights, text, i);
    }
    for (int g = 0; g < RANDOM_GROUPS; g++) {
        if (nights->group_is_there[g])
            put_group(nights, text, g);
    }
    return g_string_free(text, FALSE);
}
