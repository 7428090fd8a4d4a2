"""clang-format 14 has nothing to change. Exit 77 (skipped) without it, unless it is required.

Arguments: "required" or "optional".
"""

import os
import shutil
import subprocess
import sys

import sources

formatter = shutil.which('clang-format-14')
if formatter is None:
    print('clang-format-14 is not installed')
    sys.exit(1 if sys.argv[1] == 'required' else 77)
result = subprocess.run([formatter, '--dry-run', '--Werror', '--ferror-limit=1',
                         *sources.c_files()],
                        cwd=sources.ROOT, text=True, stderr=subprocess.PIPE, check=False)
problems = sorted({line.split(':', 1)[0] for line in result.stderr.splitlines() if ': error: ' in line})
sources.finish([f'{path}: not as clang-format-14 would have it' for path in problems])
