"""Measuring a process: its time, its memory, and two or more in turn."""
import os
import re
import statistics
import subprocess
import sys
import time


class Usage:
    """Wall and CPU seconds of one process, and those of its stages if it tells them on stderr (stage NAME SECONDS)."""

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
        self.stages = {name: float(seconds) for name, seconds in re.findall(r"^stage (\S+)\s+([\d.]+)", self.stderr, re.M)}


# A process has the memory of the one it was forked from until it executes its program, and its peak counts that too: so it is
# forked from one that is small, whatever this one has grown to.
PEAK = """
import os, sys
child = os.fork()
if child == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak_bytes(command):
    result = subprocess.run([sys.executable, "-I", "-S", "-c", PEAK, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            check=True)
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


def median(values):
    return statistics.median(values)


def median_ratio(pairs, what="wall"):
    return statistics.median(getattr(a, what) / getattr(b, what) for a, b in pairs)


def in_turn(commands, runs):
    """Like alternate(), of any number; a command is a function that gives a Usage."""
    for command in commands:
        command()
    return [tuple(command() for command in commands) for _ in range(runs)]
