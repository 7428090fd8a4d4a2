/* responder.h: a server that answers as Active Directory does where no free server does.
 *
 * One thread, one listening socket on loopback, one connection at a time, anonymous; it serves
 * groups g0, g1, … of the same members below DC=example,DC=test. Requests are answered in batches:
 * whatever has come in within a few milliseconds is one round trip, as over a real network; all
 * answers to it, so a whole page, are sent in one piece. What it does wrong is what the script
 * says. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define RESPONDER_FIRST_STAMP 1795330018 /* 2026-11-22T06:46:58Z */
#define RESPONDER_BASE "DC=example,DC=test"

typedef struct ResponderScript {
    size_t n_groups, n_members;
    size_t range_step;         /* MaxValRange; 0 = none */
    size_t range_step_2;       /* every other range is that long; 0 = like range_step */
    size_t n_changes;          /* so many times a group changes while its ranges are read */
    bool without_range;        /* a range that is asked for is never given */
    bool ignores_range;        /* … gives all members as if none had been asked for */
    bool loses_value;          /* the last range but one is one value short */
    bool forgets_group;        /* a base search of a group finds nothing */
    int range_code;            /* result code of every further range */
    size_t n_references;       /* references a page, where domainScope was not asked for */
    bool without_domain_scope; /* the root DSE does not list the control */
    size_t bad_page;           /* 1 = the first; 0 = none is bad */
    int bad_page_code;         /* its result code, after half of its entries … */
    bool disconnects;          /* … or a notice of disconnection there (RFC 4511 section 4.4.1) */
    bool with_stamps;          /* members' times (msDS-ReplValueMetaData), in ranges like members:
                                  member i came at RESPONDER_FIRST_STAMP + i */
    bool breaks_stamps; /* … every third is no XML, every other third is of a removed one */
    bool shifts_stamps; /* … further ranges begin elsewhere than asked for */
    bool repeats_page;  /* pages come with the same cookie and the same entries, for ever */
} ResponderScript;

typedef struct Responder {
    char *url;
    ResponderScript script;
    int listener;
    GThread *thread;
    gint is_stopping;
    size_t n_searches, n_base_searches, n_range_searches, n_round_trips, n_with_domain_scope;
    size_t n_changes_left;
    gint n_pages_asked; /* atomic: may be read while it runs */
} Responder;

Responder *responder_start(const ResponderScript *script);
/* Counters may be read after this. */
void responder_stop(Responder *responder);
void responder_free(Responder *responder); /* stops; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Responder, responder_free)
