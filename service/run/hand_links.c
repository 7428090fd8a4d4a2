#include "run/hand_links.h"

#include "controls/judgement.h"
#include "model/lookup.h"

#include <string.h>

static const char *text_in(const json_t *link, const char *name)
{
    return json_string_value(json_object_get(link, name));
}

static const char *person_in(const json_t *link, const char *name)
{
    return text_in(json_object_get(link, "person"), name);
}

static char *made_by(const json_t *link)
{
    return g_strdup_printf("manual link by %s on %.10s: %s", text_in(link, "actor"),
                           text_in(link, "at"), text_in(link, "reason"));
}

HandLinks *hand_links_read(Ledger *ledger, GError **error)
{
    json_t *list = ledger_links(ledger, error), *link;
    size_t i;

    if (list == NULL)
        return NULL;
    HandLinks *links = g_new0(HandLinks, 1);

    links->list = list;
    links->links = g_array_new(FALSE, FALSE, sizeof(ManualLink));
    links->texts = g_ptr_array_new_with_free_func(g_free);
    json_array_foreach(list, i, link)
    {
        char *text = made_by(link);
        ManualLink row = {.source = text_in(link, "source"),
                          .account_key = text_in(link, "key"),
                          .person_id = person_in(link, "id"),
                          .made_by = text};

        g_ptr_array_add(links->texts, text);
        g_array_append_val(links->links, row);
    }
    return links;
}

void hand_links_free(HandLinks *links)
{
    if (links == NULL)
        return;
    json_decref(links->list);
    g_array_unref(links->links);
    g_ptr_array_unref(links->texts);
    g_free(links);
}

void hand_links_use(const HandLinks *links, Reconciliation *reconciliation)
{
    if (links != NULL) {
        reconciliation->manual = (const ManualLink *)(const void *)links->links->data;
        reconciliation->n_manual = links->links->len;
    }
}

/* ---- what became of them ---- */

static const SourceRecord *source_named(const Snapshot *snapshot, const char *name)
{
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        if (strcmp(snapshot->sources[i].name, name) == 0)
            return &snapshot->sources[i];
    }
    return NULL;
}

#define STATE_IN_USE "in use"

static const char *state_of(const Reconciliation *r, size_t place)
{
    const ManualLink *link = &r->manual[place];
    const SourceRecord *source = source_named(r->snapshot, link->source);
    uint32_t person = snapshot_find_person(r->snapshot, link->person_id);

    if (source == NULL)
        return "the source is not configured";
    if (r->links->manual_account[place] == NONE)
        return source->status == SOURCE_COMPLETE && source->counts.rejected == 0
                   ? "the account is gone"
                   : NULL;
    if (person == NONE)
        return snapshot_is_complete(r->snapshot, PROVIDES_PEOPLE) ? "nobody has this id" : NULL;
    return person_left_at(r->snapshot, person, r->as_of_utc) != TIME_NEVER ? "the person has left"
                                                                           : STATE_IN_USE;
}

GArray *hand_links_states(const HandLinks *links, const Reconciliation *reconciliation)
{
    GArray *states = g_array_new(FALSE, FALSE, sizeof(LedgerLinkState));

    for (guint i = 0; links != NULL && i < links->links->len; i++) {
        const ManualLink *link = &g_array_index(links->links, ManualLink, i);
        const char *state = state_of(reconciliation, i);
        const char *before = text_in(json_array_get(links->list, i), "state");

        if (state != NULL) {
            LedgerLinkState row = {link->source, link->account_key, state,
                                   strcmp(state, before) != 0};

            g_array_append_val(states, row);
        }
    }
    return states;
}

/* Of somebody who has left the controls speak: the account is theirs. */
GPtrArray *hand_links_warnings(const HandLinks *links, const Reconciliation *reconciliation)
{
    GPtrArray *warnings = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; links != NULL && i < links->links->len; i++) {
        const json_t *link = json_array_get(links->list, i);
        const char *state = state_of(reconciliation, i);

        if (state == NULL || strcmp(state, STATE_IN_USE) == 0 ||
            strcmp(state, "the person has left") == 0)
            continue;
        g_ptr_array_add(warnings,
                        g_strdup_printf("the manual link of %s/%s to %s (%s) is of no use: %s; "
                                        "rightful unlink %s",
                                        text_in(link, "source"), text_in(link, "account"),
                                        person_in(link, "name"), person_in(link, "id"), state,
                                        text_in(link, "key")));
    }
    return warnings;
}
