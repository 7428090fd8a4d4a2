"""Who may include whom: the table is the design's, row by row.

Only includes in quotes are ours; <rightful/…> is the contract, which everybody may see. A library that belongs
to one room stays there: SQL in the ledger, libconfig in the settings.
"""

import re

import sources

CONNECTOR = ['connectors/data_file.h', 'connectors/digest.h', 'connectors/mapping.h', 'connectors/presets.h',
             'connectors/rows.h', 'connectors/table.h']
MAY_INCLUDE = {
    'include': [],
    'connectors': ['connectors/'],
    'connectors/csv': CONNECTOR,
    'connectors/ldap': CONNECTOR,
    'connectors/ldif': CONNECTOR + ['connectors/ldap/schema.h', 'connectors/ldap/value.h'],
    'connectors/postgres': CONNECTOR,
    'connectors/xlsx': CONNECTOR,
    'service/base': [],
    'service/settings': ['service/base/'],
    'service/model': ['service/base/'],
    'service/intake': ['service/model/', 'service/settings/', 'service/base/'],
    'service/correlate': ['service/model/', 'service/base/'],
    'service/membership': ['service/model/', 'service/base/'],
    'service/controls': ['service/correlate/', 'service/membership/', 'service/model/',
                         'service/settings/', 'service/base/'],
    'service/ledger': ['service/controls/finding.h', 'service/model/', 'service/settings/',
                       'service/base/'],
    'service/review': ['service/ledger/', 'service/settings/', 'service/base/'],
    'service/notify': ['service/review/', 'service/ledger/', 'service/settings/', 'service/base/'],
    'service/report': ['service/ledger/', 'service/settings/', 'service/base/'],
    'service/web': ['service/review/', 'service/report/', 'service/ledger/', 'service/settings/', 'service/base/'],
    'service/run': ['service/', 'connectors/rows.h'],
    'service': ['service/run/'],
    'tests': ['connectors/', 'service/'],
}
ONLY_IN = {'libconfig.h': 'service/settings/', 'sqlite3.h': 'service/ledger/',
           'libsmartcols.h': 'service/report/', 'libsmartcols/libsmartcols.h': 'service/report/',
           # loaded late (rightful/late.h): by the one header that says how
           'curl/curl.h': 'service/notify/libcurl.h', 'gmime/gmime.h': 'service/notify/libgmime.h',
           'gssapi/gssapi.h': 'connectors/ldap/libkrb5.h', 'krb5.h': 'connectors/ldap/libkrb5.h',
           'libical/ical.h': 'service/base/libical.h', 'libpq-fe.h': 'include/rightful/libpq.h',
           'microhttpd.h': 'service/web/libmicrohttpd.h', 'systemd/sd-daemon.h': 'service/base/libsystemd.h',
           'zip.h': 'connectors/xlsx/libzip.h'}
# Made by the build from embedded files.
GENERATED = ('_resource.h', '_resources.h')
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def room_of(path):
    """The longest folder of the table that the file is in."""
    rooms = [room for room in MAY_INCLUDE if path.startswith(room + '/')]
    return max(rooms, key=len) if rooms else None


def find(name, includer):
    """Where an include in quotes is found: beside the file, or below one of the three roots."""
    beside = includer.rsplit('/', 1)[0] + '/' + name
    for path in (beside, 'include/' + name, 'service/' + name, 'connectors/' + name,
                 'tests/' + name):
        if path in FILES:
            return path
    return None


def judge(path, name):
    room, target = room_of(path), find(name, path)
    if room is None:
        return 'stands in no folder of the table'
    if name.endswith(GENERATED):
        return None
    if target is None:
        return f'"{name}" is no file of ours; includes of others are written with < >'
    own = room if room.count('/') else path.split('/')[0]
    if target.startswith(own + '/') and room not in ('service', 'connectors'):
        return None
    if any(target.startswith(allowed) for allowed in MAY_INCLUDE[room]):
        return None
    return f'{room} may not include {target}'


FILES = set(sources.c_files())
problems = []
for path in sorted(FILES):
    text = sources.read(path)
    for match in INCLUDE.finditer(text):
        line = text.count('\n', 0, match.start(1 if match.group(1) else 2)) + 1
        ours, others = match.groups()
        reason = judge(path, ours) if ours else None
        home = ONLY_IN.get(others)
        if home and not path.startswith((home, 'tests/')):
            reason = f'<{others}> belongs to {home}'
        if reason:
            problems.append(f'{path}:{line}: {reason}')
sources.finish(problems)
