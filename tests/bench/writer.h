/* writer.h: a buffer in front of a file, and numbers without printf: a million accounts are 1.8 GB
 * of text. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define WRITER_SIZE (1u << 20)

typedef struct Writer {
    FILE *file;
    size_t length;
    bool has_failed;
    char buffer[WRITER_SIZE];
} Writer;

Writer *writer_open(const char *folder, const char *name); /* NULL: could not be made */
bool writer_close(Writer *writer);                         /* false: not everything was written */

void put(Writer *w, const char *text);
void put_number(Writer *w, uint64_t number, int digits); /* leading zeros up to digits */
void put_time(Writer *w, int64_t utc);                   /* 20260317050000Z */
void put_date(Writer *w, int64_t day);                   /* 2026-03-17; days since 1970 */
void put_timestamp(Writer *w, int64_t utc);              /* 2026-03-17T05:00:00Z */
void put_uuid(Writer *w, uint64_t high, uint64_t low);
void put_base64(Writer *w, const char *text);
