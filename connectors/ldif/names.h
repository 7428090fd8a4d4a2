/* names.h: the attributes that a file has had, in the order in which it has them.
 *
 * Exports repeat their attributes in one order, so the name of a line is guessed from the line
 * before it and verified with one comparison: a third less time than looking for colon and rule in
 * every line. */
#pragma once

#include "ldap/schema.h"

#include <string.h>

#define MAX_KNOWN_NAMES 64
#define LONGEST_KNOWN_NAME 47
#define PLAIN_BEGIN 32
#define PLAIN_WORDS (PLAIN_BEGIN / sizeof(uint64_t))

/* An attribute as the file spells it, without options. */
typedef struct KnownName {
    /* How a line with a plain value begins, eight bytes at a time: the name, a colon and a blank.
     * Where PLAIN_BEGIN leaves no room for the two it is something that no line begins with. */
    uint64_t words[PLAIN_WORDS], masks[PLAIN_WORDS];
    const SchemaRule *rule; /* NULL: not read */
    struct KnownName *next; /* the name that followed it the last time */
    size_t length;
    char name[LONGEST_KNOWN_NAME + 1];
} KnownName;

typedef struct KnownNames {
    KnownName names[MAX_KNOWN_NAMES];
    size_t n;
    KnownName *last; /* of the line before; NULL: it had none, or an option */
} KnownNames;

static inline bool known_name_begins(const KnownName *name, Text line)
{
    return line.length > name->length && line.data[name->length] == ':' &&
           memcmp(line.data, name->name, name->length) == 0;
}

/* PLAIN_BEGIN bytes can be read from `at`. All of them are looked at, whatever the name: a loop of
 * always the same length costs less than one that ends early. */
static inline bool known_name_begins_plainly(const KnownName *name, const char *at)
{
    uint64_t difference = 0;

    for (size_t i = 0; i < PLAIN_WORDS; i++) {
        uint64_t word;
        memcpy(&word, at + i * sizeof word, sizeof word);
        difference |= (word ^ name->words[i]) & name->masks[i];
    }
    return difference == 0;
}

/* The name of the line, if it is that of the line before it or what came behind that the last time;
 * NULL: look for it. */
static inline KnownName *known_names_guess(KnownNames *names, Text line)
{
    KnownName *last = names->last;

    if (last == NULL || known_name_begins(last, line))
        return last;
    return known_name_begins(last->next, line) ? last->next : NULL;
}

/* After a line whose name was no good guess. */
void known_names_learn(KnownNames *names, Text attribute, const SchemaRule *rule);
