/* settings_notify.c: the section `notify`. */

#include "settings/settings_table.h"

const Setting settings_notify_table[] = {
    {.name = "smtp_url",
     .type = SETTING_TEXT,
     .help = "Mail server: smtps://host, encrypted from the beginning, or smtp://host:587, where "
             "STARTTLS is demanded; without it no mail is sent."},
    {.name = "from", .type = SETTING_TEXT, .help = "Address that mail comes from."},
    {.name = "user", .type = SETTING_TEXT, .help = "Name to sign in with at the mail server."},
    {.name = "password_file",
     .type = SETTING_SECRET,
     .help = "Password of user: a credential of the unit, or a path."},
    {.name = "ca_file",
     .type = SETTING_FILE,
     .help = "Certificates (PEM) that vouch for the mail server, instead of the system's."},
    {.name = "allow_plaintext",
     .type = SETTING_BOOL,
     .initial = "false",
     .help = "Let mail to an smtp:// server go over the network unencrypted."},
    {.name = "admins",
     .type = SETTING_TEXT_LIST,
     .initial = "[]",
     .help =
         "Who hears of runs that went wrong, leaver cases and waivers that end: mail addresses, "
         "or HR ids."},
    {.name = "digest_hour",
     .type = SETTING_INT,
     .minimum = 0,
     .maximum = 23,
     .initial = "7",
     .help = "Hour of the day from which that day's mail is sent, in the organisation's time zone; "
             "everybody gets one message a day at most."},
    {.name = "cap",
     .type = SETTING_INT,
     .minimum = 1,
     .maximum = 100000,
     .initial = "500",
     .help = "At most so many messages an hour; the others wait."},
    {.name = NULL},
};
