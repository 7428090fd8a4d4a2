#!/usr/bin/env python3
"""The benchmark: rightful against a scan of the same bytes, against PostgreSQL, Python and ldapsearch.

    run.py --rightful PATH --tools FOLDER [--accounts N] [--runs N] [--large] [--only LIST] [--record] [--gate]

PATH is a release build of rightful; FOLDER holds `generate`, `scan` and `stream` (the build folder's tests/bench). Two commands that are
compared run alternately, and the median of the ratios of the pairs is printed: the machine's mood cancels out.
LIST of: counts, scan, stages, memory, twins, growth, instructions, ldap (default: all but growth, which --large adds; it
needs 4 GB of disk). --record writes the instruction count to instructions.txt; --gate exits 1 when a goal is missed.
"""
import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import postgres

HERE = os.path.dirname(os.path.abspath(__file__))
AS_OF = "2026-03-17T05:00:00Z"
INSTRUCTIONS = os.path.join(HERE, "instructions.txt")
SUFFIX = "dc=bench,dc=example"
ROOT = "cn=admin," + SUFFIX
PASSWORD = "bench"
BRANCHES = ("People", "Groups", "Computers", "Services")

# What rightful asks an OpenLDAP server for (connectors/ldap/schema_tables.c), plus the host name of the configuration.
FILTER = ("(|(objectClass=inetOrgPerson)(objectClass=posixAccount)(objectClass=account)(objectClass=groupOfNames)"
          "(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers)(objectClass=posixGroup)(objectClass=groupOfURLs)"
          "(objectClass=group)(objectClass=device))")
ATTRIBUTES = ("objectClass entryUUID uid cn displayName mail employeeNumber departmentNumber title manager owner serialNumber gidNumber "
              "member uniqueMember memberUid memberURL pwdAccountLockedTime pwdEndTime shadowExpire pwdLastSuccess authTimestamp "
              "lastLoginTime pwdChangedTime createTimestamp modifyTimestamp associatedDomain").split()


class Usage:
    """Wall and CPU seconds of one process."""

    def __init__(self, command, accepted=(0,), stdout=subprocess.DEVNULL):
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE)
        self.stderr = process.stderr.read().decode("utf-8", "replace")
        _, status, usage = os.wait4(process.pid, 0)
        self.wall = time.monotonic() - started
        process.returncode = code = os.waitstatus_to_exitcode(status)
        self.cpu = usage.ru_utime + usage.ru_stime
        if code not in accepted:
            sys.exit(f"{' '.join(command)}: exit {code}\n{self.stderr}")


# A process has the memory of the one it was forked from until it executes its program, and its peak counts that too: so it is
# forked from one that is small, whatever this one has grown to.
PEAK = """
import os, sys
child = os.fork()
if child == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak_bytes(command):
    result = subprocess.run([sys.executable, "-I", "-S", "-c", PEAK, *command], stdout=subprocess.PIPE, check=True)
    return int(result.stdout) * 1024


class Report:
    def __init__(self):
        self.missed = []

    def line(self, name, text, met=None):
        print(f"  {name:<34} {text}{'' if met is None else '   met' if met else '   MISSED'}", flush=True)
        if met is False:
            self.missed.append(name)

    def ratio(self, name, value, limit, at_least=False):
        met = value >= limit if at_least else value <= limit
        self.line(name, f"{value:8.3f}   goal {'>=' if at_least else '<='} {limit}", met)


def alternate(first, second, runs):
    """Pairs of Usage, after one pair that only warms the caches."""
    first(), second()
    return [(first(), second()) for _ in range(runs)]


def median_ratio(pairs, what="wall"):
    return statistics.median(getattr(a, what) / getattr(b, what) for a, b in pairs)


def in_turn(commands, runs):
    """Like alternate(), of any number; a command is a function that gives a Usage."""
    for command in commands:
        command()
    return [tuple(command() for command in commands) for _ in range(runs)]


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder, self.report = options, folder, Report()

    def company(self, n):
        path = os.path.join(self.folder, str(n))
        if not os.path.exists(os.path.join(path, "source.conf")):
            Usage([os.path.join(self.options.tools, "generate"), str(n), path])
        return path

    def rightful(self, company, *arguments):
        return [self.options.rightful, "--config", os.path.join(company, "rightful.conf"), "run", "--dry-run", "--quiet", "--as-of", AS_OF,
                *arguments]

    def run(self, company, *arguments):
        return Usage(self.rightful(company, *arguments))

    def counts(self, company):
        with tempfile.TemporaryFile() as output:
            Usage(self.rightful(company, "--json"), stdout=output)
            output.seek(0)
            document = json.load(output)
        if document["not_evaluable"]:
            print("    not evaluable:", document["not_evaluable"][:5])
        return {control: n for control, n in document["counts"]["by_control"].items() if n}

    # -- what is measured

    def measure_counts(self):
        """Equal answers first: times of different work compare nothing."""
        company = self.company(10000)
        script = subprocess.run([sys.executable, os.path.join(HERE, "reconcile.py"), os.path.join(company, "rightful.conf"), AS_OF],
                                check=True, stdout=subprocess.PIPE)
        expected, found = json.loads(script.stdout)["counts"], self.counts(company)
        different = {c: (found.get(c, 0), expected.get(c, 0)) for c in found.keys() | expected.keys() if found.get(c) != expected.get(c)}
        self.report.line("counts as the twin at 10k", f"{sum(found.values())} exceptions {different or ''}", not different)

    def measure_scan(self):
        company = self.company(self.options.accounts)
        scan = [os.path.join(self.options.tools, "scan"), os.path.join(company, "directory.ldif")]
        pairs = alternate(lambda: self.run(company), lambda: Usage(scan), self.options.runs)
        self.report.line("whole run", f"{statistics.median(a.wall for a, _ in pairs):8.3f} s wall, "
                                      f"{statistics.median(a.cpu for a, _ in pairs):.3f} s CPU")
        self.report.ratio("whole run / memchr scan", median_ratio(pairs), 8)

    def measure_stages(self):
        usage = self.run(self.company(self.options.accounts), "--timings")
        stages = re.findall(r"^stage (\S+)\s+([\d.]+)", usage.stderr, re.M)
        total = sum(float(seconds) for _, seconds in stages) or 1
        for name, seconds in stages:
            self.report.line("  stage " + name, f"{float(seconds):8.3f} s  {100 * float(seconds) / total:5.1f} %")

    def measure_memory(self):
        n = 1000000 if self.options.large else self.options.accounts
        self.report.ratio(f"peak bytes per account at {n}", peak_bytes(self.rightful(self.company(n))) / n, 900)

    def measure_twins(self):
        """One run of each twin between two of ours: they take long."""
        company = self.company(self.options.accounts)
        found = self.counts(company)
        as_of = int(postgres.datetime.fromisoformat(AS_OF.replace("Z", "+00:00")).timestamp())
        with postgres.Server() as server:
            postgres.flatten(company, server.flat, as_of)
            ratios = []
            for _ in range(max(1, self.options.runs // 2)):
                ours = self.run(company).wall
                counts, seconds = server.reconcile(as_of)
                ratios.append(seconds / ((ours + self.run(company).wall) / 2))
        self.report.line("counts as SQL", str(sum(counts.values())), counts == found)
        self.report.ratio("PostgreSQL / whole run", statistics.median(ratios), 20, at_least=True)
        before = self.run(company).wall
        script = Usage([sys.executable, os.path.join(HERE, "reconcile.py"), os.path.join(company, "rightful.conf"), AS_OF])
        self.report.ratio("Python / whole run", script.wall / ((before + self.run(company).wall) / 2), 30, at_least=True)

    def measure_growth(self):
        small, large = self.company(100000), self.company(1000000)
        pairs = alternate(lambda: self.run(large), lambda: self.run(small), max(2, self.options.runs // 2))
        self.report.ratio("wall(1M) / wall(100k)", median_ratio(pairs), 15)

    def measure_instructions(self):
        """callgrind counts, so a noisy machine does not matter."""
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *self.rightful(self.company(10000))]
        count = int(re.search(r"Collected : (\d+)", Usage(command).stderr).group(1))
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

    def measure_ldap(self):
        company = self.company(self.options.accounts)
        with Slapd(company, self.folder) as slapd:
            live = slapd.configure(company, "plain", slapd.url)
            encrypted = slapd.configure(company, "tls", slapd.tls_url)
            branches = slapd.configure(company, "branches", slapd.url, n_connections=2)
            search = ["ldapsearch", "-x", "-LLL", "-H", slapd.url, "-D", ROOT, "-w", PASSWORD, "-b", SUFFIX, "-E", "pr=1000/noprompt", FILTER,
                      *ATTRIBUTES]
            stream = [os.path.join(self.options.tools, "stream"), slapd.url, ROOT, PASSWORD, SUFFIX, "1000", FILTER, *ATTRIBUTES]
            names = ("live run", "live run, two connections", "ldapsearch", "barest stream")
            one, two, theirs, barest = zip(*in_turn([lambda: self.run(live), lambda: self.run(branches), lambda: Usage(search),
                                                     lambda: Usage(stream)], self.options.runs))
            for name, usages in zip(names, (one, two, theirs, barest)):
                self.report.line(name, f"{statistics.median(u.wall for u in usages):8.3f} s wall, "
                                       f"{statistics.median(u.cpu for u in usages):.3f} s CPU")
            self.report.ratio("live run / ldapsearch to nowhere", median_ratio(list(zip(one, theirs))), 0.85)
            self.report.ratio("two connections / ldapsearch", median_ratio(list(zip(two, theirs))), 0.75)
            self.report.ratio("live run / barest stream", median_ratio(list(zip(one, barest))), 1.15)
            self.report.ratio("CPU: live run / ldapsearch", median_ratio(list(zip(one, theirs)), "cpu"), 0.60)
            self.report.ratio("live run: LDAPS / LDAP", median_ratio(alternate(lambda: self.run(encrypted), lambda: self.run(live),
                                                                              self.options.runs)), 1.20)
            expected = self.counts(company)
            for name, folder in (("", live), (", two connections", branches), (", LDAPS", encrypted)):
                self.report.line("counts as from the export" + name, "", self.counts(folder) == expected)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Slapd:
    """A private slapd with the same entries, on a free port of the loopback interface."""

    def __init__(self, company, folder):
        self.folder = tempfile.mkdtemp(prefix="slapd-", dir=folder)
        self.url, self.tls_url = f"ldap://127.0.0.1:{free_port()}", f"ldaps://127.0.0.1:{free_port()}"
        self.certificate = os.path.join(self.folder, "server.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bench", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout", self.certificate + ".key", "-out", self.certificate],
                       check=True, capture_output=True)
        os.mkdir(os.path.join(self.folder, "db"))
        self.conf = os.path.join(self.folder, "slapd.conf")
        schemas = "".join(f"include /etc/ldap/schema/{name}.schema\n" for name in ("core", "cosine", "inetorgperson"))
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(f"{schemas}modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload ppolicy\nsizelimit unlimited\n"
                       f"TLSCertificateFile {self.certificate}\nTLSCertificateKeyFile {self.certificate}.key\n"
                       f"database mdb\nsuffix {SUFFIX}\nrootdn {ROOT}\nrootpw {PASSWORD}\ndirectory {self.folder}/db\n"
                       f"maxsize 17179869184\nindex objectClass eq\noverlay ppolicy\n")
        slapadd = shutil.which("slapadd") or "/usr/sbin/slapadd"
        subprocess.run([slapadd, "-q", "-f", self.conf, "-l", os.path.join(company, "directory.ldif")], check=True)

    def __enter__(self):
        slapd = shutil.which("slapd") or "/usr/sbin/slapd"
        self.process = subprocess.Popen([slapd, "-f", self.conf, "-h", f"{self.url} {self.tls_url}", "-d", "0"], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while subprocess.run(["ldapsearch", "-x", "-H", self.url, "-b", "", "-s", "base", "1.1"], capture_output=True).returncode != 0:
            if time.monotonic() > deadline:
                sys.exit("slapd did not start")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def configure(self, company, name, url, n_connections=1):
        """The same company with the server instead of the file: the whole tree, or its branches over several connections."""
        bases = [SUFFIX] if n_connections == 1 else [f"ou={branch},{SUFFIX}" for branch in BRANCHES]
        live = os.path.join(self.folder, name)
        os.mkdir(live)
        for table in ("people.csv", "assets.csv", "approvals.csv", "rightful.conf"):
            os.link(os.path.join(company, table), os.path.join(live, table))
        secret = os.path.join(live, "password")
        with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(PASSWORD + "\n")
        with open(os.path.join(live, "source.conf"), "w", encoding="utf-8") as file:
            file.write(f'  {{ name = "corp"; kind = "ldap"; provides = "directory"; server = "openldap"; url = "{url}";\n'
                       f'    base = {json.dumps(bases)}; connections = {n_connections};\n'
                       f'    bind_dn = "{ROOT}"; password_file = "password"; allow_plaintext_bind = true; tls_ca_file = "{self.certificate}";\n'
                       f'    computer_filter = "(objectClass=device)"; attributes: {{ hostname = "associatedDomain"; }}; }},\n')
        return live


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
    order = ["counts", "scan", "stages", "memory", "twins", "growth", "instructions", "ldap"]
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
