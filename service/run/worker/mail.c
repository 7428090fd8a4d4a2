#include "run/worker/mail.h"

#include "notify/notify.h"
#include "run/worker/rounds.h"

#define ROUND_US (60 * G_USEC_PER_SEC)

struct Mail {
    const Settings *settings;
    Looks *looks;
    Rounds *rounds;
    GCancellable *cancel;
    int64_t collected_utc;
    char *said; /* the last failure: once is enough */
};

static bool find(void *data, const char *id, NotifyPerson *ret_person)
{
    return looks_contact(data, id, &ret_person->name, &ret_person->email, &ret_person->manager);
}

static char **with_role(void *data, const char *role)
{
    return looks_with_role(data, role);
}

/* A mail server that is down for a day is one line in the journal, and one when it is back. */
static void say_once(Mail *mail, const GError *error)
{
    if (error != NULL && g_strcmp0(mail->said, error->message) != 0)
        say_error("mail: %s; it is tried again", error->message);
    else if (error == NULL && mail->said != NULL)
        say_error("mail: it goes again");
    g_free(mail->said);
    mail->said = error != NULL ? g_strdup(error->message) : NULL;
}

static void do_round(void *data)
{
    Mail *mail = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = g_path_get_dirname(mail->settings->path);
    g_autoptr(Ledger) ledger =
        ledger_open(mail->settings->store_url, directory, LEDGER_WRITE, &error);
    NotifyPeople people = {find, with_role, mail->looks};
    NotifyCounts counts;

    if (g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_MISSING)) {
        return; /* before the first run there is nothing to tell */
    }
    Notify notify = {ledger,      mail->settings,      &people,
                     clock_utc(), mail->collected_utc, mail->cancel};

    if (ledger != NULL && notify_collect(&notify, &error)) {
        mail->collected_utc = notify.now_utc;
        notify_send(&notify, &counts, &error);
    }
    say_once(mail, error);
}

Mail *mail_new(const Settings *settings, Looks *looks)
{
    if (!notify_is_configured(settings))
        return NULL;
    Mail *mail = g_new0(Mail, 1);

    mail->settings = settings;
    mail->looks = looks;
    mail->collected_utc = TIME_UNKNOWN;
    mail->cancel = g_cancellable_new();
    mail->rounds = rounds_new("mail", ROUND_US, do_round, mail);
    return mail;
}

void mail_wake(Mail *mail)
{
    if (mail != NULL)
        rounds_wake(mail->rounds);
}

void mail_free(Mail *mail)
{
    if (mail == NULL)
        return;
    g_cancellable_cancel(mail->cancel);
    rounds_free(mail->rounds);
    g_object_unref(mail->cancel);
    g_free(mail->said);
    g_free(mail);
}
