/* page.h: one page of a search: how it ended, and what its result means. */
#pragma once

#include "ldap/session.h"

typedef struct Page {
    uint64_t number;    /* 1 = the first */
    int id;             /* of the request */
    uint64_t n_entries; /* that came, … */
    uint64_t n_taken;   /* … and that were used */
    bool is_over;       /* the result is there: */
    int code;
    char *diagnostic;
    struct berval cookie;
    bool has_cookie; /* the server answered the paging control at all */
    char *first_dn;
} Page;

/* All is zero then. */
void page_clear(Page *page);
/* Takes the result; false when it cannot be read. */
bool page_end(Page *page, LDAP *ldap, LDAPMessage *result, bool is_paged);

/* The result in words, with what to do about it; to be freed. */
char *page_result_text(const Page *page);
SourceError page_error(const Page *page);
/* May another size do? */
bool page_is_size_refused(const Page *page);
/* The next one of a ladder: 500, 100, 0 = no pages. */
int page_size_below(int page_size);

/* Do pages come again? Cookies do not tell: the same one may come with every page (Samba's names
 * the search, not the place). But an entry never comes twice, so each page is compared with the
 * newest one whose number is a power of two, and with the one before: a loop of any length is met
 * in its third round at the latest (Brent). Empty pages are not counted. */
typedef struct Rounds {
    char *before, *marker; /* first DNs */
    uint64_t n_pages;
} Rounds;

bool rounds_is_repeated(Rounds *rounds, const char *first_dn);
void rounds_clear(Rounds *rounds);
