/* libgmime.h: GMime, loaded with the first message (rightful/late.h). */
#pragma once

#include <rightful/late.h>

#include <gmime/gmime.h>

static const LateLibrary libgmime = {.names = {"libgmime-3.0.so.0"}};

#define g_mime_format_options_free LATE(libgmime, g_mime_format_options_free)
#define g_mime_format_options_new LATE(libgmime, g_mime_format_options_new)
#define g_mime_format_options_set_newline_format                                                   \
    LATE(libgmime, g_mime_format_options_set_newline_format)
#define g_mime_init LATE(libgmime, g_mime_init)
#define g_mime_message_add_mailbox LATE(libgmime, g_mime_message_add_mailbox)
#define g_mime_message_new LATE(libgmime, g_mime_message_new)
#define g_mime_message_set_date LATE(libgmime, g_mime_message_set_date)
#define g_mime_message_set_message_id LATE(libgmime, g_mime_message_set_message_id)
#define g_mime_message_set_mime_part LATE(libgmime, g_mime_message_set_mime_part)
#define g_mime_message_set_subject LATE(libgmime, g_mime_message_set_subject)
#define g_mime_multipart_add LATE(libgmime, g_mime_multipart_add)
#define g_mime_multipart_new_with_subtype LATE(libgmime, g_mime_multipart_new_with_subtype)
#define g_mime_object_get_type LATE(libgmime, g_mime_object_get_type)
#define g_mime_object_set_content_type_parameter                                                   \
    LATE(libgmime, g_mime_object_set_content_type_parameter)
#define g_mime_object_set_disposition LATE(libgmime, g_mime_object_set_disposition)
#define g_mime_object_set_header LATE(libgmime, g_mime_object_set_header)
#define g_mime_object_to_string LATE(libgmime, g_mime_object_to_string)
#define g_mime_part_get_type LATE(libgmime, g_mime_part_get_type)
#define g_mime_part_set_content_encoding LATE(libgmime, g_mime_part_set_content_encoding)
#define g_mime_part_set_filename LATE(libgmime, g_mime_part_set_filename)
#define g_mime_text_part_new_with_subtype LATE(libgmime, g_mime_text_part_new_with_subtype)
#define g_mime_text_part_set_charset LATE(libgmime, g_mime_text_part_set_charset)
#define g_mime_text_part_set_text LATE(libgmime, g_mime_text_part_set_text)
#define internet_address_get_name LATE(libgmime, internet_address_get_name)
#define internet_address_list_get_address LATE(libgmime, internet_address_list_get_address)
#define internet_address_list_length LATE(libgmime, internet_address_list_length)
#define internet_address_list_parse LATE(libgmime, internet_address_list_parse)
#define internet_address_mailbox_get_addr LATE(libgmime, internet_address_mailbox_get_addr)
#define internet_address_mailbox_get_type LATE(libgmime, internet_address_mailbox_get_type)
