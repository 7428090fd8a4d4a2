/* message.h: one mail as bytes (MIME, by GMime): the same as text and as HTML, with the days to
 * keep as a calendar file. */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct MessageLine {
    char *key;  /* what it is about */
    char *text; /* one sentence */
    char *link; /* NULL = nowhere to go */
} MessageLine;

typedef struct Message {
    const char *from, *to, *message_id, *subject;
    const char *greeting, *closing;
    const GPtrArray *lines; /* (element-type MessageLine) */
    const char *calendar;   /* a VCALENDAR; NULL = no day to keep */
    int64_t date_utc;
} Message;

/* Lines end with CR LF; no header holds what could begin another. Newly allocated; NULL when from
 * or to is no address. */
char *message_text(const Message *message);
void message_line_free(void *line);
