"""What the long-running commands have in common in tests: started, waited for, stopped, and nothing wrong in what they said."""

import os
import select
import signal
import subprocess
import time

from site_under_test import RIGHTFUL

DEADLINE_SECONDS = 60


class Daemon:
    """`rightful NAME` in the site's folder; `with` stops it. What it says is in NAME.log there, from its start on."""

    name = None

    def __init__(self, site, *arguments, shell=(), **options):
        """shell: what stands before the command; options: of the process."""
        self.log = open(os.path.join(site.folder, self.name + ".log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen([*shell, RIGHTFUL, "--config", site.config, self.name, *arguments], cwd=site.folder,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.log.closed:
            self.stop()

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def wait_until(self, is_so, what):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not is_so():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f"{what} ({self.process.poll()}): {self.said()}")
            select.select([], [], [], 0.02)

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE_SECONDS)
        self.log.close()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        said = self.said()
        self.log.close()
        if code != 0 or "Sanitizer" in said or "runtime error" in said:
            raise AssertionError(f"rightful {self.name} ended with {code}: {said}")
