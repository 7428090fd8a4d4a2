/* The csv connector over real files: what it reads, and what it refuses with which line. */
#include "csv/csv.h"
#include "harness/recording_sink.h"
#include "settings/settings.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

typedef struct Folder {
    char *path;
    Settings *settings; /* of the last pull; keeps texts alive */
    Sink *sink;
    GError *error;
} Folder;

static int setup(void **state)
{
    Folder *folder = g_new0(Folder, 1);
    folder->path = g_dir_make_tmp("rightful-csv-XXXXXX", NULL);
    *state = folder;
    return folder->path != NULL ? 0 : -1;
}

static void forget(Folder *folder)
{
    g_clear_pointer(&folder->settings, settings_free);
    g_clear_pointer(&folder->sink, recording_sink_free);
    g_clear_error(&folder->error);
}

static int teardown(void **state)
{
    Folder *folder = *state;
    forget(folder);
    const char *name;
    GDir *dir = g_dir_open(folder->path, 0, NULL);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder->path, name, NULL);
        g_remove(path);
    }
    g_dir_close(dir);
    g_rmdir(folder->path);
    g_free(folder->path);
    g_free(folder);
    return 0;
}

static void write_file(const Folder *folder, const char *name, const void *bytes, size_t n)
{
    g_autofree char *path = g_build_filename(folder->path, name, NULL);
    assert_true(g_file_set_contents(path, bytes, (gssize)n, NULL));
}

/* Pulls t.csv as it stands; extra: further settings of the source, "columns: { … };". */
static bool pull_as(void **state, const char *provides, const char *extra)
{
    Folder *folder = *state;
    forget(folder);
    g_autofree char *conf = g_strdup_printf(
        "sources: ( { name = \"t\"; kind = \"csv\"; provides = \"%s\"; path = \"t.csv\"; %s } );\n",
        provides, extra);
    write_file(folder, "t.conf", conf, strlen(conf));
    g_autofree char *path = g_build_filename(folder->path, "t.conf", NULL);
    static const Connector *const only_csv[] = {&csv_connector, NULL};
    static const Setting no_controls[] = {{.name = NULL}};
    const SettingsCatalogue catalogue = {.connectors = only_csv, .controls = no_controls};
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    folder->settings = settings_load(path, &catalogue, problems, NULL);
    if (problems->len > 0)
        fail_msg("%s", (const char *)problems->pdata[0]);
    folder->sink = recording_sink_new();
    return csv_connector.pull(&folder->settings->sources[0].source, folder->sink, &folder->error);
}

static bool pull_bytes(void **state, const char *extra, const void *bytes, size_t n)
{
    write_file(*state, "t.csv", bytes, n);
    return pull_as(state, "people", extra);
}

static bool pull_text(void **state, const char *text)
{
    return pull_bytes(state, "", text, strlen(text));
}

static const char *message(void **state)
{
    const Folder *folder = *state;
    return folder->error != NULL ? folder->error->message : "(no error)";
}

static size_t n_rows(void **state)
{
    return ((Folder *)*state)->sink->rows->len;
}

static const char *cell(void **state, size_t row, size_t field)
{
    return recorded_cell(((Folder *)*state)->sink, row, field);
}

static uint64_t line(void **state, size_t row)
{
    return ((RecordedRow *)((Folder *)*state)->sink->rows->pdata[row])->line;
}

/* The pull fails, with all of these words in its sentence. */
#define assert_refused(state, is_pulled, ...)                                                      \
    do {                                                                                           \
        assert_false(is_pulled);                                                                   \
        const char *const words[] = {__VA_ARGS__};                                                 \
        for (size_t w = 0; w < G_N_ELEMENTS(words); w++)                                           \
            if (strstr(message(state), words[w]) == NULL)                                          \
                fail_msg("\"%s\" lacks \"%s\"", message(state), words[w]);                         \
    } while (0)

/* ---- what is read ---- */

static void cells_come_in_the_order_of_the_fields_with_the_line_they_stand_in(void **state)
{
    assert_true(pull_text(state, "name,x,id\nAnn Lee,dropped,00123\n\n Bob , y ,7\n"));

    assert_int_equal(n_rows(state), 2);
    assert_string_equal(cell(state, 0, PERSON_ID), "00123");
    assert_string_equal(cell(state, 0, PERSON_NAME), "Ann Lee");
    assert_string_equal(cell(state, 0, PERSON_EMAIL), "");
    assert_int_equal(line(state, 0), 2);
    assert_string_equal(cell(state, 1, PERSON_NAME), "Bob");
    assert_int_equal(line(state, 1), 4);
}

static void a_quoted_cell_may_hold_delimiters_quotes_and_line_ends(void **state)
{
    assert_true(
        pull_text(state, "id,name\n1,\"Lee, \"\"Ann\"\"\"\r\n\"2\",\"two\nlines\"\n3,Bob\n"));

    assert_string_equal(cell(state, 0, PERSON_NAME), "Lee, \"Ann\"");
    assert_string_equal(cell(state, 1, PERSON_NAME), "two\nlines");
    assert_int_equal(line(state, 1), 3);
    assert_string_equal(cell(state, 2, PERSON_NAME), "Bob");
    assert_int_equal(line(state, 2), 5);
}

static void a_bom_and_crlf_are_read_over(void **state)
{
    assert_true(pull_text(state, "\xef\xbb\xbfid,name\r\n1,Ann\r\n"));

    assert_string_equal(cell(state, 0, PERSON_ID), "1");
    assert_string_equal(cell(state, 0, PERSON_NAME), "Ann");
}

static void headers_are_mapped_by_name_else_without_case(void **state)
{
    const char text[] = "Employee Number;FULL NAME;Last Day\n1;Ann;05.03.2026\n";
    assert_true(pull_bytes(
        state,
        "delimiter = \";\"; date_format = \"%d.%m.%Y\"; columns: { id = \"Employee Number\"; "
        "name = \"Full Name\"; last_working_day = \"Last Day\"; };",
        text, strlen(text)));

    assert_string_equal(cell(state, 0, PERSON_ID), "1");
    assert_string_equal(cell(state, 0, PERSON_NAME), "Ann");
    assert_string_equal(cell(state, 0, PERSON_LAST_WORKING_DAY), "05.03.2026");
}

static void which_fields_have_a_column_is_told(void **state)
{
    assert_true(pull_text(state, "id,name,notes,Status\n1,Ann,,active\n"));
    assert_int_equal(((Folder *)*state)->sink->fields,
                     1 << PERSON_ID | 1 << PERSON_NAME | 1 << PERSON_STATUS);
}

static void other_encodings_are_converted(void **state)
{
    assert_true(
        pull_bytes(state, "encoding = \"windows-1252\";", "id,name\n1,J\xfcrgen \x80\n", 19));
    assert_string_equal(cell(state, 0, PERSON_NAME), "Jürgen €");

    const char utf16[] = "\xff\xfei\0d\0,\0n\0a\0m\0e\0\n\0001\0,\0A\0\n\0";
    assert_true(pull_bytes(state, "encoding = \"utf-16\";", utf16, sizeof utf16 - 1));
    assert_string_equal(cell(state, 0, PERSON_NAME), "A");
}

static void a_last_line_with_all_its_cells_needs_no_end(void **state)
{
    assert_true(pull_text(state, "id,name\n1,Ann"));
    assert_int_equal(n_rows(state), 1);
    assert_true(pull_text(state, "id,name\n1,\"Ann\""));
    assert_string_equal(cell(state, 0, PERSON_NAME), "Ann");
}

static void rows_of_nothing_are_excluded_and_counted(void **state)
{
    assert_true(pull_text(state, "id,name\n1,Ann\n,\n , \n"));
    assert_int_equal(n_rows(state), 1);
    assert_int_equal(((Folder *)*state)->sink->n_excluded, 2);
}

static void the_digest_is_that_of_the_files_bytes(void **state)
{
    const char text[] = "id,name\n1,Ann\n";
    assert_true(pull_text(state, text));
    g_autofree char *expected = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    assert_string_equal(((Folder *)*state)->sink->digest, expected);
    assert_true(((Folder *)*state)->sink->file_time_utc > 0);
}

static void a_trailer_that_counts_right_is_no_record(void **state)
{
    const char text[] = "id,name\n1,Ann\n2,Bob\nTRAILER,2\n";
    assert_true(pull_bytes(state, "trailer = \"count\";", text, strlen(text)));
    assert_int_equal(n_rows(state), 2);
}

static void rows_are_the_same_however_the_file_is_split_into_blocks(void **state)
{
    /* Longer than a block, with quoted and plain lines across its borders. */
    GString *text = g_string_new("id,name\n");
    for (int i = 0; i < 40000; i++)
        g_string_append_printf(text, i % 3 == 0 ? "%d,\"a, %d\n\"\"b\"\"\"\n" : "%d,plain %d\n", i,
                               i);
    assert_true(pull_bytes(state, "", text->str, text->len));
    assert_true(text->len > 2 * 256 * 1024);
    g_string_free(text, TRUE);

    assert_int_equal(n_rows(state), 40000);
    for (size_t i = 0; i < 40000; i++) {
        g_autofree char *id = g_strdup_printf("%zu", i);
        g_autofree char *name = g_strdup_printf(i % 3 == 0 ? "a, %zu\n\"b\"" : "plain %zu", i);
        assert_string_equal(cell(state, i, PERSON_ID), id);
        assert_string_equal(cell(state, i, PERSON_NAME), name);
    }
}

/* ---- what is refused ---- */

static void an_empty_file_is_refused(void **state)
{
    assert_refused(state, pull_text(state, ""), "t.csv:1:", "empty");
    assert_refused(state, pull_text(state, "\xef\xbb\xbf"), "empty");
}

static void a_header_alone_is_refused(void **state)
{
    assert_refused(state, pull_text(state, "id,name\n"), "t.csv:", "not a single record");
    assert_refused(state, pull_text(state, "\xef\xbb\xbfid,name"), "t.csv:", "not a single record");
}

static void a_file_that_ends_inside_a_record_is_cut(void **state)
{
    assert_refused(state, pull_text(state, "id,name,email\n1,Ann,a@x\n2,Bo"),
                   "t.csv:3:", "2 of 3 cells");
    assert_int_equal(((Folder *)*state)->error->code, SOURCE_ERROR_CUT);
}

static void an_unclosed_quote_names_the_line_where_it_opened(void **state)
{
    assert_refused(state, pull_text(state, "id,name\n1,\"Ann\n2,Bob\n3,Eve\n"), "t.csv:2:", "quote",
                   "never closed");
    assert_refused(state, pull_text(state, "id,name\n1,Ann\n\"2\n2\",\"Bob\n3,Eve\n"),
                   "t.csv:4:", "never closed");
}

static void a_quote_inside_a_cell_is_refused(void **state)
{
    assert_refused(state, pull_text(state, "id,name\n1,Ann \"A\" Lee\n"), "t.csv:2:", "quote");
    assert_refused(state, pull_text(state, "id,name\n1,\"Ann\" Lee\n"), "t.csv:2:", "quote");
}

static void a_wrong_number_of_cells_is_refused_with_its_line(void **state)
{
    assert_refused(state, pull_text(state, "id,name\n1,Ann\n2,Bob,x\n"), "t.csv:3:", "3 cells",
                   "2 columns");
    assert_refused(state, pull_text(state, "id,name\n1\n2,Bob\n"), "t.csv:2:", "1 cells");
}

static void a_missing_mapped_column_names_the_columns_found_and_the_nearest(void **state)
{
    const char text[] = "Employee Numbr,name\n1,Ann\n";
    assert_refused(state,
                   pull_bytes(state, "columns: { id = \"Employee Number\"; };", text, strlen(text)),
                   "t.csv:1:", "Employee Number", "\"Employee Numbr\", \"name\"",
                   "did you mean \"Employee Numbr\"");
    assert_refused(state, pull_text(state, "id,full\n1,Ann\n"), "\"name\"");
}

static void a_duplicated_mapped_column_is_refused(void **state)
{
    assert_refused(state, pull_text(state, "id,name,name\n1,Ann,Bob\n"), "t.csv:1:", "2 columns",
                   "\"name\"");
    assert_refused(state, pull_text(state, "Id,ID,name\n1,2,Ann\n"), "2 columns", "\"id\"");
    assert_true(pull_text(state, "id,name,x,x\n1,Ann,a,b\n")); /* nobody asks for x */
}

static void a_byte_of_another_encoding_is_named_with_its_line(void **state)
{
    assert_refused(state, pull_text(state, "id,name\n1,Ann\n2,J\xfcrgen\n"), "t.csv:3:", "byte 4",
                   "0xFC", "UTF-8");
    assert_refused(
        state, pull_bytes(state, "encoding = \"windows-1252\";", "id,name\n1,Ann\n2,\x81\n", 18),
        "t.csv:3:", "0x81", "windows-1252");
    assert_refused(state,
                   pull_bytes(state, "encoding = \"utf-16le\";", "i\0d\0,\0n\0a\0m\0e\0\n", 15),
                   "t.csv:");
}

static void a_nul_is_text_and_left_to_intake(void **state)
{
    assert_true(pull_bytes(state, "", "id,name\n1,A\0\xc3\xa4\n", 15));
    const RecordedRow *row = ((Folder *)*state)->sink->rows->pdata[0];
    assert_memory_equal(row->cells[PERSON_NAME], "A\0\xc3\xa4", 4);
}

static void a_lone_carriage_return_is_refused(void **state)
{
    assert_refused(state, pull_text(state, "id,name\r1,Ann\r"), "t.csv:1:", "carriage return");
    assert_refused(state, pull_text(state, "id,name\n1,\"Ann\"\r2,Bob\n"),
                   "t.csv:2:", "carriage return");
}

static void a_trailer_that_is_missing_or_wrong_means_cut(void **state)
{
    const char *extra = "trailer = \"count\";";
    assert_refused(state, pull_bytes(state, extra, "id,name\n1,Ann\n", 14), "TRAILER");
    assert_refused(state, pull_bytes(state, extra, "id,name\n1,Ann\nTRAILER,2\n", 24),
                   "t.csv:3:", "2 records", "1");
    assert_refused(state, pull_bytes(state, extra, "id,name\nTRAILER,0\n1,Ann\n", 24),
                   "t.csv:3:", "behind TRAILER");
    assert_refused(state, pull_bytes(state, extra, "id,name\n1,Ann\nTRAILER,x\n", 24),
                   "t.csv:3:", "\"x\"");
}

static void what_is_no_regular_file_is_refused(void **state)
{
    const Folder *folder = *state;
    g_autofree char *path = g_build_filename(folder->path, "t.csv", NULL);
    g_autofree char *other = g_build_filename(folder->path, "other.csv", NULL);

    assert_refused(state, pull_as(state, "people", ""), "t.csv", "no such file");
    assert_int_equal(folder->error->code, SOURCE_ERROR_MISSING);

    write_file(folder, "other.csv", "id,name\n1,Ann\n", 14);
    assert_int_equal(symlink(other, path), 0);
    assert_refused(state, pull_as(state, "people", ""), "t.csv", "symbolic link");
    assert_int_equal(folder->error->code, SOURCE_ERROR_FORBIDDEN);

    assert_int_equal(g_remove(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(state, pull_as(state, "people", ""), "t.csv", "FIFO");

    assert_int_equal(g_remove(path), 0);
    assert_int_equal(g_mkdir(path, 0700), 0);
    assert_refused(state, pull_as(state, "people", ""), "t.csv", "directory");
}

static void an_unreadable_file_is_refused(void **state)
{
    const Folder *folder = *state;
    if (geteuid() == 0) /* root may read everything */
        skip();
    g_autofree char *path = g_build_filename(folder->path, "t.csv", NULL);
    write_file(folder, "t.csv", "id,name\n1,Ann\n", 14);
    assert_int_equal(g_chmod(path, 0), 0);
    assert_refused(state, pull_as(state, "people", ""), "t.csv", "may not be read");
}

/* Sparse files: the gigabyte is not on the disk, and must not be in memory either. */
static void a_line_of_a_gigabyte_is_refused_without_reading_it(void **state)
{
    const Folder *folder = *state;
    g_autofree char *path = g_build_filename(folder->path, "t.csv", NULL);
    write_file(folder, "t.csv", "id,name\n1,", 10);
    assert_int_equal(truncate(path, (off_t)1 << 30), 0);
    gint64 begin = g_get_monotonic_time();
    assert_refused(state, pull_as(state, "people", ""), "t.csv:2:", "longer than 16 MiB");
    assert_true(g_get_monotonic_time() - begin < 5 * G_USEC_PER_SEC);

    write_file(folder, "t.csv", "id,name\n1,\"", 11);
    assert_int_equal(truncate(path, (off_t)1 << 30), 0);
    assert_refused(state, pull_as(state, "people", ""), "t.csv:2:", "longer than 16 MiB");
}

static void a_quote_that_swallows_the_file_stops_at_the_limit(void **state)
{
    GString *text = g_string_new("id,name\n1,\"x\n");
    while (text->len < (20 << 20))
        g_string_append(text, "2,this is a line that was never meant to be part of a cell\n");
    assert_refused(state, pull_bytes(state, "", text->str, text->len), "t.csv:2:", "quote",
                   "16 MiB");
    g_string_free(text, TRUE);
}

static void a_hundred_thousand_columns_are_refused(void **state)
{
    GString *text = g_string_new("id,name");
    for (int i = 0; i < 100000; i++)
        g_string_append(text, ",x");
    g_string_append(text, "\n1,Ann\n");
    assert_refused(state, pull_bytes(state, "", text->str, text->len),
                   "t.csv:1:", "more than 4096 columns");
    g_string_insert(text, 0, "\"q\",");
    assert_refused(state, pull_bytes(state, "", text->str, text->len),
                   "t.csv:1:", "more than 4096 columns");
    g_string_free(text, TRUE);
}

static void cancelling_ends_the_pull(void **state)
{
    GString *text = g_string_new("id,name\n");
    for (int i = 0; i < 10000; i++)
        g_string_append_printf(text, "%d,Ann\n", i);
    write_file(*state, "t.csv", text->str, text->len);
    g_string_free(text, TRUE);
    assert_true(pull_as(state, "people", ""));
    Folder *folder = *state;
    g_autoptr(Sink) sink = recording_sink_new();
    sink->is_cancelled = true;
    assert_false(csv_connector.pull(&folder->settings->sources[0].source, sink, &folder->error));
    assert_non_null(strstr(message(state), "cancelled"));
    assert_true(sink->rows->len < 10000);
}

/* ---- twin: the fast path against libcsv ---- */

/* The same table with and without quotes around every cell: plain lines are split by us, quoted
 * ones by libcsv. */
static void plain_and_quoted_tables_give_the_same_cells(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    GString *plain = g_string_new("id,name,email,department\n"), *quoted = g_string_new(plain->str);
    static const char *const pieces[] = {"a", "Ä", "-", ";", "0", "|", "'"};
    for (int row = 0; row < 2000; row++) {
        for (int column = 0; column < 4; column++) {
            g_string_append(plain, column > 0 ? "," : "");
            g_string_append(quoted, column > 0 ? ",\"" : "\"");
            for (int n = g_rand_int_range(random, column == 0, 6); n > 0; n--) {
                const char *piece = pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))];
                g_string_append(plain, piece);
                g_string_append(quoted, piece);
            }
            g_string_append_c(quoted, '"');
        }
        g_string_append(plain, g_rand_boolean(random) ? "\r\n" : "\n");
        g_string_append_c(quoted, '\n');
    }
    assert_true(pull_bytes(state, "", plain->str, plain->len));
    Sink *first = g_steal_pointer(&((Folder *)*state)->sink);
    assert_true(pull_bytes(state, "", quoted->str, quoted->len));
    const Sink *second = ((Folder *)*state)->sink;
    assert_int_equal(first->rows->len, 2000);
    assert_int_equal(second->rows->len, 2000);
    for (size_t row = 0; row < 2000; row++)
        for (size_t field = 0; field < N_PERSON_FIELDS; field++)
            assert_string_equal(recorded_cell(first, row, field),
                                recorded_cell(second, row, field));
    recording_sink_free(first);
    g_string_free(plain, TRUE);
    g_string_free(quoted, TRUE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(cells_come_in_the_order_of_the_fields_with_the_line_they_stand_in),
        TEST(a_quoted_cell_may_hold_delimiters_quotes_and_line_ends),
        TEST(a_bom_and_crlf_are_read_over),
        TEST(headers_are_mapped_by_name_else_without_case),
        TEST(which_fields_have_a_column_is_told),
        TEST(other_encodings_are_converted),
        TEST(a_last_line_with_all_its_cells_needs_no_end),
        TEST(rows_of_nothing_are_excluded_and_counted),
        TEST(the_digest_is_that_of_the_files_bytes),
        TEST(a_trailer_that_counts_right_is_no_record),
        TEST(rows_are_the_same_however_the_file_is_split_into_blocks),
        TEST(an_empty_file_is_refused),
        TEST(a_header_alone_is_refused),
        TEST(a_file_that_ends_inside_a_record_is_cut),
        TEST(an_unclosed_quote_names_the_line_where_it_opened),
        TEST(a_quote_inside_a_cell_is_refused),
        TEST(a_wrong_number_of_cells_is_refused_with_its_line),
        TEST(a_missing_mapped_column_names_the_columns_found_and_the_nearest),
        TEST(a_duplicated_mapped_column_is_refused),
        TEST(a_byte_of_another_encoding_is_named_with_its_line),
        TEST(a_nul_is_text_and_left_to_intake),
        TEST(a_lone_carriage_return_is_refused),
        TEST(a_trailer_that_is_missing_or_wrong_means_cut),
        TEST(what_is_no_regular_file_is_refused),
        TEST(an_unreadable_file_is_refused),
        TEST(a_line_of_a_gigabyte_is_refused_without_reading_it),
        TEST(a_quote_that_swallows_the_file_stops_at_the_limit),
        TEST(a_hundred_thousand_columns_are_refused),
        TEST(cancelling_ends_the_pull),
        TEST(plain_and_quoted_tables_give_the_same_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
