"""A single plain statement wears no braces. Of bodies that hold another if or loop, or a comment, and of chains with one longer branch nothing is said.

    braces.py           lints
    braces.py --fix     takes them off (then let clang-format 14 have a look)

It reads what clang-format has laid out: a head begins a line and ends in "{", its end stands alone in the same column.
"""

import os
import re
import sys

import sources

HEAD = re.compile(r'( *)(?:if|for|while) \(')


def indent_of(line):
    return len(line) - len(line.lstrip(' '))


def end_of_head(lines, at):
    """The line that opens the body of the head that begins here; None: it has no braces."""
    depth = 0
    for i in range(at, len(lines)):
        code = sources.code_of(lines[i])
        for character in code[code.index('('):] if i == at else code:
            depth += {'(': 1, ')': -1}.get(character, 0)
            if depth == 0 and character == ')':
                return i if lines[i].endswith(') {') else None
    return None


def is_plain(body):
    """One statement, on however many lines, that is no block itself."""
    text = sources.code_of(' '.join(line.strip() for line in body))
    return (bool(body) and '/*' not in ''.join(body) and text.endswith(';') and text.count(';') == 1
            and '{' not in text and not re.match(r'(?:if|for|while|switch|do)\b|case\b|default\b|#|\w+:', text))


def chain_at(lines, at):
    """[(the line that opens, the line that closes)] of the branches of the statement that begins here; [] where one must keep its braces."""
    column, branches = indent_of(lines[at]), []
    opens = end_of_head(lines, at)
    while opens is not None:
        closes = next((i for i in range(opens + 1, len(lines)) if lines[i].strip() and indent_of(lines[i]) <= column), None)
        if closes is None or not lines[closes].startswith(' ' * column + '}') or not is_plain(lines[opens + 1:closes]):
            return []
        branches.append((opens, closes))
        if lines[closes].strip() == '}':
            return branches
        if lines[closes].strip() == '} else {':
            opens = closes
        elif lines[closes].strip().startswith('} else if ('):
            opens = end_of_head(lines, closes)
        else:
            return []
    return []


def without(lines):
    """Lines without such braces, and the numbers of the lines that had them."""
    found, drop, changed = [], set(), {}
    for at, line in enumerate(lines):
        if not HEAD.match(line) or line.lstrip().startswith('}'):
            continue
        branches = chain_at(lines, at)
        if branches:
            found.append(at + 1)
        for opens, closes in branches:
            changed[opens] = changed.get(opens, lines[opens])[:-2]
            if lines[closes].strip() == '}':
                drop.add(closes)
            else:
                changed[closes] = changed.get(closes, lines[closes]).replace('} else', 'else', 1)
    return [changed.get(i, line) for i, line in enumerate(lines) if i not in drop], found


def main():
    problems = []
    for path in sources.c_files():
        full = os.path.join(sources.ROOT, path)
        with open(full, encoding='utf-8') as file:
            lines = file.read().split('\n')
        rest, found = without(lines)
        problems += [f'{path}:{line}: braces around a single statement' for line in found]
        if found and '--fix' in sys.argv:
            with open(full, 'w', encoding='utf-8') as file:
                file.write('\n'.join(rest))
    sources.finish(problems)


if __name__ == '__main__':
    main()
