#include "controls/finding.h"

#include "controls/evidence.h"

#include <string.h>
#include <xxhash.h>

const char *const severities[] = {"low", "medium", "high", "critical", NULL};
const char *const subject_types[] = {"account",  "group",     "person", "asset",
                                     "computer", "source",    "review", "right",
                                     "rule",     "exception", "none",   NULL};

void finding_text_clear(FindingText *text)
{
    FindingParty *parties[] = {&text->subject, &text->object};
    for (size_t i = 0; i < G_N_ELEMENTS(parties); i++) {
        g_free(parties[i]->source);
        g_free(parties[i]->key);
        g_free(parties[i]->name);
        g_free(parties[i]->dn);
    }
    g_free(text->person_id);
    g_free(text->person_name);
    g_free(text->holders);
    g_free(text->summary);
    g_free(text->evidence);
    g_free(text->action);
    memset(text, 0, sizeof *text);
}

#define MAX_PARTS 7

typedef struct Parts {
    const char *text[MAX_PARTS];
    uint32_t length[MAX_PARTS]; /* UINT32_MAX: no text */
    size_t n, n_bytes;
} Parts;

static void add_part(Parts *parts, const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;
    parts->text[parts->n] = text;
    parts->length[parts->n++] = text != NULL ? (uint32_t)length : UINT32_MAX;
    parts->n_bytes += length + sizeof *parts->length;
}

/* Every part ends with its length, so that no two lists of parts give the same bytes. */
static void lay_out(const Parts *parts, char *at)
{
    for (size_t i = 0; i < parts->n; i++) {
        if (parts->text[i] != NULL)
            at = mempcpy(at, parts->text[i], parts->length[i]);
        at = mempcpy(at, &parts->length[i], sizeof parts->length[i]);
    }
}

/* Called for every finding of every run: nothing is allocated for what is as long as most. */
void finding_identity(const char *control, SubjectType type, const char *source, const char *key,
                      SubjectType object_type, const char *object_source, const char *object_key,
                      uint8_t ret_identity[16])
{
    Parts parts = {.n = 0};
    add_part(&parts, control);
    add_part(&parts, subject_types[type]);
    add_part(&parts, source);
    add_part(&parts, key);
    if (object_type != SUBJECT_NONE) {
        add_part(&parts, subject_types[object_type]);
        add_part(&parts, object_source);
        add_part(&parts, object_key);
    }
    char most[256];
    g_autofree char *more = parts.n_bytes > sizeof most ? g_malloc(parts.n_bytes) : NULL;
    char *bytes = more != NULL ? more : most;
    lay_out(&parts, bytes);
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, parts.n_bytes));
    memcpy(ret_identity, canonical.digest, 16);
}

char *finding_summary_at(const char *summary, int64_t as_of_utc)
{
    GString *out = g_string_new(NULL);
    const char *rest = summary;
    for (;;) {
        const char *mark = strchr(rest, ELAPSED_MARK[0]);
        const char *end = mark != NULL ? strchr(mark + 1, ELAPSED_MARK[0]) : NULL;
        if (end == NULL)
            break;
        g_string_append_len(out, rest, mark - rest);
        g_autofree char *elapsed = elapsed_text(as_of_utc - g_ascii_strtoll(mark + 1, NULL, 10));
        g_string_append(out, elapsed);
        rest = end + 1;
    }
    g_string_append(out, rest);
    return g_string_free(out, FALSE);
}
