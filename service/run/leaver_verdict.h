/* leaver_verdict.h: what is found out about one leaver, between the files that find it: lines of
 * what has to be closed or handed over, and sentences on what is open and what cannot be told. */
#pragma once

#include "run/leaver.h"
#include "run/owned.h"

typedef struct Verdict {
    json_t *lines; /* NULL: nobody asks for them */
    json_t *open, *unsure;
    json_t *handover; /* part of open: what needs somebody else */
    LeaverDue due;
} Verdict;

/* One thing to close. What is not known to be closed is open. */
void verdict_add_line(Verdict *verdict, const LeaverLine *line, State is_open);
/* One that somebody else has to take over. */
void verdict_add_handover(Verdict *verdict, const LeaverLine *line);
void verdict_unsure(Verdict *verdict, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* true, false, or null: nothing open was seen, and something cannot be told. New reference. */
json_t *verdict_closed(const Verdict *verdict);

/* Enabled and not expired. */
State leaver_account_usable(const Look *look, uint32_t account);

/* Adds what the person owns, who reports to him, what he approved, and what he has still to decide,
 * to the verdict and to facts. ledger NULL: there are no reviews. */
void leaver_add_handover(const Look *look, uint32_t person, const Owned *owned, Ledger *ledger,
                         Verdict *verdict, json_t *facts);
