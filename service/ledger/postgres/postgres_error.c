/* postgres_error.c: what the server and libpq say, as sentences with a cure. */
#include "ledger/postgres/postgres_store.h"

#include <rightful/libpq.h>
#include <string.h>

typedef struct Sentence {
    const char *state; /* SQLSTATE, or its beginning */
    LedgerError code;
    const char *text;
} Sentence;

/* The first that fits. */
static const Sentence sentences[] = {
    {"53100", LEDGER_ERROR_FULL,
     "the disk of the database server is full. The ledger is unchanged. Make room there and start "
     "again."},
    {"53300", LEDGER_ERROR_FAILED,
     "the server has no connection left for us. The ledger is unchanged. Raise max_connections, or "
     "start later."},
    {"25006", LEDGER_ERROR_READ_ONLY,
     "the ledger is read-only here: opened for reading, or the server is a standby. The ledger is "
     "unchanged."},
    {"42501", LEDGER_ERROR_READ_ONLY,
     "this role is not allowed to do that. The ledger is unchanged. Make it the owner of the "
     "ledger's tables, or grant what the server names."},
    {"55P03", LEDGER_ERROR_FAILED,
     "another program has kept the ledger busy for too long. The ledger is unchanged. Try again; a "
     "transaction that does not end can be the reason (pg_stat_activity)."},
    {"XX001", LEDGER_ERROR_FAILED,
     "the database is damaged. Nothing was changed and nothing is repaired silently. Restore it "
     "from a backup."},
    {"XX002", LEDGER_ERROR_FAILED,
     "an index of the database is damaged. Nothing was changed. REINDEX, or restore a backup."},
};

static bool is_lost(const PostgresStore *postgres, const char *state)
{
    return PQstatus(postgres->connection) == CONNECTION_BAD || state == NULL ||
           g_str_has_prefix(state, "57P") || g_str_has_prefix(state, "08");
}

bool postgres_fail_connection(PostgresStore *postgres, GError **error)
{
    g_autofree char *text = libpq_text(PQerrorMessage(postgres->connection));

    postgres->is_lost = true;
    postgres->may_repeat = true;
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                "%s: the connection was lost: %s. The ledger is unchanged.", postgres->place, text);
    return false;
}

bool postgres_fail(PostgresStore *postgres, const PGresult *result, GError **error)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *primary = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    g_autofree char *said = libpq_text(primary);

    if (is_lost(postgres, state))
        return postgres_fail_connection(postgres, error);
    postgres->may_repeat = g_str_equal(state, "40001") || g_str_equal(state, "40P01");
    for (size_t i = 0; i < G_N_ELEMENTS(sentences); i++) {
        if (!g_str_equal(state, sentences[i].state))
            continue;
        g_set_error(error, LEDGER_ERROR, sentences[i].code, "%s: %s (PostgreSQL: %s)",
                    postgres->place, sentences[i].text, said);
        return false;
    }
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                "%s: the server says: %s (SQLSTATE %s). The ledger is unchanged.", postgres->place,
                said, state);
    return false;
}
