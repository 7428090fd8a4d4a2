/* token.h: random texts that nobody can guess, and comparing without telling how far two agree. */
#pragma once

#include <stdbool.h>

/* 256 bits of GnuTLS's generator as 64 hex digits; newly allocated. */
char *token_new(void);
/* Takes as long wherever the two differ; NULL equals nothing. */
bool token_equals(const char *given, const char *wanted);
