/* verify.h: does somebody know the password of an account? */
#pragma once

#include <rightful/connector.h>

/* As Connector.verify_password. The account is the only one whose login name or user principal name
 * is that text, letter by letter but for case: a server that compares more freely (blanks at the
 * end, marks on letters) does not widen who is meant. */
bool directory_verify_password(const SettingsGroup *settings, const PasswordQuestion *question,
                               PasswordAnswer *ret_answer, GError **error);
