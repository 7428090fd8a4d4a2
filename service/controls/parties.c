#include "controls/parties.h"

static const char *text_or_null(const Snapshot *snapshot, TextRef ref)
{
    return ref != 0 ? snapshot_text(snapshot, ref) : NULL;
}

static Party party_of_entry(const Snapshot *snapshot, uint8_t source, TextRef key, TextRef name,
                            TextRef dn)
{
    return (Party){.source = snapshot->sources[source].name,
                   .key = snapshot_text(snapshot, key != 0  ? key
                                                  : dn != 0 ? dn
                                                            : name),
                   .name = text_or_null(snapshot, name),
                   .dn = text_or_null(snapshot, dn)};
}

/* A foreign principal is called by its SID, which is the same in every language and every night. */
static Party party_of_foreigner(const Snapshot *s, uint32_t id)
{
    TextRef sid = s->foreigners.sid[id], text = s->foreigners.text[id];
    TextRef name = sid != 0 ? sid : text;
    return (Party){.source = s->sources[s->foreigners.source[id]].name,
                   .key = snapshot_text(s, name),
                   .name = snapshot_text(s, name),
                   .dn = text != name ? text_or_null(s, text) : NULL};
}

static SubjectType type_of_holder(Principal holder)
{
    static const SubjectType types[] = {[PRINCIPAL_ACCOUNT] = SUBJECT_ACCOUNT,
                                        [PRINCIPAL_GROUP] = SUBJECT_GROUP,
                                        [PRINCIPAL_COMPUTER] = SUBJECT_COMPUTER};
    return types[principal_kind(holder)];
}

Party party_of(const ControlContext *context, SubjectType type, uint32_t id)
{
    const Snapshot *s = context->snapshot;
    switch (type) {
    case SUBJECT_RIGHT:
        return principal_kind(id) == PRINCIPAL_FOREIGN
                   ? party_of_foreigner(s, principal_id(id))
                   : party_of(context, type_of_holder(id), principal_id(id));
    case SUBJECT_ACCOUNT:
        return party_of_entry(s, s->accounts.source[id], s->accounts.key[id], s->accounts.name[id],
                              s->accounts.dn[id]);
    case SUBJECT_GROUP:
        return party_of_entry(s, s->groups.source[id], s->groups.key[id], s->groups.name[id],
                              s->groups.dn[id]);
    case SUBJECT_COMPUTER:
        return party_of_entry(s, s->computers.source[id], s->computers.key[id],
                              s->computers.name[id], s->computers.dn[id]);
    case SUBJECT_ASSET:
        return party_of_entry(s, s->assets.source[id], s->assets.id[id],
                              s->assets.name[id] != 0 ? s->assets.name[id] : s->assets.id[id], 0);
    case SUBJECT_PERSON: /* an HR id says who it is in every roster, and in the ledger's memory of
                            one */
        return (Party){.key = snapshot_text(s, s->people.id[id]),
                       .name = text_or_null(s, s->people.name[id])};
    case SUBJECT_SOURCE:
        return (Party){
            .source = s->sources[id].name, .key = s->sources[id].name, .name = s->sources[id].name};
    case SUBJECT_RULE:
        return (Party){.key = context->governed->segregations[id].id,
                       .name = context->governed->segregations[id].id};
    case SUBJECT_REVIEW: { /* what one reviewer does in one campaign */
        const ReviewedReviewer *one =
            &g_array_index(context->reviewed->reviewers, ReviewedReviewer, id);
        return (Party){.key = one->key, .name = one->name};
    }
    case SUBJECT_EXCEPTION:
    case SUBJECT_NONE:
        break;
    }
    return (Party){.key = NULL};
}

SubjectType object_type_of(const Control *control, uint32_t object)
{
    if (object == NONE)
        return SUBJECT_NONE;
    return control->subject == SUBJECT_PERSON ? SUBJECT_RULE : SUBJECT_GROUP;
}

/* ---- findings ---- */

const StandingException *finding_exception(const ControlContext *context, const Finding *finding)
{
    const Control *control = control_table[finding->control];
    if ((control->needs & NEED_LEDGER) == 0)
        return NULL;
    const GArray *rows =
        finding->extra == 0 ? context->standing->overdue : context->standing->lapsed;
    return &g_array_index(rows, StandingException, finding->subject);
}

Party party_of_exception(const StandingException *exception)
{
    return (Party){exception->source, exception->key, exception->subject_name, exception->dn};
}

Party finding_subject(const ControlContext *context, const Finding *finding)
{
    const StandingException *exception = finding_exception(context, finding);
    return exception != NULL
               ? party_of_exception(exception)
               : party_of(context, (SubjectType)finding->subject_type, finding->subject);
}

Party finding_object(const ControlContext *context, const Finding *finding, SubjectType *ret_type)
{
    const StandingException *exception = finding_exception(context, finding);
    if (exception != NULL) {
        *ret_type = SUBJECT_EXCEPTION;
        return (Party){.key = exception->name, .name = exception->control};
    }
    *ret_type = object_type_of(control_table[finding->control], finding->object);
    return *ret_type != SUBJECT_NONE ? party_of(context, *ret_type, finding->object)
                                     : (Party){.key = NULL};
}

uint32_t finding_account(const ControlContext *context, const Finding *finding)
{
    bool is_account = finding->subject_type == SUBJECT_ACCOUNT ||
                      (finding->subject_type == SUBJECT_RIGHT &&
                       principal_kind(finding->subject) == PRINCIPAL_ACCOUNT);
    return is_account && finding_exception(context, finding) == NULL ? finding->subject : NONE;
}
