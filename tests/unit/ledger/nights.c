#include "nights.h"

#include "ledger/history/history.h"
#include "ledger/ledger_private.h"
#include "ledger/history/things.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define N_NAMES 5
static const char *const names[N_NAMES] = {"corp", "lab", "hr", "assets", "tickets"};
static const Provides provides[N_NAMES] = {PROVIDES_DIRECTORY, PROVIDES_DIRECTORY, PROVIDES_PEOPLE,
                                           PROVIDES_ASSETS, PROVIDES_APPROVALS};

struct Nightly {
    World *world;
    LedgerPresent present;
    uint32_t person[WORLD_ROWS];
    uint8_t person_link[WORLD_ROWS], rule[WORLD_ROWS], classes[WORLD_ROWS];
    uint32_t governed[WORLD_ROWS], holders[WORLD_ROWS * 16];
    size_t first_holder[WORLD_ROWS + 1];
    bool is_incomplete[N_NAMES];
    LedgerSourceBaseline baselines[N_NAMES];
    size_t n_baselines;
    json_t *sources;
};

static const char *const rule_texts[] = {"employee_id = id"};

static int index_of_source(const char *name)
{
    for (int i = 0; i < N_NAMES; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    fail_msg("no source %s", name);
    return 0;
}

/* "lab/ann" → 1, "ann"; "ann" → 0, "ann". */
static int split_source(const char *word, const char **ret_name)
{
    const char *slash = strchr(word, '/');
    g_autofree char *source = slash ? g_strndup(word, (gsize)(slash - word)) : g_strdup("corp");

    *ret_name = slash ? slash + 1 : word;
    return index_of_source(source);
}

static uint32_t find(const Snapshot *s, const TextRef *column, const uint8_t *sources, uint32_t n,
                     int source, const char *name)
{
    for (uint32_t i = 0; i < n; i++) {
        if (sources[i] == source && strcmp(snapshot_text(s, column[i]), name) == 0)
            return i;
    }
    return NONE;
}

static void set_text(Nightly *nightly, TextRef *cell, const char *text)
{
    *cell = world_text(nightly->world, text);
}

/* ---- words of a thing ---- */

static void account_word(Nightly *nightly, uint32_t row, const char *word)
{
    Accounts *a = &nightly->world->snapshot->accounts;
    const char *value = strchr(word, '=');

    if (strcmp(word, "off") == 0)
        a->enabled[row] = STATE_NO;
    else if (strcmp(word, "dim") == 0)
        a->enabled[row] = STATE_UNKNOWN;
    else if (*word == '=')
        a->employee_id[row] = world_text(nightly->world, word + 1); /* the link: link_accounts() */
    else if (g_str_has_prefix(word, "name="))
        set_text(nightly, &a->name[row], value + 1);
    else if (g_str_has_prefix(word, "mail="))
        set_text(nightly, &a->mail[row], value + 1);
    else if (g_str_has_prefix(word, "upn="))
        set_text(nightly, &a->upn[row], value + 1);
    else if (g_str_has_prefix(word, "dn="))
        set_text(nightly, &a->dn[row], value + 1);
    else if (g_str_has_prefix(word, "logon="))
        a->last_logon_utc[row] = g_ascii_strtoll(value + 1, NULL, 10);
    else if (g_str_has_prefix(word, "expires="))
        a->expires_utc[row] = g_ascii_strtoll(value + 1, NULL, 10);
    else
        fail_msg("account: %s", word);
}

static void add_account(Nightly *nightly, GStrv words)
{
    const char *name;
    int source = split_source(words[0], &name);

    if (nightly->is_incomplete[source])
        return;
    uint32_t row = world_account(nightly->world, name);
    nightly->world->snapshot->accounts.source[row] = (uint8_t)source;
    for (GStrv word = words + 1; *word; word++)
        account_word(nightly, row, *word);
}

static void add_person(Nightly *nightly, GStrv words)
{
    People *p = &nightly->world->snapshot->people;

    if (nightly->is_incomplete[2])
        return;
    uint32_t row = world_person(nightly->world, words[1], words[1]);
    if (strcmp(words[0], "unread") == 0)
        p->gone_since_run[row] = PERSON_UNREAD;
    for (GStrv word = words + 2; *word; word++) {
        const char *value = strchr(*word, '=') + 1;
        if (g_str_has_prefix(*word, "dept="))
            set_text(nightly, &p->department[row], value);
        else if (g_str_has_prefix(*word, "title="))
            set_text(nightly, &p->title[row], value);
        else if (g_str_has_prefix(*word, "was="))
            world_previous_id(nightly->world, row, value);
        else if (g_str_has_prefix(*word, "status=")) {
            set_text(nightly, &p->status_text[row], value);
            p->status[row] = strcmp(value, "leave") == 0    ? PERSON_STATUS_LEAVE
                             : strcmp(value, "active") == 0 ? PERSON_STATUS_ACTIVE
                                                            : PERSON_STATUS_OTHER;
        } else
            fail_msg("person: %s", *word);
    }
}

/* Before memberships: members may come later in the line. */
static void add_group(Nightly *nightly, GStrv words)
{
    const char *name;
    int source = split_source(words[1], &name);

    if (nightly->is_incomplete[source])
        return;
    uint32_t row = world_group(nightly->world, name);
    nightly->world->snapshot->groups.source[row] = (uint8_t)source;
}

static void add_members(Nightly *nightly, GStrv words)
{
    Snapshot *s = nightly->world->snapshot;
    const char *name;
    int source = split_source(words[1], &name);
    uint32_t group = find(s, s->groups.name, s->groups.source, s->groups.n, source, name);

    for (GStrv word = words + 2; group != NONE && *word; word++) {
        if (**word == '?') {
            uint32_t foreign = find(s, s->foreigners.text, s->foreigners.source, s->foreigners.n,
                                    source, *word + 1);
            if (foreign == NONE) {
                foreign = world_foreign(nightly->world, *word + 1, NULL);
                s->foreigners.source[foreign] = (uint8_t)source;
            }
            world_member(nightly->world, group, principal_of(PRINCIPAL_FOREIGN, foreign),
                         VIA_MEMBER);
            continue;
        }
        g_auto(GStrv) via = g_strsplit(*word, "+", 2); /* "ann+3": EdgeVia 3 */
        const char *member;
        int member_source = split_source(via[0], &member);
        g_autofree char *key = g_strconcat("a-", member, NULL);
        uint32_t account =
            find(s, s->accounts.key, s->accounts.source, s->accounts.n, member_source, key);
        if (account != NONE)
            world_member(nightly->world, group, account,
                         via[1] ? (EdgeVia)atoi(via[1]) : VIA_MEMBER);
    }
}

static void add_other(Nightly *nightly, GStrv words)
{
    Snapshot *s = nightly->world->snapshot;
    const char *value = words[2] ? strchr(words[2], '=') + 1 : "";
    uint32_t row;

    if (strcmp(words[0], "asset") == 0 && !nightly->is_incomplete[3]) {
        row = world_asset(nightly->world, words[1]);
        set_text(nightly, &s->assets.owner[row], value);
    } else if (strcmp(words[0], "computer") == 0 && !nightly->is_incomplete[0]) {
        row = world_computer(nightly->world, words[1]);
        set_text(nightly, &s->computers.hostname[row], value);
    } else if (strcmp(words[0], "approval") == 0 && !nightly->is_incomplete[4]) {
        row = world_approval(nightly->world, words[1], value);
    }
}

/* ---- a night ---- */

static void add_thing(Nightly *nightly, GStrv words, bool are_members)
{
    bool is_group = g_str_has_prefix(words[0], "group");

    if (are_members) {
        if (is_group)
            add_members(nightly, words);
    } else if (is_group)
        add_group(nightly, words);
    else if (strcmp(words[0], "person") == 0 || strcmp(words[0], "unread") == 0)
        add_person(nightly, words);
    else if (strcmp(words[0], "asset") == 0 || strcmp(words[0], "computer") == 0 ||
             strcmp(words[0], "approval") == 0)
        add_other(nightly, words);
    else
        add_account(nightly, words);
}

static void set_sources(Nightly *nightly, GStrv items)
{
    SourceRecord *sources = nightly->world->snapshot->sources;

    for (int i = 1; i < N_NAMES; i++)
        world_source(nightly->world, names[i], provides[i]);
    for (GStrv item = items; *item; item++) {
        const char *word = g_strstrip(*item);
        if (*word == '?') {
            nightly->is_incomplete[index_of_source(word + 1)] = true;
            sources[index_of_source(word + 1)].status = SOURCE_INCOMPLETE;
        } else if (*word == '!') {
            sources[index_of_source(word + 1)].counts.rejected = 1;
        }
    }
}

static void add_things(Nightly *nightly, GStrv items, bool are_members)
{
    for (GStrv item = items; *item; item++) {
        g_auto(GStrv) words = g_strsplit(*item, " ", -1);
        if (words[0] && *words[0] != '\0' && *words[0] != '?' && *words[0] != '!')
            add_thing(nightly, words, are_members);
    }
}

static void link_accounts(Nightly *nightly)
{
    const Snapshot *s = nightly->world->snapshot;

    for (uint32_t i = 0; i < s->accounts.n; i++) {
        const char *id = snapshot_text(s, s->accounts.employee_id[i]);
        uint32_t person = find(s, s->people.id, s->people.source, s->people.n, 2, id);
        nightly->person[i] = *id != '\0' ? person : NONE;
        nightly->rule[i] = nightly->person[i] == NONE ? UINT8_MAX : 0;
        nightly->person_link[i] = nightly->is_incomplete[2] ? 3 : nightly->person[i] != NONE;
    }
}

/* Governed: "group* g1". Holders are the direct members that are accounts. */
static void find_rights(Nightly *nightly, GStrv items)
{
    const Snapshot *s = nightly->world->snapshot;
    g_autoptr(GString) governed = g_string_new(" ");
    uint32_t n = 0;
    size_t n_holders = 0;

    for (GStrv item = items; *item; item++) {
        g_auto(GStrv) words = g_strsplit(*item, " ", -1);
        if (words[0] && strcmp(words[0], "group*") == 0)
            g_string_append_printf(governed, "%s ", words[1]);
    }
    for (uint32_t group = 0; group < s->groups.n; group++) {
        bool is_corp = s->groups.source[group] == 0;
        g_autofree char *word = g_strdup_printf(" %s%s ", is_corp ? "" : "lab/",
                                                snapshot_text(s, s->groups.name[group]));
        if (!strstr(governed->str, word))
            continue;
        nightly->governed[n] = group;
        nightly->first_holder[n++] = n_holders;
        for (uint32_t i = s->groups.first_member[group]; i < s->groups.first_member[group + 1];
             i++) {
            bool is_account = principal_kind(s->groups.members[i]) == PRINCIPAL_ACCOUNT;
            bool is_repeated = i > s->groups.first_member[group] &&
                               s->groups.members[i] == s->groups.members[i - 1];
            if (is_account && !is_repeated)
                nightly->holders[n_holders++] = s->groups.members[i];
        }
    }
    nightly->first_holder[n] = n_holders;
    nightly->present.n_governed = n;
}

Nightly *nightly_parse(const char *text, int64_t as_of_utc)
{
    Nightly *nightly = g_new0(Nightly, 1);
    g_auto(GStrv) items = g_strsplit(text, ";", -1);

    nightly->world = world_new();
    set_sources(nightly, items);
    add_things(nightly, items, false);
    add_things(nightly, items, true);
    world_freeze(nightly->world);
    link_accounts(nightly);
    find_rights(nightly, items);
    for (int i = 0; i < N_NAMES; i++) {
        if (!nightly->is_incomplete[i])
            nightly->baselines[nightly->n_baselines++] =
                (LedgerSourceBaseline){.name = names[i], .good_as_of_utc = as_of_utc};
    }
    nightly->sources = fixture_sources(nightly->world->snapshot);
    LedgerPresent *present = &nightly->present;
    present->snapshot = nightly->world->snapshot;
    present->as_of_utc = as_of_utc;
    present->person = nightly->person;
    present->person_link = nightly->person_link;
    present->rule = nightly->rule;
    present->classes = nightly->classes;
    present->rule_texts = rule_texts;
    present->governed = nightly->governed;
    present->first_holder = nightly->first_holder;
    present->holders = nightly->holders;
    return nightly;
}

void nightly_free(Nightly *nightly)
{
    if (!nightly)
        return;
    world_free(nightly->world);
    json_decref(nightly->sources);
    g_free(nightly);
}

const Snapshot *nightly_snapshot(const Nightly *nightly)
{
    return nightly->world->snapshot;
}

const LedgerPresent *nightly_present(const Nightly *nightly)
{
    return &nightly->present;
}

void nightly_use(Fixture *fixture, const Nightly *nightly)
{
    fixture->present = nightly ? &nightly->present : NULL;
    fixture->baselines = nightly ? nightly->baselines : NULL;
    fixture->n_baselines = nightly ? nightly->n_baselines : 0;
    fixture->sources = nightly ? nightly->sources : NULL;
}

void nightly_merge(Fixture *fixture, const Nightly *nightly)
{
    nightly_use(fixture, nightly);
    fixture_night(fixture, nightly->present.as_of_utc, "@corp");
    nightly_use(fixture, NULL);
}

/* ---- memory in words ---- */

static void add_day(GString *out, int64_t utc)
{
    if (utc == TIME_UNKNOWN)
        g_string_append(out, " -");
    else
        g_string_append_printf(out, " %" G_GINT64_FORMAT, (utc - NOON) / DAY);
}

static const char *account_name(const Snapshot *s, uint32_t account)
{
    return snapshot_text(s, s->accounts.key[account]) + 2;
}

char *memory_text(const Fixture *fixture, const Nightly *nightly)
{
    static const char *const fields[] = {"department", "title", "status"};
    static const char *const identifiers[] = {"name", "mail", "upn"};
    const Memory *memory = ledger_recall_memory(fixture->recall);
    const Snapshot *s = nightly->world->snapshot;
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < memory->stopped->len; i++) {
        const StoppedAccount *row = &g_array_index(memory->stopped, StoppedAccount, i);
        g_string_append_printf(out, "stopped %s", account_name(s, row->account));
        add_day(out, row->last_usable_utc);
        add_day(out, row->first_unusable_utc);
        g_string_append_c(out, '\n');
    }
    for (guint i = 0; i < memory->moved->len; i++) {
        const MovedPerson *row = &g_array_index(memory->moved, MovedPerson, i);
        g_string_append_printf(out, "moved %s %s '%s'", snapshot_text(s, s->people.id[row->person]),
                               fields[row->field], row->before);
        add_day(out, row->last_before_utc);
        add_day(out, row->first_after_utc);
        g_string_append_c(out, '\n');
    }
    for (guint i = 0; i < memory->former->len; i++) {
        const FormerIdentifier *row = &g_array_index(memory->former, FormerIdentifier, i);
        g_string_append_printf(out, "former %s %s %s %s", identifiers[row->kind], row->value,
                               row->account_key + 2, row->person_id);
        add_day(out, row->last_seen_utc);
        g_string_append_c(out, '\n');
    }
    for (guint i = 0; i < memory->rights->len; i++) {
        const KnownRight *row = &g_array_index(memory->rights, KnownRight, i);
        g_string_append_printf(out, "right %s %s", account_name(s, row->account),
                               snapshot_text(s, s->groups.key[row->group]) + 2);
        add_day(out, row->first_seen_utc);
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

/* ---- the history in words ---- */

static char *version_line(const char *source, HistoryKind kind, const char *key, Text body)
{
    GString *out = g_string_new(NULL);
    BodyReader reader = body_reader(body);

    g_string_append_printf(out, "%s %s %s", source, history_kinds[kind], key);
    while (body_next(&reader)) {
        g_string_append_printf(out, " %s=", body_field_name(reader.field));
        if (body_field_type(reader.field) == BODY_TYPE_TEXT)
            g_string_append_len(out, reader.text.data, (gssize)reader.text.length);
        else
            g_string_append_printf(out, "%" G_GUINT64_FORMAT, reader.number);
    }
    assert_false(reader.is_broken);
    return g_string_free(out, FALSE);
}

typedef struct Lines {
    GPtrArray *lines;
    const char *source;
    HistoryKind kind;
} Lines;

static bool add_version(const HistoryVersion *version, void *data, GError **error)
{
    Lines *lines = data;

    (void)error;
    g_ptr_array_add(lines->lines,
                    version_line(lines->source, lines->kind, version->key, version->body));
    return true;
}

char *members_line(const char *source, HistoryKind kind, const char *key, const GArray *members)
{
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "%s %s %s", source, history_kinds[kind], key);
    for (guint i = 0; i < members->len; i++) {
        const HistoryMember *member = &g_array_index(members, HistoryMember, i);
        g_string_append_printf(out, " %" G_GINT64_MODIFIER "x:%d@%" G_GINT64_FORMAT, member->ref,
                               member->via, member->since_run);
    }
    return g_string_free(out, FALSE);
}

static bool add_members_line(const char *key, const GArray *members, void *data, GError **error)
{
    Lines *lines = data;

    (void)error;
    g_ptr_array_add(lines->lines, members_line(lines->source, lines->kind, key, members));
    return true;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *join_lines(GPtrArray *lines)
{
    g_ptr_array_sort(lines, compare_lines);
    g_ptr_array_add(lines, NULL);
    return g_strjoinv("\n", (char **)lines->pdata);
}

char *history_text(Fixture *fixture, int64_t run)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

    for (int i = 0; i < N_NAMES; i++) {
        for (int kind = 0; kind < N_HISTORY_KINDS; kind++) {
            Lines to = {lines, names[i], (HistoryKind)kind};
            bool is_read = history_is_list(to.kind)
                               ? history_walk_members(fixture->ledger->store, names[i], to.kind,
                                                      run, add_members_line, &to, &error)
                               : history_walk(fixture->ledger->store, names[i], to.kind, run,
                                              add_version, &to, &error);
            if (!is_read)
                fail_msg("%s", error->message);
        }
    }
    return join_lines(lines);
}

char *thing_line(const Nightly *nightly, HistoryKind kind, uint32_t row)
{
    g_auto(Body) body = {0};
    Things things;

    things_init(&things, &nightly->present);
    things_body(&things, kind, row, &body);
    return version_line(names[things_source(&things, kind, row)], kind,
                        things_key(&things, kind, row), (Text){(const char *)body.data, body.size});
}
