/* random_nights.h: a small company that changes from night to night, in the words of nights.h.
 *
 * Two directories, a roster, groups of both; now and then a source is not whole, or had records
 * rejected and lacks some. The same random numbers give the same nights. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define RANDOM_ACCOUNTS 24
#define RANDOM_PEOPLE 10
#define RANDOM_GROUPS 6

/* What there really is. */
typedef struct RandomNights {
    GRand *random; /* borrowed */
    bool is_there[RANDOM_ACCOUNTS];
    int state[RANDOM_ACCOUNTS]; /* usable, off, nobody knows */
    int name[RANDOM_ACCOUNTS], mail[RANDOM_ACCOUNTS], logon[RANDOM_ACCOUNTS];
    int person[RANDOM_ACCOUNTS]; /* 0 = none */
    bool person_is_there[RANDOM_PEOPLE];
    int department[RANDOM_PEOPLE], title[RANDOM_PEOPLE], status[RANDOM_PEOPLE];
    bool group_is_there[RANDOM_GROUPS], is_governed[RANDOM_GROUPS];
    bool is_member[RANDOM_GROUPS][RANDOM_ACCOUNTS];
} RandomNights;

RandomNights random_nights(GRand *random);
/* The next night, newly allocated; one of five is quiet. */
char *random_nights_next(RandomNights *nights);
