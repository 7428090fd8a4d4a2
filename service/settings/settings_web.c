/* settings_web.c: the section `web`. */

#include "settings/settings_table.h"

static const Setting roles_table[] = {
    {.name = "admin",
     .type = SETTING_TEXT_LIST,
     .initial = "[]",
     .help = "Groups (name, DN or SID) whose members see everything technical, start runs, and "
             "accept and assign exceptions."},
    {.name = "hr",
     .type = SETTING_TEXT_LIST,
     .initial = "[]",
     .help = "Groups whose members open leaver cases and look up people."},
    {.name = "auditor",
     .type = SETTING_TEXT_LIST,
     .initial = "[]",
     .help = "Groups whose members see everything and change nothing."},
    {.name = "reviews",
     .type = SETTING_TEXT_LIST,
     .initial = "[]",
     .help = "Groups whose members start, watch and close access reviews."},
    {.name = NULL},
};

static const char *const role_choices[] = {"admin", "hr", "auditor", "reviews", NULL};

static const Setting demo_table[] = {
    {.name = "user",
     .type = SETTING_TEXT,
     .is_required = true,
     .help = "Login name under which that person acts."},
    {.name = "person", .type = SETTING_TEXT, .help = "HR id of the person."},
    {.name = "name", .type = SETTING_TEXT, .is_required = true, .help = "Full name, as shown."},
    {.name = "says",
     .type = SETTING_TEXT,
     .initial = "\"\"",
     .help = "What the choice is for, in a few words."},
    {.name = "roles",
     .type = SETTING_TEXT_LIST,
     .initial = "[]",
     .choices = role_choices,
     .help = "Roles of that person."},
    {.name = NULL},
};

const Setting settings_web_table[] = {
    {.name = "listen",
     .type = SETTING_TEXT,
     .initial = "\"unix:/run/rightful/web.sock\"",
     .help = "Where rightful web listens, unless systemd hands it a socket: unix:/path, "
             "127.0.0.1:PORT or [::1]:PORT; a proxy in front does TLS."},
    {.name = "base_url",
     .type = SETTING_TEXT,
     .help = "Address under which people reach it, https://host; every link is made of it, and a "
             "request for another host is refused. On loopback the default is the address it "
             "listens on."},
    {.name = "sign_in",
     .type = SETTING_TEXT,
     .initial = "\"proxy\"",
     .help = "Who says who somebody is: proxy, a header of the proxy on the UNIX socket; or the "
             "name of a directory source, whose passwords a form asks for."},
    {.name = "proxy_header",
     .type = SETTING_TEXT,
     .initial = "\"X-Remote-User\"",
     .help = "Header in which the proxy gives the login name."},
    {.name = "proxy_users",
     .type = SETTING_TEXT_LIST,
     .initial = "[\"www-data\"]",
     .help = "System users that the proxy may run as; only they, root and the service's own user "
             "are believed."},
    {.name = "roles",
     .type = SETTING_GROUP,
     .children = roles_table,
     .help = "Who may do what, by effective membership in groups of a directory."},
    {.name = "idle_minutes",
     .type = SETTING_INT,
     .minimum = 1,
     .maximum = 480,
     .initial = "30",
     .help = "A session that is not used for so long is over."},
    {.name = "session_hours",
     .type = SETTING_INT,
     .minimum = 1,
     .maximum = 24,
     .initial = "10",
     .help = "A session is over after so long, used or not."},
    {.name = "contact",
     .type = SETTING_TEXT,
     .initial = "\"\"",
     .help = "Whom to ask, shown on every page: an e-mail address or a few words."},
    {.name = "demo",
     .type = SETTING_GROUP_LIST,
     .initial = "()",
     .children = demo_table,
     .help = "People whom rightful web --demo lets one be; without --demo nothing acts on it."},
    {.name = NULL},
};
