/* smtp.h: hands messages to the mail server of the section `notify` (libcurl).
 *
 * Encrypted unless the settings name the exception: smtps:// from the first byte, or smtp:// with
 * starttls, which is demanded and never given up. Certificate and host name are checked. Every step
 * has an end: a server that says nothing, or talks without end, is left. */
#pragma once

#include <rightful/settings.h>

#include <glib.h>
#include <stdbool.h>

#define SMTP_ERROR (smtp_error_quark())
GQuark smtp_error_quark(void);
typedef enum SmtpError {
    SMTP_ERROR_SERVER, /* the server as such: unreachable, no TLS, sign-in refused */
    SMTP_ERROR_LATER,  /* this message, for now */
    SMTP_ERROR_NEVER   /* this message, for good */
} SmtpError;

typedef struct Smtp Smtp;

/* settings: of the section; must outlive it. Reads the password. NULL when that cannot be read. */
Smtp *smtp_new(const SettingsGroup *settings, GError **error);
void smtp_free(Smtp *smtp); /* NULL is fine; ends the connection */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Smtp, smtp_free)

/* text: a whole message. The connection is kept for the next one. */
bool smtp_send(Smtp *smtp, const char *from, const char *to, const char *text, GError **error);
/* Connects, encrypts and signs in; sends nothing. */
bool smtp_check(Smtp *smtp, GError **error);
