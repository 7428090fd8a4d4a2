#include "presets.h"

#define MAX_HEADERS 4

struct Preset {
    const char *name;
    Provides provides;
    const char *headers[MAX_RECORD_FIELDS][MAX_HEADERS]; /* in order of preference */
};

const char *const preset_names[] = {"snipe-it", "glpi", NULL};

/* Snipe-IT: the custom asset report and the exports of the lists of assets and people. Full names
 * ("Checked Out To", "Manager") are not mapped: two people may share one. GLPI: the lists of assets
 * and users; "User" is a full name too, "Alternate username" is what the inventory agent saw. */
static const Preset presets[] = {
    {.name = "snipe-it",
     .provides = PROVIDES_ASSETS,
     .headers = {[ASSET_ID] = {"Asset Tag"},
                 [ASSET_NAME] = {"Asset Name"},
                 [ASSET_KIND] = {"Category"},
                 [ASSET_STATUS] = {"Status"},
                 [ASSET_SERIAL] = {"Serial"},
                 [ASSET_CUSTODIAN] = {"Employee No.", "Employee Number", "Username"},
                 [ASSET_LOCATION] = {"Location"},
                 [ASSET_ASSIGNED_AT] = {"Checkout Date"},
                 [ASSET_DUE_BACK] = {"Expected Checkin Date"},
                 [ASSET_LAST_AUDIT] = {"Last Audit"},
                 [ASSET_NEXT_AUDIT] = {"Next Audit Date"}}},
    {.name = "snipe-it",
     .provides = PROVIDES_PEOPLE,
     .headers = {[PERSON_ID] = {"Employee Number", "Employee No."},
                 [PERSON_NAME] = {"Name"},
                 [PERSON_EMAIL] = {"Email"},
                 [PERSON_USERNAME] = {"Username"},
                 [PERSON_DEPARTMENT] = {"Department"},
                 [PERSON_TITLE] = {"Title", "Job Title"},
                 [PERSON_LOCATION] = {"Location"},
                 [PERSON_START_DATE] = {"Start Date"},
                 [PERSON_END_DATE] = {"End Date"}}},
    {.name = "glpi",
     .provides = PROVIDES_ASSETS,
     .headers = {[ASSET_ID] = {"ID", "Inventory number"},
                 [ASSET_NAME] = {"Name"},
                 [ASSET_KIND] = {"Item type", "Type", "Types"},
                 [ASSET_STATUS] = {"Status"},
                 [ASSET_SERIAL] = {"Serial number"},
                 [ASSET_HOSTNAME] = {"Name"},
                 [ASSET_CUSTODIAN] = {"Alternate username"},
                 [ASSET_LOCATION] = {"Location"}}},
    {.name = "glpi",
     .provides = PROVIDES_PEOPLE,
     .headers = {[PERSON_ID] = {"Administrative number"},
                 [PERSON_NAME] = {"Full name", "Last name", "Surname"},
                 [PERSON_EMAIL] = {"Email", "Emails"},
                 [PERSON_USERNAME] = {"Login"},
                 [PERSON_TITLE] = {"Title"},
                 [PERSON_LOCATION] = {"Location"},
                 [PERSON_START_DATE] = {"Valid since", "Begin date"},
                 [PERSON_END_DATE] = {"Valid until", "End date"}}},
};

const Preset *preset_find(const char *name, Provides provides)
{
    for (size_t i = 0; name != NULL && i < G_N_ELEMENTS(presets); i++) {
        if (presets[i].provides == provides && strcmp(presets[i].name, name) == 0)
            return &presets[i];
    }
    return NULL;
}

/* ---- headers ---- */

static bool is_word(Text text, const char *word)
{
    return text.length > 0 && text.length == strlen(word) &&
           g_ascii_strncasecmp(text.data, word, text.length) == 0;
}

static const char *find_header(const char *const *candidates, const Text *header, size_t n_columns)
{
    for (size_t i = 0; i < MAX_HEADERS && candidates[i] != NULL; i++) {
        for (size_t column = 0; column < n_columns; column++) {
            if (is_word(header[column], candidates[i]))
                return candidates[i];
        }
    }
    return NULL;
}

void preset_headers(const Preset *preset, const Text *header, size_t n_columns,
                    const char *ret_headers[MAX_RECORD_FIELDS])
{
    const RecordKind *kind = record_kind(preset->provides);
    for (size_t field = 0; field < MAX_RECORD_FIELDS; field++) {
        ret_headers[field] = find_header(preset->headers[field], header, n_columns);
        /* Then the error names the column that the system should have written. */
        if (ret_headers[field] == NULL && field < kind->n_fields && kind->fields[field].is_required)
            ret_headers[field] = preset->headers[field][0];
    }
}

/* ---- words ---- */

typedef struct Word {
    const char *theirs, *ours;
} Word;

static const Word status_words[] = {
    {"deployed", "in_use"},
    {"in use", "in_use"},
    {"in production", "in_use"},
    {"production", "in_use"},
    {"deployable", "stock"},
    {"ready to deploy", "stock"},
    {"pending", "stock"},
    {"stock", "stock"},
    {"in stock", "stock"},
    {"spare", "stock"},
    {"on loan", "loan"},
    {"loan", "loan"},
    {"loaned", "loan"},
    {"out for diagnostics", "repair"},
    {"out for repair", "repair"},
    {"in repair", "repair"},
    {"repair", "repair"},
    {"maintenance", "repair"},
    {"undeployable", "repair"},
    {"lost/stolen", "lost"},
    {"lost", "lost"},
    {"stolen", "lost"},
    {"missing", "lost"},
    {"archived", "retired"},
    {"retired", "retired"},
    {"decommissioned", "retired"},
    {"disposed", "retired"},
    {"scrapped", "retired"},
    {"broken - not fixable", "retired"},
};

static const Word kind_words[] = {
    {"computer", "computer"},     {"computers", "computer"}, {"laptop", "computer"},
    {"laptops", "computer"},      {"notebook", "computer"},  {"notebooks", "computer"},
    {"desktop", "computer"},      {"desktops", "computer"},  {"workstation", "computer"},
    {"workstations", "computer"}, {"server", "computer"},    {"servers", "computer"},
    {"phone", "phone"},           {"phones", "phone"},       {"mobile phone", "phone"},
    {"mobile phones", "phone"},   {"smartphone", "phone"},   {"smartphones", "phone"},
};

static const char *find_ours(Text text, const Word *words, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++) {
        if (is_word(text, words[i].theirs))
            return words[i].ours;
    }
    return NULL;
}

/* "Out for Repair (undeployable)": the label says more than its type, where it is known. But
 * whatever the label, an asset that is checked out is in use. */
static const char *find_status(Text text)
{
    size_t open = text.length;
    while (open > 0 && text.data[open - 1] != '(')
        open--;
    if (open < 2 || text.data[text.length - 1] != ')')
        return find_ours(text, status_words, G_N_ELEMENTS(status_words));
    Text label = {.data = text.data, .length = open - 1};
    Text type = {.data = text.data + open, .length = text.length - open - 1};
    while (label.length > 0 && label.data[label.length - 1] == ' ')
        label.length--;
    if (is_word(type, "deployed"))
        return "in_use";
    const char *ours = find_ours(label, status_words, G_N_ELEMENTS(status_words));
    return ours != NULL ? ours : find_ours(type, status_words, G_N_ELEMENTS(status_words));
}

static void replace(Text *cell, const char *ours)
{
    if (ours != NULL)
        *cell = text_of(ours);
}

/* "2026-01-05 10:22:00" where a date is wanted. */
static Text date_of(Text cell)
{
    static const char form[] = "0000-00-00 00:00";
    const size_t n = sizeof form - 1, n_date = strlen("0000-00-00");
    if (cell.length < n)
        return cell;
    for (size_t i = 0; i < n; i++) {
        bool is_separator = i == n_date && cell.data[i] == 'T';
        if (form[i] == '0' ? !g_ascii_isdigit(cell.data[i])
                           : cell.data[i] != form[i] && !is_separator)
            return cell;
    }
    return (Text){.data = cell.data, .length = n_date};
}

void preset_translate(const Preset *preset, Text *cells)
{
    const RecordKind *kind = record_kind(preset->provides);
    for (size_t field = 0; field < kind->n_fields; field++) {
        if (kind->fields[field].type == FIELD_DATE)
            cells[field] = date_of(cells[field]);
    }
    if (preset->provides != PROVIDES_ASSETS)
        return;
    replace(&cells[ASSET_STATUS], find_status(cells[ASSET_STATUS]));
    replace(&cells[ASSET_KIND], find_ours(cells[ASSET_KIND], kind_words, G_N_ELEMENTS(kind_words)));
}
