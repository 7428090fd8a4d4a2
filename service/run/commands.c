/* commands.c: the one table of commands. Help, "did you mean" and tests read it. */

#include "run/run_commands.h"

/* Of commands that show the past. */
#define AS_OF_DATE                                                                                 \
    {                                                                                              \
        .name = "as-of", .type = OPTION_VALUE, .argument = "DATE",                                 \
        .help = "As it was at the end of that day, or at that instant; from the ledger alone"      \
    }
static const CommandOption past_option[] = {AS_OF_DATE, {0}};

static const CommandOption run_options[] = {
    {.name = "as-of",
     .type = OPTION_VALUE,
     .argument = "TIME",
     .help = "Judge by this instant instead of now"},
    {.name = "dry-run", .help = "Read and judge, write nothing"},
    {.name = "accept",
     .type = OPTION_VALUES,
     .argument = "SOURCE:DIMENSION",
     .help = "Let through what a guard held; needs --reason"},
    {.name = "reason",
     .type = OPTION_VALUE,
     .argument = "TEXT",
     .help = "Why it is let through; recorded"},
    {.name = "fail-on",
     .type = OPTION_VALUE,
     .argument = "SEVERITY",
     .help = "Exit 4 when anything of this severity or above is open"},
    {.name = "as",
     .type = OPTION_VALUE,
     .argument = "NAME",
     .help = "Who asks for it, if not the login name; recorded"},
    {.name = "timings", .help = "Print what each stage took, on stderr"},
    {0}};

static const CommandOption check_options[] = {
    {.name = "offline", .help = "Only the configuration and its files; connect to nothing"}, {0}};

static const CommandOption exceptions_options[] = {
    {.name = "status",
     .type = OPTION_VALUE,
     .argument = "STATUS",
     .help = "open (the default: open and assigned), assigned, resolved, accepted, false-positive "
             "or all"},
    {.name = "control", .type = OPTION_VALUE, .argument = "ID", .help = "Of this control"},
    {.name = "severity",
     .type = OPTION_VALUE,
     .argument = "SEVERITY",
     .help = "low, medium, high or critical"},
    {.name = "person",
     .type = OPTION_VALUE,
     .argument = "ID",
     .help = "About this person (id or name)"},
    {.name = "account", .type = OPTION_VALUE, .argument = "NAME", .help = "About this account"},
    {.name = "new", .help = "Opened or reopened by the last run"},
    {0}};

static const CommandOption explain_options[] = {
    {.name = "all", .help = "Every way that leads there, shortest first; the first 100"},
    {.name = "cut",
     .help = "Take two groups, and say who loses what if the first is taken out of the second"},
    AS_OF_DATE,
    {0}};

static const CommandOption person_options[] = {
    {.name = "if-left", .help = "What loses its owner if this person leaves today"},
    AS_OF_DATE,
    {0}};

static const CommandOption group_options[] = {
    {.name = "effective", .help = "Everybody who is in it, through other groups too"},
    AS_OF_DATE,
    {0}};

static const CommandOption exception_options[] = {
    {.name = "to",
     .type = OPTION_VALUE,
     .argument = "PERSON",
     .help = "assign: who is to answer for it"},
    {.name = "text",
     .type = OPTION_VALUE,
     .argument = "TEXT",
     .help = "comment: what to write down"},
    {.name = "until",
     .type = OPTION_VALUE,
     .argument = "DATE",
     .help = "accept: the last day; at its end it is open again by itself"},
    {.name = "reason",
     .type = OPTION_VALUE,
     .argument = "TEXT",
     .help = "accept, false-positive, reopen: why"},
    {.name = "approver",
     .type = OPTION_VALUE,
     .argument = "PERSON",
     .help = "accept: who answers for it; neither whose exception it is nor who asks"},
    {.name = "as",
     .type = OPTION_VALUE,
     .argument = "PERSON",
     .help = "accept, false-positive, reopen: who asks, if not the login name"},
    {0}};

static const CommandOption leaver_options[] = {
    {.name = "last-day",
     .type = OPTION_VALUE,
     .argument = "DATE",
     .help = "Last working day, where the roster does not have it yet"},
    {.name = "urgent", .help = "Everything is due when the last day ends, or now"},
    {.name = "from",
     .type = OPTION_VALUE,
     .argument = "FILE",
     .help = "Who leaves, one a line (# begins a comment), or a table: person, last_day, urgent"},
    {.name = "drop",
     .type = OPTION_VALUE,
     .argument = "FOLDER",
     .help = "Take the complete files (*.csv) there; they end in done, refused or waiting"},
    {.name = "as",
     .type = OPTION_VALUE,
     .argument = "NAME",
     .help = "Who asks for it, if not the login name; recorded"},
    {.name = "all", .help = "list: cases that are clear, too"},
    {.name = "proof", .help = "show: what was found closed when, by which run, from which sources"},
    {.name = "as-of",
     .type = OPTION_VALUE,
     .argument = "TIME",
     .help = "Judge by this instant instead of now"},
    {0}};

static const CommandOption review_options[] = {
    {.name = "all", .help = "list: closed ones, too; tasks: also what is done"},
    {.name = "reviewer",
     .type = OPTION_VALUE,
     .argument = "ID",
     .help = "list, show: only items that this person decides on; remind: only this person"},
    {.name = "as-of",
     .type = OPTION_VALUE,
     .argument = "TIME",
     .help = "By this instant instead of now"},
    {.name = "as",
     .type = OPTION_VALUE,
     .argument = "NAME",
     .help = "start, remind, close: who asks for it, if not the login name; recorded"},
    {.name = "keep", .help = "decide: the right stays"},
    {.name = "remove", .help = "decide: the right goes"},
    {.name = "reduce", .help = "decide: something less will do; the reason says what"},
    {.name = "keep-until",
     .type = OPTION_VALUE,
     .argument = "DATE",
     .help = "decide: the right stays until the end of that day"},
    {.name = "reason",
     .type = OPTION_VALUE,
     .argument = "TEXT",
     .help =
         "decide, close: why; a decision needs it against the advice, for what is privileged, and "
         "for several at once"},
    {.name = "sentence",
     .type = OPTION_VALUE,
     .argument = "TEXT",
     .help = "sign: what you answer for"},
    {.name = "to",
     .type = OPTION_VALUE,
     .argument = "PERSON",
     .help = "delegate, reassign: to whom"},
    {.name = "note",
     .type = OPTION_VALUE,
     .argument = "TEXT",
     .help = "delegate, reassign: why; whoever gets the items reads it"},
    {.name = "ldif", .help = "tasks: only the records that take the memberships away"},
    {.name = "telemetry", .help = "show: how reviewers went about it, all together"},
    {.name = "each", .help = "show --telemetry: each of them, too"},
    {0}};

static const CommandOption link_options[] = {
    {.name = "reason", .type = OPTION_VALUE, .argument = "TEXT", .help = "Why; recorded"},
    {.name = "as",
     .type = OPTION_VALUE,
     .argument = "PERSON",
     .help = "Who says so, if not the login name"},
    {0}};

static const CommandOption token_options[] = {
    {.name = "scope",
     .type = OPTION_VALUE,
     .argument = "SCOPE",
     .help = "new: what it is for: leaver-checks"},
    {.name = "expires",
     .type = OPTION_VALUE,
     .argument = "DATE",
     .help = "new: the last day it is good for; at most two years ahead"},
    {0}};

static const CommandOption runs_options[] = {
    {.name = "limit",
     .type = OPTION_VALUE,
     .argument = "N",
     .help = "At most this many, the newest first; default 20"},
    {0}};

static const CommandOption diff_options[] = {
    {.name = "kind",
     .type = OPTION_VALUES,
     .argument = "KIND",
     .help = "Only of this kind: exception, account, person, group, membership, right (effective, "
             "in a governed group), computer or asset; may be given several times"},
    {.name = "source",
     .type = OPTION_VALUES,
     .argument = "SOURCE",
     .help = "Only of this source; may be given several times"},
    {0}};

static const CommandOption web_options[] = {
    {.name = "demo", .help = "Let anybody on this machine be one of the people of web.demo"},
    {.name = "as-of",
     .type = OPTION_VALUE,
     .argument = "TIME",
     .help = "With --demo: begin at this instant instead of now, as its data do"},
    {0}};
static const CommandOption worker_options[] = {{.name = "as-of",
                                                .type = OPTION_VALUE,
                                                .argument = "TIME",
                                                .help =
                                                    "Jobs judge by this instant instead of now: "
                                                    "for demos whose data are of a day"},
                                               {0}};

const Command commands[] = {
    {"run", "", "One reconciliation; what the timer starts",
     "  rightful run                       pull everything, judge it, update the ledger\n"
     "  rightful run --dry-run --json      the same, but write nothing\n"
     "  rightful run --accept corp:accounts --reason 'branch office closed'\n"
     "                                     let through what a guard held\n"
     "  rightful run --fail-on critical    exit 4 while anything critical is open\n",
     run_options, 0, 0, command_run, true},
    {"check", "", "Is the configuration right, do the sources answer with all that is needed?",
     "  rightful check                     configuration, store, every source\n"
     "  rightful check --offline           configuration and files only\n",
     check_options, 0, 0, command_check, true},
    {"status", "", "One screen: last run, sources, what is open",
     "  rightful status\n"
     "  rightful status --json\n",
     NULL, 0, 0, command_status},
    {"exceptions", "", "What somebody must answer for; default: everything open",
     "  rightful exceptions --severity critical\n"
     "  rightful exceptions --control leaver-active -o csv > leavers.csv\n"
     "  rightful exceptions --person 00123\n"
     "  rightful exceptions --new          opened by the last run\n",
     exceptions_options, 0, 0, command_exceptions},
    {"exception", "show|comment|assign|accept|false-positive|reopen ID [TEXT|PERSON]",
     "One exception: evidence, path, history; comment, assign; accept until a date, declare false",
     "  rightful exception show EX-000042\n"
     "  rightful exception comment EX-000042 'asked her manager'\n"
     "  rightful exception assign EX-000042 00077\n"
     "  rightful exception accept EX-000042 --until 2026-12-31 --approver 00077 --reason 'replaced "
     "in autumn'\n"
     "  rightful exception false-positive EX-000042 --reason 'logs on through the old gateway'\n"
     "  rightful exception reopen EX-000042 --reason 'the replacement was cancelled'\n",
     exception_options, 2, 64, command_exception},
    {"explain", "ACCOUNT [GROUP]",
     "Why the account has the right: every hop, and the one edge to cut",
     "  rightful explain lwong             all governed groups it is in\n"
     "  rightful explain lwong 'Domain Admins'\n"
     "  rightful explain lwong 'Domain Admins' --all\n"
     "  rightful explain lwong 'Domain Admins' --as-of 2026-03-17\n"
     "  rightful explain --cut ops 'Domain Admins'  who loses what if ops is taken out of it\n",
     explain_options, 1, 2, command_explain},
    {"person", "ID", "What we know of a person: accounts, assets, exceptions",
     "  rightful person 00123\n"
     "  rightful person 'Lena Wong'\n"
     "  rightful person 00123 --as-of 2026-03-17\n"
     "  rightful person 00123 --if-left    accounts, groups, assets, people that lose their "
     "owner\n",
     person_options, 1, 1, command_person},
    {"account", "NAME", "What we know of an account: state, person, groups, exceptions",
     "  rightful account lwong\n"
     "  rightful account lwong@example.com --json\n"
     "  rightful account lwong --as-of 2026-03-17T05:00:00Z\n",
     past_option, 1, 1, command_account},
    {"group", "NAME", "Who is in a group, and what it grants",
     "  rightful group 'Domain Admins'\n"
     "  rightful group 'Domain Admins' --effective\n"
     "  rightful group 'Domain Admins' --effective --as-of 2026-03-17\n"
     "                                     who could reach it on that day\n",
     group_options, 1, 1, command_group},
    {"asset", "ID", "What we know of an asset: owner, custodian, computer account, exceptions",
     "  rightful asset LT-0042\n"
     "  rightful asset LT-0042 --as-of 2026-03-17\n",
     past_option, 1, 1, command_asset},
    {"leaver", "list|show CASE|ID...",
     "Is everything of a leaver closed? Asked of the sources, now",
     "  rightful leaver 00123              accounts, governed groups, assets, and what is open\n"
     "  rightful leaver 'Lena Wong'        by name, e-mail or user name; several fit: a list\n"
     "  rightful leaver 00123 --last-day 2026-12-31\n"
     "                                     opens the case before HR has recorded the day\n"
     "  rightful leaver --from leavers.txt --json\n"
     "  rightful leaver --drop /var/spool/rightful/leavers\n"
     "  rightful leaver list               cases that are not clear yet\n"
     "  rightful leaver show LC-000001     one case: every line, open or clear, and its history\n"
     "  rightful leaver show 00123 --proof | lp\n"
     "                                     the proof on paper: what was found closed when, and "
     "from "
     "what\n",
     leaver_options, 0, 64, command_leaver},
    {"review", "list|start NAME|show ID [ITEM]|decide ID ITEM…|sign ID|tasks [ID] …",
     "Access reviews: campaigns over frozen rights, who decides, how far they are",
     "  rightful review list               campaigns that are open; --all: closed ones too\n"
     "  rightful review start privileged   now, from the sources as they are now\n"
     "  rightful review show RV-000001     its items, who decides on them, how far they are\n"
     "  rightful review show RV-000001 12  everything a reviewer is told of one item\n"
     "  rightful review decide RV-000001 12 --remove --reason 'moved to sales'\n"
     "  rightful review undo RV-000001 12  take back what is not signed\n"
     "  rightful review delegate RV-000001 12 --to 00124 --note 'runs it'; also not-mine, "
     "dont-know, "
     "reassign\n"
     "  rightful review sign RV-000001 --sentence 'I looked at each of them.'\n"
     "  rightful review remind RV-000001   a mail to whoever has something open, one a day at "
     "most\n"
     "  rightful review close RV-000001    what nobody signed is not reviewed\n"
     "  rightful review tasks              what is left to carry out; --ldif: only the records\n",
     review_options, 1, 64, command_review},
    {"link", "ACCOUNT PERSON|list",
     "Say whose an account is, where no rule can tell; kept, shown, before all rules",
     "  rightful link svc-legacy 00123 --reason 'she wrote it and answers for it'\n"
     "  rightful link list                 who said what of which account, and what became of it\n",
     link_options, 1, 2, command_link},
    {"unlink", "ACCOUNT", "Take back what was said with link",
     "  rightful unlink svc-legacy --reason 'handed over to the operators'\n", link_options, 1, 1,
     command_unlink},
    {"token", "new NAME|list|revoke NAME|ID",
     "Tokens of programs that ask over the web: made, listed, taken back",
     "  rightful token new hr-portal --scope leaver-checks --expires 2027-06-30 > token\n"
     "  rightful token list                what is valid until when, and when it was used last\n"
     "  rightful token revoke hr-portal\n",
     token_options, 1, 2, command_token},
    {"controls", "",
     "The catalogue: severity, thresholds in force, references, result of the last run",
     "  rightful controls\n"
     "  rightful controls -o csv\n",
     NULL, 0, 0, command_controls},
    {"runs", "", "Past runs, newest first",
     "  rightful runs\n"
     "  rightful runs --limit 100 --json\n",
     runs_options, 0, 0, command_runs},
    {"run-show", "ID",
     "One run: sources with their proofs, what was held, what could not be judged",
     "  rightful run-show 17\n", NULL, 1, 1, command_run_show},
    {"diff", "RUN RUN", "What changed between two runs",
     "  rightful diff 16 17                what the last night brought\n"
     "  rightful diff 1 17 --kind right    who gained and who lost governed rights\n"
     "  rightful diff 1 17 -o csv > changes.csv\n",
     diff_options, 2, 2, command_diff},
    {"web", "", "The pages that people look at; runs until it is stopped",
     "  rightful web                       as web.listen says, or on the socket of systemd\n"
     "  rightful web --demo                on loopback, with people to choose among\n",
     web_options, 0, 0, command_web},
    {"worker", "", "Answer the web, do its jobs, send the mail; what rightful-worker.service runs",
     "  rightful worker                    until SIGTERM; SIGHUP reads the configuration anew\n",
     worker_options, 0, 0, command_worker, true},
    {"store", "migrate|info|copy URL", "The store's schema; moving the ledger into another store",
     "  rightful store info\n"
     "  rightful store migrate\n"
     "  rightful store copy postgresql:///rightful   every row, verified; the new store is empty\n",
     NULL, 1, 2, command_store},
    {"list", "connectors|settings|formats|routes", "What this build has",
     "  rightful list settings             every key with type, default and help\n"
     "  rightful list connectors\n",
     NULL, 1, 1, command_list},
    {"completion", "bash|zsh|fish", "What a shell completes; packages install it",
     "  rightful completion bash           print it\n"
     "  . <(rightful completion bash)      use it in this shell\n",
     NULL, 1, 1, command_completion},
    {0}};
