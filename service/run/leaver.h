/* leaver.h: between the files of `leaver`: finding the person, what is true of him now, and saying
 * it. */
#pragma once

#include "run/look.h"

/* Everything of one person as a JSON object. "closed" is true only when nothing is open and nothing
 * is unsure: an account that can be used, a governed group, an assigned asset is open; a source
 * that was not read whole, a state that is not known, an account that could be another person's is
 * unsure ("closed": null). has_keys: the person has what a correlation rule asks for. */
json_t *leaver_facts(const Look *look, uint32_t person, bool has_keys);
json_t *leaver_person(const Look *look, uint32_t person); /* {"id", "name", "department", …} */

/* Appends every account that is or could be his, and of which since when can be asked (when.h). */
void leaver_add_accounts(const Look *look, uint32_t person, GArray *accounts);

void leaver_print(const Invocation *invocation, const json_t *leaver);
/* People that one text fits, on stderr, to choose from. */
void leaver_print_choice(const char *text, const json_t *people);
