"""The C files of the house, and their text without comments and literals."""

import os
import re
import sys

ROOT = os.environ.get('SOURCE_ROOT') or os.path.join(os.path.dirname(__file__), '..', '..')
PRODUCT = ('include', 'connectors', 'service')

_TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def c_files(folders=PRODUCT + ('tests',), endings=('.c', '.h')):
    """Paths relative to the root, in order."""
    found = []
    for folder in folders:
        for place, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in names:
                if name.endswith(endings):
                    found.append(os.path.relpath(os.path.join(place, name), ROOT))
    if not found:
        sys.exit(f'no file found below {ROOT}: the check would check nothing')
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding='utf-8') as file:
        return file.read()


def code_of(text):
    """Comments and literals become blanks; line numbers stay."""
    def blank(match):
        return re.sub(r'[^\n]', ' ', match.group())
    return _TOKEN.sub(blank, text)


def finish(problems):
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
