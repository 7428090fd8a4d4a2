#!/bin/sh
# The units load without a complaint, are sandboxed, and the timers' times are some. Exit 77 (skipped) without systemd,
# unless it is required.
# Arguments: the built program, "required" or "optional", then the files of all units.
set -eu

program=$(realpath "$1")
need=$2
shift 2
if ! command -v systemd-analyze >/dev/null; then
    echo "systemd-analyze is not installed"
    [ "$need" = required ] && exit 1
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The installed path does not exist yet; the built program stands in for it.
for unit in "$@"; do
    sed "s|^ExecStart=[^ ]*/rightful |ExecStart=$program |" "$unit" >"$folder/$(basename "$unit")"
done

fail() {
    echo "$1"
    exit 1
}

# What each service runs, and its exposure at most, in tenths: what listens 0.5, the others 1.2 and, with no other user hidden
# from it, 1.4.
checked=0
check_service() {
    unit=$folder/rightful-$1.service
    grep -qx "ExecStart=$program $3" "$unit" || fail "rightful-$1.service does not run: rightful $3"
    systemd-analyze security --offline=yes --no-pager --threshold="$2" "$unit" >"$folder/exposure" || {
        cat "$folder/exposure"
        exit 1
    }
    tail -n 1 "$folder/exposure"
    checked=$((checked + 1))
}
check_service run 15 run
check_service web 5 web
check_service worker 12 worker
check_service leaver-drop 14 "leaver --drop /var/spool/rightful/leavers"
[ "$checked" -eq "$(ls "$folder"/*.service | wc -l)" ] || fail "a service is not in the list above"

# A key that systemd does not know is a complaint, not a failure: so complaints count. Services that a unit starts are found
# beside it.
SYSTEMD_UNIT_PATH="$folder:" systemd-analyze verify --man=no "$folder"/rightful-* \
    >"$folder/complaints" 2>&1 || { cat "$folder/complaints"; exit 1; }
if grep -e rightful- "$folder/complaints"; then
    exit 1
fi

# What listens reaches no network, and holds no credential of a source.
grep -qx 'PrivateNetwork=true' "$folder/rightful-web.service" || fail "rightful-web.service reaches the network"
if grep -E '^(LoadCredential|RestrictAddressFamilies=.*AF_INET)' "$folder/rightful-web.service"; then
    fail "rightful-web.service has what only the worker may have"
fi

for timer in "$folder"/*.timer; do
    time=$(sed -n 's/^OnCalendar=//p' "$timer")
    [ -n "$time" ] || fail "$timer has no time"
    systemd-analyze calendar "$time" >/dev/null
done
