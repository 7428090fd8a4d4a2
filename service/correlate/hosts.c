#include "correlate/hosts.h"

#include "base/hash.h"
#include "base/text_multimap.h"

#define BATCH 1024

/* Names as the sources have them, in columns. */
typedef struct HostNames {
    uint32_t n;
    TextRef *full;        /* 0 = only a short name is known */
    TextRef *label;       /* begins with the label: the full name, or the short one */
    TextRef *other_label; /* computers: the account's name where the DNS name begins otherwise */
    TextMultimap *by_full, *by_label; /* made when first asked for */
} HostNames;

typedef struct Hosts {
    const Snapshot *snapshot;
    HostNames computers, assets;
    bool has_short_computers; /* some computer has no full name */
    uint32_t *computer_asset, *asset_computer;
} Hosts;

/* ---- names ---- */

Text host_name(Text text)
{
    text = text_trimmed(text);
    while (text.length > 0 && strchr(" \t\r\n.", text.data[text.length - 1]) != NULL)
        text.length--;
    return text;
}

Text host_label(Text text)
{
    Text name = host_name(text);
    const char *dot = name.length > 0 ? memchr(name.data, '.', name.length) : NULL;
    return dot != NULL ? (Text){name.data, (size_t)(dot - name.data)} : name;
}

static Text text_at(const Hosts *hosts, TextRef ref)
{
    return text_of(snapshot_text(hosts->snapshot, ref));
}

static void host_names_init(HostNames *names, uint32_t n)
{
    *names = (HostNames){.n = n};
    names->full = g_new0(TextRef, n + 1);
    names->label = g_new0(TextRef, n + 1);
    names->other_label = g_new0(TextRef, n + 1);
}

static void host_names_clear(HostNames *names)
{
    g_free(names->full);
    g_free(names->label);
    g_free(names->other_label);
    text_multimap_free(names->by_full);
    text_multimap_free(names->by_label);
}

static void read_name(Hosts *hosts, HostNames *names, uint32_t row, TextRef hostname, TextRef name)
{
    Text text = host_name(text_at(hosts, hostname)), own = host_name(text_at(hosts, name));
    TextRef known = hostname;
    if (text.length == 0) {
        text = own;
        known = name;
        own.length = 0;
    }
    if (text.length == 0)
        return;
    Text label = host_label(text);
    names->label[row] = known;
    if (label.length < text.length)
        names->full[row] = known;
    /* A name with a dot is no label: no label could be equal to it. */
    if (own.length > 0 && memchr(own.data, '.', own.length) == NULL &&
        !text_equals_ascii_folded(own, label))
        names->other_label[row] = name;
}

static void read_names(Hosts *hosts)
{
    const Computers *computers = &hosts->snapshot->computers;
    const Assets *assets = &hosts->snapshot->assets;
    host_names_init(&hosts->computers, computers->n);
    host_names_init(&hosts->assets, assets->n);
    for (uint32_t c = 0; c < computers->n; c++)
        read_name(hosts, &hosts->computers, c, computers->hostname[c], computers->name[c]);
    for (uint32_t a = 0; a < assets->n; a++)
        read_name(hosts, &hosts->assets, a, assets->hostname[a], 0);
}

static const TextMultimap *by_full(const Hosts *hosts, HostNames *names)
{
    if (names->by_full == NULL) {
        names->by_full = text_multimap_new_with(hosts->snapshot->text, names->n, host_name);
        text_multimap_add_column(names->by_full, names->full, names->n, NULL);
    }
    return names->by_full;
}

static const TextMultimap *by_label(const Hosts *hosts, HostNames *names)
{
    if (names->by_label == NULL) {
        names->by_label = text_multimap_new_with(hosts->snapshot->text, names->n, host_label);
        text_multimap_add_column(names->by_label, names->label, names->n, NULL);
        text_multimap_add_column(names->by_label, names->other_label, names->n, NULL);
    }
    return names->by_label;
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
static bool has_one_full_name(const Hosts *hosts, HostNames *names, Text label)
{
    const TextMultimap *map = by_label(hosts, names);
    Text first = {0};
    for (uint32_t c = text_multimap_find(map, label); c != TEXT_INDEX_NONE;
         c = text_multimap_next(map, c)) {
        TextRef full = names->full[text_multimap_id(map, c)];
        if (full == 0)
            continue;
        Text name = host_name(text_at(hosts, full));
        if (first.length == 0)
            first = name;
        else if (!text_equals_ascii_folded(first, name))
            return false;
    }
    return first.length > 0;
}

/* Pairs the asset with the computers of its label that have a full name (or that have none); is
 * there one? */
static bool pair_by_label(Hosts *hosts, uint32_t asset, bool with_full_name)
{
    const TextMultimap *map = by_label(hosts, &hosts->computers);
    bool is_paired = false;
    for (uint32_t c = text_multimap_find(map, text_at(hosts, hosts->assets.label[asset]));
         c != TEXT_INDEX_NONE; c = text_multimap_next(map, c)) {
        uint32_t computer = text_multimap_id(map, c);
        if ((hosts->computers.full[computer] != 0) != with_full_name)
            continue;
        pair(hosts, computer, asset);
        is_paired = true;
    }
    return is_paired;
}

static void pair_all(Hosts *hosts, uint32_t asset, const TextMultimap *map, uint32_t cursor)
{
    for (uint32_t c = cursor; c != TEXT_INDEX_NONE; c = text_multimap_next(map, c))
        pair(hosts, text_multimap_id(map, c), asset);
}

static void link_asset(Hosts *hosts, uint32_t asset, const TextMultimap *full_names,
                       uint32_t cursor)
{
    Text label = host_label(text_at(hosts, hosts->assets.label[asset]));
    if (label.length == 0)
        return;
    if (cursor != TEXT_INDEX_NONE)
        pair_all(hosts, asset, full_names, cursor);
    else if (hosts->assets.full[asset] != 0) {
        if (hosts->has_short_computers && has_one_full_name(hosts, &hosts->assets, label))
            pair_by_label(hosts, asset, false);
    } else if (!pair_by_label(hosts, asset, false) &&
               has_one_full_name(hosts, &hosts->computers, label)) {
        pair_by_label(hosts, asset, true);
    }
}

static void link_by_hostname(Hosts *hosts)
{
    uint32_t cursors[BATCH];
    uint32_t n = hosts->assets.n;
    const TextMultimap *full_names = by_full(hosts, &hosts->computers);
    for (uint32_t c = 0; c < hosts->computers.n; c++)
        hosts->has_short_computers = hosts->has_short_computers || hosts->computers.full[c] == 0;
    for (uint32_t begin = 0; begin < n; begin += BATCH) {
        uint32_t count = MIN(n - begin, BATCH);
        text_multimap_find_batch(full_names, hosts->assets.full + begin, count, cursors);
        for (uint32_t i = 0; i < count; i++)
            link_asset(hosts, begin + i, full_names, cursors[i]);
    }
}

/* ---- by serial number ---- */

static bool any_text(const TextRef *column, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (column[i] != 0)
            return true;
    return false;
}

/* One winner a serial on either side: serials that say nothing ("To be filled by O.E.M.") may stand
 * on thousands. */
typedef bool (*IsBetter)(const Snapshot *snapshot, uint32_t row, uint32_t than);

typedef struct Winners {
    const Snapshot *snapshot;
    IsBetter is_better;
} Winners;

static void keep_better(size_t row, uint32_t *best, void *data)
{
    const Winners *winners = data;
    if (*best == NONE || winners->is_better(winners->snapshot, (uint32_t)row, *best))
        *best = (uint32_t)row;
}

static TextIndex *best_by_serial(const Snapshot *snapshot, const TextRef *serials, uint32_t n,
                                 IsBetter is_better)
{
    Winners winners = {.snapshot = snapshot, .is_better = is_better};
    TextIndex *index = text_index_new(snapshot->text, n);
    text_index_add_batch(index, serials, n, keep_better, &winners);
    return index;
}

static void link_by_serial(Hosts *hosts)
{
    const Snapshot *s = hosts->snapshot;
    if (!any_text(s->computers.serial, s->computers.n) || !any_text(s->assets.serial, s->assets.n))
        return;
    g_autoptr(TextIndex) assets = best_by_serial(s, s->assets.serial, s->assets.n, is_better_asset);
    g_autoptr(TextIndex) computers =
        best_by_serial(s, s->computers.serial, s->computers.n, is_better_computer);
    uint32_t found[BATCH];
    for (uint32_t begin = 0; begin < s->computers.n; begin += BATCH) {
        uint32_t count = MIN(s->computers.n - begin, BATCH);
        text_index_find_batch(assets, s->computers.serial + begin, count, found);
        for (uint32_t i = 0; i < count; i++)
            if (found[i] != NONE && is_better_asset(s, found[i], hosts->computer_asset[begin + i]))
                hosts->computer_asset[begin + i] = found[i];
    }
    for (uint32_t begin = 0; begin < s->assets.n; begin += BATCH) {
        uint32_t count = MIN(s->assets.n - begin, BATCH);
        text_index_find_batch(computers, s->assets.serial + begin, count, found);
        for (uint32_t i = 0; i < count; i++)
            if (hosts->asset_computer[begin + i] == NONE)
                hosts->asset_computer[begin + i] = found[i];
    }
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
    host_names_clear(&hosts.computers);
    host_names_clear(&hosts.assets);
}
