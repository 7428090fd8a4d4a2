/* leavers.h: whose account it is, and that they have left. Private to controls. */
#pragma once

#include "controls/evidence.h"

/* The person of a leaver's account, or NONE. Says where it cannot be told who of several it is. */
uint32_t leaver_of(ControlContext *context, uint32_t account);
/* Hash of what leaver_tell() shows. */
uint64_t leaver_hash(const ControlContext *context, uint32_t account, uint32_t person);
/* What is known of the person and of the account that the finding is about. */
void leaver_tell(const ControlContext *context, const Finding *finding, json_t *evidence);
