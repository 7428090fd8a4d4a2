/* hosts.h: which computer account is which asset. A part of links.
 *
 * By hostname: where both sides have a full name the full names decide; a short name equals a full
 * one if exactly one fits. By serial number. In-use assets win; of several computers the enabled
 * one that was used last. */
#pragma once

#include "model/snapshot.h"

/* Fills computer_asset (per computer) and asset_computer (per asset); NONE where there is none. */
void hosts_link(const Snapshot *snapshot, uint32_t *computer_asset, uint32_t *asset_computer);

/* A hostname without white space and dots at its end: "pc1.example.com." is pc1.example.com. */
Text host_name(Text text);
/* What stands before its first dot: the whole of a short name. */
Text host_label(Text text);
