/* recipients.h: whom an event reaches, and on which day. */
#pragma once

#include "ledger/outbox.h"
#include "notify/notify.h"

/* Each puts the event into the outbox of whoever is meant, once; facts are borrowed. */
bool recipients_tell_person(const Notify *notify, const char *id, const char *event,
                            const json_t *facts, GError **error);
/* except: HR id of whom it is about; NULL = nobody. */
bool recipients_tell_role(const Notify *notify, const char *role, const char *except,
                          const char *event, const json_t *facts, GError **error);
/* The addresses and people of notify.admins. */
bool recipients_tell_admins(const Notify *notify, const char *event, const json_t *facts,
                            GError **error);
/* A row for the outbox, into the digest of today; all but address and message_id is borrowed. */
void recipients_event(const Notify *notify, const char *person, const char *address,
                      const char *event, const json_t *facts, OutboxEvent *ret_event);
void recipients_event_clear(OutboxEvent *event);

/* NULL: mail can be sent there; else why not. Static. One address of RFC 5321, ASCII before the @:
 * nothing that could end a header or a command. */
const char *recipients_address_problem(const char *address);
