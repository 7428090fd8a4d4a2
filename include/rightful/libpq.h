/* libpq.h: what everybody who talks to PostgreSQL does alike: no settings from the environment, and
 * libpq's own words made fit for a sentence.
 *
 * libpq reads PG… variables where a connection string is silent: another host, no TLS, a password,
 * a setting that lets a reading transaction write. Whoever uses this header has them taken away
 * before main(). What only names a file stays: PGPASSFILE, PGSERVICEFILE, PGSYSCONFDIR. */
#pragma once

#include <rightful/late.h>

#include <libpq-fe.h>
#include <stdbool.h>

/* libpq ends its sentences with a line end, and some have several lines: one line, newly
 * allocated. NULL is the empty text. */
char *libpq_text(const char *message);
/* The value of an option; NULL when there is none. options may be NULL. */
const char *libpq_option(const PQconninfoOption *options, const char *name);
bool libpq_is_given(const PQconninfoOption *options, const char *name); /* and not empty */
/* Does this sslmode insist on TLS? NULL does not. */
bool libpq_insists_on_tls(const char *sslmode);

/* Loaded with the first connection (rightful/late.h): libcrypto, Kerberos and libldap stand behind
 * it. */
static const LateLibrary libpq = {.names = {"libpq.so.5"}};

#define PQclear LATE(libpq, PQclear)
#define PQcmdStatus LATE(libpq, PQcmdStatus)
#define PQconnectPoll LATE(libpq, PQconnectPoll)
#define PQconnectStartParams LATE(libpq, PQconnectStartParams)
#define PQconnectdbParams LATE(libpq, PQconnectdbParams)
#define PQconnectionNeedsPassword LATE(libpq, PQconnectionNeedsPassword)
#define PQconnectionUsedPassword LATE(libpq, PQconnectionUsedPassword)
#define PQconninfo LATE(libpq, PQconninfo)
#define PQconninfoFree LATE(libpq, PQconninfoFree)
#define PQconninfoParse LATE(libpq, PQconninfoParse)
#define PQconsumeInput LATE(libpq, PQconsumeInput)
#define PQenterPipelineMode LATE(libpq, PQenterPipelineMode)
#define PQerrorMessage LATE(libpq, PQerrorMessage)
#define PQexec LATE(libpq, PQexec)
#define PQexitPipelineMode LATE(libpq, PQexitPipelineMode)
#define PQfinish LATE(libpq, PQfinish)
#define PQfname LATE(libpq, PQfname)
#define PQfreemem LATE(libpq, PQfreemem)
#define PQftype LATE(libpq, PQftype)
#define PQgetResult LATE(libpq, PQgetResult)
#define PQgetisnull LATE(libpq, PQgetisnull)
#define PQgetlength LATE(libpq, PQgetlength)
#define PQgetvalue LATE(libpq, PQgetvalue)
#define PQhost LATE(libpq, PQhost)
#define PQisBusy LATE(libpq, PQisBusy)
#define PQnfields LATE(libpq, PQnfields)
#define PQntuples LATE(libpq, PQntuples)
#define PQparameterStatus LATE(libpq, PQparameterStatus)
#define PQpipelineSync LATE(libpq, PQpipelineSync)
#define PQport LATE(libpq, PQport)
#define PQprepare LATE(libpq, PQprepare)
#define PQputCopyData LATE(libpq, PQputCopyData)
#define PQputCopyEnd LATE(libpq, PQputCopyEnd)
#define PQresultErrorField LATE(libpq, PQresultErrorField)
#define PQresultErrorMessage LATE(libpq, PQresultErrorMessage)
#define PQresultStatus LATE(libpq, PQresultStatus)
#define PQsendDescribePrepared LATE(libpq, PQsendDescribePrepared)
#define PQsendPrepare LATE(libpq, PQsendPrepare)
#define PQsendQuery LATE(libpq, PQsendQuery)
#define PQsendQueryParams LATE(libpq, PQsendQueryParams)
#define PQsendQueryPrepared LATE(libpq, PQsendQueryPrepared)
#define PQserverVersion LATE(libpq, PQserverVersion)
#define PQsetNoticeReceiver LATE(libpq, PQsetNoticeReceiver)
#define PQsetSingleRowMode LATE(libpq, PQsetSingleRowMode)
#define PQsocket LATE(libpq, PQsocket)
#define PQsslAttribute LATE(libpq, PQsslAttribute)
#define PQsslInUse LATE(libpq, PQsslInUse)
#define PQstatus LATE(libpq, PQstatus)
#define PQuser LATE(libpq, PQuser)
