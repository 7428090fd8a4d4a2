#include "settings/scan.h"

#include "settings/problems.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* libconfig's own limit of nested includes. */
#define DEEPEST_INCLUDE 10

typedef struct Scan {
    const char *directory;
    GString *content;
    GPtrArray *problems;
} Scan;

/* A place in one file. */
typedef struct Cursor {
    const char *file;
    const char *at, *end;
    unsigned line;
    bool is_line_start; /* only blanks between the start of the line and here */
} Cursor;

static bool scan_file(Scan *scan, const char *file, const char *place, unsigned depth);

static void advance(Cursor *cursor)
{
    if (*cursor->at == '\n') {
        cursor->line++;
        cursor->is_line_start = true;
    } else if (*cursor->at != ' ' && *cursor->at != '\t') {
        cursor->is_line_start = false;
    }
    cursor->at++;
}

static bool looks_at(const Cursor *cursor, const char *text)
{
    size_t length = strlen(text);
    return (size_t)(cursor->end - cursor->at) >= length && memcmp(cursor->at, text, length) == 0;
}

static void skip_until(Cursor *cursor, const char *text)
{
    while (cursor->at < cursor->end && !looks_at(cursor, text))
        advance(cursor);
}

/* Cursor behind the opening quote. false when the text never ends. */
static bool skip_text(Cursor *cursor)
{
    while (cursor->at < cursor->end && *cursor->at != '"') {
        if (*cursor->at == '\\' && cursor->at + 1 < cursor->end)
            advance(cursor);
        advance(cursor);
    }
    if (cursor->at == cursor->end)
        return false;
    advance(cursor);
    return true;
}

static void check_number(Scan *scan, Cursor *cursor)
{
    const char *start = cursor->at;
    while (cursor->at < cursor->end &&
           (g_ascii_isalnum(*cursor->at) || strchr("+-._*", *cursor->at) != NULL))
        advance(cursor);
    g_autofree char *text = g_strndup(start, (gsize)(cursor->at - start));
    char *end = NULL;
    errno = 0;
    gint64 value = g_ascii_strtoll(text, &end, 10);
    if (*end == '\0' && (errno == ERANGE || value < G_MININT32 || value > G_MAXINT32)) {
        g_autofree char *place = g_strdup_printf("%s:%u", cursor->file, cursor->line);
        problem_add(scan->problems, place, "", "%s is a larger number than any setting takes",
                    text);
    }
}

static bool follow_include(Scan *scan, Cursor *cursor, unsigned depth)
{
    skip_until(cursor, "\"");
    if (cursor->at == cursor->end) {
        return true; /* libconfig reports the syntax */
    }
    advance(cursor);
    const char *start = cursor->at;
    if (!skip_text(cursor))
        return true;
    g_autofree char *name = g_strndup(start, (gsize)(cursor->at - 1 - start));
    g_autofree char *file =
        g_path_is_absolute(name) ? g_strdup(name) : g_build_filename(scan->directory, name, NULL);
    g_autofree char *place = g_strdup_printf("%s:%u", cursor->file, cursor->line);
    return scan_file(scan, file, place, depth + 1);
}

static bool scan_bytes(Scan *scan, Cursor *cursor, unsigned depth)
{
    bool is_good = true;
    while (cursor->at < cursor->end) {
        char c = *cursor->at;
        if (c == '#' || looks_at(cursor, "//")) {
            skip_until(cursor, "\n");
        } else if (looks_at(cursor, "/*")) {
            skip_until(cursor, "*/");
        } else if (cursor->is_line_start && looks_at(cursor, "@include")) {
            is_good &= follow_include(scan, cursor, depth);
        } else if (c == '"') {
            unsigned line = cursor->line;
            advance(cursor);
            if (!skip_text(cursor)) {
                g_autofree char *place = g_strdup_printf("%s:%u", cursor->file, line);
                problem_add(scan->problems, place, "",
                            "the text that begins here has no closing \"");
                is_good = false; /* libconfig leaks what it read of such a text */
            }
        } else if (g_ascii_isdigit(c) || ((c == '-' || c == '+') && cursor->at + 1 < cursor->end &&
                                          g_ascii_isdigit(cursor->at[1]))) {
            check_number(scan, cursor);
        } else if (g_ascii_isalpha(c) || c == '*') {
            /* a name: the digits in it are no numbers */
            while (cursor->at < cursor->end &&
                   (g_ascii_isalnum(*cursor->at) || strchr("-_*", *cursor->at) != NULL))
                advance(cursor);
        } else {
            advance(cursor);
        }
    }
    return is_good;
}

static bool check_file(Scan *scan, const char *file, const char *place)
{
    struct stat status;
    if (stat(file, &status) != 0) {
        problem_add(scan->problems, place, "", "%s cannot be read: %s", file, g_strerror(errno));
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        problem_add(scan->problems, place, "", "%s is no regular file", file);
        return false;
    }
    return true;
}

/* place: where the file is asked for. */
static bool scan_file(Scan *scan, const char *file, const char *place, unsigned depth)
{
    if (depth > DEEPEST_INCLUDE) {
        problem_add(scan->problems, place, "",
                    "more than %d @include inside each other; does a "
                    "file include itself?",
                    DEEPEST_INCLUDE);
        return false;
    }
    if (!check_file(scan, file, place))
        return false;
    g_autofree char *bytes = NULL;
    gsize length = 0;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(file, &bytes, &length, &error)) {
        problem_add(scan->problems, place, "", "%s", error->message);
        return false;
    }
    if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        problem_add(scan->problems, place, "",
                    "%s begins with a byte order mark; save it as UTF-8 without one", file);
        return false;
    }
    g_autofree char *name = g_path_get_basename(file);
    g_string_append_printf(scan->content, "%s %zu\n", name, (size_t)length);
    g_string_append_len(scan->content, bytes, (gssize)length);
    Cursor cursor = {
        .file = file, .at = bytes, .end = bytes + length, .line = 1, .is_line_start = true};
    return scan_bytes(scan, &cursor, depth);
}

bool scan_files(const char *path, const char *directory, GString *content, GPtrArray *problems)
{
    Scan scan = {.directory = directory, .content = content, .problems = problems};
    return scan_file(&scan, path, path, 0);
}
