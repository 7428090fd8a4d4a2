#include "notify/message.h"

#include "base/visible.h"
#include "notify/libgmime.h"

#include <stdbool.h>

void message_line_free(void *data)
{
    MessageLine *line = data;

    g_free(line->key);
    g_free(line->text);
    g_free(line->link);
    g_free(line);
}

/* ---- bodies ---- */

static char *plain(const Message *message)
{
    GString *body = g_string_new(NULL);

    g_autofree char *greeting = visible_text(message->greeting);

    g_string_append_printf(body, "%s\n\n", greeting);
    for (guint i = 0; i < message->lines->len; i++) {
        const MessageLine *line = message->lines->pdata[i];
        g_autofree char *text = visible_text(line->text);

        g_string_append_printf(body, "- %s\n", text);
        if (line->link != NULL)
            g_string_append_printf(body, "  %s\n", line->link);
    }
    g_string_append_printf(body, "\n%s\n", message->closing);
    return g_string_free(body, FALSE);
}

static void append_item(GString *body, const MessageLine *line)
{
    g_autofree char *text = visible_text(line->text);
    g_autofree char *item = line->link != NULL
                                ? g_markup_printf_escaped("<li>%s<br><a href=\"%s\">%s</a></li>\n",
                                                          line->text, line->link, line->link)
                                : g_markup_printf_escaped("<li>%s</li>\n", text);

    g_string_append(body, item);
}

/* No pictures, no styles from elsewhere, nothing that runs. */
static char *html(const Message *message)
{
    g_autofree char *subject = visible_text(message->subject);
    g_autofree char *greeting = visible_text(message->greeting);
    g_autofree char *head =
        g_markup_printf_escaped("<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
                                "charset=\"utf-8\"><title>%s</title></head>\n"
                                "<body style=\"font-family: sans-serif; line-height: 1.5\">\n"
                                "<p>%s</p>\n<ul>\n",
                                subject, greeting);
    g_autofree char *tail =
        g_markup_printf_escaped("</ul>\n<p>%s</p>\n</body></html>\n", message->closing);
    GString *body = g_string_new(head);

    for (guint i = 0; i < message->lines->len; i++)
        append_item(body, message->lines->pdata[i]);
    g_string_append(body, tail);
    return g_string_free(body, FALSE);
}

/* ---- parts ---- */

static GMimeObject *text_part(const char *subtype, const char *text)
{
    GMimeTextPart *part = g_mime_text_part_new_with_subtype(subtype);

    g_mime_text_part_set_charset(part, "utf-8");
    g_mime_text_part_set_text(part, text);
    g_mime_part_set_content_encoding(GMIME_PART(part), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    return GMIME_OBJECT(part);
}

static void add(GMimeMultipart *multipart, GMimeObject *part)
{
    g_mime_multipart_add(multipart, part);
    g_object_unref(part);
}

static GMimeObject *both_bodies(const Message *message)
{
    GMimeMultipart *both = g_mime_multipart_new_with_subtype("alternative");
    g_autofree char *text = plain(message);
    g_autofree char *markup = html(message);

    add(both, text_part("plain", text));
    add(both, text_part("html", markup));
    return GMIME_OBJECT(both);
}

static GMimeObject *calendar_part(const char *calendar)
{
    GMimeObject *part = text_part("calendar", calendar);

    g_mime_object_set_content_type_parameter(part, "method", "PUBLISH");
    g_mime_object_set_disposition(part, GMIME_DISPOSITION_ATTACHMENT);
    g_mime_part_set_filename(GMIME_PART(part), "deadline.ics");
    return part;
}

static GMimeObject *whole_body(const Message *message)
{
    GMimeObject *bodies = both_bodies(message);

    if (message->calendar == NULL)
        return bodies;
    GMimeMultipart *mixed = g_mime_multipart_new_with_subtype("mixed");

    add(mixed, bodies);
    add(mixed, calendar_part(message->calendar));
    return GMIME_OBJECT(mixed);
}

/* ---- the message ---- */

static bool add_party(GMimeMessage *mime, GMimeAddressType type, const char *text)
{
    g_autoptr(GObject) list = (GObject *)internet_address_list_parse(NULL, text);
    InternetAddressList *addresses = (InternetAddressList *)(void *)list;
    InternetAddress *address = addresses != NULL && internet_address_list_length(addresses) == 1
                                   ? internet_address_list_get_address(addresses, 0)
                                   : NULL;

    if (address == NULL || !INTERNET_ADDRESS_IS_MAILBOX(address))
        return false;
    g_mime_message_add_mailbox(
        mime, type, internet_address_get_name(address),
        internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address)));
    return true;
}

/* A line end in a name would begin another header: GMime folds what it is given, as it is. */
static void set_headers(GMimeMessage *mime, const Message *message)
{
    g_autofree char *subject = visible_text(message->subject);
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(message->date_utc);

    g_mime_message_set_subject(mime, subject, "utf-8");
    g_mime_message_set_message_id(mime, message->message_id);
    g_mime_message_set_date(mime, date);
    g_mime_object_set_header(GMIME_OBJECT(mime), "Auto-Submitted", "auto-generated", NULL);
}

char *message_text(const Message *message)
{
    static gsize is_ready = 0;

    if (g_once_init_enter(&is_ready)) {
        g_mime_init();
        g_once_init_leave(&is_ready, 1);
    }
    g_autoptr(GObject) object = (GObject *)g_mime_message_new(TRUE);
    GMimeMessage *mime = (GMimeMessage *)(void *)object;
    GMimeFormatOptions *format = g_mime_format_options_new();
    char *text = NULL;

    g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_DOS);
    if (add_party(mime, GMIME_ADDRESS_TYPE_FROM, message->from) &&
        add_party(mime, GMIME_ADDRESS_TYPE_TO, message->to)) {
        GMimeObject *body = whole_body(message);

        set_headers(mime, message);
        g_mime_message_set_mime_part(mime, body);
        g_object_unref(body);
        text = g_mime_object_to_string(GMIME_OBJECT(mime), format);
    }
    g_mime_format_options_free(format);
    return text;
}
