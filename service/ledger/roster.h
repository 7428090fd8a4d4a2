/* roster.h: the last applied roster: what is kept of a person, and whom a text means. */
#pragma once

#include "ledger/ledger_private.h"

typedef struct RosterPerson {
    char *id, *name; /* of the row that speaks for the person now */
    bool has_left;
    int64_t gone_since; /* run that missed them first; 0 = in the roster */
} RosterPerson;

void roster_person_clear(RosterPerson *person);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RosterPerson, roster_person_clear)

/* By HR id (exactly), else by e-mail or username, else by full name, without case. person->id stays
 * NULL when nobody is meant. LEDGER_ERROR_REFUSED when several are. Cost: O(people). */
bool roster_find(Store *store, const char *text, RosterPerson *ret_person, GError **error);
/* By username only, without case: whom a login name means. Otherwise as roster_find(). */
bool roster_find_login(Store *store, const char *login, RosterPerson *ret_person, GError **error);
/* By HR id only: the row that speaks for it now. person->id stays NULL when there is none. */
bool roster_find_id(Store *store, const char *id, RosterPerson *ret_person, GError **error);
/* The id under which the roster speaks of that person now; newly allocated. */
char *roster_speaking_id(Store *store, const char *id, GError **error);

/* What is kept of a person besides the id. */
typedef struct RosterRow {
    const char *name, *email, *username, *successor;
    int64_t has_left, gone_since;
} RosterRow;

/* Hash of all of it. */
uint64_t roster_mark(const RosterRow *row);
