#!/usr/bin/env python3
"""The directory and the configuration as CSV, for databases that read nothing else. Not counted: they get it for nothing.

    flatten.py FOLDER TARGET AS-OF

FOLDER holds the output of generate.
"""
import csv
import os
import shutil
import sys

import reconcile

TABLES = ("account", "grp", "member", "computer", "class", "privileged", "entitlement", "allowed", "segregation", "except")


def pattern(glob):
    return None if glob is None else glob.lower().replace("*", "%")


def write_directory(world, path, write):
    n = {"account": 0, "grp": 0, "computer": 0}

    def number(table):
        n[table] += 1
        return n[table]

    for entry in reconcile.read_entries(path):
        first = lambda name: entry.get(name, [""])[0]
        time = lambda name: reconcile.generalised_time(first(name)) if first(name) else None
        classes, dn = entry.get("objectclass", []), first("dn").lower()
        if "device" in classes:
            usable, last_use = world.state(entry)
            write["computer"]([number("computer"), first("uid"), first("associateddomain").lower(), first("serialnumber"), usable, last_use])
        elif "inetOrgPerson" in classes:
            usable, last_use = world.state(entry)
            enabled = not first("pwdaccountlockedtime").startswith("000001010000")
            write["account"]([number("account"), dn, first("uid"), first("mail"), first("employeenumber"), first("owner"), enabled, usable,
                              time("pwdendtime"), last_use, time("createtimestamp"), time("pwdchangedtime")])
        elif "groupOfNames" in classes:
            group = number("grp")
            write["grp"]([group, first("entryuuid"), dn, first("cn"), first("owner")])
            for member in entry["member"]:
                write["member"]([group, member.lower()])


def write_configuration(settings, write):
    for rule in settings["account_classes"]:
        write["class"]([rule["class"], pattern(rule["name"])])
    for group in settings["privileged"]:
        write["privileged"]([group])
    for i, e in enumerate(settings["entitlements"]):
        write["entitlement"]([i, e["group"], e["approval"] == "required"])
        for line in e["allowed"]:
            write["allowed"]([i, pattern(line.get("department")), pattern(line.get("title"))])
    for rule in settings["segregation"]:
        for side in "ab":
            for group in rule[side]:
                write["segregation"]([rule["id"], side, group])
        for person in rule["except"]:
            write["except"]([rule["id"], person])


def flatten(folder, target, as_of):
    files = [open(os.path.join(target, name + ".csv"), "w", encoding="utf-8", newline="") for name in TABLES]
    write = {name: csv.writer(file, lineterminator="\n").writerow for name, file in zip(TABLES, files)}
    world = reconcile.World.__new__(reconcile.World)
    world.as_of = as_of
    write_directory(world, os.path.join(folder, "directory.ldif"), write)
    write_configuration(reconcile.read_configuration(os.path.join(folder, "rightful.conf")), write)
    for file in files:
        file.close()
    for name in ("people.csv", "assets.csv", "approvals.csv"):
        shutil.copy(os.path.join(folder, name), target)


if __name__ == "__main__":
    flatten(sys.argv[1], sys.argv[2], reconcile.seconds(sys.argv[3]))
