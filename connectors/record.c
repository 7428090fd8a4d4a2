#include <rightful/record.h>
#include <rightful/sink.h>

#include <glib.h>

/* Orders are those of the enums in record.h; `what a field means` is interface.md section 3. */

static const RecordField person_fields[N_PERSON_FIELDS] = {
    [PERSON_ID] = {"id", FIELD_TEXT, .is_required = true, .is_identifier = true},
    [PERSON_NAME] = {"name", FIELD_TEXT, .is_required = true},
    [PERSON_EMAIL] = {"email", FIELD_TEXT},
    [PERSON_USERNAME] = {"username", FIELD_TEXT, .is_identifier = true},
    [PERSON_MANAGER_ID] = {"manager_id", FIELD_TEXT, .is_identifier = true},
    [PERSON_DEPARTMENT] = {"department", FIELD_TEXT},
    [PERSON_TITLE] = {"title", FIELD_TEXT},
    [PERSON_LOCATION] = {"location", FIELD_TEXT},
    [PERSON_KIND] = {"kind", FIELD_TEXT},
    [PERSON_STATUS] = {"status", FIELD_TEXT},
    [PERSON_START_DATE] = {"start_date", FIELD_DATE},
    [PERSON_LAST_WORKING_DAY] = {"last_working_day", FIELD_DATE},
    [PERSON_END_DATE] = {"end_date", FIELD_DATE},
    [PERSON_TIMEZONE] = {"timezone", FIELD_TEXT},
    [PERSON_RECORDED_AT] = {"recorded_at", FIELD_TIME},
    [PERSON_SPONSOR_ID] = {"sponsor_id", FIELD_TEXT, .is_identifier = true},
    [PERSON_PREVIOUS_IDS] = {"previous_ids", FIELD_LIST, .is_identifier = true},
};

static const RecordField asset_fields[N_ASSET_FIELDS] = {
    [ASSET_ID] = {"id", FIELD_TEXT, .is_required = true, .is_identifier = true},
    [ASSET_NAME] = {"name", FIELD_TEXT},
    [ASSET_KIND] = {"kind", FIELD_TEXT},
    [ASSET_STATUS] = {"status", FIELD_TEXT},
    [ASSET_SERIAL] = {"serial", FIELD_TEXT, .is_identifier = true},
    [ASSET_HOSTNAME] = {"hostname", FIELD_TEXT},
    [ASSET_OWNER] = {"owner", FIELD_TEXT, .is_identifier = true},
    [ASSET_CUSTODIAN] = {"custodian", FIELD_TEXT, .is_identifier = true},
    [ASSET_CLASSIFICATION] = {"classification", FIELD_TEXT},
    [ASSET_LOCATION] = {"location", FIELD_TEXT},
    [ASSET_ASSIGNED_AT] = {"assigned_at", FIELD_TIME},
    [ASSET_DUE_BACK] = {"due_back", FIELD_DATE},
    [ASSET_LAST_AUDIT] = {"last_audit", FIELD_DATE},
    [ASSET_NEXT_AUDIT] = {"next_audit", FIELD_DATE},
    [ASSET_ACCESS_GROUPS] = {"access_groups", FIELD_LIST},
    [ASSET_REVIEW_EVERY_DAYS] = {"review_every_days", FIELD_NUMBER},
    [ASSET_LAST_REVIEW] = {"last_review", FIELD_DATE},
};

/* A shared account's approval names no group, so the column must be there and a cell may be empty:
 * intake asks for a group or an account. */
static const RecordField approval_fields[N_APPROVAL_FIELDS] = {
    [APPROVAL_ID] = {"id", FIELD_TEXT, .is_required = true, .is_identifier = true},
    [APPROVAL_GROUP] = {"group", FIELD_TEXT, .is_required = true},
    [APPROVAL_ACCOUNT] = {"account", FIELD_TEXT, .is_identifier = true},
    [APPROVAL_PERSON_ID] = {"person_id", FIELD_TEXT, .is_identifier = true},
    [APPROVAL_APPROVED_BY] = {"approved_by", FIELD_TEXT, .is_identifier = true},
    [APPROVAL_APPROVED_ON] = {"approved_on", FIELD_DATE},
    [APPROVAL_EXPIRES_ON] = {"expires_on", FIELD_DATE},
    [APPROVAL_REFERENCE] = {"reference", FIELD_TEXT},
};

static const RecordField account_fields[N_ACCOUNT_FIELDS] = {
    [ACCOUNT_ID] = {"id", FIELD_TEXT, .is_required = true, .is_identifier = true},
    [ACCOUNT_NAME] = {"name", FIELD_TEXT, .is_required = true, .is_identifier = true},
    [ACCOUNT_MAIL] = {"mail", FIELD_TEXT},
    [ACCOUNT_EMPLOYEE_ID] = {"employee_id", FIELD_TEXT, .is_identifier = true},
    [ACCOUNT_DISPLAY_NAME] = {"display_name", FIELD_TEXT},
    [ACCOUNT_ENABLED] = {"enabled", FIELD_BOOL},
    [ACCOUNT_LAST_LOGON] = {"last_logon", FIELD_TIME},
    [ACCOUNT_CREATED] = {"created", FIELD_TIME},
    [ACCOUNT_CLASS] = {"class", FIELD_TEXT},
    [ACCOUNT_OWNER] = {"owner", FIELD_TEXT, .is_identifier = true},
    [ACCOUNT_GROUPS] = {"groups", FIELD_LIST},
};

static const RecordKind record_kinds[] = {
    {PROVIDES_PEOPLE, "people", person_fields, N_PERSON_FIELDS},
    {PROVIDES_ASSETS, "assets", asset_fields, N_ASSET_FIELDS},
    {PROVIDES_APPROVALS, "approvals", approval_fields, N_APPROVAL_FIELDS},
    {PROVIDES_ACCOUNTS, "accounts", account_fields, N_ACCOUNT_FIELDS},
};

G_STATIC_ASSERT(N_PERSON_FIELDS <= MAX_RECORD_FIELDS);
G_STATIC_ASSERT(N_ASSET_FIELDS <= MAX_RECORD_FIELDS);
G_STATIC_ASSERT(N_APPROVAL_FIELDS <= MAX_RECORD_FIELDS);
G_STATIC_ASSERT(N_ACCOUNT_FIELDS <= MAX_RECORD_FIELDS);

const RecordKind *record_kind(Provides provides)
{
    for (size_t i = 0; i < G_N_ELEMENTS(record_kinds); i++) {
        if (record_kinds[i].provides == provides)
            return &record_kinds[i];
    }
    return NULL;
}

const char *provides_name(Provides provides)
{
    const RecordKind *kind = record_kind(provides);
    return kind != NULL ? kind->name : "directory";
}

char *place_column(int32_t column)
{
    char letters[8] = "";
    size_t at = sizeof letters - 1;
    for (int32_t rest = column + 1; rest > 0 && at > 0; rest = (rest - 1) / 26)
        letters[--at] = (char)('A' + (rest - 1) % 26);
    return g_strdup(letters + at);
}
