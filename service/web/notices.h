/* notices.h: what a page says after something was done: "?notice=NAME" of a redirect. Names of a
 * table only, so that nobody can make a page say something by a link. */
#pragma once

/* The sentence; NULL when there is none of that name. */
const char *notice_sentence(const char *name);
