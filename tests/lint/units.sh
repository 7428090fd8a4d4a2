#!/bin/sh
# The units load without a complaint, are sandboxed, and the timer's time is one. Exit 77 (skipped) without systemd,
# unless it is required.
# Arguments: service, timer, the built program, "required" or "optional".
set -eu

if ! command -v systemd-analyze >/dev/null; then
    echo "systemd-analyze is not installed"
    [ "$4" = required ] && exit 1
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The installed path does not exist yet; the built program stands in for it.
program=$(realpath "$3")
sed "s|^ExecStart=[^ ]*|ExecStart=$program|" "$1" >"$folder/rightful-run.service"
cp "$2" "$folder/rightful-run.timer"
grep -q "^ExecStart=$program run\$" "$folder/rightful-run.service"

# A key that systemd does not know is a complaint, not a failure: so complaints count.
systemd-analyze verify --man=no "$folder/rightful-run.service" "$folder/rightful-run.timer" \
    >"$folder/complaints" 2>&1 || { cat "$folder/complaints"; exit 1; }
if grep -e rightful-run "$folder/complaints"; then
    exit 1
fi

# 15 = exposure 1.5 of 10
systemd-analyze security --offline=yes --no-pager --threshold=15 "$folder/rightful-run.service" \
    >"$folder/exposure" || { cat "$folder/exposure"; exit 1; }
tail -n 1 "$folder/exposure"

time=$(sed -n 's/^OnCalendar=//p' "$2")
[ -n "$time" ]
systemd-analyze calendar "$time" >/dev/null
