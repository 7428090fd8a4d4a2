/* The roster, the asset register and the approvals. */
#include "output.h"

static void put_optional_date(Writer *w, int64_t day)
{
    if (day != 0)
        put_date(w, day);
    put(w, ",");
}

static void put_person(Writer *w, const Company *c, uint32_t person)
{
    PersonState state = company_person(person);
    char text[TEXT_SIZE];

    put_number(w, person, 8);
    put(w, ",");
    company_full_name(person, text);
    put(w, text);
    put(w, ",");
    company_mail(person, false, text);
    put(w, text);
    put(w, ",u");
    put_number(w, person, 7);
    put(w, ",");
    if (person > 0)
        put_number(w, person / 8, 8);
    put(w, ",");
    put(w, company_department(person));
    put(w, ",");
    put(w, company_title(person));
    put(w, state.is_supplier ? ",supplier," : state.is_contractor ? ",contractor," : ",employee,");
    put(w, state.has_left ? "left," : state.is_on_leave ? "leave," : "active,");
    put_date(w, AS_OF_DAY - 1000 - (int64_t)(person % 2000));
    put(w, ",");
    put_optional_date(w, state.last_day);
    put_optional_date(w, state.end_day);
    put_timestamp(w, state.recorded_day * DAY + 5 * 3600);
    put(w, ",");
    if (state.is_contractor && ask_below(ASK_SPONSOR, person, 30) != 0)
        put_number(w, ask_below(ASK_SPONSOR, person + (UINT64_C(1) << 40), c->n_persons), 8);
    put(w, "\n");
}

void write_people(Writer *w, const Company *c)
{
    put(w, "id,name,email,username,manager_id,department,title,kind,status,start_date,last_working_"
           "day,end_date,recorded_at,sponsor_id\n");
    for (uint32_t person = 0; person < c->n_people; person++)
        put_person(w, c, person);
}

/* Owner or custodian: by id, e-mail or user name; some empty, some nobody we know. */
static void put_somebody(Writer *w, const Company *c, Question question, uint64_t asset,
                         bool may_be_missing)
{
    uint64_t luck = ask_below(question, asset, 200);
    uint32_t person = (uint32_t)ask_below(question + 1, asset, c->n_persons);
    char mail[TEXT_SIZE];

    if (may_be_missing && luck < 2)
        return;
    if (may_be_missing && luck == 2) {
        put(w, "Z0000001");
    } else if (luck < 20 && !company_shares_mail(person) &&
               (person == 0 || !company_shares_mail(person - 1))) {
        company_mail(person, true, mail);
        put(w, mail);
    } else if (luck < 40) {
        put(w, "u");
        put_number(w, person, 7);
    } else {
        put_number(w, person, 8);
    }
}

static void put_asset(Writer *w, const Company *c, uint64_t asset, const char *kind,
                      const char *status)
{
    put(w, "A");
    put_number(w, asset, 8);
    put(w, ",");
    put(w, kind);
    put(w, " ");
    put_number(w, asset, 1);
    put(w, ",");
    put(w, kind);
    put(w, ",");
    put(w, status);
    put(w, ",");
    put_somebody(w, c, ASK_ASSET_OWNER, asset, true);
    put(w, ",");
    if (g_str_equal(status, "in_use") || g_str_equal(status, "loan") ||
        g_str_equal(status, "repair"))
        put_somebody(w, c, ASK_CUSTODIAN, asset, false);
    put(w, ",");
}

/* Host names in the register are long, short or in capitals. */
static void put_spelled_host(Writer *w, uint32_t computer)
{
    uint64_t spelling = ask_below(ASK_SPELL_HOST, computer, 10);
    put(w, spelling < 8 ? "h" : "H");
    put_number(w, computer, 7);
    put(w, spelling < 6 ? ".bench.example" : spelling == 9 ? ".BENCH.EXAMPLE" : "");
}

/* classification,next_audit,due_back: of a tenth the next audit was due, of a tenth of the loans
 * the end. */
static void put_audit(Writer *w, uint64_t asset, const char *status)
{
    int64_t audit = (int64_t)ask_below(ASK_AUDIT, asset, 1000);
    int64_t due = (int64_t)ask_below(ASK_DUE, asset, 100);
    put(w, ",,");
    put_optional_date(w, audit < 300 ? AS_OF_DAY + (audit < 30 ? -2 - audit : 2 + audit) : 0);
    if (g_str_equal(status, "loan"))
        put_date(w, AS_OF_DAY + (due < 10 ? -10 - due : 2 + due));
    put(w, "\n");
}

static void put_computer_asset(Writer *w, const Company *c, uint64_t asset, uint32_t computer,
                               const ComputerState *state, bool is_replacement)
{
    put_asset(w, c, asset, "computer", is_replacement ? "in_use" : state->status);
    if (!is_replacement) {
        put(w, "SN");
        put_number(w, computer, 8);
    }
    put(w, ",");
    if (!state->is_serial_only)
        put_spelled_host(w, computer);
    put(w, ",,,");
    put_audit(w, asset, is_replacement ? "in_use" : state->status);
}

static void put_application(Writer *w, const Company *c, uint64_t asset, uint32_t index)
{
    uint64_t age = 10 + ask_below(ASK_REVIEW, asset, 400);
    if (age % 180 < 3 || age % 365 < 3 || age % 120 < 3)
        age += 5;
    put_asset(w, c, asset, "application", "in_use");
    put(w, ",,");
    if (index % 10 != 0 && index < c->access->len) {
        put(w, "g");
        put_number(w, g_array_index(c->access, uint32_t, index), 7);
        put(w, index % 40 == 7 ? "|abandoned" : "");
    }
    put(w, index % 3 == 0 ? ",120," : ",,");
    if (index % 4 != 1)
        put_date(w, AS_OF_DAY - (int64_t)age);
    put(w, ask_below(ASK_CLASSIFIED, asset, 10) == 0 ? ",,,\n" : ",confidential,,\n");
}

/* One in two hundred was typed twice. */
static void put_phone_serial(Writer *w, uint32_t phone)
{
    put(w, "PH");
    put_number(w, phone % 200 == 77 ? phone - 1 : phone, 8);
}

void write_assets(Writer *w, const Company *c)
{
    uint64_t asset = 1;
    put(w, "id,name,kind,status,owner,custodian,serial,hostname,access_groups,review_every_days,"
           "last_review,classification,next_audit,due_back\n");
    for (uint32_t i = 0; i < c->n_computers; i++) {
        ComputerState state = company_computer(i);
        if (state.is_registered)
            put_computer_asset(w, c, asset++, i, &state, false);
        if (state.is_replaced)
            put_computer_asset(w, c, asset++, i, &state, true);
    }
    for (uint32_t i = 0; i < c->n_computers / 200; i++) { /* never in the directory */
        ComputerState state = {.status = "in_use"};
        put_computer_asset(w, c, asset++, c->n_computers + i, &state, false);
    }
    for (uint32_t i = 0; i < c->n_phones; i++) {
        put_asset(w, c, asset++, "phone", i % 20 == 0 ? "stock" : "in_use");
        put_phone_serial(w, i);
        put(w, ",,,,,,,\n");
    }
    for (uint32_t i = 0; i < c->n_applications; i++)
        put_application(w, c, asset++, i);
}

static void put_approver(Writer *w, const Company *c, uint64_t about, uint64_t luck,
                         bool has_person, uint32_t person)
{
    uint32_t approver = (uint32_t)ask_below(ASK_APPROVER, about, c->n_persons);
    if (luck < 2)
        return; /* nobody signed */
    if (luck < 5 && has_person)
        approver = person; /* signed by the subject */
    else if (has_person && approver == person)
        approver = (approver + 1) % c->n_persons;
    put_number(w, approver, 8);
}

static void put_approval(Writer *w, const Company *c, uint64_t *number, uint32_t group,
                         uint32_t account)
{
    uint64_t about = (uint64_t)group << 32 | account;
    uint64_t luck = ask_below(ASK_APPROVAL, about, 100);
    AccountClass class = company_class(c, account);
    bool has_person = class == ACCOUNT_PERSON || class == ACCOUNT_ADMIN;
    uint32_t person = has_person ? company_person_of(c, account) : 0;
    char name[TEXT_SIZE];

    if (luck >= 70)
        return;
    put(w, "P");
    put_number(w, ++*number, 8);
    put(w, ",g");
    put_number(w, group, 7);
    put(w, ",");
    bool is_by_person = has_person && c->role[group] == ROLE_PRIVILEGED && luck % 3 == 0;
    if (!is_by_person) {
        company_account_name(c, account, name);
        put(w, name);
    }
    put(w, ",");
    if (is_by_person)
        put_number(w, person, 8);
    put(w, ",");
    put_approver(w, c, about, luck, has_person, person);
    put(w, ",");
    put_date(w, AS_OF_DAY - 400);
    put(w, ",");
    if (luck < 30)
        put_date(w, AS_OF_DAY + (luck < 10 ? -20 : 0) + (int64_t)(luck % 2) * 9);
    put(w, "\n");
}

/* Of every ten shared accounts six are approved, one was. */
static void put_shared_approval(Writer *w, const Company *c, uint64_t *number, uint32_t account)
{
    uint64_t luck = ask_below(ASK_APPROVAL, account, 10);
    char name[TEXT_SIZE];

    if (luck >= 7)
        return;
    company_account_name(c, account, name);
    put(w, "P");
    put_number(w, ++*number, 8);
    put(w, ",,");
    put(w, name);
    put(w, ",,");
    put_approver(w, c, account, 9, false, 0);
    put(w, ",");
    put_date(w, AS_OF_DAY - 400);
    put(w, ",");
    if (luck == 0)
        put_date(w, AS_OF_DAY - 20);
    put(w, "\n");
}

static void put_approvals_of(Writer *w, const Company *c, uint64_t *number, const GArray *groups)
{
    for (guint i = 0; i < groups->len; i++) {
        uint32_t group = g_array_index(groups, uint32_t, i);
        GroupWalk walk = company_walk(c, group);
        for (uint32_t account; company_walk_next(c, &walk, &account);)
            put_approval(w, c, number, group, account);
    }
}

void write_approvals(Writer *w, const Company *c)
{
    uint64_t number = 0;
    put(w, "id,group,account,person_id,approved_by,approved_on,expires_on\n");
    put_approvals_of(w, c, &number, c->privileged);
    put_approvals_of(w, c, &number, c->entitlements);
    for (uint32_t a = c->n_persons + c->n_admins; a < c->n_accounts - c->n_orphans; a++)
        if (company_class(c, a) == ACCOUNT_SHARED)
            put_shared_approval(w, c, &number, a);
}
