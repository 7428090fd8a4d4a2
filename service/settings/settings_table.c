#include "settings/settings_table.h"

#define FOR_EVER_DAYS 36500

/* Why percentages end at 1 and 99: 0 would hold every run, 100 would switch the guard off without
 * saying so. What is really meant to change is let through once, with --accept and a reason. */
#define PERCENT .type = SETTING_INT, .minimum = 1, .maximum = 99
#define COUNT .type = SETTING_INT, .minimum = 1, .maximum = 1000000
#define DAYS .type = SETTING_INT, .minimum = 1, .maximum = FOR_EVER_DAYS

const char *const settings_later[] = {NULL};

static const char *const provides_choices[] = {"directory", "people",   "assets",
                                               "approvals", "accounts", NULL};
static const char *const account_choices[] = {"employee_id", "mail",         "name",
                                              "upn",         "display_name", NULL};
static const char *const person_choices[] = {"id", "email", "username", "name", NULL};
static const char *const class_choices[] = {"person", "admin",       "service",  "shared",
                                            "guest",  "break-glass", "computer", NULL};
static const char *const risk_choices[] = {"low", "medium", "high", NULL};
static const char *const approval_choices[] = {"none", "required", NULL};
static const char *const profile_choices[] = {
    "iso27001", "pci", "fedramp-moderate", "fedramp-high", "dora", "soc2", NULL};

static const Setting organisation_table[] = {
    {.name = "name",
     .type = SETTING_TEXT,
     .initial = "\"\"",
     .help = "Name of the organisation, for reports."},
    {.name = "timezone",
     .type = SETTING_TEXT,
     .initial = "\"UTC\"",
     .help = "Time zone (IANA) in which a day ends for people, assets and approvals without one of "
             "their own."},
    {.name = NULL},
};

static const Setting store_table[] = {
    {.name = "url",
     .type = SETTING_TEXT,
     .initial = "\"sqlite:///var/lib/rightful/rightful.db\"",
     .help =
         "Where the ledger is kept: sqlite:///absolute/path, sqlite:path relative to this file, "
         "or a URI of PostgreSQL's libpq, such as postgresql:///rightful (UNIX socket, peer "
         "authentication) or postgresql://rightful@db.example.com/rightful?passfile=pgpass."},
    {.name = NULL},
};

const Setting settings_source_table[] = {
    {.name = "name",
     .type = SETTING_TEXT,
     .is_required = true,
     .help = "Name of the source in every message and in the ledger; letters, digits, dot, dash, "
             "underscore."},
    {.name = "kind",
     .type = SETTING_TEXT,
     .is_required = true,
     .help = "Connector that reads the source; rightful list connectors shows them."},
    {.name = "provides",
     .type = SETTING_TEXT,
     .is_required = true,
     .choices = provides_choices,
     .help = "What the source gives."},
    {.name = NULL},
};

static const Setting correlation_table[] = {
    {.name = "account",
     .type = SETTING_TEXT,
     .is_required = true,
     .choices = account_choices,
     .help = "Field of the account that is compared."},
    {.name = "person",
     .type = SETTING_TEXT,
     .is_required = true,
     .choices = person_choices,
     .help = "Field of the person that it must equal."},
    {.name = NULL},
};

static const Setting account_class_table[] = {
    {.name = "class",
     .type = SETTING_TEXT,
     .is_required = true,
     .choices = class_choices,
     .help = "Class of the accounts that fit."},
    {.name = "name",
     .type = SETTING_TEXT,
     .help = "Condition: login name; * and ? stand for anything, case does not matter."},
    {.name = "under",
     .type = SETTING_TEXT,
     .help = "Condition: the entry is this DN or stands below it."},
    {.name = "member_of",
     .type = SETTING_TEXT,
     .help = "Condition: effective member of this group (name, DN or SID)."},
    {.name = "source",
     .type = SETTING_TEXT,
     .help = "Condition: the account comes from the source of this name."},
    {.name = NULL},
};

#define PERSON_CONDITION(field)                                                                    \
    {                                                                                              \
        .name = field, .type = SETTING_TEXT,                                                       \
        .help = "Condition on the person's " field                                                 \
                "; * and ? stand for anything, case does not matter."                              \
    }
static const Setting allowed_table[] = {
    PERSON_CONDITION("id"),           PERSON_CONDITION("name"),
    PERSON_CONDITION("email"),        PERSON_CONDITION("username"),
    PERSON_CONDITION("manager_id"),   PERSON_CONDITION("department"),
    PERSON_CONDITION("title"),        PERSON_CONDITION("location"),
    PERSON_CONDITION("kind"),         PERSON_CONDITION("status"),
    PERSON_CONDITION("start_date"),   PERSON_CONDITION("last_working_day"),
    PERSON_CONDITION("end_date"),     PERSON_CONDITION("timezone"),
    PERSON_CONDITION("recorded_at"),  PERSON_CONDITION("sponsor_id"),
    PERSON_CONDITION("previous_ids"), {.name = NULL},
};

static const Setting entitlement_table[] = {
    {.name = "group",
     .type = SETTING_TEXT,
     .is_required = true,
     .help = "Group that grants the right (name, DN or SID)."},
    {.name = "means",
     .type = SETTING_TEXT,
     .initial = "\"\"",
     .help = "What the group lets somebody do, in words that a manager understands."},
    {.name = "risk",
     .type = SETTING_TEXT,
     .initial = "\"medium\"",
     .choices = risk_choices,
     .help = "How bad the wrong person in this group would be."},
    {.name = "allowed",
     .type = SETTING_GROUP_LIST,
     .initial = "()",
     .children = allowed_table,
     .help = "Who may hold it: all conditions of one { } must hold, one { } suffices; without any, "
             "only an approval allows it."},
    {.name = "approval",
     .type = SETTING_TEXT,
     .initial = "\"none\"",
     .choices = approval_choices,
     .help = "With \"required\" being allowed is not enough, a valid approval is needed too."},
    {.name = NULL},
};

static const Setting segregation_table[] = {
    {.name = "id",
     .type = SETTING_TEXT,
     .is_required = true,
     .help = "Name of the rule; kept in the ledger, so do not rename it."},
    {.name = "a",
     .type = SETTING_TEXT_LIST,
     .is_required = true,
     .help = "Groups of one side (name, DN or SID)."},
    {.name = "b",
     .type = SETTING_TEXT_LIST,
     .is_required = true,
     .help = "Groups of the other side: nobody may hold one of each."},
    {.name = "except",
     .type = SETTING_TEXT_LIST,
     .initial = "[]",
     .help = "HR ids of people whom the rule leaves out."},
    {.name = NULL},
};

static const Setting guards_table[] = {
    {.name = "shrink_percent",
     PERCENT,
     .initial = "5",
     .help = "A population may lose this share from one run to the next."},
    {.name = "shrink_minimum",
     COUNT,
     .initial = "3",
     .help = "A population may lose this many, if that is more (but never more than half)."},
    {.name = "growth_percent",
     PERCENT,
     .initial = "20",
     .help = "A population may grow by this share from one run to the next."},
    {.name = "growth_minimum",
     COUNT,
     .initial = "10",
     .help = "A population may grow by this many, if that is more."},
    {.name = "fill_percent",
     PERCENT,
     .initial = "5",
     .help = "A field that controls need may become empty for this share of the records."},
    {.name = "resolve_percent",
     PERCENT,
     .initial = "5",
     .help = "One run may resolve this share of the open exceptions."},
    {.name = "resolve_minimum",
     COUNT,
     .initial = "5",
     .help = "One run may resolve this many open exceptions, if that is more."},
    {.name = NULL},
};

static const Setting freshness_table[] = {
    {.name = "directory_hours",
     .type = SETTING_INT,
     .minimum = 1,
     .maximum = 24 * 366,
     .initial = "24",
     .help = "A directory whose newest entry or last good pull is older is stale."},
    {.name = "people_days", DAYS, .initial = "7", .help = "An HR roster that is older is stale."},
    {.name = "assets_days",
     DAYS,
     .initial = "7",
     .help = "An asset register that is older is stale."},
    {.name = "approvals_days",
     DAYS,
     .initial = "7",
     .help = "A list of approvals that is older is stale."},
    {.name = NULL},
};

static const Setting due_table[] = {
    {.name = "critical_days",
     DAYS,
     .initial = "1",
     .help = "A critical exception is due this long after it was first seen."},
    {.name = "high_days",
     DAYS,
     .initial = "7",
     .help = "A high exception is due this long after it was first seen."},
    {.name = "medium_days",
     DAYS,
     .initial = "30",
     .help = "A medium exception is due this long after it was first seen."},
    {.name = "low_days",
     DAYS,
     .initial = "90",
     .help = "A low exception is due this long after it was first seen."},
    {.name = NULL},
};

static const Setting suppression_table[] = {
    {.name = "control",
     .type = SETTING_TEXT,
     .is_required = true,
     .help = "Control whose exceptions are accepted."},
    {.name = "account",
     .type = SETTING_TEXT,
     .help = "Condition: login name of the account; * and ? stand for anything, case does not "
             "matter."},
    {.name = "group",
     .type = SETTING_TEXT,
     .help = "Condition: name or DN of the group; * and ? as above."},
    {.name = "person",
     .type = SETTING_TEXT,
     .help = "Condition: HR id or name of the person; * and ? as above."},
    {.name = "source",
     .type = SETTING_TEXT,
     .help = "Condition: name of the source that the subject comes from; * and ? as above."},
    {.name = "asset",
     .type = SETTING_TEXT,
     .help = "Condition: id or name of the asset; * and ? as above."},
    {.name = "computer",
     .type = SETTING_TEXT,
     .help = "Condition: name of the computer account; * and ? as above."},
    {.name = "reason",
     .type = SETTING_TEXT,
     .is_required = true,
     .help = "Why they are accepted; shown with each of them."},
    {.name = "author",
     .type = SETTING_TEXT,
     .is_required = true,
     .help = "Who answers for the rule: HR id, e-mail or username of somebody who works here; what "
             "is about them stays open."},
    {.name = "until",
     .type = SETTING_TEXT,
     .is_required = true,
     .help = "Last day of the rule, as in 2026-12-31; what it accepted is open again after that."},
    {.name = NULL},
};

static const char *const review_scopes[] = {"privileged", "entitlement",      "asset",    "owner",
                                            "manager",    "service-accounts", "external", NULL};

static const Setting review_table[] = {
    {.name = "name",
     .type = SETTING_TEXT,
     .is_required = true,
     .help = "Name of the campaign; what was started before is found by it, so do not rename it. "
             "Letters, digits, dot, dash, underscore."},
    {.name = "scope",
     .type = SETTING_TEXT,
     .is_required = true,
     .choices = review_scopes,
     .help = "Whose rights are looked at: those into privileged groups, into one entitlement, "
             "into the access groups of one asset, into the groups that one person owns, those of "
             "one manager's people, of service accounts, of external people."},
    {.name = "entitlement",
     .type = SETTING_TEXT,
     .help = "Scope entitlement: the group (name, DN or SID)."},
    {.name = "asset", .type = SETTING_TEXT, .help = "Scope asset: the asset's id."},
    {.name = "person",
     .type = SETTING_TEXT,
     .help = "Scope owner: who owns the groups; scope manager: whose people; HR id, e-mail or "
             "username."},
    {.name = "every",
     .type = SETTING_TEXT,
     .help = "When it starts by itself: a recurrence rule (RRULE of RFC 5545); without one it is "
             "started by hand only."},
    {.name = "starts",
     .type = SETTING_TEXT,
     .help = "First day of the rule, as in 2026-01-15; without it the rule counts from "
             "2001-01-01, a Monday, and the campaign waits for the first day after the ledger's "
             "first run."},
    {.name = "reviewer",
     .type = SETTING_TEXT,
     .initial = "\"manager\"",
     .help = "Who decides: manager (of whoever the account belongs to), owner (of the group, or of "
             "an asset that it gives access to), or a person (HR id, e-mail or username)."},
    {.name = "fallback",
     .type = SETTING_TEXT,
     .help = "Who decides where there is no such reviewer, where he has left, or where it is "
             "about himself; HR id, e-mail or username. After him the campaign's owner."},
    {.name = "second_stage",
     .type = SETTING_TEXT,
     .help = "Who decides again after the reviewer signed; as reviewer. His word counts."},
    {.name = "owner",
     .type = SETTING_TEXT,
     .help = "Who answers for the campaign: HR id, e-mail or username."},
    {.name = "due_days",
     .type = SETTING_INT,
     .minimum = 1,
     .maximum = 366,
     .initial = "14",
     .help = "Days that reviewers have."},
    {.name = "instructions",
     .type = SETTING_TEXT,
     .initial = "\"\"",
     .help = "What reviewers read above their items."},
    {.name = NULL},
};

#define DAYS_OR_EVER .type = SETTING_INT, .minimum = 0, .maximum = FOR_EVER_DAYS, .initial = "0"

static const Setting retention_table[] = {
    {.name = "people_days",
     DAYS_OR_EVER,
     .help =
         "Who has been in no roster for so long, and has no account left and nothing open, gets "
         "a pseudonym; 0 = never."},
    {.name = "resolved_days",
     DAYS_OR_EVER,
     .help = "Sentence and evidence of an exception that has been resolved for so long are "
             "dropped; 0 = never."},
    {.name = "reviews_days",
     DAYS_OR_EVER,
     .help = "Items and decisions of a review that has been closed for so long are dropped, unless "
             "something still rests on them; its numbers and its digest stay; 0 = never."},
    {.name = "rejections_days",
     DAYS_OR_EVER,
     .help = "Sentences about refused records, which quote them, are dropped from the records of "
             "runs that are so old; 0 = never."},
    {.name = "history_days",
     DAYS_OR_EVER,
     .help = "What anything looked like is dropped once it has looked otherwise, or been gone, for "
             "so long; --as-of and diff reach back so far; 0 = never."},
    {.name = "traffic_days",
     DAYS_OR_EVER,
     .help = "Mails that were sent, jobs that are done, sessions, tokens and failed sign-ins that "
             "are over for so long are dropped; audit rows tell of them; 0 = never."},
    {.name = NULL},
};

static const Setting worker_table[] = {
    {.name = "socket",
     .type = SETTING_PATH,
     .initial = "\"/run/rightful/worker.sock\"",
     .help = "Where the worker listens for the web: a UNIX socket; only its own user and root may "
             "connect. Under systemd the socket unit's ListenStream decides."},
    {.name = "account_tries",
     .type = SETTING_INT,
     .minimum = 1,
     .maximum = 1000,
     .initial = "3",
     .help = "So many failed sign-ins of one account reach the directory, then none for "
             "wait_minutes; keep it below the directory's own lock-out."},
    {.name = "address_tries",
     .type = SETTING_INT,
     .minimum = 1,
     .maximum = 100000,
     .initial = "30",
     .help = "The same of one network address, whatever the accounts."},
    {.name = "wait_minutes",
     .type = SETTING_INT,
     .minimum = 1,
     .maximum = 1440,
     .initial = "30",
     .help = "How long failed sign-ins count; at least as long as in the directory."},
    {.name = NULL},
};

const Setting settings_root_table[] = {
    {.name = "organisation",
     .type = SETTING_GROUP,
     .children = organisation_table,
     .help = "Whose company this is."},
    {.name = "store", .type = SETTING_GROUP, .children = store_table, .help = "The ledger."},
    {.name = "sources",
     .type = SETTING_GROUP_LIST,
     .is_required = true,
     .children = settings_source_table,
     .help = "The systems that are read."},
    {.name = "correlation",
     .type = SETTING_GROUP_LIST,
     .children = correlation_table,
     .initial = "( { account = \"employee_id\"; person = \"id\"; }, "
                "{ account = \"mail\"; person = \"email\"; }, "
                "{ account = \"name\"; person = \"username\"; } )",
     .help = "Which person an account belongs to: the first rule that fits decides."},
    {.name = "account_classes",
     .type = SETTING_GROUP_LIST,
     .initial = "()",
     .children = account_class_table,
     .help =
         "Which accounts are no ordinary ones: the first rule whose conditions all hold decides, "
         "else the class is person."},
    {.name = "privileged",
     .type = SETTING_TEXT_LIST,
     .initial = "[]",
     .help = "Groups whose members are privileged (name, DN or SID); the built-in ones of Active "
             "Directory are included by themselves."},
    {.name = "entitlements",
     .type = SETTING_GROUP_LIST,
     .initial = "()",
     .children = entitlement_table,
     .help = "What groups grant, and who may hold it."},
    {.name = "segregation",
     .type = SETTING_GROUP_LIST,
     .initial = "()",
     .children = segregation_table,
     .help = "Rights that nobody may hold together."},
    {.name = "suppressions",
     .type = SETTING_GROUP_LIST,
     .initial = "()",
     .children = suppression_table,
     .help =
         "Exceptions that are accepted until a date: found, recorded and counted, but not open; "
         "all conditions of a { } must hold, and the first { } that fits decides."},
    {.name = "reviews",
     .type = SETTING_GROUP_LIST,
     .initial = "()",
     .children = review_table,
     .help = "Campaigns in which people look at rights and decide whether they stay."},
    {.name = "profile",
     .type = SETTING_TEXT_LIST,
     .initial = "\"iso27001\"",
     .choices = profile_choices,
     .help = "Standards whose limits apply; of several the strictest limit wins."},
    {.name = "controls", .type = SETTING_GROUP, .help = "Settings of single controls."},
    {.name = "guards",
     .type = SETTING_GROUP,
     .children = guards_table,
     .help = "How much may change between two runs before a source is held."},
    {.name = "freshness",
     .type = SETTING_GROUP,
     .children = freshness_table,
     .help = "How old what a source gives may be."},
    {.name = "due",
     .type = SETTING_GROUP,
     .children = due_table,
     .help = "How long an exception may stay open."},
    {.name = "retention",
     .type = SETTING_GROUP,
     .children = retention_table,
     .help = "What the ledger forgets, and when; by default nothing. It cannot be taken back."},
    {.name = "web",
     .type = SETTING_GROUP,
     .children = settings_web_table,
     .help = "The pages that people look at."},
    {.name = "notify",
     .type = SETTING_GROUP,
     .children = settings_notify_table,
     .help = "Mail: who hears of what, and through which server."},
    {.name = "worker",
     .type = SETTING_GROUP,
     .children = worker_table,
     .help = "The process that answers the web and does its jobs."},
    {.name = NULL},
};
