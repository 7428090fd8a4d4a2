/* libkrb5.h: MIT Kerberos and its GSSAPI, loaded for who signs in with a ticket (rightful/late.h).
 */
#pragma once

#include <rightful/late.h>

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>

static const LateLibrary libkrb5 = {.names = {"libkrb5.so.3"}};

#define krb5_cc_destroy LATE(libkrb5, krb5_cc_destroy)
#define krb5_cc_initialize LATE(libkrb5, krb5_cc_initialize)
#define krb5_cc_new_unique LATE(libkrb5, krb5_cc_new_unique)
#define krb5_cc_store_cred LATE(libkrb5, krb5_cc_store_cred)
#define krb5_copy_principal LATE(libkrb5, krb5_copy_principal)
#define krb5_free_context LATE(libkrb5, krb5_free_context)
#define krb5_free_cred_contents LATE(libkrb5, krb5_free_cred_contents)
#define krb5_free_error_message LATE(libkrb5, krb5_free_error_message)
#define krb5_free_keytab_entry_contents LATE(libkrb5, krb5_free_keytab_entry_contents)
#define krb5_free_principal LATE(libkrb5, krb5_free_principal)
#define krb5_free_unparsed_name LATE(libkrb5, krb5_free_unparsed_name)
#define krb5_get_error_message LATE(libkrb5, krb5_get_error_message)
#define krb5_get_init_creds_keytab LATE(libkrb5, krb5_get_init_creds_keytab)
#define krb5_init_context LATE(libkrb5, krb5_init_context)
#define krb5_kt_close LATE(libkrb5, krb5_kt_close)
#define krb5_kt_end_seq_get LATE(libkrb5, krb5_kt_end_seq_get)
#define krb5_kt_next_entry LATE(libkrb5, krb5_kt_next_entry)
#define krb5_kt_resolve LATE(libkrb5, krb5_kt_resolve)
#define krb5_kt_start_seq_get LATE(libkrb5, krb5_kt_start_seq_get)
#define krb5_parse_name LATE(libkrb5, krb5_parse_name)
#define krb5_unparse_name LATE(libkrb5, krb5_unparse_name)

static const LateLibrary libgssapi = {.names = {"libgssapi_krb5.so.2"}};

#define gss_krb5_import_cred LATE(libgssapi, gss_krb5_import_cred)
#define gss_release_cred LATE(libgssapi, gss_release_cred)
