/* fixture.h: sources without connectors: records are pushed straight into their sinks. */
#pragma once

#include "intake/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define AS_OF 1773723600 /* 2026-03-17T05:00:00Z */

/* A sink of its own zone (Europe/Berlin), index 0, as of AS_OF; change options before the first
 * record. */
SinkOptions fixture_options(const char *name, Provides provides);

/* The row of cells: "id=1;name=Ann;…". Line numbers count from 2 by themselves. */
void push_row(Sink *sink, const char *cells);

/* An entry with name, DN "cn=NAME,ou=x,dc=x" and sensible defaults; change what the test is about,
 * then push it. */
DirectoryEntry account_entry(const char *name);
DirectoryEntry group_entry(const char *name);
void push_entry(Sink *sink, const DirectoryEntry *entry);
void push_account(Sink *sink, const char *name);
/* members: DNs separated by blanks; "ann" stands for cn=ann,ou=x,dc=x */
void push_group(Sink *sink, const char *name, const char *members);

/* Steals the sinks. */
Intake *intake_of(Sink **sinks, uint32_t n);
/* Ends the pulls as whole and freezes. Steals the sinks. baseline may be NULL. */
Snapshot *freeze_sinks(Sink **sinks, uint32_t n, const Baseline *baseline);
Snapshot *freeze_sink(Sink *sink);

/* Members of the group of this name: "ann:member bob:primary group", sorted by principal; newly
 * allocated. */
char *members_of(const Snapshot *snapshot, const char *group);
Sink *directory(const char *name, uint8_t index); /* empty, of the source index */
void assert_members(const Snapshot *snapshot, const char *group, const char *expected);
/* All kept rejections, one a line; newly allocated. */
char *rejections_of(const SourceRecord *record);
void assert_balanced(const SourceRecord *record);
