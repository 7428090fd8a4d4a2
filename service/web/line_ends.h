/* line_ends.h: does a head consist of lines that end with CR LF, and of nothing else?
 *
 * libmicrohttpd before 1.0 ends a line at a bare LF, joins a folded header line to the one before
 * it and ends a name, a value or the target at a NUL. A proxy that reads such a head in another way
 * is how requests are smuggled, so it is refused. The library keeps no copy of what came, but what
 * it hands out are places in the head as it was received, where it wrote a NUL over each end of a
 * line and over what ends a method, a target or a name. So the distances between these places are
 * counts of received bytes: the next name begins two bytes behind a value that ended with CR LF,
 * one behind a bare LF, more where a NUL ended the value too early; the name of a folded line was
 * moved to another place. Every byte from the method to the end of the head is accounted for.
 *
 * What it cannot tell: a NUL that stands in place of a CR, directly before an LF; both are gone.
 * And what stands before the method: empty lines, of which RFC 9112 2.2 lets a server skip some.
 * docs/decisions/0038 says more. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct LineEnds {
    const char *method;
    const char *end; /* of what is accounted for; NULL: something was not */
} LineEnds;

/* Does the HTTP library of that version read over them, and leave the places to see it? From 1.0 on
 * it refuses all of it by itself. */
bool line_ends_must_be_checked(const char *library_version);

/* target_length: as it was before the library split it. method, target and version as the library
 * hands them out, in the place where it read them. */
void line_ends_init(LineEnds *ends, const char *method, const char *target, size_t target_length,
                    const char *version);
/* For each header, in the order received; in place, too. */
void line_ends_add(LineEnds *ends, const char *name, const char *value);
/* head_size: bytes from the method to the end of the head, as the library counts them; 0 = not
 * known. false: some line is not what it must be. */
bool line_ends_are_good(const LineEnds *ends, size_t head_size);
