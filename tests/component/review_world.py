"""A company for the pages of reviews: who is whose manager, which rights they hold, and campaigns over them, open and closed."""

import datetime
import os
import re

from small_worlds import HEAD, RULES, account, group, person, sources, world
from web_under_test import demo_section

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
STAMP = NOW.strftime("%Y%m%d%H%M%SZ")
FRESHNESS = "freshness: { directory_hours = 8784; people_days = 366; assets_days = 366; approvals_days = 366; };\n"

# 00124 is "person" and 00125 "admin" of web_under_test.PEOPLE.
REPORTS = {"00126": "Rita Report", "00131": "Rob One", "00132": "Ria Two"}
PEOPLE = {"00124": ("Jonas Meier", "00125"), "00125": ("Ana Lima", ""), "00127": ("Otto Other", "00125"), "00128": ("Olga Ober", "00127"),
          **{number: (name, "00124") for number, name in REPORTS.items()}}
LOGINS = {"jmeier": "00124", "adm-jmeier": "00124", "alima": "00125", "rita": "00126", "otto": "00127", "olga": "00128", "rob": "00131", "ria": "00132"}
REVIEWS = """
entitlements: ( { group = "pay"; means = "Release payments"; allowed = ( { department = "IT"; } ); },
                { group = "wiki"; means = "Edit the wiki"; allowed = ( { department = "IT"; } ); }, { group = "ops"; means = "Operate"; },
                { group = "old"; means = "The old archive"; } );
reviews: ( { name = "privileged"; scope = "privileged"; reviewer = "manager"; fallback = "00125"; },
           { name = "people"; scope = "manager"; person = "00124"; reviewer = "00124"; fallback = "00125"; },
           { name = "ops"; scope = "entitlement"; entitlement = "ops"; reviewer = "00127"; fallback = "00125"; },
           { name = "old"; scope = "entitlement"; entitlement = "old"; reviewer = "manager"; fallback = "00125"; },
           { name = "others"; scope = "manager"; person = "00127"; reviewer = "00127"; fallback = "00125"; } );
"""
# In the order in which they are started.
PRIVILEGED, PEOPLES, OPS, OLD, OTHERS = (f"RV-00000{i}" for i in range(1, 6))


def day(days=0):
    return (NOW + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def fresh(site):
    for name in os.listdir(site.folder):
        os.utime(os.path.join(site.folder, name))


def review_site(more=""):
    people = [person(number, name=name, manager_id=manager, department="IT", username=name.split()[0].lower(), email=f"{number}@example.com", recorded_at=day(-2))
              for number, (name, manager) in PEOPLE.items()]
    ldif = "".join(account(name, number, modified=STAMP) for name, number in LOGINS.items())
    ldif += group("admins", "adm-jmeier", "rita", "olga") + group("pay", "rita", "rob", "ria", "olga") + group("wiki", "rita", "rob", "jmeier")
    ldif += group("ops", "rita", "ria", "jmeier") + group("old", "rita", "olga")
    site = world(people, ldif, head=HEAD.replace("Europe/Berlin", "UTC") + FRESHNESS, source=sources(),
                 rules=RULES + REVIEWS + 'worker: { socket = "worker.sock"; };\n' + demo_section() + more)
    fresh(site)
    result = site.run(as_of=day(-1))
    assert result.code == 0, result.err
    for name in ("privileged", "people", "ops", "old", "others"):
        result = site.rightful("review", "start", name)
        assert result.code == 0, result.err
    assert site.rightful("review", "close", OLD).code == 0
    return site


def rights(site, review):
    """(account, group) → item, as `review show` knows them."""
    shown = site.rightful("review", "show", review, "--json").json["review"]
    return {(row["account"]["name"], row["group"]["name"]): row for row in shown["rights"]}


def hidden(page):
    """Names and values of the hidden fields of a page."""
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
