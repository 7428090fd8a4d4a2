"""A small machine with systemd as its first process, in which rightful is installed as `meson install` does it.

It needs root and namespaces; where they are refused, the tests are skipped and say so.
"""

import os
import select
import shutil
import subprocess
import tempfile
import time
import unittest

from site_under_test import RIGHTFUL, SOURCE_ROOT, Result

DEADLINE_SECONDS = 60


class Machine:
    def __init__(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest("only root can start a machine in namespaces")
        self.folder = tempfile.mkdtemp(prefix="rightful-machine-")
        installed, mounts = (os.path.join(self.folder, name) for name in ("installed", "mounts"))
        os.mkdir(mounts)
        build = os.path.dirname(os.path.dirname(RIGHTFUL))
        subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", installed], check=True, capture_output=True)
        self.log = open(os.path.join(self.folder, "console"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(["unshare", "--fork", "--pid", "--mount", "--uts", "--ipc", "--cgroup", "--kill-child",
                                         os.path.join(SOURCE_ROOT, "tests", "component", "machine.sh"), mounts, installed],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        try:
            self.wait_until(lambda: "machine.sh: mounted" in self.said() or self.process.poll() is not None, "no file systems")
            if self.process.poll() is not None:
                raise unittest.SkipTest("namespaces or file systems are refused here: " + self.said())
            with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as children:
                self.first = children.read().split()[0]
            self.wait_until(lambda: self.inside("systemctl", "is-system-running").out.strip() == "running", "systemd does not come up")
        except BaseException:
            self.stop()
            raise

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        self.process.kill()  # and with it, by --kill-child, the first process and all of the machine
        self.process.wait(DEADLINE_SECONDS)
        self.log.close()
        shutil.rmtree(self.folder)

    def wait_until(self, is_so, what):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not is_so():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: {self.said()}")
            select.select([], [], [], 0.05)

    def inside(self, *command, user="root", text=None):
        """A command in the machine, as that user."""
        enter = ["nsenter", "--target", self.first, "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--root", "--wd=/"]
        become = [] if user == "root" else ["setpriv", f"--reuid={user}", "--regid=" + self.done("id", "-g", user).strip(), "--init-groups", "--"]
        return Result(subprocess.run([*enter, *become, *command], input=text, capture_output=True, text=True, timeout=DEADLINE_SECONDS,
                                     check=False, start_new_session=True))

    def write(self, path, content, owner="root", group="root", mode=0o644):
        inner = f"/proc/{self.first}/root{path}"
        os.makedirs(os.path.dirname(inner), exist_ok=True)
        with open(inner + ".new", "w", encoding="utf-8") as file:
            file.write(content)
        os.chmod(inner + ".new", mode)
        self.done("chown", f"{owner}:{group}", path + ".new")
        os.rename(inner + ".new", inner)

    def done(self, *command, **options):
        """A command that has to succeed; what it printed."""
        result = self.inside(*command, **options)
        if result.code != 0:
            raise AssertionError(f"{' '.join(command)} ended with {result.code}: {result.err}{result.out}{self.journal()[-3000:]}")
        return result.out

    def journal(self):
        return self.inside("journalctl", "--no-pager", "--output=cat").out

    def property(self, unit, name):
        return self.done("systemctl", "show", "--property", name, "--value", unit).strip()
