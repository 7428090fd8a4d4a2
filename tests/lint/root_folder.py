"""The root folder is the first thing a stranger sees: nothing lies about in it."""

import os
import subprocess

import sources

ALLOWED = {
    'README.md', 'meson.build', 'meson_options.txt', 'LICENSE', 'CHANGELOG.md', 'CONTRIBUTING.md',
    '.clang-format', '.gitignore', '.gitattributes', '.editorconfig', '.ci', '.github',
    'scripts', 'include', 'connectors', 'service', 'config', 'systemd', 'tests', 'docs',
}


def names():
    """What git knows; of a release archive, what is there."""
    try:
        listed = subprocess.run(['git', 'ls-files'], cwd=sources.ROOT, check=True, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        return {line.split('/')[0].strip('"') for line in listed.splitlines()}
    except (OSError, subprocess.CalledProcessError):
        return {name for name in os.listdir(sources.ROOT) if not name.startswith(('build', '.demo'))}


found = names()
problems = [f'{name}: has no place in the root folder' for name in sorted(found - ALLOWED)]
problems += [f'{name}: is missing' for name in ('README.md', 'LICENSE', 'CONTRIBUTING.md',
                                                'CHANGELOG.md') if name not in found]
sources.finish(problems)
