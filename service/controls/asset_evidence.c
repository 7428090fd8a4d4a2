#include "controls/asset_evidence.h"

bool asset_is_over(const Assets *assets, uint32_t asset)
{
    return assets->status[asset] == ASSET_STATUS_RETIRED ||
           assets->status[asset] == ASSET_STATUS_LOST;
}

bool asset_is_intangible(const Snapshot *snapshot, uint32_t asset)
{
    static const char *const intangible[] = {"application", "information", "service"};
    const char *kind = snapshot_text(snapshot, snapshot->assets.kind[asset]);
    for (size_t i = 0; i < G_N_ELEMENTS(intangible); i++) {
        if (g_ascii_strcasecmp(kind, intangible[i]) == 0)
            return true;
    }
    return false;
}

void evidence_asset(const ControlContext *context, json_t *evidence, uint32_t asset)
{
    const Assets *assets = &context->snapshot->assets;
    evidence_ref(context, evidence, "kind", assets->kind[asset]);
    evidence_ref(context, evidence, "status", assets->status_text[asset]);
    evidence_ref(context, evidence, "owner", assets->owner[asset]);
    evidence_ref(context, evidence, "custodian", assets->custodian[asset]);
    evidence_ref(context, evidence, "location", assets->location[asset]);
}

uint64_t asset_facts(const ControlContext *context, uint32_t asset)
{
    const Assets *assets = &context->snapshot->assets;
    const TextRef shown[] = {assets->id[asset],          assets->kind[asset],
                             assets->status_text[asset], assets->owner[asset],
                             assets->custodian[asset],   assets->location[asset]};
    uint64_t facts = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(shown); i++)
        facts = facts_text(context, facts, shown[i]);
    return facts;
}

char *asset_named(const ControlContext *context, uint32_t asset)
{
    const Assets *assets = &context->snapshot->assets;
    const char *id = snapshot_text(context->snapshot, assets->id[asset]);
    if (assets->name[asset] == 0)
        return g_strdup(id);
    return g_strdup_printf("%s (%s)", id, snapshot_text(context->snapshot, assets->name[asset]));
}
