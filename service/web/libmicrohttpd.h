/* libmicrohttpd.h: GNU libmicrohttpd, loaded by those who listen (rightful/late.h). */
#pragma once

#include <rightful/late.h>

#include <microhttpd.h>

static const LateLibrary libmicrohttpd = {.names = {"libmicrohttpd.so.12"}};

#define MHD_add_response_header LATE(libmicrohttpd, MHD_add_response_header)
#define MHD_create_response_from_buffer LATE(libmicrohttpd, MHD_create_response_from_buffer)
#define MHD_destroy_response LATE(libmicrohttpd, MHD_destroy_response)
#define MHD_get_connection_info LATE(libmicrohttpd, MHD_get_connection_info)
#define MHD_get_connection_values LATE(libmicrohttpd, MHD_get_connection_values)
#define MHD_get_version LATE(libmicrohttpd, MHD_get_version)
#define MHD_queue_response LATE(libmicrohttpd, MHD_queue_response)
#define MHD_quiesce_daemon LATE(libmicrohttpd, MHD_quiesce_daemon)
#define MHD_resume_connection LATE(libmicrohttpd, MHD_resume_connection)
#define MHD_start_daemon LATE(libmicrohttpd, MHD_start_daemon)
#define MHD_stop_daemon LATE(libmicrohttpd, MHD_stop_daemon)
#define MHD_suspend_connection LATE(libmicrohttpd, MHD_suspend_connection)
