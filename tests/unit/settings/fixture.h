/* fixture.h: a temporary folder with a configuration, read with a small catalogue of its own. */
#pragma once

#include "settings/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Kinds "table" (people, assets) and "tree" (directory; has a secret, a file, a list, a map); one
 * control "sleepy" with days 1..1000. */
extern const SettingsCatalogue fixture_catalogue;

int fixture_setup(void **state);    /* *state = path of the folder */
int fixture_teardown(void **state); /* removes it */

/* Writes a file of the folder; returns its path, to be freed. */
char *fixture_write(void **state, const char *name, const char *content);
void fixture_add(void **state, const char *name,
                 const char *content); /* the same without the path */
/* Reads test.conf with this content. Problems as one text, one a line, without the folder's path;
 * "" when there is none. */
char *fixture_problems(void **state, const char *content);
/* The same with a sources list that is fine in front (on one line). */
char *fixture_problems_with_source(void **state, const char *content);
/* Must load; fails the test with the problems when not. */
Settings *fixture_load(void **state, const char *content);

#define ONE_SOURCE                                                                                 \
    "sources: ( { name = \"hr\"; kind = \"table\"; provides = \"people\"; path = \"hr.csv\"; } "   \
    ");\n"
