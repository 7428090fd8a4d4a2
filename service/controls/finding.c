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

/* Every part ends with its length, so that no two lists of parts give the same bytes. */
static void add_part(GString *buffer, const char *part)
{
    uint32_t length = part != NULL ? (uint32_t)strlen(part) : UINT32_MAX;
    if (part != NULL)
        g_string_append_len(buffer, part, (gssize)length);
    g_string_append_len(buffer, (const char *)&length, sizeof length);
}

void finding_identity(const char *control, SubjectType type, const char *source, const char *key,
                      SubjectType object_type, const char *object_source, const char *object_key,
                      uint8_t ret_identity[16])
{
    static _Thread_local GString *buffer; /* called for every finding of every run: no allocation */
    if (buffer == NULL)
        buffer = g_string_sized_new(1024);
    g_string_truncate(buffer, 0);
    add_part(buffer, control);
    add_part(buffer, subject_types[type]);
    add_part(buffer, source);
    add_part(buffer, key);
    if (object_type != SUBJECT_NONE) {
        add_part(buffer, subject_types[object_type]);
        add_part(buffer, object_source);
        add_part(buffer, object_key);
    }
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(buffer->str, buffer->len));
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
