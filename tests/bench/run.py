#!/usr/bin/env python3
"""The benchmark: rightful against a scan of the same bytes, DuckDB, PostgreSQL, Python and ldapsearch.

    run.py --rightful PATH --tools FOLDER [--accounts N] [--runs N] [--large] [--only LIST] [--record] [--gate]

PATH is a release build of rightful; FOLDER holds `generate`, `scan`, `stream`, `closure` and `ledger` (the build folder's tests/bench). Two
commands that are compared run alternately, and the median of the ratios of the pairs is printed: the machine's mood cancels out.
LIST of: answers, outliers, table, memory, growth, instructions, closure, ledger, ldap (default: all but growth). --large is a million
accounts instead of 100,000, and growth: 6 GB of disk and half an hour. DuckDB takes part where `npm install` was run in tests/bench.
--record writes the instruction count to instructions.txt; --gate exits 1 when a goal is missed.
"""
import argparse
import csv
import glob
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter

import compare_counts
import flatten
import postgres
import reconcile
import slapd
from measure import Report, Usage, alternate, in_turn, median, median_ratio, peak_bytes

HERE = os.path.dirname(os.path.abspath(__file__))
AS_OF = compare_counts.AS_OF
AS_OF_SECONDS = reconcile.seconds(AS_OF)
INSTRUCTIONS = os.path.join(HERE, "instructions.txt")
MILLION = 1000000
# A script in Python takes minutes and twelve gigabytes at a million accounts.
MOST_FOR_PYTHON = 200000
# What the stages of rightful are for the twins.
STAGES = {"load": ("pull", "guard", "freeze"), "correlate": ("correlate", "classes"), "membership": ("membership", "govern"),
          "controls": ("times", "controls")}


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return Counter(tuple((line.rstrip("\n").split("\t") + [""])[:3]) for line in file)


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder, self.report = options, folder, Report()
        self.n = MILLION if options.large else options.accounts
        self.has_duckdb = os.path.isdir(os.path.join(HERE, "node_modules", "@duckdb"))

    # -- commands

    def company(self, n=None):
        path = os.path.join(self.folder, str(n or self.n))
        if not os.path.exists(os.path.join(path, "planted.csv")):
            Usage([os.path.join(self.options.tools, "generate"), str(n or self.n), path])
        return path

    def flat(self, n=None):
        path = self.company(n) + "-flat"
        if not os.path.exists(path):
            os.mkdir(path)
            flatten.flatten(self.company(n), path, AS_OF_SECONDS)
            subprocess.run(["chmod", "-R", "a+rX", self.folder], check=True)  # PostgreSQL is another user
        return path

    def rightful(self, company, *arguments):
        return [self.options.rightful, "--config", os.path.join(company, "rightful.conf"), "run", "--dry-run", "--quiet", "--as-of", AS_OF,
                *arguments]

    def run(self, company, *arguments):
        return Usage(self.rightful(company, "--timings", *arguments))

    def duckdb(self, n=None, *arguments):
        return ["node", os.path.join(HERE, "duckdb.mjs"), self.flat(n), str(AS_OF_SECONDS), *arguments]

    def python(self, company, *arguments):
        return [sys.executable, os.path.join(HERE, "reconcile.py"), os.path.join(company, "rightful.conf"), AS_OF, *arguments]

    def scan(self, company):
        return [os.path.join(self.options.tools, "scan"), os.path.join(company, "directory.ldif")]

    # -- answers: times of different work compare nothing

    def same(self, who, found, expected):
        n, is_same = sum(found.values()), compare_counts.show_differences(found, expected, who)
        self.report.line("exceptions as " + who, f"{n} of {len({line[0] for line in found})} controls", is_same)

    def measure_answers(self):
        n = self.n if self.options.only else 10000
        company, listed = self.company(n), os.path.join(self.folder, "listed")
        found, not_evaluable = compare_counts.found_by_rightful(self.options.rightful, os.path.join(company, "rightful.conf"))
        for row in not_evaluable:
            print("    not evaluable:", row)
        if n <= MOST_FOR_PYTHON:
            self.same("Python", found, compare_counts.found_by_twin(os.path.join(company, "rightful.conf")))
        if self.has_duckdb:
            Usage(self.duckdb(n, listed))
            self.same("DuckDB", found, lines_of(listed))
        with postgres.Server() as server:
            server.reconcile(self.flat(n), AS_OF_SECONDS)
            with open(listed, "w", encoding="utf-8") as file:
                file.write(server.found())
        self.same("PostgreSQL", found, lines_of(listed))

    def measure_outliers(self):
        """Of the groups that belong to a place, the rights that were planted elsewhere."""
        company = self.company()
        with open(os.path.join(company, "planted.csv"), encoding="utf-8") as file:
            rows = [(row["account"], row["group"]) for row in csv.DictReader(file)]
        planted, groups = {row for row in rows if row[0]}, {group for _, group in rows}
        found, _ = compare_counts.found_by_rightful(self.options.rightful, os.path.join(company, "rightful.conf"))
        reported = {(subject, group) for control, subject, group in found if control == "peer-outlier" and group in groups}
        hits = len(planted & reported)
        self.report.line("peer outliers", f"{len(planted)} planted, {len(reported)} found: precision {hits / max(1, len(reported)):.3f}, "
                                          f"recall {hits / max(1, len(planted)):.3f}")

    # -- from files, against everybody

    def measure_table(self):
        company, runs = self.company(), self.options.runs
        ours, floor = zip(*alternate(lambda: self.run(company), lambda: Usage(self.scan(company)), runs))
        stages = {name: median(run.stages.get(name, 0) for run in ours) for name in ours[0].stages}
        whole, scan = median(run.wall for run in ours), median(run.wall for run in floor)
        peers, ratios = {}, {}
        if self.has_duckdb:
            first, second = zip(*alternate(lambda: self.run(company), lambda: Usage(self.duckdb()), max(2, runs // 2)))
            pairs = list(zip(first, second))
            peers["DuckDB"] = median_stages(second)
            ratios["DuckDB"] = 1 / median_ratio(pairs)
            self.report.ratio("CPU: whole run / DuckDB", median_ratio(pairs, "cpu"), 0.20)
            self.report.ratio("wall: whole run / DuckDB", median_ratio(pairs), 0.30)
            self.report.ratio("memory: whole run / DuckDB", peak_bytes(self.rightful(company)) / peak_bytes(self.duckdb()), 0.25)
        peers["PostgreSQL"], ratios["PostgreSQL"] = self.against_postgres(company)
        self.report.ratio("wall: whole run / PostgreSQL", 1 / ratios["PostgreSQL"], 0.05)
        if self.n <= MOST_FOR_PYTHON:
            before, script, after = self.run(company), Usage(self.python(company, "--timings")), self.run(company)
            peers["Python"], ratios["Python"] = script.stages, script.wall / ((before.wall + after.wall) / 2)
            self.report.ratio("wall: Python / whole run", ratios["Python"], 30, at_least=True)
        self.report.ratio("whole run / memchr scan", median_ratio(list(zip(ours, floor))), 8)
        self.print_table(stages, whole, median(run.cpu for run in ours), scan, peers, ratios)

    def against_postgres(self, company):
        """Seconds by stage, and the ratio of whole runs; one of theirs between two of ours."""
        seconds, ratios = [], []
        with postgres.Server() as server:
            for _ in range(1 if self.options.large else max(1, self.options.runs // 2)):
                before = self.run(company).wall
                seconds.append(server.reconcile(self.flat(), AS_OF_SECONDS))
                ratios.append(sum(seconds[-1].values()) / ((before + self.run(company).wall) / 2))
        return {stage: median(s[stage] for s in seconds) for stage in seconds[0]}, statistics.median(ratios)

    def print_table(self, stages, whole, cpu, scan, peers, ratios):
        """How many times the floor each stage takes, and how many times as long each peer takes for the same."""
        print(f"\n| {self.n:,} accounts | seconds | share | of the floor |" + "".join(f" {peer} |" for peer in peers))
        print("|---|---|---|---|" + "---|" * len(peers))
        for stage, parts in STAGES.items():
            took = sum(stages.get(part, 0) for part in parts)
            print(f"| {stage} | {took:.3f} | {100 * took / whole:.0f} % | {took / scan:.2f} |"
                  + "".join(f" {peer.get(stage, 0) / max(took, 1e-6):.1f} x ({peer.get(stage, 0):.2f} s) |" for peer in peers.values()))
        rest = whole - sum(stages.values())
        print(f"| start and end | {rest:.3f} | {100 * rest / whole:.0f} % | {rest / scan:.2f} |" + " |" * len(peers))
        print(f"| **whole run** | {whole:.3f} ({cpu:.3f} CPU) | 100 % | {whole / scan:.2f} |"
              + "".join(f" **{ratio:.1f} x** |" for ratio in ratios.values()) + "\n", flush=True)

    def measure_memory(self):
        self.report.ratio(f"peak bytes per account at {self.n}", peak_bytes(self.rightful(self.company())) / self.n, 900)

    def measure_growth(self):
        small, large = self.company(100000), self.company(MILLION)
        pairs = alternate(lambda: self.run(large), lambda: self.run(small), max(2, self.options.runs // 2))
        self.report.ratio("wall(1M) / wall(100k)", median_ratio(pairs), 15)
        counts = [self.instructions(n) for n in (100000, 10000)]
        self.report.ratio("instructions(100k) / (10k)", counts[0] / counts[1], 10.3)

    def instructions(self, n):
        """callgrind counts, so a noisy machine does not matter."""
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *self.rightful(self.company(n))]
        return int(re.search(r"Collected : (\d+)", Usage(command).stderr).group(1))

    def measure_instructions(self):
        count = self.instructions(10000)
        if self.options.record:
            with open(INSTRUCTIONS, "w", encoding="utf-8") as file:
                file.write(f"# Instructions of a release build for 10000 accounts; written by run.py --record.\n{count}\n")
        if not os.path.exists(INSTRUCTIONS):
            self.report.line("instructions at 10k", f"{count}, none recorded: --record")
            return
        with open(INSTRUCTIONS, encoding="utf-8") as file:
            recorded = int(file.read().split()[-1])
        self.report.line("instructions at 10k", f"{count} recorded {recorded}")
        self.report.ratio("instructions / recorded", count / recorded, 1.02)

    def measure_closure(self):
        command = [os.path.join(self.options.tools, "closure"), str(self.n)]
        lines = [subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split() for _ in range(self.options.runs)]
        self.report.line("effective pairs of all groups", f"{lines[0][2]} in {lines[0][0]} groups")
        self.report.ratio("nanoseconds a pair", median(float(line[-2]) for line in lines), 6)

    # -- the ledger

    def nights(self, company, name):
        """What the ledger's part of a first night is, and of a quiet one after it."""
        store = os.path.join(company, "bench.db")
        command = [argument for argument in self.rightful(company, "--timings") if argument != "--dry-run"]
        for night, goal in (("first", 0.15), ("quiet", 0.03)):
            usage = Usage(command)
            self.report.ratio(f"ledger of a {night} night, {name}", usage.stages["ledger"] / usage.wall, goal)
        for path in glob.glob(store + "*"):
            os.remove(path)

    def measure_ledger(self):
        """A second night with 0.5 % new and 0.5 % gone against every row written again; and shares of whole runs from files."""
        for store in ("sqlite", "postgresql"):
            command = [os.path.join(self.options.tools, "ledger"), str(self.n), store]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            print("    " + output.replace("\n", "\n    ").rstrip(), flush=True)
            self.report.ratio("second night / every row, " + store, float(re.search(r"0\.5 % gone.* ([\d.]+)$", output, re.M).group(1)), 0.20)
        self.nights(self.company(), "from files")

    # -- live

    def measure_ldap(self):
        company = self.company()
        with slapd.Slapd(company, self.folder) as server:
            live = server.configure(company, "plain", server.url)
            branches = server.configure(company, "branches", server.url, n_connections=2)
            commands = {"live run": lambda: self.run(live), "two connections": lambda: self.run(branches),
                        "ldapsearch": lambda: Usage(server.ldapsearch()), "barest stream": lambda: Usage(server.stream(self.options.tools))}
            usages = dict(zip(commands, zip(*in_turn(commands.values(), self.options.runs))))
            for name, runs in usages.items():
                self.report.line(name, f"{median(u.wall for u in runs):8.3f} s wall, {median(u.cpu for u in runs):.3f} s CPU")
            ratio = lambda a, b, what="wall": median_ratio(list(zip(usages[a], usages[b])), what)
            self.report.ratio("live run / ldapsearch to nowhere", ratio("live run", "ldapsearch"), 0.75)
            self.report.ratio("two connections / ldapsearch", ratio("two connections", "ldapsearch"), 0.75)
            self.report.ratio("live run / barest stream", ratio("live run", "barest stream"), 1.15)
            self.report.ratio("CPU: live run / ldapsearch", ratio("live run", "ldapsearch", "cpu"), 0.60)
            self.report.ratio("seconds behind the last entry", median(u.wall - u.stages["pull"] for u in usages["live run"]), 1.5)
            if not self.options.large:
                encrypted = server.configure(company, "tls", server.tls_url)
                pairs = alternate(lambda: self.run(encrypted), lambda: self.run(live), self.options.runs)
                self.report.ratio("live run: LDAPS / LDAP", median_ratio(pairs), 1.20)
            self.nights(live, "live")
            conf = lambda folder: os.path.join(folder, "rightful.conf")
            expected, _ = compare_counts.found_by_rightful(self.options.rightful, conf(company))
            for name, folder in (("one connection", live), ("two connections", branches)):
                found, _ = compare_counts.found_by_rightful(self.options.rightful, conf(folder))
                self.same(f"from the export, {name}", found, expected)


def median_stages(usages):
    return {stage: median(usage.stages[stage] for usage in usages) for stage in usages[0].stages}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rightful", required=True)
    parser.add_argument("--tools", required=True)
    parser.add_argument("--accounts", type=int, default=100000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--folder", help="keep the generated companies here")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--gate", action="store_true")
    options = parser.parse_args()
    order = ["answers", "outliers", "table", "memory", "growth", "instructions", "closure", "ledger", "ldap"]
    chosen = options.only.split(",") if options.only else [name for name in order if name != "growth" or options.large]
    folder = options.folder or tempfile.mkdtemp(prefix="rightful-bench-")
    bench = Bench(options, folder)
    try:
        for name in chosen:
            getattr(bench, "measure_" + name)()
    finally:
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)
    if bench.report.missed:
        print("missed:", ", ".join(bench.report.missed))
    return 1 if options.gate and bench.report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
