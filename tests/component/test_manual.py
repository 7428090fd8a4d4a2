"""Man pages and completions: what the build wrote is tried in the shells and by a reader of man pages."""
import json
import os
import re
import shutil
import subprocess
import unittest

DOCS = os.environ["DOCS"]
RIGHTFUL = os.environ["RIGHTFUL"]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def needs(program):
    is_missing = shutil.which(program) is None and "FAIL_WITHOUT_SERVERS" not in os.environ
    return unittest.skipIf(is_missing, f"{program} is not installed")


def commands():
    """Names of commands and of their options, as the help lists them."""
    found = {}
    lines = run(RIGHTFUL, "--help").splitlines()
    for line in lines[lines.index("Commands") + 1:lines.index("Options") - 1]:
        name = line.split()[0]
        found[name] = [word for word in run(RIGHTFUL, name, "--help").split() if word.startswith("--")]
    return found


class ManPages(unittest.TestCase):
    def text_of(self, page):
        printed = run("mandoc", "-T", "utf8", "-O", "width=200", os.path.join(DOCS, page))
        return re.sub(".\b", "", printed)  # bold is a letter over itself

    @needs("mandoc")
    def test_they_hold_every_command_option_and_setting(self):
        text = self.text_of("rightful.1")
        for name, options in commands().items():
            self.assertTrue(f"\n   {name}" in text, name)
            for option in options:
                self.assertTrue(option.strip(".,;") in text, option)
        settings = self.text_of("rightful.conf.5")
        for setting in json.loads(run(RIGHTFUL, "list", "settings", "--json"))["list"]:
            self.assertTrue(f"{setting['key']} (" in settings, setting["key"])

    @needs("mandoc")
    def test_nothing_in_them_is_taken_for_markup(self):
        for page in ("rightful.1", "rightful.conf.5"):
            said = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", os.path.join(DOCS, page)], capture_output=True, text=True)
            bad = [line for line in said.stdout.splitlines() if "paragraph macro" not in line]  # scdoc's own habit
            self.assertEqual(bad, [])


class Completions(unittest.TestCase):
    def bash(self, *words):
        script = (f". '{DOCS}/rightful'; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _rightful; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
        return run("bash", "-c", script, "bash", *words).split()

    def fish(self, line):
        script = f"source '{DOCS}/rightful.fish'; complete -C '{line}'"
        return [row.split("\t")[0] for row in run("fish", "--no-config", "-c", script).splitlines()]

    def zsh_answers(self, line, expected):
        """A Tab after the line, in a real terminal; returns when it shows what is expected, else the time limit strikes."""
        script = (f"zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z 'PS1=; fpath=({DOCS} $fpath); autoload -Uz compinit; compinit -u -D; "
                  f"print READY'; zpty -r z seen '*READY*READY*'; zpty -w -n z '{line}'$'\\t'; zpty -r z seen '*{expected}*'")
        subprocess.run(["zsh", "-f", "-c", script], capture_output=True, check=True, timeout=60)

    def test_bash_completes_commands_options_verbs_and_values(self):
        self.assertEqual(self.bash("rightful", "exc"), ["exceptions", "exception"])
        self.assertEqual(set(commands()) - set(self.bash("rightful", "")), set())
        self.assertIn("show", self.bash("rightful", "exception", ""))
        self.assertNotIn("show", self.bash("rightful", "exception", "show", ""))
        self.assertEqual(self.bash("rightful", "run", "--fail-on", "c"), ["critical"])
        self.assertEqual(self.bash("rightful", "-o", "c"), ["csv"])
        self.assertEqual(self.bash("rightful", "-o", "csv", "run", "--dry"), ["--dry-run"])
        self.assertEqual(self.bash("rightful", "exceptions", "--control", "leaver-a"), ["leaver-active"])
        self.assertEqual(sorted(self.bash("rightful", "--config", DOCS + "/rightful.co")),
                         [f"{DOCS}/rightful.conf.5", f"{DOCS}/rightful.conf.5.scd"])

    @needs("fish")
    def test_fish_completes_the_same(self):
        self.assertEqual(set(commands()) - set(self.fish("rightful ")), set())
        self.assertEqual(self.fish("rightful run --fail-on c"), ["critical"])
        self.assertIn("show", self.fish("rightful exception "))
        self.assertEqual(self.fish("rightful exceptions --control leaver-a"), ["leaver-active"])

    @needs("zsh")
    def test_zsh_completes_the_same(self):
        run("zsh", "-n", os.path.join(DOCS, "_rightful"))
        self.zsh_answers("rightful exceptions --control leaver-ac", "leaver-active")
        self.zsh_answers("rightful run --dry", "--dry-run")

    def test_another_shell_is_refused_with_those_there_are(self):
        refused = subprocess.run([RIGHTFUL, "completion", "csh"], capture_output=True, text=True)
        self.assertEqual((refused.returncode, refused.stdout), (2, ""))
        self.assertIn("bash, zsh, fish", refused.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
