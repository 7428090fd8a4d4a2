"""Real servers for tests: what their shell scripts start, print and stop."""

import os
import shutil
import subprocess
import tempfile
import unittest

from site_under_test import SOURCE_ROOT


class Server:
    """SCRIPT start FOLDER … and stop; fields are the lines NAME=VALUE that it prints."""

    script = None  # below tests/component

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix=f"rightful-{self.script.split('.', maxsplit=1)[0]}-")
        self.path = os.path.join(SOURCE_ROOT, "tests", "component", self.script)

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def start(self, *arguments, **environment):
        process = subprocess.run([self.path, "start", self.folder, *arguments], capture_output=True, text=True, check=False,
                                 env={**os.environ, **environment})
        if process.returncode == 77:
            shutil.rmtree(self.folder)
            raise unittest.SkipTest(process.stderr)
        if process.returncode != 0:
            raise AssertionError(process.stderr + process.stdout)
        facts = dict(line.split("=", 1) for line in process.stdout.split("\n") if "=" in line)
        self.facts = {name: value.strip("'\"") for name, value in facts.items()}

    def __getitem__(self, name):
        return self.facts[name]

    def stop(self):
        subprocess.run([self.path, "stop", self.folder], check=True, capture_output=True)
        shutil.rmtree(self.folder)
