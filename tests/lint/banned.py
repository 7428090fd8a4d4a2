"""Calls that have hurt others, and words that say the work is not done."""

import re

import sources

BANNED = {
    r'\b(strcpy|strcat|stpcpy|sprintf|vsprintf|gets)\s*\(': 'writes without a limit',
    r'\b(strtok|gmtime|localtime|asctime|ctime|strerror|readdir_r|getpwnam|getgrnam)\s*\(':
        'shares one buffer among all threads',
    r'\b(system|popen|execlp|execvp)\s*\(': 'asks a shell or the PATH what to run',
    r'\b(tmpnam|tempnam|mktemp)\s*\(': 'names a file that somebody else may create first',
    r'\b(atoi|atol|atoll|atof)\s*\(': 'cannot say that the text is no number',
    r'\b(rand|srand|random)\s*\(': 'is no source of randomness',
    r'\balloca\s*\(|\bg_alloca\s*\(|\bg_newa\s*\(': 'puts sizes from outside on the stack',
    r'\bgoto\b': 'goto: use cleanup attributes or a smaller function',
}
NOT_IN_LIBRARIES = {
    r'(?<![\w>.])_?exit\s*\(': 'only main() ends the process',
    r'\b(printf|g_print|g_printerr|puts|perror)\s*\(': 'library code does not talk to the terminal',
}
MAY_TALK = ('service/main.c', 'service/run/', 'service/report/')
UNFINISHED = re.compile(r'\b(TODO|FIXME|XXX|HACK)\b')

problems = []
for path in sources.c_files():
    text = sources.read(path)
    code = sources.code_of(text)
    for match in UNFINISHED.finditer(text):
        line = text.count('\n', 0, match.start()) + 1
        problems.append(f'{path}:{line}: {match.group()}: unfinished work belongs into the tracker')
    if not path.startswith(sources.PRODUCT):
        continue
    rules = dict(BANNED)
    if not path.startswith(MAY_TALK):
        rules.update(NOT_IN_LIBRARIES)
    for rule, reason in rules.items():
        for match in re.finditer(rule, code):
            line = code.count('\n', 0, match.start()) + 1
            problems.append(f'{path}:{line}: {match.group().strip("( ")}: {reason}')
sources.finish(problems)
