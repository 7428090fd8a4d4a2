#include "ldif/names.h"

static void note_words(KnownName *name)
{
    char begin[sizeof name->words] = {0}, mask[sizeof name->masks] = {0};
    size_t n = name->length + 2;

    if (n > sizeof begin) {
        return;
    }
    memcpy(begin, name->name, name->length);
    memcpy(begin + name->length, ": ", 2);
    memset(mask, 0xff, n);
    memcpy(name->words, begin, sizeof begin);
    memcpy(name->masks, mask, sizeof mask);
    name->n_words = (n + sizeof(uint64_t) - 1) / sizeof(uint64_t);
}

static KnownName *find_name(KnownNames *names, Text attribute)
{
    for (size_t i = 0; i < names->n; i++) {
        KnownName *name = &names->names[i];
        if (name->length == attribute.length &&
            memcmp(name->name, attribute.data, attribute.length) == 0) {
            return name;
        }
    }
    if (names->n == MAX_KNOWN_NAMES || attribute.length > LONGEST_KNOWN_NAME ||
        memchr(attribute.data, ';', attribute.length) != NULL) {
        return NULL;
    }
    KnownName *name = &names->names[names->n++];
    *name = (KnownName){.length = attribute.length};
    memcpy(name->name, attribute.data, attribute.length);
    note_words(name);
    return name;
}

void known_names_learn(KnownNames *names, Text attribute, const SchemaRule *rule)
{
    KnownName *before = names->last;
    KnownName *name = find_name(names, attribute);

    names->last = name;
    if (name == NULL) {
        return;
    }
    name->rule = rule;
    if (before != NULL) {
        before->next = (size_t)(name - names->names);
    }
}
