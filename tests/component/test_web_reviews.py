"""Reviews in the web: who may do what with whose items (B43, B45, B47, M3, M10 of reliability.md), and what may be written (B46)."""

import html
import os
import re
import sqlite3
import unittest

from access_matrix import ACCESS, EVERYBODY, RELATIONS
from review_world import OLD, OPS, OTHERS, PEOPLES, PRIVILEGED, hidden, review_site, rights
from web_under_test import Web
from worker_under_test import Worker

RELATED = ("own", "report", "other", "self", "closed")
# Item of the person (00124) in each campaign: numbers as review_world's rights() shows them.
ITEMS = {"own": (PEOPLES, "rob", "pay"), "report": (OPS, "ria", "ops"), "other": (OTHERS, "olga", "admins"), "self": (PRIVILEGED, "adm-jmeier", "admins"),
         "closed": (OLD, "rita", "old")}
UNKNOWN = "or it is not for you to see."


class ReviewsTest(unittest.TestCase):
    """One company, one web and its worker for a class."""

    @classmethod
    def setUpClass(cls):
        cls.site = review_site()
        cls.addClassCleanup(cls.site.close)
        cls.worker = Worker(cls.site)
        cls.addClassCleanup(cls.worker.stop)
        cls.web = Web(cls.site, "--demo")
        cls.addClassCleanup(cls.web.stop)

    def ledger(self, query, *values):
        with sqlite3.connect(os.path.join(self.site.folder, "ledger.db"), timeout=30) as ledger:
            return ledger.execute(query, values).fetchall()

    def denied(self):
        return self.ledger("SELECT count(*) FROM audit WHERE action = 'denied'")[0][0]

    def item(self, review, account, group):
        return rights(self.site, review)[account, group]

    def number(self, *right):
        return self.item(*right)["item"]

    def states(self, *reviews):
        """Who decides about what, and what was said: everything that a decision changes."""
        return {(review, *right): (row["reviewer"], row["state"], row["draft"], row["decision"], row["version"])
                for review in reviews for right, row in rights(self.site, review).items()}

    def decide(self, browser, right, decision="keep", reason="still needed", **more):
        item = self.item(*right)
        fields = {"decision": decision, "reason": reason, "version": item["version"], **more}
        return browser.post(f"/reviews/{right[0]}", {f"{name}-{item['item']}": value for name, value in fields.items()})


class Relations(ReviewsTest):
    """Every route that names an object, by what the object is to whoever asks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        about = {row["subject"]["name"]: row["id"] for row in cls.site.exceptions("--control", "excess-privilege")}
        groups = {row["subject"]["name"]: row["id"] for row in cls.site.exceptions("--control", "group-without-owner")}
        for name in ("pay", "wiki"):
            assert cls.site.rightful("exception", "assign", groups[name], "--to", "00124").code == 0
        accepted = cls.site.rightful("exception", "accept", groups["wiki"], "--until", "2030-12-31", "--reason", "known", "--approver", "00127")
        assert accepted.code == 0, accepted.err
        job = cls.web.browser("admin").post("/runs")["Location"].rsplit("/", 1)[1]
        accounts = {name: f"uid={name},ou=people,dc=example,dc=com" for name in ("jmeier", "rita", "olga")}
        cls.ids = {
            "exceptions": {"own": groups["pay"], "report": about["ria"], "other": about["olga"], "self": about["jmeier"], "closed": groups["wiki"]},
            "people": {"report": "00126", "other": "00128", "self": "00124"},
            "accounts": {"report": accounts["rita"], "other": accounts["olga"], "self": accounts["jmeier"]},
            "reviews": {relation: right[0] for relation, right in ITEMS.items()},
            "jobs": {"other": job},
        }

    def routes(self):
        return [f"{route['method']} {route['path']}" for route in self.site.rightful("list", "routes", "--json").json["list"]]

    def test_every_route_that_names_an_object_has_a_line(self):
        named = {name for name in self.routes() if "{" in name and ACCESS[name] == EVERYBODY}
        self.assertEqual(sorted(RELATIONS), sorted(named))
        for line in RELATIONS.values():
            self.assertEqual(tuple(line), RELATED)

    def fields(self, path, relation):
        """What somebody would send who means it."""
        item = str(self.number(*ITEMS[relation]))
        version = str(self.item(*ITEMS[relation])["version"])
        return {
            "/reviews/{id}": {f"decision-{item}": "keep", f"reason-{item}": "needed", f"version-{item}": version},
            "/reviews/{id}/sign": {"seen": "1", "sentence": "I looked at each of them."},
            "/reviews/{id}/bulk": {"item": str(self.number(PEOPLES, "rita", "pay")) if relation == "own" else item, "reason": "needed",
                                   "person": "00126" if relation == "own" else ""},
            "/reviews/{id}/items/{item}/pass": {"why": "dont-know", "note": "who is that?"},
        }[path]

    def attempt(self, browser, name, relation):
        method, path = name.split()
        kind = path.split("/")[1]
        if path == "/reviews/{id}/items/{item}/pass" and relation == "own":  # rob's is signed by then
            right = (PEOPLES, "rob", "wiki")
        else:
            right = ITEMS[relation]
        target = path.replace("{item}", str(self.number(*right))).replace("{id}", self.web_quote(self.ids[kind][relation]))
        return browser.get(target) if method == "GET" else browser.post(target, self.fields(path, relation))

    @staticmethod
    def web_quote(text):
        return text.replace(",", "%2C").replace("=", "%3D")

    def test_the_matrix_of_routes_and_relations(self):
        browser = self.web.browser("person")
        untouched = self.states(OPS, OTHERS, OLD, PRIVILEGED)
        for name in self.routes():
            for relation, expected in RELATIONS.get(name, {}).items():
                if expected == "-":
                    continue
                with self.subTest(name, relation=relation):
                    before = self.denied()
                    answer = self.attempt(browser, name, relation)
                    self.assertEqual(answer.status, expected, answer.text)
                    self.assertEqual(self.denied() - before, 1 if expected == 404 else 0)
        self.assertEqual(self.states(OPS, OTHERS, OLD, PRIVILEGED), untouched)
        self.assertEqual(self.states(PEOPLES)[PEOPLES, "rob", "pay"][1], "signed")  # so that the test could have failed

    def test_no_role_decides_for_whoever_has_to(self):
        right = (PEOPLES, "rita", "wiki")
        number = self.number(*right)
        before = self.states(PEOPLES)[right]
        for who in ("admin", "hr", "auditor", "reviews", "stranger"):
            browser = self.web.browser(who)
            for answer in (self.decide(browser, right), browser.post(f"/reviews/{PEOPLES}/bulk", {"item": str(number), "reason": "x"}),
                           browser.post(f"/reviews/{PEOPLES}/sign", {"seen": "0", "sentence": "x"}),
                           browser.post(f"/reviews/{PEOPLES}/items/{number}/pass", {"why": "dont-know", "note": "x"})):
                self.assertEqual(answer.status, 404, (who, answer.text))
        self.assertEqual(self.states(PEOPLES)[right], before)


class Numbers(ReviewsTest):
    def test_b43_what_is_not_theirs_is_told_from_nothing_by_nobody(self):
        browser = self.web.browser("person")
        texts = []
        numbers = [str(self.number(*ITEMS["report"])), "-1", "0", "999999", str(2**63), str(2**64), "1e1", "+1", "x", "1%20OR%201=1", "1%27--", "%D9%A1"]
        for number in numbers:
            target = f"/reviews/{OPS}/items/{number}/pass"
            before = self.denied()
            answer = browser.get(target)
            self.assertEqual(answer.status, 404, target)
            self.assertEqual(self.denied() - before, 1, target)
            self.assertIn(UNKNOWN, answer.text)
            texts.append(re.sub(r"/items/.*?/pass", "", html.unescape(answer.text)))
        self.assertEqual(len(set(texts)), 1)
        for review in (OPS, "RV-999999", "RV-0", "0", "-3", str(2**63), "x", "1%20OR%201=1"):
            self.assertIn(UNKNOWN, browser.get(f"/reviews/{review}").text, review)

    def test_b43_answers_to_items_that_are_not_theirs_keep_none_of_the_form(self):
        browser = self.web.browser("person")
        mine, before = self.item(PEOPLES, "rob", "pay"), self.states(PEOPLES, OPS)
        for number, status in (("999999", 404), ("0", 400)):
            fields = {f"decision-{mine['item']}": "keep", f"version-{mine['item']}": mine["version"], f"decision-{number}": "keep"}
            self.assertEqual(browser.post(f"/reviews/{PEOPLES}", fields).status, status, number)
        for name in ("decision--1", "decision-x", f"decision-{2**63}", "decision-1%20OR%201=1"):
            self.assertEqual(browser.post(f"/reviews/{PEOPLES}", {name: "keep"}).status, 400, name)
        self.assertEqual(self.states(PEOPLES, OPS), before)


class Deciding(ReviewsTest):
    def refused(self, answer, words):
        self.assertEqual(answer.status, 422)
        problem = html.unescape(answer.text.split('<div class="summary"')[1].split("</div>")[0])
        self.assertRegex(problem, words)
        self.assertLessEqual(answer.text.count('aria-invalid="true"'), 1)  # beside this answer, and no other

    def test_b45_a_closed_review_takes_no_answer(self):
        self.refused(self.decide(self.web.browser("person"), ITEMS["closed"]), "closed")
        self.assertEqual(self.states(OLD)[ITEMS["closed"]][1], "not-reviewed")

    def test_b45_a_stale_answer_says_who_decided_and_when(self):
        right, browser = (PEOPLES, "rita", "wiki"), self.web.browser("person")
        stale = self.item(*right)["version"]
        self.assertEqual(self.decide(browser, right).status, 303)
        answer = self.decide(browser, right, "remove", "not needed", version=stale)
        self.refused(answer, r"Jonas Meier.*20\d\d-\d\d-\d\d")
        self.assertEqual(self.item(*right)["draft"]["decision"], "keep")
        fields = {f"decision-{self.number(*right)}": "remove", f"reason-{self.number(*right)}": "no", f"version-{self.number(*right)}": stale}
        scripted = browser.post(f"/reviews/{PEOPLES}", fields, headers=[("Accept", "application/json"), ("Sec-Fetch-Site", "same-origin")])
        self.assertEqual(scripted.status, 409)
        self.assertIn("Jonas Meier", scripted.json["wrong_items"][0]["text"])

    def test_b45_m3_nobody_decides_about_an_account_that_turns_out_to_be_theirs(self):
        right, browser = (PEOPLES, "ria", "pay"), self.web.browser("person")
        self.assertEqual(self.decide(browser, right).status, 303)
        linked = self.site.rightful("link", "ria", "00124", "--reason", "an alias of his")
        self.assertEqual(linked.code, 0, linked.err)
        self.refused(self.decide(browser, right, "remove"), "is, or may be, of Jonas Meier")
        self.refused(self.decide(browser, (PEOPLES, "ria", "ops"), "remove"), "is, or may be, of Jonas Meier")
        answer = browser.post(f"/reviews/{PEOPLES}/bulk", {"item": str(self.number(*right)), "reason": "all fine", "person": "00132"})
        self.assertIn(answer.status, (404, 422))
        self.refused(browser.post(f"/reviews/{PEOPLES}/sign", {"seen": str(self.drafts()), "sentence": "mine too"}), "is, or may be, of Jonas Meier")
        self.assertNotEqual(self.states(PEOPLES)[right][1], "signed")

    def drafts(self):
        return sum(state[1] == "drafted" for state in self.states(PEOPLES).values())


class Words(ReviewsTest):
    """B46: what people write, kept as it is and shown as text."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.exception = cls.site.exceptions("--control", "group-without-owner")[0]["id"]

    def comment(self, text, raw=None):
        browser = self.web.browser("admin")
        if raw is None:
            return browser.post(f"/exceptions/{self.exception}/comment", {"text": text})
        return self.web.ask("POST", f"/exceptions/{self.exception}/comment", browser.headers(
            [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")]), raw + b"&csrf=" + browser.csrf().encode())

    def kept(self):
        return self.site.rightful("exception", "show", self.exception, "--json").json["exception"][0]["history"]

    def test_b46_nothing_too_much_and_no_text_at_all(self):
        before = self.kept()
        for text in ("", " ", " \t\r\n ", "\u00a0\u2003"):
            self.assertEqual(self.comment(text).status, 422, repr(text))
        self.assertEqual(self.comment("a" * 4001).status, 422)
        self.assertEqual(self.comment("a" * 10_000_000).status, 413)
        for raw in (b"text=%ff%fe", b"text=%c0%af", b"text=%ed%a0%80", b"text=a%00b", b"text=\xff"):
            self.assertEqual(self.comment(None, raw).status, 400, raw)
        self.assertEqual(self.kept(), before)

    def test_b46_what_is_written_is_kept_and_shown_as_text(self):
        said = self.web.said()
        for text in ("<b>bold</b> & \"quoted\"", "עברית \u202eevil", "😀 𝔘𝔫𝔦", "=cmd|' /C calc'!A0", "line\nrightful: run 99 was applied",
                     "a\r\n2026-03-17T05:00:00Z audit: root closed RV-000001"):
            answer = self.comment(text)
            self.assertEqual(answer.status, 303, text)
            self.assertIn(text.replace("\r\n", "\n"), [row["text"] for row in self.kept()])
            page = self.web.browser("admin").get(f"/exceptions/{self.exception}").text
            self.assertNotIn("<b>bold</b>", page)
            self.assertNotIn("\u202e", page)
            rows = self.site.rightful("exception", "show", self.exception, "-o", "ndjson").out
            self.assertEqual(len(rows.strip().splitlines()), 1)
        self.assertEqual(self.web.said(), said)  # no line of the log is anybody's but ours

    def test_b46_reasons_of_decisions_too(self):
        browser, right = self.web.browser("person"), (PEOPLES, "rita", "admins")
        for reason in ("", "   ", "x" * 5000):
            self.assertEqual(self.decide(browser, right, reason=reason).status, 422, reason[:9])
        self.assertEqual(self.decide(browser, right, reason="<i>😀</i>\nrightful: all is well").status, 303)
        self.assertIn("&lt;i&gt;😀&lt;/i&gt;", browser.get(f"/reviews/{PEOPLES}").text)


class Bulk(ReviewsTest):
    """Many at once: shown first, all or none, and never what is decided one by one."""

    target = f"/reviews/{PEOPLES}/bulk"

    def page(self, person="00126"):
        return self.web.browser("person").get(f"{self.target}?person={person}")

    def numbers(self, page):
        return re.findall(r'name="item" value="(\d+)"', page.text)

    def test_keeping_all_of_a_person_shows_the_set_without_what_is_decided_singly(self):
        review = self.web.browser("person").get(f"/reviews/{PEOPLES}").text
        self.assertIn(f'href="{self.target}?person=00126"', review)
        self.assertNotIn("person=00132", review)  # one ordinary right: nothing to gain
        page = self.page()
        self.assertEqual(self.numbers(page), [str(self.number(PEOPLES, "rita", group)) for group in ("pay", "wiki")])
        self.assertIn("Keep 2 rights of Rita Report?", page.text)
        self.assertIn("3 rights are not in it", page.text)  # admins: privileged; old and ops: we advise to remove them
        self.assertEqual(hidden(page.text)["person"], "00126")
        self.assertIn("There is nothing to answer at once", self.page("00127").text)

    def test_it_wants_a_reason_and_is_recorded_as_bulk(self):
        browser = self.web.browser("person")
        numbers = self.numbers(self.page("00131"))
        fields = [("item", number) for number in numbers] + [("person", "00131")]
        answer = browser.post(self.target, fields)
        self.assertEqual(answer.status, 422)
        self.assertIn("Give the reason that holds for all of them.", answer.text)
        self.assertEqual(self.item(PEOPLES, "rob", "pay")["state"], "undecided")
        self.assertEqual(browser.post(self.target, [*fields, ("reason", "on the team")]).status, 303)
        for group in ("pay", "wiki"):
            draft = self.item(PEOPLES, "rob", group)["draft"]
            self.assertEqual((draft["decision"], draft["bulk"], draft["reason"]), ("keep", True, "on the team"))
        self.assertEqual(self.numbers(self.page("00131")), [])

    def test_b47_one_item_that_is_none_of_it_takes_all_along_and_is_named(self):
        browser = self.web.browser("person")
        mine = self.number(PEOPLES, "rita", "pay")
        before = self.states(PEOPLES)
        for other, status in ((self.number(PEOPLES, "rita", "admins"), 422), (self.number(PEOPLES, "ria", "ops"), 422), (999999, 404)):
            answer = browser.post(self.target, [("item", str(mine)), ("item", str(other)), ("reason", "x"), ("person", "00126")])
            self.assertEqual(answer.status, status, answer.text)
            self.assertRegex(html.unescape(answer.text), rf"[Ii]tem {other}\b")
        for text in ("x", "-1", "0", str(2**63), "1 OR 1=1"):
            self.assertEqual(browser.post(self.target, [("item", str(mine)), ("item", text), ("reason", "x"), ("person", "00126")]).status, 400, text)
        self.assertEqual(self.states(PEOPLES), before)

    def test_b47_there_is_a_limit(self):
        browser, before = self.web.browser("person"), self.states(PEOPLES)
        self.assertEqual(browser.post(self.target, [("item", str(i)) for i in range(20000)]).status, 400)
        self.assertEqual(browser.post(self.target, [("item", str(i)) for i in range(1000000)]).status, 413)
        self.assertEqual(self.states(PEOPLES), before)


class Owner(ReviewsTest):
    """What the owner of a campaign does on its page."""

    def test_whoever_has_something_open_is_reminded_by_a_button(self):
        owner = self.web.browser("reviews")
        page = owner.get(f"/reviews/{PEOPLES}/campaign").text
        self.assertIn("No mail server is configured", page)
        self.assertNotIn("/remind", page)
        answer = owner.post(f"/reviews/{PEOPLES}/remind")
        self.assertEqual(answer.status, 422)
        self.assertIn("nobody can be reminded", answer.text)

    def test_a_campaign_is_closed_with_a_reason_that_is_recorded(self):
        owner = self.web.browser("reviews")
        self.assertEqual(owner.post(f"/reviews/{OTHERS}/close", {"reason": "the team is gone"}).status, 422)
        self.assertIn("the team is gone", owner.post(f"/reviews/{OTHERS}/close", {"reason": "the team is gone"}).text)
        self.assertEqual(owner.post(f"/reviews/{OTHERS}/close", {"reason": "the team is gone", "sure": "yes"}).status, 303)
        self.assertIn("closed: the team is gone", owner.get(f"/reviews/{OTHERS}/campaign").text)


class Anew(unittest.TestCase):
    def test_the_next_campaign_says_what_is_unchanged_since_somebody_decided_and_what_is_new(self):
        site = review_site()
        self.addCleanup(site.close)
        with Web(site, "--demo") as web:
            person, owner = web.browser("person"), web.browser("reviews")
            items = rights(site, PEOPLES)
            answered, silent = items["rob", "pay"]["item"], items["rob", "wiki"]["item"]
            person.post(f"/reviews/{PEOPLES}", {f"decision-{answered}": "keep", f"version-{answered}": "1"})
            self.assertEqual(person.post(f"/reviews/{PEOPLES}/sign", {"seen": "1", "sentence": "Yes."}).status, 303)
            self.assertEqual(owner.post(f"/reviews/{PEOPLES}/close", {"sure": "yes"}).status, 303)
            self.assertEqual(site.rightful("review", "start", "people").code, 0)
            page = person.get("/reviews/RV-000006").text
        marked = {number: "Unchanged since the last review" in page.split(f'id="item-{number}"')[1].split("</fieldset>")[0] for number in (answered, silent)}
        self.assertEqual(marked, {answered: True, silent: False})
        self.assertNotIn("New since the last review", page)


class Reminding(unittest.TestCase):
    def test_the_button_asks_the_worker_which_says_who_hears_of_it(self):
        site = review_site('notify: { smtp_url = "smtps://127.0.0.1:1"; from = "rightful@example.com"; };\n')
        self.addCleanup(site.close)
        with Worker(site) as worker, Web(site, "--demo") as web:
            owner = web.browser("reviews")
            answer = owner.post(f"/reviews/{PEOPLES}/remind")
            self.assertEqual(answer.status, 303, answer.text)
            worker.wait_until(lambda: "Refresh" not in dict(owner.get(answer["Location"]).headers), "the job is not done")
            page = owner.get(answer["Location"]).text
            self.assertRegex(page, r"Jonas Meier</th>.*?<time")
            self.assertIn(f'href="/reviews/{PEOPLES}/campaign"', page)
            with sqlite3.connect(os.path.join(site.folder, "ledger.db"), timeout=30) as ledger:
                self.assertEqual(ledger.execute("SELECT actor, object FROM audit WHERE action = 'reminded'").fetchall(), [("grc1", PEOPLES)])
            self.assertIn("reminded: 00124", owner.get(f"/reviews/{PEOPLES}/campaign").text)


if __name__ == "__main__":
    unittest.main()
