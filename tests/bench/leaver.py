#!/usr/bin/env python3
"""A leaver check against a slapd with many accounts, next to the plain ldapsearch for the same person.

    leaver.py --rightful PATH --tools FOLDER [--accounts N] [--checks N] [--folder FOLDER] [--gate]

PATH is a release build of rightful; FOLDER holds `generate`. Every check is a process of its own, as HR's is: it asks the rosters, the directory and the
register, judges, and writes the case (each is a second later than the one before, so there is something to write). Pairs run alternately, so the machine's mood cancels out: check, ldapsearch, check, ldapsearch …; the 99th percentile of
one is divided by that of the other. The server has an index on every attribute that is asked for (docs/leaver.md, "For the administrator"). The goal is
against the search for the person's entry alone; the ratio to a search for the entry and the groups that list it is printed too: that is what somebody has to
ask who wants to know the same, and the biggest group of the company sends five megabytes of members.

The goal is about the directory, so rosters and registers are of a hundred people there; with tables of the whole company, files that have to be read whole,
the same is printed without a goal. --gate exits 1 when the goal is missed.
"""
import argparse
import csv
import datetime
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

import slapd
from measure import Report, Usage

INDEXED = "objectClass,uid,employeeNumber,mail,member,uniqueMember,owner"
AS_OF = "2026-03-17T05:00:00Z"
START = datetime.datetime(2026, 3, 17, 5)  # the same instant
GOAL = 5


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def keep(source, target, is_wanted):
    """The rows of a table that are wanted, in a new file."""
    rows = rows_of(source)
    with open(target, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for row in rows if is_wanted(row))


def shrink(company, folder, wanted):
    """Tables of a hundred people instead of all; what was linked from the company is replaced, not written to."""
    for name, columns in (("people.csv", ("id",)), ("assets.csv", ("owner", "custodian")), ("approvals.csv", ("person_id",))):
        path = os.path.join(folder, name)
        os.unlink(path)
        keep(os.path.join(company, name), path, lambda row, columns=columns: any(row[column] in wanted for column in columns))


class Bench:
    def __init__(self, options, folder):
        self.options, self.report = options, Report()
        self.company = os.path.join(folder, str(options.accounts))
        if not os.path.exists(os.path.join(self.company, "planted.csv")):
            Usage([os.path.join(options.tools, "generate"), str(options.accounts), self.company])
        owners = 92 * options.accounts // 100  # people behind them have no account
        people = [row["id"] for row in rows_of(os.path.join(self.company, "people.csv")) if row["status"] == "active" and int(row["id"]) < owners]
        self.people = random.Random(4).sample(people, min(100, len(people)))
        self.dn = {}

    def check(self, folder, who, seconds=0):
        as_of = (START + datetime.timedelta(seconds=seconds)).isoformat() + "Z"
        return [self.options.rightful, "--config", os.path.join(folder, "rightful.conf"), "leaver", who, "--urgent", "--quiet", "--json", "--as-of", as_of]

    def search(self, server, filter_text):
        return ["ldapsearch", "-x", "-LLL", "-H", server.url, "-D", slapd.ROOT, "-w", slapd.PASSWORD, "-b", slapd.SUFFIX, filter_text]

    def prove(self, folder, who):
        """Times of a check that finds nothing say nothing."""
        process = subprocess.run(self.check(folder, who), capture_output=True, text=True, check=True)
        answer = json.loads(process.stdout)["leaver"][0]
        if not answer["accounts"] or answer["case"] is None:
            sys.exit(f"{who}: no account or no case")
        self.dn[who] = answer["accounts"][0]["dn"]

    def measure(self, server, folder, name, checks, goal=None):
        Usage([self.options.rightful, "--config", os.path.join(folder, "rightful.conf"), "run", "--quiet", "--as-of", AS_OF], accepted=(0, 3))
        people = self.people[:min(checks, len(self.people))]
        for who in people:
            self.prove(folder, who)
        sides = {"leaver check, " + name: lambda who, i: self.check(folder, who, i + 1),
                 "ldapsearch: the entry": lambda who, i: self.search(server, f"(employeeNumber={who})"),
                 "ldapsearch: and its groups": lambda who, i: self.search(server, f"(|(employeeNumber={who})(member={self.dn[who]}))")}
        usages = {side: [] for side in sides}
        for i in range(checks):
            for side, command in sides.items():
                usages[side].append(Usage(command(people[i % len(people)], i)))
        walls = {side: [usage.wall for usage in values] for side, values in usages.items()}
        for side, values in walls.items():
            cpu = percentile([usage.cpu for usage in usages[side]], 50)
            self.report.line(side, f"p50 {percentile(values, 50) * 1000:7.1f} ms, p99 {percentile(values, 99) * 1000:7.1f} ms, CPU {cpu * 1000:6.1f} ms")
        check, entry, groups = (percentile(values, 99) for values in walls.values())
        if goal is None:
            self.report.line("p99 / p99 of the entry", f"{check / entry:8.3f}")
        else:
            self.report.ratio("p99 / p99 of the entry", check / entry, goal)
        self.report.line("p99 / p99 with its groups", f"{check / groups:8.3f}")

    def run(self, folder):
        with slapd.Slapd(self.company, folder, INDEXED) as server:
            small = server.configure(self.company, "small", server.url)
            shrink(self.company, small, set(self.people))
            self.measure(server, small, "100 people", self.options.checks, GOAL)
            self.measure(server, server.configure(self.company, "whole", server.url), "whole tables", max(5, self.options.checks // 10))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rightful", required=True)
    parser.add_argument("--tools", required=True)
    parser.add_argument("--accounts", type=int, default=100000)
    parser.add_argument("--checks", type=int, default=300)
    parser.add_argument("--folder", help="keep the generated company here")
    parser.add_argument("--gate", action="store_true")
    options = parser.parse_args()
    folder = options.folder or tempfile.mkdtemp(prefix="rightful-bench-")
    bench = Bench(options, folder)
    try:
        bench.run(folder)
    finally:
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if options.gate and bench.report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
