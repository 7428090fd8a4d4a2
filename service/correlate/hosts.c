#include "correlate/hosts.h"

#include "base/text_multimap.h"

/* A name as it is compared: label of a full name, or the short name itself. Texts are in a pool of
 * their own. */
typedef struct Host {
    TextRef full; /* 0 = only a short name is known */
    TextRef label;
    TextRef other_label; /* computers: the account's name where the DNS name begins otherwise */
} Host;

typedef struct Hosts {
    const Snapshot *snapshot;
    TextPool *pool;
    Host *computers, *assets;
    TextMultimap *computers_by_full, *computers_by_label; /* by label: full names and short ones */
    TextMultimap *assets_by_label;                        /* full names only */
    uint32_t *computer_asset, *asset_computer;
} Hosts;

/* ---- names ---- */

/* A trailing dot is the root of the DNS: "pc1.example.com." is pc1.example.com. */
static Text host_text(const Snapshot *snapshot, TextRef ref)
{
    const char *text = snapshot_text(snapshot, ref);
    size_t begin = strspn(text, " \t\r\n"), end = strlen(text);
    while (end > begin && strchr(" \t\r\n.", text[end - 1]) != NULL)
        end--;
    return (Text){text + begin, end - begin};
}

static Text label_of(Text name)
{
    const char *dot = name.length > 0 ? memchr(name.data, '.', name.length) : NULL;
    return dot != NULL ? (Text){name.data, (size_t)(dot - name.data)} : name;
}

static Host host_of(Hosts *hosts, TextRef hostname, TextRef name)
{
    Text text = host_text(hosts->snapshot, hostname), own = host_text(hosts->snapshot, name);
    if (text.length == 0) {
        text = own;
        own.length = 0;
    }
    Text label = label_of(text);
    Host host = {.label = text_pool_add(hosts->pool, label)};
    if (label.length < text.length)
        host.full = text_pool_add(hosts->pool, text);
    if (own.length > 0 &&
        (own.length != label.length || g_ascii_strncasecmp(own.data, label.data, own.length) != 0))
        host.other_label = text_pool_add(hosts->pool, own);
    return host;
}

static void read_names(Hosts *hosts)
{
    const Computers *computers = &hosts->snapshot->computers;
    const Assets *assets = &hosts->snapshot->assets;
    hosts->pool = text_pool_new();
    hosts->computers = g_new0(Host, computers->n + 1);
    hosts->assets = g_new0(Host, assets->n + 1);
    for (uint32_t c = 0; c < computers->n; c++)
        hosts->computers[c] = host_of(hosts, computers->hostname[c], computers->name[c]);
    for (uint32_t a = 0; a < assets->n; a++)
        hosts->assets[a] = host_of(hosts, assets->hostname[a], 0);

    hosts->computers_by_full = text_multimap_new(hosts->pool, computers->n);
    hosts->computers_by_label = text_multimap_new(hosts->pool, computers->n);
    hosts->assets_by_label = text_multimap_new(hosts->pool, assets->n);
    for (uint32_t c = 0; c < computers->n; c++) {
        text_multimap_add(hosts->computers_by_full, hosts->computers[c].full, c);
        text_multimap_add(hosts->computers_by_label, hosts->computers[c].label, c);
        text_multimap_add(hosts->computers_by_label, hosts->computers[c].other_label, c);
    }
    for (uint32_t a = 0; a < assets->n; a++)
        if (hosts->assets[a].full != 0)
            text_multimap_add(hosts->assets_by_label, hosts->assets[a].label, a);
}

static Text text_at(const Hosts *hosts, TextRef ref)
{
    return text_of(text_pool_get(hosts->pool, ref));
}

/* ---- who wins ---- */

static int asset_rank(const Snapshot *snapshot, uint32_t asset)
{
    switch ((AssetStatus)snapshot->assets.status[asset]) {
    case ASSET_STATUS_IN_USE:
        return 0;
    case ASSET_STATUS_LOAN:
        return 1;
    case ASSET_STATUS_REPAIR:
        return 2;
    case ASSET_STATUS_STOCK:
        return 3;
    case ASSET_STATUS_EMPTY:
    case ASSET_STATUS_OTHER:
        return 4;
    case ASSET_STATUS_LOST:
        return 5;
    case ASSET_STATUS_RETIRED:
        return 6;
    }
    return 7;
}

static bool is_better_asset(const Snapshot *snapshot, uint32_t asset, uint32_t than)
{
    return than == NONE || asset_rank(snapshot, asset) < asset_rank(snapshot, than);
}

static bool is_better_computer(const Snapshot *snapshot, uint32_t computer, uint32_t than)
{
    const Computers *computers = &snapshot->computers;
    if (than == NONE)
        return true;
    bool is_enabled = computers->enabled[computer] == STATE_YES;
    if (is_enabled != (computers->enabled[than] == STATE_YES))
        return is_enabled;
    if (computers->last_logon_utc[computer] != computers->last_logon_utc[than])
        return computers->last_logon_utc[computer] > computers->last_logon_utc[than];
    return computer < than;
}

static void pair(Hosts *hosts, uint32_t computer, uint32_t asset)
{
    if (is_better_asset(hosts->snapshot, asset, hosts->computer_asset[computer]))
        hosts->computer_asset[computer] = asset;
    if (is_better_computer(hosts->snapshot, computer, hosts->asset_computer[asset]))
        hosts->asset_computer[asset] = computer;
}

/* ---- by hostname ---- */

/* Is there exactly one full name behind the label, on however many rows? */
static bool has_one_full_name(const Hosts *hosts, const TextMultimap *map, const Host *rows,
                              Text label)
{
    const char *first = NULL;
    for (uint32_t c = text_multimap_find(map, label); c != TEXT_INDEX_NONE;
         c = text_multimap_next(map, c)) {
        TextRef full = rows[text_multimap_id(map, c)].full;
        if (full == 0)
            continue;
        const char *name = text_pool_get(hosts->pool, full);
        if (first == NULL)
            first = name;
        else if (g_ascii_strcasecmp(first, name) != 0)
            return false;
    }
    return first != NULL;
}

/* Pairs the asset with the computers of this label that have a full name (or that have none); is
 * there one? */
static bool pair_by_label(Hosts *hosts, uint32_t asset, bool with_full_name)
{
    const TextMultimap *map = hosts->computers_by_label;
    bool is_paired = false;
    for (uint32_t c = text_multimap_find(map, text_at(hosts, hosts->assets[asset].label));
         c != TEXT_INDEX_NONE; c = text_multimap_next(map, c)) {
        uint32_t computer = text_multimap_id(map, c);
        if ((hosts->computers[computer].full != 0) != with_full_name)
            continue;
        pair(hosts, computer, asset);
        is_paired = true;
    }
    return is_paired;
}

static bool pair_by_full_name(Hosts *hosts, uint32_t asset)
{
    const TextMultimap *map = hosts->computers_by_full;
    uint32_t c = text_multimap_find(map, text_at(hosts, hosts->assets[asset].full));
    bool is_paired = c != TEXT_INDEX_NONE;
    for (; c != TEXT_INDEX_NONE; c = text_multimap_next(map, c))
        pair(hosts, text_multimap_id(map, c), asset);
    return is_paired;
}

static void link_by_hostname(Hosts *hosts)
{
    for (uint32_t asset = 0; asset < hosts->snapshot->assets.n; asset++) {
        const Host *host = &hosts->assets[asset];
        Text label = text_at(hosts, host->label);
        if (host->full != 0) {
            if (!pair_by_full_name(hosts, asset) &&
                has_one_full_name(hosts, hosts->assets_by_label, hosts->assets, label))
                pair_by_label(hosts, asset, false);
        } else if (host->label != 0) {
            if (!pair_by_label(hosts, asset, false) &&
                has_one_full_name(hosts, hosts->computers_by_label, hosts->computers, label))
                pair_by_label(hosts, asset, true);
        }
    }
}

/* ---- by serial number ---- */

/* One winner a serial on either side: serials that say nothing ("To be filled by O.E.M.") may stand
 * on thousands. */
static void link_by_serial(Hosts *hosts)
{
    const Snapshot *s = hosts->snapshot;
    g_autoptr(TextIndex) assets = text_index_new(s->text, s->assets.n);
    g_autoptr(TextIndex) computers = text_index_new(s->text, s->computers.n);
    for (uint32_t a = 0; a < s->assets.n; a++) {
        uint32_t *best = text_index_add(assets, s->assets.serial[a], a);
        if (best != NULL && is_better_asset(s, a, *best))
            *best = a;
    }
    for (uint32_t c = 0; c < s->computers.n; c++) {
        uint32_t *best = text_index_add(computers, s->computers.serial[c], c);
        if (best != NULL && is_better_computer(s, c, *best))
            *best = c;
    }
    for (uint32_t c = 0; c < s->computers.n; c++) {
        uint32_t asset = text_index_find(assets, text_of(snapshot_text(s, s->computers.serial[c])));
        if (asset != NONE && is_better_asset(s, asset, hosts->computer_asset[c]))
            hosts->computer_asset[c] = asset;
    }
    for (uint32_t a = 0; a < s->assets.n; a++)
        if (hosts->asset_computer[a] == NONE)
            hosts->asset_computer[a] =
                text_index_find(computers, text_of(snapshot_text(s, s->assets.serial[a])));
}

void hosts_link(const Snapshot *snapshot, uint32_t *computer_asset, uint32_t *asset_computer)
{
    memset(computer_asset, 0xff, snapshot->computers.n * sizeof *computer_asset);
    memset(asset_computer, 0xff, snapshot->assets.n * sizeof *asset_computer);
    if (snapshot->computers.n == 0 || snapshot->assets.n == 0)
        return;
    Hosts hosts = {
        .snapshot = snapshot, .computer_asset = computer_asset, .asset_computer = asset_computer};
    read_names(&hosts);
    link_by_hostname(&hosts);
    link_by_serial(&hosts);
    text_multimap_free(hosts.computers_by_full);
    text_multimap_free(hosts.computers_by_label);
    text_multimap_free(hosts.assets_by_label);
    g_free(hosts.computers);
    g_free(hosts.assets);
    text_pool_free(hosts.pool);
}
