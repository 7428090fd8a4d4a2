"""Every header compiles alone: who includes it need not know what it needs.

Arguments: the compiler.
"""

import concurrent.futures
import os
import subprocess
import sys

import sources

PACKAGES = ['glib-2.0', 'gio-2.0', 'jansson', 'libconfig', 'sqlite3', 'smartcols', 'gnutls',
            'libmicrohttpd', 'libpq', 'libsystemd', 'libxxhash', 'libzip', 'ldap', 'cmocka', 'gmime-3.0', 'libcurl', 'libical',
            'mit-krb5', 'mit-krb5-gssapi']


def flags():
    result = subprocess.run(['pkg-config', '--cflags', *PACKAGES], check=True, text=True,
                            stdout=subprocess.PIPE)
    roots = ['include', 'service', 'connectors', 'tests']
    return result.stdout.split() + [f'-I{os.path.join(sources.ROOT, root)}' for root in roots]


def compile_alone(path):
    """As somebody would who includes nothing else."""
    return subprocess.run([*sys.argv[1:], '-std=gnu17', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror',
                           '-Wno-unused-parameter', '-fsyntax-only', '-x', 'c', *FLAGS, '-'],
                          input=f'#include "{os.path.join(sources.ROOT, path)}"\n', text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def is_guarded(path):
    return '#pragma once' in sources.read(path)


FLAGS = flags()
headers = sources.c_files(endings=('.h',))
problems = [f'{path}: no #pragma once' for path in headers if not is_guarded(path)]
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    for path, result in zip(headers, pool.map(compile_alone, headers)):
        if result.returncode != 0:
            problems.append(f'{path} does not compile alone:\n{result.stdout}')
sources.finish(problems)
