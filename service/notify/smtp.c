#include "notify/smtp.h"

#include "notify/libcurl.h"

#include <string.h>

#define CONNECT_SECONDS 15L
#define MESSAGE_SECONDS 60L
/* What a server may say in one conversation: a greeting, a dozen lines, and then some. */
#define MOST_SAID_BYTES ((gsize)256 << 10)

G_DEFINE_QUARK(rightful - smtp - error - quark, smtp_error)

struct Smtp {
    CURL *curl;
    const SettingsGroup *settings;
    char *password;
    char said[CURL_ERROR_SIZE];
    gsize n_said;
};

/* ---- set up ---- */

/* Counts what the server says: without it a reply without end is read until the time is over. */
static int count_said(CURL *curl, curl_infotype type, char *data, size_t size, void *smtp)
{
    if (type == CURLINFO_HEADER_IN)
        ((Smtp *)smtp)->n_said += size;
    return 0;
}

static int is_too_much(void *smtp, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    return ((Smtp *)smtp)->n_said > MOST_SAID_BYTES;
}

/* A server's words are no output of ours. */
static size_t drop(char *data, size_t size, size_t n, void *smtp)
{
    ((Smtp *)smtp)->n_said += size * n;
    return ((Smtp *)smtp)->n_said > MOST_SAID_BYTES ? 0 : size * n;
}

static void set_limits(Smtp *smtp)
{
    CURL *curl = smtp->curl;

    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, MESSAGE_SECONDS / 2);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, MESSAGE_SECONDS);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, count_said);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, smtp);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_too_much);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, smtp);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, smtp);
}

/* Nothing from the environment, no netrc, no proxy, no other protocol. */
static void set_server(Smtp *smtp)
{
    CURL *curl = smtp->curl;
    const char *ca_file = settings_text(smtp->settings, "ca_file");
    const char *user = settings_text(smtp->settings, "user");

    curl_easy_setopt(curl, CURLOPT_URL, settings_text(smtp->settings, "smtp_url"));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     settings_bool(smtp->settings, "allow_plaintext") ? (long)CURLUSESSL_NONE
                                                                      : (long)CURLUSESSL_ALL);
    if (ca_file != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
    if (user != NULL && smtp->password != NULL) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, smtp->password);
    }
}

static void start_curl(void)
{
    static gsize is_ready = 0;

    if (g_once_init_enter(&is_ready)) {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        g_once_init_leave(&is_ready, 1);
    }
}

Smtp *smtp_new(const SettingsGroup *settings, GError **error)
{
    g_autoptr(Smtp) smtp = g_new0(Smtp, 1);

    start_curl();
    smtp->settings = settings;
    if (settings_is_set(settings, "password_file")) {
        smtp->password = settings_secret(settings, "password_file", error);
        if (smtp->password == NULL)
            return NULL;
    }
    smtp->curl = curl_easy_init();
    curl_easy_setopt(smtp->curl, CURLOPT_ERRORBUFFER, smtp->said);
    set_limits(smtp);
    set_server(smtp);
    return g_steal_pointer(&smtp);
}

void smtp_free(Smtp *smtp)
{
    if (smtp == NULL)
        return;
    if (smtp->curl != NULL)
        curl_easy_cleanup(smtp->curl);
    settings_secret_free(smtp->password);
    g_free(smtp);
}

/* ---- sending ---- */

typedef struct Reading {
    const char *text;
    size_t n_left;
} Reading;

static size_t read_more(char *into, size_t size, size_t n, void *data)
{
    Reading *reading = data;
    size_t length = MIN(size * n, reading->n_left);

    memcpy(into, reading->text, length);
    reading->text += length;
    reading->n_left -= length;
    return length;
}

/* What a server says may be anything. */
static char *words_of(const Smtp *smtp, CURLcode code)
{
    g_autofree char *words =
        g_utf8_make_valid(smtp->said[0] != '\0' ? smtp->said : curl_easy_strerror(code), -1);

    for (char *c = words; *c != '\0'; c++)
        *c = g_ascii_iscntrl(*c) ? ' ' : *c;
    return g_strndup(words, 300);
}

/* A refused recipient or message is that message's affair; all else is the server's. */
static SmtpError kind_of(const Smtp *smtp, CURLcode code)
{
    long reply = 0;

    curl_easy_getinfo(smtp->curl, CURLINFO_RESPONSE_CODE, &reply);
    bool is_refused = code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY;
    if (!is_refused || reply < 400 || reply == 421 || reply == 530)
        return SMTP_ERROR_SERVER;
    return reply >= 500 ? SMTP_ERROR_NEVER : SMTP_ERROR_LATER;
}

static bool perform(Smtp *smtp, GError **error)
{
    smtp->said[0] = '\0';
    smtp->n_said = 0;
    CURLcode code = curl_easy_perform(smtp->curl);

    if (code == CURLE_OK)
        return true;
    g_autofree char *words = words_of(smtp, code);
    bool is_endless = smtp->n_said > MOST_SAID_BYTES;
    g_set_error(error, SMTP_ERROR, is_endless ? SMTP_ERROR_SERVER : kind_of(smtp, code), "%s: %s",
                settings_text(smtp->settings, "smtp_url"),
                is_endless ? "the server talks without end; it was left" : words);
    return false;
}

bool smtp_send(Smtp *smtp, const char *from, const char *to, const char *text, GError **error)
{
    Reading reading = {text, strlen(text)};
    struct curl_slist *recipients = curl_slist_append(NULL, to);
    CURL *curl = smtp->curl;

    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_more);
    curl_easy_setopt(curl, CURLOPT_READDATA, &reading);
    bool is_sent = perform(smtp, error);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(recipients);
    return is_sent;
}

bool smtp_check(Smtp *smtp, GError **error)
{
    curl_easy_setopt(smtp->curl, CURLOPT_CONNECT_ONLY, 1L);
    bool is_good = perform(smtp, error);
    curl_easy_setopt(smtp->curl, CURLOPT_CONNECT_ONLY, 0L);
    return is_good;
}
