#include "ldif/names.h"

/* A line has no NUL, so a name that is too long never fits: its words are 0 and all of them count.
 */
static void note_words(KnownName *name)
{
    char begin[PLAIN_BEGIN] = {0}, mask[PLAIN_BEGIN];
    size_t n = name->length + 2;

    memset(mask, 0xff, sizeof mask);
    if (n <= sizeof begin) {
        memcpy(begin, name->name, name->length);
        memcpy(begin + name->length, ": ", 2);
        memset(mask + n, 0, sizeof mask - n);
    }
    memcpy(name->words, begin, sizeof begin);
    memcpy(name->masks, mask, sizeof mask);
}

static KnownName *find_name(KnownNames *names, Text attribute)
{
    for (size_t i = 0; i < names->n; i++) {
        KnownName *name = &names->names[i];
        if (name->length == attribute.length &&
            memcmp(name->name, attribute.data, attribute.length) == 0)
            return name;
    }
    if (names->n == MAX_KNOWN_NAMES || attribute.length > LONGEST_KNOWN_NAME ||
        memchr(attribute.data, ';', attribute.length) != NULL)
        return NULL;
    KnownName *name = &names->names[names->n++];
    *name = (KnownName){.length = attribute.length, .next = name};
    memcpy(name->name, attribute.data, attribute.length);
    note_words(name);
    return name;
}

void known_names_learn(KnownNames *names, Text attribute, const SchemaRule *rule)
{
    KnownName *before = names->last;
    KnownName *name = find_name(names, attribute);

    names->last = name;
    if (name == NULL)
        return;
    name->rule = rule;
    if (before != NULL)
        before->next = name;
}
