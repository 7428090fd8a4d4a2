/* asset_evidence.h: what the controls about assets have in common. */
#pragma once

#include "controls/evidence.h"

/* Retired or lost: owner, classification, audits and duplicates do not matter any more. */
bool asset_is_over(const Assets *assets, uint32_t asset);
/* An application, information or a service: nothing that anybody can hold in his hands. */
bool asset_is_intangible(const Snapshot *snapshot, uint32_t asset);

/* kind, status, owner, custodian, location. */
void evidence_asset(const ControlContext *context, json_t *evidence, uint32_t asset);
/* Hash of the asset's id and of what evidence_asset() shows. */
uint64_t asset_facts(const ControlContext *context, uint32_t asset);
/* "A-17 (Laptop of Lena)"; newly allocated. */
char *asset_named(const ControlContext *context, uint32_t asset);
