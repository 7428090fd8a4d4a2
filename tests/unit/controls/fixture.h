/* fixture.h: a small world judged by the controls.
 *
 * A test makes the world (harness/world.h), then asks what a control found: "ann high, bob/Admins
 * critical", subjects sorted by name, with the object behind the slash; "" when there is nothing.
 * All are judged with the settings given, at AS_OF. */
#pragma once

#include "controls/control.h"
#include "harness/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define AS_OF INT64_C(1773723600) /* 2026-03-17T05:00:00Z */
#define HOURS(n) ((int64_t)(n)*3600)
#define DAYS(n) ((int64_t)(n)*86400)

typedef struct Case {
    World *world;
    Snapshot *snapshot;               /* the world's */
    uint8_t classes[WORLD_ROWS];      /* AccountClass; person at first */
    const char *config;               /* settings beside the sources; "" at first */
    int64_t as_of_utc;                /* AS_OF */
    bool has_earlier_run;             /* true */
    int64_t last_good[WORLD_SOURCES]; /* TIME_UNKNOWN */
    GHashTable *group_first_seen;     /* first_seen() fills it */
    Memory *memory;                   /* NULL at first; memory_new() it, the case frees it */
    Times *times;                     /* the same with times_new() */
    Standing *standing;               /* the same with standing_new() */
    Reviewed *reviewed;               /* the same with reviewed_new() */
    /* private */
    Settings *settings;
    Links *links;
    Graph *graph;
    Effective *effective;
    Governed *governed;
    ControlContext context;
    FindingSet *set;
    GPtrArray *answers;
    FindingText text;
    char *folder;
} Case;

int case_setup(void **state); /* *state = a Case with an empty world */
int case_teardown(void **state);

/* ---- the world ---- */

uint32_t person(Case *c, const char *id, const char *name);
/* An account whose employee number is the person's id; person NULL = nobody's. Last used an hour
 * ago. */
uint32_t account(Case *c, const char *name, const char *person_id);
uint32_t group(Case *c, const char *name);
void in_group(Case *c, uint32_t account, uint32_t group);
void nest(Case *c, uint32_t inner, uint32_t outer);
void left(Case *c, uint32_t person, int64_t seconds_ago); /* negative: will leave */
void set_text(Case *c, TextRef *cell, const char *text);
/* Approved by "boss", without dates; names may be NULL. */
uint32_t approve(Case *c, const char *group_text, const char *account_name, const char *person_id);
void first_seen(Case *c, uint32_t group, int64_t utc);

/* ---- what was found ---- */

/* Judges (again): after a change of the world or of the settings. */
void judge(Case *c);
const char *found(Case *c, const char *control);
/* Reasons, sorted: "*: …" the whole control, "corp: …" a source, "subject: …" one subject; joined
 * by " | ". */
const char *unjudged(Case *c, const char *control);
/* The only finding of the control, in words; fails when there is not exactly one. Cleared by the
 * case. */
const FindingText *text_of_finding(Case *c, const char *control);
const Finding *only_finding(Case *c, const char *control);

#define assert_found(c, control, expected) assert_string_equal(found(c, control), expected)
#define assert_unjudged(c, control, expected) assert_string_equal(unjudged(c, control), expected)
#define case_test(f) cmocka_unit_test_setup_teardown(f, case_setup, case_teardown)
