"""The pages of `rightful web`: every one as HTML and as JSON, forms that come back with what was typed, and what is whose."""

import html
import re
import unittest

from site_under_test import SMALL_CONFIG, SMALL_HR, SMALL_LDIF, Site
from web_under_test import Web, demo_section

PAGES = ("/", "/exceptions", "/reviews", "/tasks", "/leavers", "/runs", "/runs/1", "/controls", "/me")


class PagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site(SMALL_CONFIG + demo_section(), {"corp.ldif": SMALL_LDIF, "hr.csv": SMALL_HR})
        cls.addClassCleanup(cls.site.close)
        assert cls.site.run().code == 0
        cls.web = Web(cls.site, "--demo")
        cls.addClassCleanup(cls.web.stop)
        cls.leaver = next(row for row in cls.site.exceptions() if row["control"] == "leaver-active")

    def path(self, rest=""):
        return f"/exceptions/{self.leaver['id']}{rest}"


class Reading(PagesTest):
    def test_every_page_is_html_and_the_same_as_json(self):
        auditor = self.web.browser("auditor")
        for path in (*PAGES, self.path()):
            with self.subTest(path):
                page = auditor.get(path)
                self.assertEqual(page.status, 200)
                self.assertEqual(page.text.count("<h1>"), 1)
                self.assertNotIn("{{", page.text)
                answer = auditor.json(path)
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.json["schema_version"], 1)

    def test_pages_are_small(self):
        auditor = self.web.browser("auditor")
        for path in PAGES:
            self.assertLess(len(auditor.get(path).body), 100 * 1024, path)

    def test_what_is_not_there_is_404(self):
        auditor = self.web.browser("auditor")
        for path in ("/exceptions/EX-999999", "/exceptions/x", "/runs/0", "/runs/-1", "/runs/9223372036854775808", "/runs/1e3",
                     "/reviews/RV-000009", "/reviews/x/campaign", "/leavers/LC-000009", "/jobs/1", "/jobs/x"):
            self.assertEqual(auditor.get(path).status, 404, path)

    def test_an_exception_shows_its_path_drawn_and_told(self):
        page = self.web.browser("auditor").get(self.path()).text
        self.assertIn(html.escape(self.leaver["summary"], quote=False).replace("'", "&#39;"), page.replace("&#x27;", "&#39;"))
        self.assertIn(self.leaver["action"].split(" ", maxsplit=1)[0], page)

    def test_somebody_sees_the_exceptions_about_them_and_no_others(self):
        person = self.web.browser("person")
        every = self.web.browser("auditor").json("/exceptions?status=all").json["exceptions"]
        for row in every:
            own = (row["person"] or {}).get("id") == "00124"
            self.assertEqual(person.get("/exceptions/" + row["id"]).status, 200 if own else 404, row["summary"])

    def test_without_the_worker_a_page_says_so(self):
        answer = self.web.browser("auditor").get("/people/00123")
        self.assertEqual(answer.status, 503)
        self.assertIn("worker", answer.text)


class Acting(PagesTest):
    def history(self):
        return [row["change"] for row in self.web.browser("auditor").json(self.path()).json["exception"]["history"]]

    def test_a_form_comes_back_with_what_was_typed_and_what_is_wrong(self):
        admin, before = self.web.browser("admin"), self.history()
        for fields, field, sentence in (
                ({"approver": "", "until": "2026-12-31", "reason": "new owner <soon>"}, "approver", "Say who approves it."),
                ({"approver": "00124", "until": "31.12.2026", "reason": "new owner <soon>"}, "until", "Say until when"),
                ({"approver": "00124", "until": "2026-12-31", "reason": "  "}, "reason", "Say why it may stay.")):
            with self.subTest(field):
                answer = admin.post(self.path("/accept"), fields)
                self.assertEqual(answer.status, 422)
                self.assertIn(f'<a href="#{field}">{sentence}', answer.text)
                self.assertIn(f'id="{field}-wrong"', answer.text)
                for value in fields.values():
                    self.assertIn(html.escape(value, quote=False), answer.text)
        self.assertEqual(self.history(), before)

    def test_what_the_ledger_refuses_stands_beside_the_field(self):
        answer = self.web.browser("admin").post(self.path("/accept"), {"approver": "00125", "until": "2027-12-31", "reason": "mine"})
        self.assertEqual(answer.status, 422)
        self.assertIn('id="approver-wrong"', answer.text)
        self.assertIn(">mine</textarea>", answer.text)

    def test_assigning_commenting_accepting_and_opening_again(self):
        admin = self.web.browser("admin")
        for rest, fields, word in (("/assign", {"owner": "service desk"}, "assigned"), ("/comment", {"text": "asked\ntwice"}, "comment"),
                                   ("/accept", {"approver": "00124", "until": "2027-12-31", "reason": "stays"}, "accepted"),
                                   ("/reopen", {"why": "changed our mind"}, "reopened")):
            answer = admin.post(self.path(rest), fields)
            self.assertEqual((answer.status, answer["Location"].split("?")[0]), (303, self.path()), rest + answer.text)
            self.assertTrue(any(word in change for change in self.history()), (word, self.history()))
        self.assertIn('role="status"', admin.get(answer["Location"]).text)

    def test_an_auditor_has_no_form_and_may_send_none(self):
        auditor, before = self.web.browser("auditor"), self.history()
        self.assertNotIn(self.path("/comment"), auditor.get(self.path()).text)
        self.assertEqual(auditor.post(self.path("/comment"), {"text": "x"}).status, 403)
        self.assertEqual(self.history(), before)

    def test_fields_that_are_no_fields_are_refused(self):
        admin = self.web.browser("admin")
        for fields in ([("text", "a"), ("text", "b")], [("text", "a"), ("actor", "somebody")]):
            self.assertEqual(admin.post(self.path("/comment"), fields).status, 400)

    def test_a_job_is_written_and_shown_to_who_asked_and_to_who_sees_all(self):
        admin = self.web.browser("admin")
        answer = admin.post("/runs")
        self.assertEqual(answer.status, 303)
        page = admin.get(answer["Location"])
        self.assertEqual((page.status, page["Refresh"]), (200, "3"))
        self.assertEqual(self.web.browser("auditor").get(answer["Location"]).status, 200)
        self.assertEqual(self.web.browser("person").get(answer["Location"]).status, 404)


class Again(PagesTest):
    """A session that ends while somebody writes costs nothing."""

    TYPED = "a long text, <b>typed</b> with care"

    def hidden(self, page):
        return {name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)}

    def test_what_was_sent_without_a_session_comes_back_and_can_be_sent_again(self):
        answer = self.web.browser().post(self.path("/comment"), {"text": self.TYPED}, csrf=False)
        self.assertEqual(answer.status, 401)
        self.assertEqual(self.hidden(answer.text)["text"], self.TYPED)

        admin = self.web.browser("admin")  # signed in anew in another tab: the form of that page has no token of this session
        answer = admin.post(self.path("/comment"), {"text": self.TYPED}, csrf="0" * 64)
        self.assertEqual(answer.status, 403)
        fields = self.hidden(answer.text.split("<main", maxsplit=1)[1])
        self.assertEqual(fields["text"], self.TYPED)
        answer = admin.post(self.path("/comment"), fields, csrf=False)
        self.assertEqual(answer.status, 303)
        self.assertIn("typed", str(self.web.browser("auditor").json(self.path()).json["exception"]["history"]))

    def test_what_another_site_sent_is_not_offered(self):
        admin = self.web.browser("admin")
        answer = admin.post(self.path("/comment"), {"text": self.TYPED}, headers=[("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site")])
        self.assertEqual(answer.status, 403)
        self.assertNotIn("typed", answer.text)

    def test_a_password_never_comes_back(self):
        answer = self.web.browser().post("/sign-in", {"user": "x", "password": "hush hush"}, csrf=False)
        self.assertNotIn("hush", answer.text)


if __name__ == "__main__":
    unittest.main()
