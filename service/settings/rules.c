#include "settings/rules.h"

#include "base/recurrence.h"
#include "base/times.h"
#include "settings/problems.h"

#include <string.h>

/* No space, no colon: the name is one word in "--accept SOURCE:DIMENSION". */
static bool is_good_name(const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && (c == name || strchr("._-", *c) == NULL))
            return false;
    }
    return strlen(name) <= 64;
}

static void check_source_name(const Settings *settings, size_t source, GPtrArray *problems)
{
    const SettingsSource *this = &settings->sources[source];
    g_autofree char *name = problem_quote(this->source.name);
    if (!is_good_name(this->source.name))
        problem_add(
            problems, this->place, "sources",
            "name \"%s\" is not allowed; allowed: up to 64 letters, digits, dots, dashes and "
            "underscores, a letter or digit first",
            name);
    if (g_ascii_strcasecmp(this->source.name, "ledger") == 0)
        problem_add(problems, this->place, "sources",
                    "name \"%s\" is taken by the ledger itself; choose another", name);
    for (size_t i = 0; i < source; i++) {
        /* Case-insensitive: nobody tells "HR" and "hr" apart in a report. */
        if (g_ascii_strcasecmp(settings->sources[i].source.name, this->source.name) == 0) {
            problem_add(problems, this->place, "sources",
                        "name \"%s\" is used twice, first at %s; every source needs its own", name,
                        settings->sources[i].place);
            return;
        }
    }
}

static bool has_any(const SettingsGroup *group, const char *const *conditions)
{
    for (size_t i = 0; conditions[i] != NULL; i++) {
        if (settings_text(group, conditions[i]) != NULL)
            return true;
    }
    return false;
}

static void check_classes(const Settings *settings, GPtrArray *problems)
{
    static const char *const conditions[] = {"name", "under", "member_of", "source", NULL};

    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (size_t i = 0; i < settings->n_sources; i++)
        g_strv_builder_add(builder, settings->sources[i].source.name);
    g_auto(GStrv) names = g_strv_builder_end(builder);
    for (size_t i = 0; i < settings_n_groups(settings->root, "account_classes"); i++) {
        const SettingsGroup *rule = settings_group_at(settings->root, "account_classes", i);
        const char *source = settings_text(rule, "source");
        if (!has_any(rule, conditions))
            problem_add(problems, settings_place(rule), "account_classes",
                        "no condition is given, so every account would fit; allowed: name, under, "
                        "member_of, source (name = \"*\" if every account is meant)");
        if (source != NULL && !g_strv_contains((const char *const *)names, source)) {
            g_autofree char *quoted = problem_quote(source);
            g_autofree char *hint = problem_hint(source, (const char *const *)names);
            problem_add(problems, settings_place(rule), "account_classes.source",
                        "no source is named \"%s\"%s", quoted, hint);
        }
    }
}

static void check_allowed(const SettingsGroup *entitlement, GPtrArray *problems)
{
    for (size_t i = 0; i < settings_n_groups(entitlement, "allowed"); i++) {
        const SettingsGroup *allowed = settings_group_at(entitlement, "allowed", i);
        bool has_condition = false;
        for (size_t field = 0; field < record_kind(PROVIDES_PEOPLE)->n_fields; field++) {
            const char *name = record_kind(PROVIDES_PEOPLE)->fields[field].name;
            has_condition |= settings_text(allowed, name) != NULL;
        }
        if (!has_condition)
            problem_add(
                problems, settings_place(allowed), "entitlements.allowed",
                "no condition is given, so everybody would be allowed; id = \"*\" if that is "
                "meant");
    }
}

/* What names a row may stand once. */
static void check_unique(const Settings *settings, const char *list, const char *name,
                         GPtrArray *problems)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < settings_n_groups(settings->root, list); i++) {
        const SettingsGroup *row = settings_group_at(settings->root, list, i);
        char *text = (char *)(uintptr_t)settings_text(row, name);
        if (text == NULL)
            continue;
        const char *first = g_hash_table_lookup(seen, text);
        if (first != NULL) {
            g_autofree char *key = g_strdup_printf("%s.%s", list, name);
            g_autofree char *quoted = problem_quote(text);
            problem_add(problems, settings_place(row), key, "\"%s\" is used twice, first at %s",
                        quoted, first);
        } else {
            g_hash_table_insert(seen, text, (char *)(uintptr_t)settings_place(row));
        }
    }
}

static void check_store(const Settings *settings, GPtrArray *problems)
{
    const char *url = settings->store_url;
    const char *place = settings_place(settings_group(settings->root, "store"));
    /* What follows an unknown scheme may hold a password. */
    g_autofree char *quoted = problem_quote(url != NULL && !strchr(url, '@') ? url : "…");
    if (url == NULL || g_str_has_prefix(url, "postgresql://") ||
        g_str_has_prefix(url, "postgres://"))
        return;
    if (!g_str_has_prefix(url, "sqlite:") || url[strlen("sqlite:")] == '\0' ||
        g_str_has_suffix(url, "/"))
        problem_add(
            problems, place, "store.url",
            "\"%s\" names no store; allowed: sqlite:///absolute/path, sqlite:path (relative "
            "to the configuration file), postgresql://… (a URI of libpq)",
            quoted);
    else if (g_str_has_prefix(url, "sqlite://") && !g_str_has_prefix(url, "sqlite:///"))
        problem_add(problems, place, "store.url",
                    "\"%s\" has two slashes, so its first word would be a host; allowed: "
                    "sqlite:///absolute/path, sqlite:path",
                    quoted);
}

/* Names in old sentences are found by what the history knows of the people they mean. */
static void check_retention(const SettingsGroup *retention, GPtrArray *problems)
{
    int64_t history = settings_int(retention, "history_days");
    int64_t resolved = settings_int(retention, "resolved_days");

    if (history == 0 || settings_int(retention, "people_days") == 0 ||
        (resolved > 0 && resolved <= history))
        return;
    problem_add(
        problems, settings_place(retention), "retention.history_days",
        "with people_days, sentences about exceptions may not outlive the history, by which "
        "names in them are found; set resolved_days to at most %" G_GINT64_FORMAT,
        history);
}

static void check_control_name(const SettingsGroup *rule, const Setting *controls,
                               GPtrArray *problems)
{
    const char *control = settings_text(rule, "control");
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    for (; controls != NULL && controls->name != NULL; controls++)
        g_strv_builder_add(builder, controls->name);
    g_auto(GStrv) names = g_strv_builder_end(builder);
    if (control != NULL && !g_strv_contains((const char *const *)names, control)) {
        const char *nearest = settings_nearest(control, (const char *const *)names);
        g_autofree char *quoted = problem_quote(control);

        problem_add(problems, settings_place(rule), "suppressions.control",
                    "no control is called \"%s\"; rightful controls lists them%s%s%s", quoted,
                    nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                    nearest != NULL ? "\"?" : "");
    }
}

static void check_suppression(const SettingsGroup *rule, const Setting *controls,
                              GPtrArray *problems)
{
    static const char *const conditions[] = {"account", "group",    "person", "source",
                                             "asset",   "computer", NULL};
    const char *until = settings_text(rule, "until");
    int32_t day;

    check_control_name(rule, controls, problems);
    if (!has_any(rule, conditions))
        problem_add(problems, settings_place(rule), "suppressions",
                    "no condition is given, so every exception of the control would fit; allowed: "
                    "account, group, person, source, asset, computer (source = \"*\" if every one "
                    "is meant)");
    if (until != NULL && !day_parse(text_of(until), NULL, &day)) {
        g_autofree char *quoted = problem_quote(until);
        problem_add(problems, settings_place(rule), "suppressions.until",
                    "\"%s\" is no date; allowed: a day that exists, as in \"2026-12-31\"", quoted);
    }
}

/* ---- reviews ---- */

/* Which setting says what a scope means; scopes that need none are not here. */
static const struct {
    const char *scope, *needs, *example;
} review_needs[] = {{"entitlement", "entitlement", "the group"},
                    {"asset", "asset", "the asset's id"},
                    {"owner", "person", "who owns the groups"},
                    {"manager", "person", "whose people are meant"}};

static const char *needed_by(const char *scope, const char **ret_example)
{
    for (size_t i = 0; i < G_N_ELEMENTS(review_needs); i++) {
        if (strcmp(review_needs[i].scope, scope) == 0) {
            *ret_example = review_needs[i].example;
            return review_needs[i].needs;
        }
    }
    return NULL;
}

static void check_review_scope(const SettingsGroup *review, GPtrArray *problems)
{
    static const char *const names[] = {"entitlement", "asset", "person"};
    const char *example = NULL, *scope = settings_text(review, "scope");
    const char *needed = scope != NULL ? needed_by(scope, &example) : NULL;

    for (size_t i = 0; scope != NULL && i < G_N_ELEMENTS(names); i++) {
        g_autofree char *key = g_strconcat("reviews.", names[i], NULL);
        const char *text = settings_text(review, names[i]);
        bool is_needed = needed != NULL && strcmp(needed, names[i]) == 0;
        if (is_needed && (text == NULL || *text == '\0'))
            problem_add(problems, settings_place(review), key,
                        "is missing; scope \"%s\" needs it: %s", scope, example);
        else if (!is_needed && text != NULL)
            problem_add(problems, settings_place(review), key,
                        "means nothing with scope \"%s\"; take it out", scope);
    }
}

static void check_review_dates(const SettingsGroup *review, GPtrArray *problems)
{
    const char *every = settings_text(review, "every");
    const char *starts = settings_text(review, "starts");
    int32_t day = RECURRENCE_START;

    if (starts != NULL && !day_parse(text_of(starts), NULL, &day)) {
        g_autofree char *quoted = problem_quote(starts);
        problem_add(problems, settings_place(review), "reviews.starts",
                    "\"%s\" is no date; allowed: a day that exists, as in \"2026-01-15\"", quoted);
    }
    if (starts != NULL && every == NULL)
        problem_add(problems, settings_place(review), "reviews.starts",
                    "means nothing without every, the rule that starts then");
    g_autofree char *problem = every != NULL ? recurrence_problem(every, day) : NULL;
    if (problem != NULL) {
        g_autofree char *quoted = problem_quote(every);
        problem_add(problems, settings_place(review), "reviews.every", "\"%s\" %s", quoted,
                    problem);
    }
}

static void check_review(const SettingsGroup *review, GPtrArray *problems)
{
    const char *name = settings_text(review, "name");

    if (name != NULL && !is_good_name(name)) {
        g_autofree char *quoted = problem_quote(name);
        problem_add(problems, settings_place(review), "reviews.name",
                    "\"%s\" is not allowed; allowed: up to 64 letters, digits, dots, dashes and "
                    "underscores, a letter or digit first",
                    quoted);
    }
    check_review_scope(review, problems);
    check_review_dates(review, problems);
}

/* "rightful@example.com"; what a mail server would make of it is its affair. */
static bool is_address(const char *text)
{
    const char *at = strchr(text, '@');

    return at != NULL && at != text && at[1] != '\0' && strpbrk(text, " <>,;\r\n\t") == NULL;
}

static void check_notify(const SettingsGroup *notify, GPtrArray *problems)
{
    const char *url = settings_text(notify, "smtp_url");
    const char *from = settings_text(notify, "from");
    const char *place = settings_place(notify);

    if (url != NULL && !g_str_has_prefix(url, "smtps://") && !g_str_has_prefix(url, "smtp://")) {
        g_autofree char *quoted = problem_quote(url);
        problem_add(problems, place, "notify.smtp_url",
                    "\"%s\" is no address of a mail server; allowed: smtps://host or "
                    "smtp://host:587",
                    quoted);
    }
    if (url != NULL && strchr(url, '@') != NULL)
        problem_add(problems, place, "notify.smtp_url",
                    "holds a name or a password; use user and password_file");
    if (url != NULL && (from == NULL || !is_address(from)))
        problem_add(problems, place, "notify.from",
                    "is %s; allowed: one mail address, as in \"rightful@example.com\"",
                    from == NULL ? "missing" : "no mail address");
    if ((settings_text(notify, "user") != NULL) != settings_is_set(notify, "password_file"))
        problem_add(problems, place, "notify.user", "and password_file go together");
}

void rules_check(const Settings *settings, const SettingsCatalogue *catalogue, GPtrArray *problems)
{
    check_store(settings, problems);
    for (size_t i = 0; i < settings->n_sources; i++)
        check_source_name(settings, i, problems);
    check_classes(settings, problems);
    for (size_t i = 0; i < settings_n_groups(settings->root, "entitlements"); i++)
        check_allowed(settings_group_at(settings->root, "entitlements", i), problems);
    check_unique(settings, "segregation", "id", problems);
    for (size_t i = 0; i < settings_n_groups(settings->root, "suppressions"); i++)
        check_suppression(settings_group_at(settings->root, "suppressions", i), catalogue->controls,
                          problems);
    check_notify(settings_group(settings->root, "notify"), problems);
    check_retention(settings_group(settings->root, "retention"), problems);
    check_unique(settings, "reviews", "name", problems);
    for (size_t i = 0; i < settings_n_groups(settings->root, "reviews"); i++)
        check_review(settings_group_at(settings->root, "reviews", i), problems);
    web_rules_check(settings, problems);
}
