/* token.c: `token new|list|revoke`: bearer tokens of programs that ask over the web. */

#include "run/list.h"
#include "run/run_commands.h"

#include "base/times.h"
#include "ledger/tokens.h"
#include "run/ledger_access.h"
#include "run/summary.h"

#include <string.h>

static const Column token_columns[] = {
    {.path = "name", .header = "NAME"},       {.path = "id", .header = "ID", .is_right = true},
    {.path = "status", .header = "STATUS"},   {.path = "scope", .header = "SCOPE"},
    {.path = "expires", .header = "EXPIRES"}, {.path = "used", .header = "LAST USED"},
    {.path = "made", .header = "MADE"},       {.path = "made_by", .header = "BY"},
    {.path = "revoked", .header = "REVOKED"}, {0}};

/* ---- list ---- */

static bool write_token(json_t *row, void *writer)
{
    writer_row(writer, row);
    return true;
}

static ExitCode list_tokens(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    ExitCode code = open_store(invocation, LEDGER_READ, &ledger);

    if (code != EXIT_DONE)
        return code;
    g_autoptr(Writer) writer =
        writer_new(invocation->format, "token", token_columns, stdout, invocation->has_colour);
    if (ledger != NULL && !ledger_tokens(ledger, clock_utc(), write_token, writer, &error))
        return ledger_failed(error);
    return list_end(writer);
}

/* ---- new ---- */

/* A date is the end of that day, where the organisation is. */
static ExitCode read_expiry(const Invocation *invocation, int64_t *ret_utc)
{
    const char *text = invocation_value(invocation, "expires");
    int32_t day;

    if (text == NULL)
        return usage_error(invocation, "token new needs --expires DATE: a token that never ends is "
                                       "one that nobody remembers");
    if (!day_parse(text_of(text), NULL, &day))
        return usage_error(invocation,
                           "--expires %s: not a date; allowed: ISO 8601 as in 2027-12-31", text);
    *ret_utc = day_ends_utc(day, invocation->settings->timezone);
    return EXIT_DONE;
}

/* The token alone on stdout, so that it can go straight into the file that it belongs in. */
static ExitCode show_new(const Invocation *invocation, const char *secret, json_t *row)
{
    if (invocation->format == FORMAT_JSON) {
        json_object_set_new(row, "token", json_string(secret));
        return print_json(invocation, json_pack("{s:i s:[o]}", "schema_version", 1, "token", row));
    }
    say(invocation,
        "token %s is valid until %s. It is shown now and never again; the ledger has its hash "
        "alone.",
        json_string_value(json_object_get(row, "name")),
        json_string_value(json_object_get(row, "expires")));
    json_decref(row);
    puts(secret);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

static ExitCode new_token(Invocation *invocation, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    g_autofree char *secret = NULL;
    json_t *row = NULL;
    TokenNew token = {.name = name,
                      .scope = invocation_value(invocation, "scope"),
                      .actor = actor_name(),
                      .at_utc = clock_utc()};

    if (token.scope == NULL)
        return usage_error(invocation, "token new needs --scope SCOPE; there is: %s",
                           token_scopes[0]);
    ExitCode code = invocation_settings(invocation) != NULL
                        ? read_expiry(invocation, &token.expires_utc)
                        : EXIT_CONFIGURATION;
    code = code == EXIT_DONE ? open_store(invocation, LEDGER_WRITE, &ledger) : code;
    if (code != EXIT_DONE)
        return code;
    return ledger_token_new(ledger, &token, &secret, &row, &error)
               ? show_new(invocation, secret, row)
               : ledger_failed(error);
}

/* ---- revoke ---- */

static ExitCode revoke_token(Invocation *invocation, const char *name_or_id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    ExitCode code = open_store(invocation, LEDGER_WRITE, &ledger);

    if (code != EXIT_DONE)
        return code;
    if (!ledger_token_revoke(ledger, name_or_id, actor_name(), clock_utc(), &error))
        return ledger_failed(error);
    say(invocation, "token %s is taken back; it is refused from now on.", name_or_id);
    return EXIT_DONE;
}

ExitCode command_token(Invocation *invocation)
{
    const char *verb = invocation->arguments[0];

    if (strcmp(verb, "list") == 0 && invocation->n_arguments == 1)
        return list_tokens(invocation);
    if (strcmp(verb, "new") == 0 && invocation->n_arguments == 2)
        return new_token(invocation, invocation->arguments[1]);
    if (strcmp(verb, "revoke") == 0 && invocation->n_arguments == 2)
        return revoke_token(invocation, invocation->arguments[1]);
    return usage_error(invocation, "token needs new NAME, list, or revoke NAME|ID");
}
