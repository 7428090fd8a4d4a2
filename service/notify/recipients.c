#include "notify/recipients.h"

#include "base/times.h"

#include <string.h>

void notify_person_clear(NotifyPerson *person)
{
    g_free(person->name);
    g_free(person->email);
    g_free(person->manager);
}

const char *recipients_address_problem(const char *address)
{
    const char *at = strrchr(address, '@');

    if (*address == '\0')
        return "no mail address is known";
    for (const char *c = address; *c != '\0'; c++) {
        if (g_ascii_iscntrl(*c) || strchr(" <>()[]\\,;:\"", *c) != NULL)
            return "the mail address holds a character that no address may hold";
        if ((unsigned char)*c >= 0x80)
            return "the mail address is not ASCII";
    }
    if (at == NULL || at == address || at[1] == '\0' || strchr(address, '@') != at)
        return "the mail address is none";
    if (strlen(address) > 254)
        return "the mail address is too long";
    return NULL;
}

/* The same at every try: it is made with the row. */
static char *new_message_id(const Notify *notify)
{
    const char *from = settings_text(settings_group(notify->settings->root, "notify"), "from");
    const char *domain = from != NULL ? strrchr(from, '@') : NULL;
    g_autofree char *unique = g_uuid_string_random();
    g_autofree char *host = g_strdup(domain != NULL ? domain + 1 : "rightful.invalid");

    host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] = '\0';
    return g_strdup_printf("%s.rightful@%s", unique, host);
}

/* From that hour of the day on, in the organisation's zone. */
static int64_t hour_of(const Notify *notify, int32_t day)
{
    int64_t hour = settings_int(settings_group(notify->settings->root, "notify"), "digest_hour");

    return day_begins_utc(day, notify->settings->timezone) + hour * 3600;
}

void recipients_event(const Notify *notify, const char *person, const char *address,
                      const char *event, const json_t *facts, OutboxEvent *ret_event)
{
    int32_t today = day_of_time(notify->now_utc, notify->settings->timezone);

    *ret_event = (OutboxEvent){
        .person = person,
        .address = g_strdup(address != NULL ? address : ""),
        .event = event,
        .facts = facts,
        .message_id = new_message_id(notify),
        .day = today,
        .not_before_utc = hour_of(notify, today),
        .next_not_before_utc = hour_of(notify, today + 1),
        .at_utc = notify->now_utc,
    };
}

void recipients_event_clear(OutboxEvent *event)
{
    g_free((char *)(uintptr_t)event->address);
    g_free((char *)(uintptr_t)event->message_id);
}

static bool tell(const Notify *notify, const char *person, const char *address, const char *event,
                 const json_t *facts, GError **error)
{
    bool was = false;
    OutboxEvent row;

    if (!ledger_outbox_was_told(notify->ledger, person, event, &was, error) || was)
        return was;
    recipients_event(notify, person, address, event, facts, &row);
    bool is_done = ledger_outbox_add(notify->ledger, &row, &was, error);
    recipients_event_clear(&row);
    return is_done;
}

bool recipients_tell_person(const Notify *notify, const char *id, const char *event,
                            const json_t *facts, GError **error)
{
    g_auto(NotifyPerson) person = {0};
    bool was = false;

    /* Most of it was told long ago: looking costs neither a search nor a writing transaction. */
    if (!ledger_outbox_was_told(notify->ledger, id, event, &was, error) || was)
        return was;
    notify->people->find(notify->people->data, id, &person);
    return tell(notify, id, person.email, event, facts, error);
}

bool recipients_tell_role(const Notify *notify, const char *role, const char *except,
                          const char *event, const json_t *facts, GError **error)
{
    g_auto(GStrv) ids = notify->people->with_role(notify->people->data, role);

    for (char **id = ids; id != NULL && *id != NULL; id++) {
        if (g_strcmp0(*id, except) != 0 &&
            !recipients_tell_person(notify, *id, event, facts, error))
            return false;
    }
    return true;
}

bool recipients_tell_admins(const Notify *notify, const char *event, const json_t *facts,
                            GError **error)
{
    const char *const *admins =
        settings_texts(settings_group(notify->settings->root, "notify"), "admins");

    for (size_t i = 0; admins[i] != NULL; i++) {
        g_autofree char *role = g_strconcat("role:admin ", admins[i], NULL);
        bool is_done = strchr(admins[i], '@') != NULL
                           ? tell(notify, role, admins[i], event, facts, error)
                           : recipients_tell_person(notify, admins[i], event, facts, error);
        if (!is_done)
            return false;
    }
    return true;
}
