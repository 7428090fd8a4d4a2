#include "fixture.h"

#include <string.h>

static uint32_t computer(Case *c, const char *name, const char *hostname, int64_t seen_days_ago)
{
    uint32_t id = world_computer(c->world, name);
    set_text(c, &c->snapshot->computers.hostname[id], hostname);
    c->snapshot->computers.last_logon_utc[id] = AS_OF - DAYS(seen_days_ago);
    c->snapshot->computers.last_logon_slack[id] = DAYS(14);
    return id;
}

static uint32_t machine(Case *c, const char *id, const char *hostname, AssetStatus status)
{
    uint32_t a = world_asset(c->world, id);
    set_text(c, &c->snapshot->assets.kind[a], "Computer");
    set_text(c, &c->snapshot->assets.hostname[a], hostname);
    c->snapshot->assets.status[a] = status;
    return a;
}

/* ---- computer-unregistered ---- */

static void computer_in_use_without_an_asset_is_an_exception(void **state)
{
    Case *c = *state;
    machine(c, "A1", "pc1.example.com", ASSET_STATUS_IN_USE);
    computer(c, "PC1", "pc1.example.com", 1);
    computer(c, "PC2", "pc2.example.com", 21);
    computer(c, "PC3", "pc3.example.com", 22);
    assert_found(c, "computer-unregistered", "PC2 high");
}

static void serial_and_short_hostname_register_a_computer(void **state)
{
    Case *c = *state;
    set_text(c, &c->snapshot->assets.serial[world_asset(c->world, "A1")], "SN-1");
    machine(c, "A2", "PC2", ASSET_STATUS_IN_USE);
    set_text(c, &c->snapshot->computers.serial[computer(c, "PC1", "pc1.example.com", 1)], "sn-1");
    computer(c, "PC2", "pc2.example.com", 1);
    assert_found(c, "computer-unregistered", "");
}

static void disabled_or_never_seen_computers_pass(void **state)
{
    Case *c = *state;
    world_asset(c->world, "A1");
    c->snapshot->computers.enabled[computer(c, "off", "off.example.com", 1)] = STATE_NO;
    c->snapshot->computers.last_logon_utc[computer(c, "new", "new.example.com", 1)] = TIME_NEVER;
    assert_found(c, "computer-unregistered", "");
    assert_unjudged(c, "computer-unregistered", "");
}

static void computer_in_an_unknown_state_is_not_evaluable(void **state)
{
    Case *c = *state;
    world_asset(c->world, "A1");
    c->snapshot->computers.enabled[computer(c, "pc", "pc.example.com", 1)] = STATE_UNKNOWN;
    assert_found(c, "computer-unregistered", "");
    assert_unjudged(c, "computer-unregistered",
                    "subject: corp: whether the account is enabled could not be read");
}

/* ---- asset-ghost ---- */

static void absent_disabled_unseen_and_silent_computers_are_ghosts(void **state)
{
    Case *c = *state;
    machine(c, "absent", "absent.example.com", ASSET_STATUS_IN_USE);
    machine(c, "disabled", "disabled.example.com", ASSET_STATUS_IN_USE);
    machine(c, "never", "never.example.com", ASSET_STATUS_IN_USE);
    machine(c, "silent", "silent.example.com", ASSET_STATUS_IN_USE);
    machine(c, "seen", "seen.example.com", ASSET_STATUS_IN_USE);
    machine(c, "stock", "stock.example.com", ASSET_STATUS_STOCK);
    c->snapshot->computers.enabled[computer(c, "DISABLED", "disabled.example.com", 1)] = STATE_NO;
    c->snapshot->computers.last_logon_utc[computer(c, "NEVER", "never.example.com", 1)] =
        TIME_NEVER;
    computer(c, "SEEN", "seen.example.com", 104);
    computer(c, "SILENT", "silent.example.com", 105);
    assert_found(c, "asset-ghost", "absent medium, disabled medium, never medium, silent medium");
}

static void ghost_without_hostname_or_without_any_computer_is_not_evaluable(void **state)
{
    Case *c = *state;
    machine(c, "A1", NULL, ASSET_STATUS_IN_USE);
    assert_unjudged(c, "asset-ghost", "*: no directory shows any computer");
    computer(c, "PC", "pc.example.com", 1);
    judge(c);
    assert_found(c, "asset-ghost", "");
    assert_unjudged(c, "asset-ghost", "subject: the register has no hostname of the computer");
}

static void absence_is_not_concluded_from_some_directories(void **state)
{
    Case *c = *state;
    machine(c, "A1", "absent.example.com", ASSET_STATUS_IN_USE);
    computer(c, "PC", "pc.example.com", 1);
    uint8_t lab = world_source(c->world, "lab", PROVIDES_DIRECTORY);
    c->snapshot->sources[lab].status = SOURCE_HELD;
    assert_found(c, "asset-ghost", "");
    assert_unjudged(c, "asset-ghost", "*: lab: held");
}

static void other_kinds_are_no_ghosts(void **state)
{
    Case *c = *state;
    set_text(c, &c->snapshot->assets.kind[machine(c, "A1", "phone1", ASSET_STATUS_IN_USE)],
             "phone");
    computer(c, "PC", "pc.example.com", 1);
    assert_found(c, "asset-ghost", "");
}

/* ---- asset-retired-active ---- */

static void retired_or_lost_machine_with_an_enabled_account_is_an_exception(void **state)
{
    Case *c = *state;
    machine(c, "retired", "pc1.example.com", ASSET_STATUS_RETIRED);
    machine(c, "lost", "pc2.example.com", ASSET_STATUS_LOST);
    machine(c, "off", "pc3.example.com", ASSET_STATUS_RETIRED);
    machine(c, "used", "pc4.example.com", ASSET_STATUS_IN_USE);
    computer(c, "PC1", "pc1.example.com", 1);
    computer(c, "PC2", "pc2.example.com", 300);
    c->snapshot->computers.enabled[computer(c, "PC3", "pc3.example.com", 1)] = STATE_NO;
    computer(c, "PC4", "pc4.example.com", 1);
    assert_found(c, "asset-retired-active", "lost high, retired high");
}

static void hostname_that_lives_on_in_another_machine_is_silent(void **state)
{
    Case *c = *state;
    machine(c, "old", "pc1.example.com", ASSET_STATUS_RETIRED);
    machine(c, "new", "PC1.example.com", ASSET_STATUS_IN_USE);
    computer(c, "PC1", "pc1.example.com", 1);
    assert_found(c, "asset-retired-active", "");
}

static void retired_machine_in_an_unknown_state_is_not_evaluable(void **state)
{
    Case *c = *state;
    machine(c, "old", "pc1.example.com", ASSET_STATUS_RETIRED);
    c->snapshot->computers.enabled[computer(c, "PC1", "pc1.example.com", 1)] = STATE_UNKNOWN;
    assert_found(c, "asset-retired-active", "");
    assert_unjudged(c, "asset-retired-active",
                    "subject: it is not known whether its computer account is enabled");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(computer_in_use_without_an_asset_is_an_exception),
        case_test(serial_and_short_hostname_register_a_computer),
        case_test(disabled_or_never_seen_computers_pass),
        case_test(computer_in_an_unknown_state_is_not_evaluable),
        case_test(absent_disabled_unseen_and_silent_computers_are_ghosts),
        case_test(ghost_without_hostname_or_without_any_computer_is_not_evaluable),
        case_test(absence_is_not_concluded_from_some_directories),
        case_test(other_kinds_are_no_ghosts),
        case_test(retired_or_lost_machine_with_an_enabled_account_is_an_exception),
        case_test(hostname_that_lives_on_in_another_machine_is_silent),
        case_test(retired_machine_in_an_unknown_state_is_not_evaluable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
