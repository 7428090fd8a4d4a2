"""Mail: who hears what, once; encrypted or not at all; the same message again when nobody knows whether it went."""

import email
import email.policy
import json
import os
import sqlite3
import time
import unittest

from site_under_test import SMALL_CONFIG, SMALL_HR, SMALL_LDIF, Site, SiteTest
from smtp_sink import PASSWORD, Sink
from worker_under_test import Worker

HR = """id,name,email,manager_id,status,last_working_day
00123,Lena Wong,lena@example.com,00124,active,
00124,"Jonas ""Jo"" Meier",jonas@example.com,00125,active,
00125,Ana Lima,ana@example.com,,active,
"""


class MailTest(SiteTest):
    def sink(self, *arguments, **behaviour):
        sink = Sink(*arguments, **behaviour)
        self.addCleanup(sink.stop)
        return sink

    def site(self, sink, more="", hr=HR, notify=""):
        fresh = SMALL_LDIF.replace("20260316200000Z", time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - 60)))
        site = self.open(Site(SMALL_CONFIG + f"""
worker: {{ socket = "worker.sock"; }};
freshness: {{ people_days = 36500; }};
notify: {{ smtp_url = "{sink.url}"; from = "rightful@example.com"; ca_file = "{sink.ca_file}"; digest_hour = 0;
          admins = [ "root@example.com" ]; {notify} }};
""" + (more or 'web: { roles: { hr = ["admins"]; }; };\n'), {"corp.ldif": fresh, "hr.csv": hr}))
        path = site.write("smtp-password", PASSWORD + "\n")
        os.chmod(path, 0o600)
        return site

    def run_and_lose_the_roster(self, site):
        """A partial run: something to tell the administrators."""
        self.assertEqual(site.rightful("run").code, 0)
        os.rename(os.path.join(site.folder, "hr.csv"), os.path.join(site.folder, "hr.gone"))
        self.assertEqual(site.rightful("run").code, 3)

    def outbox(self, site):
        with sqlite3.connect(os.path.join(site.folder, "ledger.db"), timeout=30) as store:
            return store.execute("SELECT person, address, sent, failure, tries, message_id FROM outbox ORDER BY person").fetchall()

    def settled(self, site, worker, n=1):
        worker.wait_until(lambda: sum(row[2] is not None for row in self.outbox(site)) >= n, "nothing was settled")

    def postponed(self, site, worker):
        worker.wait_until(lambda: any(row[4] > 0 and row[2] is None for row in self.outbox(site)), "nothing was tried")
        return [row[3] for row in self.outbox(site)][0]

    @staticmethod
    def parse(message):
        return email.message_from_bytes(message[2], policy=email.policy.default)


class Telling(MailTest):
    def test_a_run_that_went_wrong_is_told_to_the_administrators_once(self):
        sink = self.sink()
        site = self.site(sink, 'web: { base_url = "https://rightful.example.com/"; };\n' if self.has_base_url() else "")
        self.run_and_lose_the_roster(site)
        with Worker(site) as worker:
            self.settled(site, worker)
        with Worker(site) as worker:
            worker.wait_until(lambda: worker.tell("work")["ok"], "it does not answer")
        self.assertEqual([(sender, to) for sender, to, _ in sink.messages], [("rightful@example.com", ["root@example.com"])])
        message = self.parse(sink.messages[0])
        self.assertEqual((message["From"], message["To"], message["Auto-Submitted"]), ("rightful@example.com", "root@example.com", "auto-generated"))
        self.assertTrue(message["Message-ID"].endswith("@example.com>"))
        plain, html = message.get_body(("plain",)).get_content(), message.get_body(("html",)).get_content()
        for body in (plain, html):
            self.assertIn("Run 2 is partial", body)
        self.assertIn("Run 2", message["Subject"])
        if self.has_base_url():
            self.assertIn("https://rightful.example.com/runs/2", plain)
        self.assertNotIn("token", plain + html)

    @staticmethod
    def has_base_url():
        with open(os.path.join(os.environ["SOURCE_ROOT"], "config", "rightful.conf"), encoding="utf-8") as file:
            return "base_url" in file.read()

    def test_a_leaver_case_is_told_to_hr_the_manager_and_the_administrators_each_once(self):
        sink = self.sink()
        site = self.site(sink)
        self.assertEqual(site.rightful("run").code, 0)
        site.rightful("leaver", "00123", "--urgent")
        site.rightful("leaver", "00125", "--urgent")
        with Worker(site) as worker:
            self.settled(site, worker, 2)
        heard = sorted((to[0], self.parse(message)) for message in sink.messages for to in [message[1]])
        self.assertEqual([to for to, _ in heard], ["jonas@example.com", "root@example.com"])  # HR is the manager: one message
        plain = heard[0][1].get_body(("plain",)).get_content()
        self.assertIn('Hello Jonas "Jo" Meier,', plain)
        self.assertIn("Leaver Lena Wong (LC-000001)", plain)
        self.assertIn("Leaver Ana Lima (LC-000002)", plain)
        self.assertIn("and 1 more", heard[0][1]["Subject"])
        html = heard[0][1].get_body(("html",)).get_content()
        self.assertIn("Jonas &quot;Jo&quot; Meier", html)

    def test_names_and_addresses_are_text_and_nothing_else(self):
        sink = self.sink()
        hr = HR.replace("Lena Wong", "\"Lena <b>=cmd|' Wüng\"").replace("jonas@example.com", "\"jonas@example.com\nBcc: all@example.com\"")
        site = self.site(sink, hr=hr)
        self.assertEqual(site.rightful("run").code, 0)
        site.rightful("leaver", "00123", "--urgent")
        with Worker(site) as worker:
            self.settled(site, worker, 2)
        self.assertEqual([to for _, to, _ in sink.messages], [["root@example.com"]])
        message = self.parse(sink.messages[0])
        self.assertIn("Wüng", message.get_body(("plain",)).get_content())
        self.assertIn("Lena &lt;b&gt;=cmd|&apos; Wüng", message.get_body(("html",)).get_content().replace("&#39;", "&apos;"))
        self.assertIsNone(message["Bcc"])
        never = {row[0]: row[3] for row in self.outbox(site) if row[3]}
        self.assertIn("may", never["00124"])

    def test_somebody_without_an_address_is_listed(self):
        sink = self.sink()
        site = self.site(sink, hr=HR.replace("jonas@example.com", ""))
        self.assertEqual(site.rightful("run").code, 0)
        site.rightful("leaver", "00123", "--urgent")
        with Worker(site) as worker:
            self.settled(site, worker, 2)
        self.assertEqual({row[0]: row[3] for row in self.outbox(site)}["00124"], "no mail address is known")

    def test_no_more_than_the_cap_is_sent(self):
        sink = self.sink()
        site = self.site(sink, notify='cap = 1;')
        self.assertEqual(site.rightful("run").code, 0)
        site.rightful("leaver", "00123", "--urgent")
        with Worker(site) as worker:
            self.settled(site, worker)
            worker.wait_until(lambda: worker.tell("work")["ok"], "it does not answer")
        self.assertEqual((len(sink.messages), len(self.outbox(site))), (1, 2))

    def test_an_old_mail_waits_for_its_hour(self):
        sink = self.sink()
        hour = (int(time.strftime("%H", time.gmtime())) + 4) % 24  # Berlin is ahead of UTC by one or two
        if hour < 4:
            self.skipTest("the day is nearly over")
        site = self.site(sink, notify=f"digest_hour = {hour};".replace("digest_hour", "digest_hour"))
        site.write("rightful.conf", site.read("rightful.conf").replace("digest_hour = 0;", "", 1))
        self.run_and_lose_the_roster(site)
        with Worker(site) as worker:
            worker.wait_until(lambda: self.outbox(site), "nothing is waiting")
        self.assertEqual(sink.messages, [])


REVIEW = 'reviews: ( { name = "a"; scope = "privileged"; reviewer = "manager"; fallback = "00124"; due_days = 14; } );\n'


class Reviews(MailTest):
    def started(self, sink):
        site = self.site(sink, REVIEW + 'web: { base_url = "https://rightful.example.com/"; };\n')
        self.assertEqual(site.rightful("run").code, 0)
        self.assertEqual(site.rightful("review", "start", "a").code, 0)
        return site

    def reminded(self, site, *arguments):
        result = site.rightful("review", "remind", "RV-000001", "--json", *arguments)
        self.assertEqual(result.code, 0, result.err)
        return [(row["person"]["id"], row["open"], row["reason"]) for row in result.json["reminded"]]

    def test_a_reminder_that_is_asked_for_is_in_the_one_message_of_the_day(self):
        sink = self.sink()
        site = self.started(sink)
        self.assertEqual(self.reminded(site), [("00125", 1, None)])
        self.assertEqual(self.reminded(site, "--reviewer", "00125"), [("00125", 1, "reminded of it today already")])
        with Worker(site) as worker:
            self.settled(site, worker)
        self.assertEqual([to for _, to, _ in sink.messages], [["ana@example.com"]])
        plain = self.parse(sink.messages[0]).get_body(("plain",)).get_content()
        self.assertEqual(plain.count("you have 1 right to decide"), 1, plain)
        self.assertIn("https://rightful.example.com/reviews/RV-000001", plain)

    def test_after_the_message_of_the_day_it_waits_for_the_next(self):
        sink = self.sink()
        site = self.started(sink)
        with Worker(site) as worker:
            self.settled(site, worker)
            self.assertEqual(self.reminded(site), [("00125", 1, "today's message has gone already")])
            worker.wait_until(lambda: worker.tell("work")["ok"], "it does not answer")
        self.assertEqual((len(sink.messages), len(self.outbox(site))), (1, 2))

    def test_who_is_reminded_is_told_in_words_and_audited(self):
        site = self.started(self.sink())
        result = site.rightful("review", "remind", "RV-000001", "--as", "grc1")
        self.assertRegex(result.out, r"Ana Lima +00125 +1 +20")
        self.assertIn("1 person is reminded", result.err)
        with sqlite3.connect(os.path.join(site.folder, "ledger.db")) as store:
            self.assertEqual(store.execute("SELECT actor, object FROM audit WHERE action = 'reminded'").fetchall(), [("grc1", "RV-000001")])

    def test_what_cannot_be_reminded_of_is_said(self):
        site = self.started(self.sink())
        for words, arguments in (("RV-000009: no such review", ["RV-000009"]),
                                 ("00124 decides on nothing in RV-000001", ["RV-000001", "--reviewer", "00124"])):
            result = site.rightful("review", "remind", *arguments)
            self.assertEqual(result.code, 1)
            self.assertIn(words, result.err)
        self.assertEqual(site.rightful("review", "remind").code, 2)
        self.assertEqual(site.rightful("review", "close", "RV-000001").code, 0)
        self.assertIn("RV-000001 is closed. Nobody was reminded", site.rightful("review", "remind", "RV-000001").err)
        site.write("rightful.conf", site.read("rightful.conf").replace("smtp_url", "# smtp_url"))
        self.assertIn("no mail server is configured", site.rightful("review", "remind", "RV-000001").err)
        self.assertEqual(self.outbox(site), [])


class Waivers(MailTest):
    def test_an_exception_whose_acceptance_ends_within_a_week_is_told_once_to_who_approved_it_and_the_administrators(self):
        sink = self.sink()
        left = HR.replace("00123,Lena Wong,lena@example.com,00124,active,", "00123,Lena Wong,lena@example.com,00124,left,2026-03-05")
        site = self.site(sink, hr=left)
        self.assertEqual(site.rightful("run").code, 0)
        exception = [row["id"] for row in site.exceptions() if row["control"] == "leaver-active"][0]
        for days, n_messages in ((30, 0), (5, 2)):
            until = time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * 86400))
            accepted = site.rightful("exception", "accept", exception, "--until", until, "--reason", "handing over", "--approver", "00124")
            self.assertEqual(accepted.code, 0, accepted.err)
            with Worker(site) as worker:
                worker.wait_until(lambda: worker.tell("work")["ok"], "it does not answer")
                if n_messages:
                    self.settled(site, worker, n_messages)
            self.assertEqual(len(sink.messages), n_messages)
            site.rightful("exception", "reopen", exception, "--reason", "anew")
        self.assertEqual(sorted(to[0] for _, to, _ in sink.messages), ["jonas@example.com", "root@example.com"])
        plain = self.parse(sink.messages[0]).get_body(("plain",)).get_content()
        day = time.strftime("%d %B %Y", time.strptime(until, "%Y-%m-%d")).lstrip("0")
        self.assertIn(f"{exception} is accepted until {day}; then it is open again by itself. lwong is still enabled ", " ".join(plain.split()))


class AtLeastOnce(MailTest):
    def test_a_worker_killed_before_it_noted_that_a_mail_was_sent_sends_it_again_as_the_same(self):
        sink = self.sink()
        sink.may_answer.clear()
        site = self.site(sink)
        self.run_and_lose_the_roster(site)
        worker = Worker(site)
        self.assertTrue(sink.got_message.wait(60), worker.said())
        worker.kill()
        sink.may_answer.set()
        self.assertEqual([row[2] for row in self.outbox(site)], [None])
        with Worker(site) as worker:
            self.settled(site, worker)
        ids = [self.parse(message)["Message-ID"] for message in sink.messages]
        self.assertEqual((len(ids), len(set(ids))), (2, 1))

    def test_a_recipient_that_is_refused_for_good_is_not_tried_again_and_holds_up_nobody(self):
        sink = self.sink(recipients={"jonas@example.com": 550})
        site = self.site(sink)
        self.assertEqual(site.rightful("run").code, 0)
        site.rightful("leaver", "00123", "--urgent")
        with Worker(site) as worker:
            self.settled(site, worker, 2)
        rows = {row[0]: row for row in self.outbox(site)}
        self.assertTrue(rows["00124"][3])
        self.assertEqual([to for _, to, _ in sink.messages], [["root@example.com"]])

    def test_a_recipient_that_is_refused_for_now_is_tried_later(self):
        sink = self.sink(recipients={"root@example.com": 451})
        site = self.site(sink)
        self.run_and_lose_the_roster(site)
        with Worker(site) as worker:
            self.assertTrue(self.postponed(site, worker))
        self.assertEqual(sink.messages, [])

    def test_a_server_that_is_down_keeps_the_mail_waiting_and_everything_else_going(self):
        sink = self.sink()
        site = self.site(sink)
        config = site.read("rightful.conf")
        site.write("rightful.conf", config.replace(str(sink.port), "1"))
        self.run_and_lose_the_roster(site)
        with Worker(site) as worker:
            self.assertTrue(self.postponed(site, worker))
            self.assertEqual(worker.tell("work"), {"ok": True})
        site.write("rightful.conf", config)
        with sqlite3.connect(os.path.join(site.folder, "ledger.db")) as store:
            store.execute("UPDATE outbox SET next_try = 0")
        with Worker(site) as worker:
            self.settled(site, worker)
        self.assertEqual(len(sink.messages), 1)


class Encryption(MailTest):
    sign_in = 'user = "rightful"; password_file = "smtp-password";'

    def check(self, site):
        result = site.rightful("check", "--json")
        return [row for row in result.json["check"] if row["about"] == "mail"][0]

    def test_tls_from_the_first_byte_and_starttls_with_a_password(self):
        for mode in ("tls", "starttls"):
            with self.subTest(mode):
                sink = self.sink(mode)
                site = self.site(sink, notify=self.sign_in)
                self.assertEqual(self.check(site)["result"], "ok", self.check(site))
                self.assertEqual(sink.messages, [])
                self.run_and_lose_the_roster(site)
                with Worker(site) as worker:
                    self.settled(site, worker)
                self.assertEqual(len(sink.messages), 1)
                self.assertGreaterEqual(sink.signed_in, 2)
                self.assertFalse([line for line in sink.plain_lines if not line.startswith(("EHLO", "STARTTLS"))])

    def test_a_server_without_starttls_gets_nothing(self):
        for sink in (self.sink("plain"), self.sink("starttls", refuses_starttls=True)):
            site = self.site(sink, notify=self.sign_in)
            self.assertEqual(self.check(site)["result"], "FAILED")
            self.run_and_lose_the_roster(site)
            with Worker(site) as worker:
                self.postponed(site, worker)
            self.assertEqual(sink.messages, [])
            self.assertFalse([line for line in sink.plain_lines if line.startswith(("AUTH", "MAIL"))], sink.plain_lines)

    def test_without_encryption_only_when_the_configuration_says_so(self):
        sink = self.sink("plain")
        site = self.site(sink, notify="allow_plaintext = true;")
        self.run_and_lose_the_roster(site)
        with Worker(site) as worker:
            self.settled(site, worker)
        self.assertEqual(len(sink.messages), 1)

    def test_words_before_the_encryption_count_for_nothing(self):
        sink = self.sink("starttls", injects=True)
        site = self.site(sink, notify=self.sign_in)
        self.run_and_lose_the_roster(site)
        with Worker(site) as worker:
            worker.wait_until(lambda: any(row[4] > 0 for row in self.outbox(site)), "nothing was tried")
        self.assertFalse([line for line in sink.plain_lines if line.startswith(("AUTH", "MAIL"))])
        sent = [row for row in self.outbox(site) if row[2] is not None and row[3] is None]
        self.assertEqual(len(sent), len(sink.messages), "what was noted as sent has arrived")

    def test_a_certificate_of_somebody_else_is_refused(self):
        sink, other = self.sink(), self.sink()
        site = self.site(sink, notify=self.sign_in)
        site.write("rightful.conf", site.read("rightful.conf").replace(sink.ca_file, other.ca_file))
        row = self.check(site)
        self.assertEqual(row["result"], "FAILED")
        self.assertIn("certificate", row["text"])

    def test_a_wrong_password_is_said(self):
        sink = self.sink()
        site = self.site(sink, notify=self.sign_in)
        os.chmod(site.write("smtp-password", "wrong\n"), 0o600)
        row = self.check(site)
        self.assertEqual(row["result"], "FAILED")
        self.assertNotIn("wrong", json.dumps(row).replace("went wrong", ""))

    def test_a_server_that_talks_without_end_is_left(self):
        sink = self.sink("starttls", endless=True)
        site = self.site(sink)
        began = time.monotonic()
        row = self.check(site)
        self.assertEqual(row["result"], "FAILED")
        self.assertLess(time.monotonic() - began, 50)

    def test_the_password_is_nowhere(self):
        sink = self.sink()
        site = self.site(sink, notify=self.sign_in)
        self.run_and_lose_the_roster(site)
        with Worker(site) as worker:
            self.settled(site, worker)
        for name in set(os.listdir(site.folder)) - {"smtp-password", "worker.sock"}:
            with open(os.path.join(site.folder, name), "rb") as file:
                self.assertNotIn(PASSWORD.encode(), file.read(), name)


if __name__ == "__main__":
    unittest.main()
