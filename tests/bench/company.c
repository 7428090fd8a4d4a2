#include "company.h"

#include <stdio.h>
#include <string.h>

#define N_BIG_GROUPS 20 /* never nested: "everybody", "all of Berlin" */
#define MAX_LEVEL 12

uint64_t ask(Question question, uint64_t about)
{
    /* splitmix64 */
    uint64_t z = about * UINT64_C(0x9e3779b97f4a7c15) +
                 ((uint64_t)question + 1) * UINT64_C(0xd1b54a32d192ed03);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t ask_below(Question question, uint64_t about, uint64_t limit)
{
    return ask(question, about) % limit;
}

/* ---- people ---- */

const char *const company_departments[N_DEPARTMENTS] = {
    "Accounting",  "Treasury",        "Controlling",  "Tax",          "Payroll",      "Purchasing",
    "Sales North", "Sales South",     "Sales East",   "Sales West",   "Key Accounts", "Marketing",
    "Brand",       "Events",          "Press",        "Legal",        "Compliance",   "Audit",
    "Recruiting",  "Human Resources", "Training",     "Facilities",   "Security",     "Logistics",
    "Warehouse",   "Shipping",        "Quality",      "Production A", "Production B", "Maintenance",
    "Research",    "Development",     "Testing",      "Architecture", "Operations",   "Network",
    "Helpdesk",    "Databases",       "Data Science", "Board Office"};

static const char *const titles[N_TITLES] = {
    "Assistant", "Clerk",           "Specialist", "Senior Specialist", "Analyst", "Senior Analyst",
    "Engineer",  "Senior Engineer", "Consultant", "Team Lead",         "Manager", "Head"};
static const char *const first_names[] = {
    "Anna",  "Ben",  "Clara", "David", "Emma", "Felix", "Grace", "Hugo", "Ida",
    "Jonas", "Kira", "Leo",   "Mia",   "Noah", "Olga",  "Paul",  "Qin",  "Rosa",
    "Samir", "Tara", "Uwe",   "Vera",  "Wim",  "Xenia", "Yusuf", "Zoe"};
static const char *const last_names[] = {
    "Abel",    "Becker", "Costa", "Diaz",  "Evans", "Fischer", "Garcia", "Huber", "Ivanov",
    "Jansen",  "Kaya",   "Lopez", "Meyer", "Nowak", "Okafor",  "Patel",  "Quist", "Rossi",
    "Schmidt", "Tran",   "Ueda",  "Vogel", "Weber", "Xu",      "Yilmaz", "Zhang"};

bool company_shares_mail(uint32_t person)
{
    return person % 2000 == 7;
}

static const char *first_name(uint32_t person)
{
    return first_names[ask_below(ASK_FIRST_NAME, person, G_N_ELEMENTS(first_names))];
}

static const char *last_name(uint32_t person)
{
    return last_names[ask_below(ASK_LAST_NAME, person, G_N_ELEMENTS(last_names))];
}

void company_full_name(uint32_t person, char name[TEXT_SIZE])
{
    if (ask_below(ASK_SPELLING, person, 100) == 0)
        g_snprintf(name, TEXT_SIZE, "%s Müller-Łukasiewicz", first_name(person));
    else
        g_snprintf(name, TEXT_SIZE, "%s %s", first_name(person), last_name(person));
}

void company_mail(uint32_t person, bool in_capitals, char mail[TEXT_SIZE])
{
    if (person > 0 && company_shares_mail(person - 1))
        person--;
    g_snprintf(mail, TEXT_SIZE, "%s.%s.%u@Bench.Example", first_name(person), last_name(person),
               person);
    if (!in_capitals)
        for (char *c = mail; *c != '\0'; c++)
            *c = g_ascii_tolower(*c);
}

const char *company_department(uint32_t person)
{
    return company_departments[ask_below(ASK_DEPARTMENT, person, N_DEPARTMENTS)];
}

const char *company_title(uint32_t person)
{
    return titles[ask_below(ASK_TITLE, person, N_TITLES)];
}

uint32_t company_place(uint32_t person)
{
    return 1 + (uint32_t)(ask_below(ASK_DEPARTMENT, person, N_DEPARTMENTS) * N_TITLES +
                          ask_below(ASK_TITLE, person, N_TITLES));
}

/* 1 % left and can still log on, 2 % left and were closed, 1 % is on leave. 5 % are contractors, 3
 * % of those over their end, 4 % without one. */
PersonState company_person(uint32_t person)
{
    PersonState state = {0};
    uint64_t fate = ask_below(ASK_STATE, person, 1000);
    state.is_contractor = ask_below(ASK_KIND, person, 100) < 5;
    state.has_left = fate < 30;
    state.is_locked_out = fate >= 10 && fate < 30;
    state.is_on_leave = fate >= 30 && fate < 40;
    state.is_supplier = state.is_contractor && ask(ASK_KIND, person) / 100 % 10 == 0;
    state.recorded_day = AS_OF_DAY - 1 - (int64_t)(person % 100);
    if (state.has_left) {
        uint64_t days = ask_below(ASK_LEFT_DAY, person, 380);
        state.last_day = AS_OF_DAY - (int64_t)(days < 25 ? 3 + days : 33 + days - 25);
        bool is_late = ask_below(ASK_RECORDED, person, 10) == 0;
        state.recorded_day = state.last_day + (is_late ? 2 : -20);
    }
    if (state.is_contractor) {
        uint64_t end = ask_below(ASK_END, person, 1000);
        state.end_day = end < 30 && !state.has_left ? AS_OF_DAY - 3 - (int64_t)end * 4
                        : end >= 960                ? 0
                                                    : AS_OF_DAY + 20 + (int64_t)end;
    }
    return state;
}

/* ---- accounts ---- */

AccountClass company_class(const Company *company, uint32_t account)
{
    if (account < company->n_persons)
        return ACCOUNT_PERSON;
    if (account < company->n_persons + company->n_admins)
        return ACCOUNT_ADMIN;
    if (account < company->n_persons + company->n_admins + company->n_services)
        return account % 16 == 0 ? ACCOUNT_SHARED : ACCOUNT_SERVICE;
    return ACCOUNT_ORPHAN;
}

uint32_t company_person_of(const Company *company, uint32_t account)
{
    if (account < company->n_persons)
        return account;
    return (uint32_t)((account - company->n_persons) * UINT64_C(29) % company->n_persons);
}

void company_account_name(const Company *company, uint32_t account, char name[TEXT_SIZE])
{
    static const char *const prefixes[] = {"u", "adm-", "svc-", "shr-", "x"};
    AccountClass class = company_class(company, account);
    uint32_t number = class == ACCOUNT_ADMIN ? company_person_of(company, account) : account;
    bool is_guest = class == ACCOUNT_PERSON && company_person(account).is_supplier;
    g_snprintf(name, TEXT_SIZE, "%s%07u", is_guest ? "gst-" : prefixes[class], number);
}

static int64_t second_of_day(uint64_t about)
{
    return (int64_t)ask_below(ASK_LOGON, about,
                              4 * 3600); /* before 04:00 UTC: never after the as-of time */
}

/* 88 % within 20 days, 3 % within 85, 6 % dormant, 3 % never. */
static int64_t ordinary_logon(uint32_t account)
{
    uint64_t habit = ask_below(ASK_LOGON_AGE, account, 100);
    uint64_t more = ask(ASK_LOGON_AGE, account) / 100;
    uint64_t days = habit < 88 ? more % 20 : habit < 91 ? 32 + more % 54 : 92 + more % 700;
    return habit >= 97 ? 0 : (AS_OF_DAY - (int64_t)days) * DAY + second_of_day(account);
}

/* Leavers last logged on before they left; some of them after it. */
static int64_t leaver_logon(uint32_t account, const PersonState *person)
{
    uint64_t habit = ask_below(ASK_LOGON_AGE, account, 100);
    if (habit < (person->is_locked_out ? 3 : 30))
        return (person->last_day + 2) * DAY + second_of_day(account);
    return (person->last_day - 1 - (int64_t)(habit % 20)) * DAY + second_of_day(account);
}

AccountState company_account(const Company *company, uint32_t account)
{
    AccountClass class = company_class(company, account);
    bool has_person = class == ACCOUNT_PERSON || class == ACCOUNT_ADMIN;
    uint32_t person = has_person ? company_person_of(company, account) : 0;
    PersonState who = has_person ? company_person(person) : (PersonState){0};
    bool is_new = ask_below(ASK_CREATED, account, 100) < 2;
    AccountState state = {
        .last_logon = who.has_left ? leaver_logon(account, &who) : ordinary_logon(account),
        .created = (AS_OF_DAY - (is_new ? 1 : 40) -
                    (int64_t)(ask(ASK_CREATED, account) / 100 % (is_new ? 27 : 3500))) *
                   DAY,
        .is_locked = who.is_locked_out || (!has_person && ask_below(ASK_STATE, account, 100) < 4) ||
                     (has_person && ask_below(ASK_STATE, account + (UINT64_C(1) << 40), 500) == 0)};
    uint64_t age = ask_below(ASK_PASSWORD, account, 1000);
    state.password_changed = (AS_OF_DAY - (int64_t)(age < 900 ? age % 360 : 370 + age)) * DAY;

    /* Half of what is closed is closed by an end, not by a lock. */
    if (state.is_locked && account % 2 == 0) {
        state.is_locked = false;
        state.ends = (who.has_left ? who.last_day + 1 : AS_OF_DAY - 10) * DAY;
    } else if (who.is_contractor && !who.has_left && who.end_day > AS_OF_DAY) {
        state.ends = (who.end_day + 1) * DAY;
    }
    bool is_anybodys = class == ACCOUNT_PERSON && company_shares_mail(person);
    bool is_shared = company_shares_mail(person) || (person > 0 && company_shares_mail(person - 1));
    state.shows_number =
        has_person && !is_anybodys && (is_shared || ask_below(ASK_NUMBER, account, 100) >= 5);
    state.shows_mail = class == ACCOUNT_PERSON || (has_person && !state.shows_number);
    return state;
}

bool company_has_unknown_member(uint32_t group)
{
    return ask_below(ASK_UNKNOWN, group, 50) == 0;
}

Choice company_service_owner(const Company *company, uint32_t account)
{
    uint64_t luck = ask_below(ASK_OWNER, account, 100);
    if (luck < 10)
        return (Choice){CHOICE_NONE, 0};
    if (luck < 14)
        return (Choice){CHOICE_NOBODY, 0};
    if (luck < 17)
        return (Choice){CHOICE_GROUP,
                        (uint32_t)ask_below(ASK_OWNER_WHO, account, company->n_groups)};
    uint32_t owner = (uint32_t)ask_below(ASK_OWNER_WHO, account, company->n_persons);
    return (Choice){CHOICE_ACCOUNT, owner - company_shares_mail(owner)};
}

Choice company_group_owner(const Company *company, uint32_t group)
{
    uint64_t luck = ask_below(ASK_GROUP_OWNER, group, 100);
    if (luck < 3)
        return (Choice){CHOICE_NONE, 0};
    if (luck < 4)
        return (Choice){CHOICE_NOBODY, 0};
    return (Choice){CHOICE_ACCOUNT,
                    (uint32_t)ask_below(ASK_GROUP_OWNER_WHO, group, company->n_persons)};
}

/* ---- groups ---- */

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    return b == 0 ? a : greatest_common_divisor(b, a % b);
}

GroupWalk company_walk(const Company *company, uint32_t group)
{
    uint64_t stride = 1 + ask_below(ASK_STRIDE, group, company->n_accounts - 1);
    while (greatest_common_divisor(stride, company->n_accounts) != 1)
        stride++;
    return (GroupWalk){
        .group = group, .stride = stride, .at = ask_below(ASK_START, group, company->n_accounts)};
}

#define N_STRAYS 4

/* Four in five at home, one in five at the next place. */
static bool holds_home(const Company *company, uint32_t group, uint32_t person, bool is_next)
{
    return !company_shares_mail(person) &&
           ask_below(ASK_HOLDS, (uint64_t)group << 32 | person, 5) < (is_next ? 1 : 4);
}

static uint32_t next_place(const Company *company, uint32_t group)
{
    return company->home[group] % N_PLACES + 1;
}

static bool is_stray(const Company *company, uint32_t group, uint32_t person)
{
    uint32_t place = company_place(person);
    return place != company->home[group] && place != next_place(company, group) &&
           !company_shares_mail(person);
}

static bool home_walk_next(const Company *company, GroupWalk *walk, uint32_t *ret_account)
{
    const uint32_t places[] = {company->home[walk->group], next_place(company, walk->group)};
    uint32_t begin = 0;

    for (int i = 0; i < 2; i++) {
        uint32_t first = company->first_person[places[i]];
        uint32_t n = company->first_person[places[i] + 1] - first;
        while (walk->done < begin + n) {
            *ret_account = company->person[first + walk->done++ - begin];
            if (holds_home(company, walk->group, *ret_account, i == 1))
                return true;
        }
        begin += n;
    }
    while (walk->done < begin + N_STRAYS) {
        uint64_t about = walk->group * UINT64_C(8) + walk->done++ - begin;
        uint32_t stray = (uint32_t)ask_below(ASK_STRAY, about, company->n_persons / N_STRAYS);
        *ret_account = stray + (uint32_t)(about % 8) * (company->n_persons / N_STRAYS);
        walk->is_planted = (ask(ASK_STRAY, about) >> 32) % 10 != 0;
        if (is_stray(company, walk->group, *ret_account))
            return true;
    }
    return false;
}

/* Accounts that may be anybody's are members of the big groups only, whose rights nobody judges. */
bool company_walk_next(const Company *company, GroupWalk *walk, uint32_t *ret_account)
{
    if (company->home[walk->group] != 0)
        return home_walk_next(company, walk, ret_account);
    while (walk->done < company->size[walk->group]) {
        uint32_t account = (uint32_t)walk->at;
        walk->at = (walk->at + walk->stride) % company->n_accounts;
        walk->done++;
        if (walk->group >= N_BIG_GROUPS && account < company->n_persons &&
            company_shares_mail(account))
            continue;
        *ret_account = account;
        return true;
    }
    return false;
}

/* Zipf: size = accounts × min(0.78, c / rank), with the c that gives 9.7 memberships an account. */
static double size_share(double c, uint32_t rank)
{
    double share = c / (rank + 1);
    return share > 0.78 ? 0.78 : share;
}

static void plan_sizes(Company *company)
{
    double low = 0.1, high = 10;
    for (int step = 0; step < 60; step++) {
        double middle = (low + high) / 2, sum = 0;
        for (uint32_t g = 0; g < company->n_groups; g++)
            sum += size_share(middle, g);
        if (sum > 9.7)
            high = middle;
        else
            low = middle;
    }
    for (uint32_t g = 0; g < company->n_groups; g++)
        company->size[g] = MAX(2, (uint32_t)(size_share(low, g) * company->n_accounts));
}

static uint8_t plan_level(uint32_t group)
{
    uint8_t level = 0;
    if (group < N_BIG_GROUPS)
        return 0;
    while (level < MAX_LEVEL && ask_below(ASK_LEVEL, (uint64_t)group * 16 + level, 100) < 65)
        level++;
    return level;
}

typedef struct Nesting {
    uint32_t parent, child;
} Nesting;

static void add_nesting(GArray *nestings, uint32_t parent, uint32_t child)
{
    Nesting nesting = {parent, child};
    g_array_append_val(nestings, nesting);
}

static gint compare_nestings(gconstpointer a, gconstpointer b)
{
    const Nesting *x = a, *y = b;
    if (x->parent != y->parent)
        return x->parent < y->parent ? -1 : 1;
    return x->child < y->child ? -1 : x->child > y->child;
}

/* 45 % of the groups are members of one or two groups one level up; a few contain one of those:
 * loops. */
static GArray *plan_nestings(const Company *company)
{
    GArray *levels[MAX_LEVEL + 1];
    GArray *nestings = g_array_new(FALSE, FALSE, sizeof(Nesting));
    uint32_t loop_period = company->n_groups / MAX(8, company->n_accounts / 12500);

    for (int l = 0; l <= MAX_LEVEL; l++)
        levels[l] = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint32_t g = 0; g < company->n_groups; g++)
        g_array_append_val(levels[company->level[g]], g);
    for (uint32_t g = N_BIG_GROUPS; g < company->n_groups; g++) {
        const GArray *above = company->level[g] < MAX_LEVEL ? levels[company->level[g] + 1] : NULL;
        if (above == NULL || above->len == 0 || ask_below(ASK_NESTED, g, 100) >= 45)
            continue;
        for (uint32_t i = 0; i <= ask_below(ASK_NESTED, (g + UINT64_C(1)) << 32, 2); i++) {
            uint32_t parent = g_array_index(above, uint32_t,
                                            ask_below(ASK_PARENT, g * UINT64_C(4) + i, above->len));
            add_nesting(nestings, parent, g);
            if (g % loop_period == 25)
                add_nesting(nestings, g, parent);
        }
    }
    for (int l = 0; l <= MAX_LEVEL; l++)
        g_array_free(levels[l], TRUE);
    g_array_sort(nestings, compare_nestings);
    return nestings;
}

static void plan_children(Company *company)
{
    g_autoptr(GArray) nestings = plan_nestings(company);
    company->first_child = g_new0(uint32_t, company->n_groups + 1);
    company->child = g_new(uint32_t, nestings->len + 1);
    uint32_t n = 0, g = 0;
    for (uint32_t i = 0; i < nestings->len; i++) {
        const Nesting *nesting = &g_array_index(nestings, Nesting, i);
        if (i > 0 && compare_nestings(nesting, nesting - 1) == 0)
            continue;
        while (g < nesting->parent)
            company->first_child[++g] = n;
        company->child[n++] = nesting->child;
    }
    while (g < company->n_groups)
        company->first_child[++g] = n;
}

/* An upper bound of the effective members, loops left out: children stand one level lower. */
static uint32_t *estimate_members(const Company *company)
{
    uint32_t *members = g_new0(uint32_t, company->n_groups);
    for (int level = 0; level <= MAX_LEVEL; level++)
        for (uint32_t g = 0; g < company->n_groups; g++) {
            if (company->level[g] != level)
                continue;
            uint64_t sum = company->size[g];
            for (uint32_t e = company->first_child[g]; e < company->first_child[g + 1]; e++)
                if (company->level[company->child[e]] < level)
                    sum += members[company->child[e]];
            members[g] = (uint32_t)MIN(sum, UINT32_MAX);
        }
    return members;
}

/* Gives a role to n groups with at most `limit` members, every other one with groups in it. */
static GArray *cast(Company *company, const uint32_t *members, GroupRole role, uint32_t n,
                    uint32_t limit)
{
    GArray *chosen = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint64_t attempt = 0; chosen->len < n && attempt < UINT64_C(200) * company->n_groups;
         attempt++) {
        /* Big ones are as likely as small ones, of which there are many more. */
        uint32_t g = (uint32_t)ask_below(ASK_ROLE, attempt * 8 + role,
                                         MAX(100, company->n_groups >> attempt % 10));
        bool has_groups = company->first_child[g] < company->first_child[g + 1];
        if (company->role[g] != ROLE_NONE || members[g] > limit || g < N_BIG_GROUPS ||
            (chosen->len % 2 == 0 && !has_groups))
            continue;
        company->role[g] = role;
        g_array_append_val(chosen, g);
        /* Sometimes a group of the same role inside: then the inner one is the nearest for its
         * members. */
        uint32_t inner = has_groups ? company->child[company->first_child[g]] : 0;
        if (has_groups && chosen->len % 8 == 1 && chosen->len < n &&
            company->role[inner] == ROLE_NONE && inner >= N_BIG_GROUPS) {
            company->role[inner] = role;
            g_array_append_val(chosen, inner);
        }
    }
    return chosen;
}

/* Counting sort of the people by place. */
static void plan_places(Company *company)
{
    uint32_t *next = g_new0(uint32_t, N_PLACES + 2);
    company->first_person = g_new0(uint32_t, N_PLACES + 2);
    company->person = g_new(uint32_t, company->n_persons);
    for (uint32_t person = 0; person < company->n_persons; person++)
        company->first_person[company_place(person) + 1]++;
    for (uint32_t place = 1; place <= N_PLACES + 1; place++)
        company->first_person[place] += company->first_person[place - 1];
    memcpy(next, company->first_person, sizeof *next * (N_PLACES + 2));
    for (uint32_t person = 0; person < company->n_persons; person++)
        company->person[next[company_place(person)]++] = person;
    g_free(next);
}

/* Of the groups that open an application, those without groups in them belong to a place. */
static void plan_homes(Company *company)
{
    company->home = g_new0(uint16_t, company->n_groups);
    for (guint i = 0; i < MIN(N_PLACES, company->access->len); i++) {
        uint32_t g = g_array_index(company->access, uint32_t, i);
        if (company->first_child[g] == company->first_child[g + 1])
            company->home[g] = (uint16_t)(1 + ask_below(ASK_HOME, g, N_PLACES));
    }
}

static void plan_roles(Company *company)
{
    g_autofree uint32_t *members = estimate_members(company);
    uint32_t n = company->n_accounts;
    company->privileged = cast(company, members, ROLE_PRIVILEGED, 50, MAX(60, n / 1000));
    company->entitlements = cast(company, members, ROLE_ENTITLEMENT, 100, MAX(50, n / 300));
    company->sides = cast(company, members, ROLE_SEGREGATION, 60, MAX(100, n / 200));
    company->access =
        cast(company, members, ROLE_ACCESS, company->n_applications, MAX(100, n / 5000));
    g_array_append_vals(company->sides, company->entitlements->data,
                        MIN(40, company->entitlements->len));
}

Company *company_new(uint32_t n_accounts)
{
    Company *company = g_new0(Company, 1);
    company->n_accounts = n_accounts;
    company->n_persons = (uint32_t)(n_accounts * UINT64_C(92) / 100);
    company->n_admins = n_accounts * UINT64_C(3) / 100;
    company->n_services = n_accounts * UINT64_C(4) / 100;
    company->n_orphans = n_accounts - company->n_persons - company->n_admins - company->n_services;
    company->n_people = company->n_persons + n_accounts / 100; /* some have no account */
    company->n_groups = n_accounts / 5;
    company->n_computers = n_accounts / 2;
    company->n_applications = MAX(20, n_accounts / 500);
    company->n_phones = n_accounts / 4;
    company->size = g_new(uint32_t, company->n_groups);
    company->level = g_new(uint8_t, company->n_groups);
    company->role = g_new0(uint8_t, company->n_groups);
    plan_sizes(company);
    for (uint32_t g = 0; g < company->n_groups; g++)
        company->level[g] = plan_level(g);
    plan_children(company);
    plan_roles(company);
    plan_places(company);
    plan_homes(company);
    return company;
}

void company_free(Company *company)
{
    g_array_free(company->privileged, TRUE);
    g_array_free(company->entitlements, TRUE);
    g_array_free(company->sides, TRUE);
    g_array_free(company->access, TRUE);
    g_free(company->size);
    g_free(company->level);
    g_free(company->role);
    g_free(company->first_child);
    g_free(company->child);
    g_free(company->home);
    g_free(company->first_person);
    g_free(company->person);
    g_free(company);
}

/* ---- computers ---- */

ComputerState company_computer(uint32_t computer)
{
    ComputerState state = {.status = "in_use"};
    uint64_t luck = ask_below(ASK_ASSET, computer, 100);
    uint64_t fate = ask_below(ASK_ASSET_STATUS, computer, 1000);
    uint64_t seen = ask_below(ASK_SEEN, computer, 100), more = ask(ASK_SEEN, computer) / 100;

    state.is_registered = luck >= 3;
    state.is_serial_only = luck == 3;
    if (state.is_registered && fate >= 880)
        state.status = fate < 930   ? "stock"
                       : fate < 940 ? "repair"
                       : fate < 950 ? "loan"
                       : fate < 960 ? "lost"
                                    : "retired";
    bool is_gone = state.is_registered && fate >= 950;
    bool is_forgotten = is_gone && ask_below(ASK_COMPUTER, computer, 4) == 0;
    state.is_replaced = is_forgotten && fate >= 960 && !state.is_serial_only &&
                        ask_below(ASK_REVIEW, computer, 10) == 0;
    state.is_locked = (is_gone && !is_forgotten) ||
                      ask_below(ASK_COMPUTER, computer + (UINT64_C(1) << 40), 100) == 0;
    if (seen < 99) {
        uint64_t days = seen < 92 ? more % 5 : seen < 96 ? 25 + more % 60 : 110 + more % 490;
        state.last_seen = (AS_OF_DAY - (int64_t)days) * DAY + second_of_day(computer);
    }
    return state;
}
