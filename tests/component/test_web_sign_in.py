"""Who is let in: by a proxy on a UNIX socket, by the form, by a token; and what a demotion or a silent worker changes."""

import json
import os
import re
import socket
import sqlite3
import subprocess
import threading
import time
import unittest

from site_under_test import SMALL_CONFIG, SMALL_HR, SMALL_LDIF, Site
from web_under_test import Browser, Web, demo_section
from worker_under_test import Worker

WORKER = 'worker: { socket = "worker.sock"; };\n'
PROXY = ('web: { listen = "unix:%s/web.sock"; base_url = "https://rightful.example.com"; roles: { admin = ["admins"]; }; contact = "it@example.com"; };\n')
NO_ADMIN = SMALL_LDIF.replace("member: uid=jmeier", "member: uid=alima")


def small(more):
    site = Site(SMALL_CONFIG + WORKER, {"corp.ldif": SMALL_LDIF, "hr.csv": SMALL_HR})
    site.write("rightful.conf", SMALL_CONFIG + WORKER + (more % site.folder if "%s" in more else more))
    result = site.run()
    assert result.code == 0, result.err
    return site


class Ledger(unittest.TestCase):
    def sql(self, statement, *values):
        with sqlite3.connect(os.path.join(self.site.folder, "ledger.db"), timeout=30) as ledger:
            return ledger.execute(statement, values).fetchall()

    def confirmed_before(self, seconds):
        """As if the worker had confirmed everybody so long ago."""
        self.sql("UPDATE session SET who = json_set(who, '$.confirmed', json_extract(who, '$.confirmed') - ?)", seconds)


class Proxied(Browser):
    """Behind a proxy that says who it is."""

    def __init__(self, web, user):
        super().__init__(web)
        self.user = user

    def headers(self, more=()):
        return [("X-Remote-User", self.user), *super().headers(more)] if self.user is not None else super().headers(more)


class ByProxy(Ledger):
    def setUp(self):
        self.site = small(PROXY)
        self.addCleanup(self.site.close)
        self.worker = Worker(self.site)
        self.addCleanup(lambda: self.worker.stop() if self.worker.process.poll() is None else None)
        self.web = Web(self.site, path=os.path.join(self.site.folder, "web.sock"))
        self.addCleanup(self.web.stop)

    def test_a_session_begins_with_the_header_and_its_cookie_is_for_this_host_alone(self):
        browser = Proxied(self.web, "jmeier")
        answer = browser.get("/me")
        self.assertEqual(answer.status, 200, answer.text)
        self.assertIn("Jonas Meier", answer.text)
        self.assertIn("it@example.com", answer.text)
        self.assertRegex(answer["Set-Cookie"], r"^__Host-rightful=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Lax; Secure$")
        self.assertEqual(answer["Strict-Transport-Security"], "max-age=31536000")
        self.assertIsNone(browser.get("/me")["Set-Cookie"])
        self.assertEqual(browser.json("/me").json["me"]["roles"], ["admin"])
        self.assertEqual(self.sql("SELECT count(*) FROM session"), [(1,)])

    def test_who_is_not_named_or_not_known_stays_outside(self):
        for user, status in ((None, 401), ("", 401), ("nobody", 403), ("*", 403), ("lwong", 403), ("jmeier)(uid=*", 403), ("j" * 300, 401)):
            answer = Proxied(self.web, user).get("/")
            self.assertEqual((answer.status, answer["Set-Cookie"]), (status, None), user)
        twice = self.web.ask("GET", "/", [("X-Remote-User", "alima"), ("X-Remote-User", "jmeier")])
        self.assertEqual(twice.status, 400)

    def test_a_cookie_does_not_outlive_the_name_that_the_proxy_gives(self):
        first = Proxied(self.web, "jmeier")
        first.get("/me")
        other = Proxied(self.web, "alima")
        other.cookie = first.cookie
        self.assertIn("Ana Lima", other.get("/me").text)
        self.assertNotEqual(other.cookie, first.cookie)
        without = Proxied(self.web, None)
        without.cookie = first.cookie
        self.assertEqual(without.get("/me").status, 401)

    @unittest.skipIf(os.geteuid() != 0, "needs another user")
    def test_another_user_of_the_machine_is_not_the_proxy(self):
        os.chmod(self.site.folder, 0o755)
        os.chmod(self.web.path, 0o666)
        code = ("import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
                "s.sendall(b'GET /me HTTP/1.1\\r\\nHost: rightful.example.com\\r\\nX-Remote-User: jmeier\\r\\nConnection: close\\r\\n\\r\\n'); "
                "print(s.recv(100))")
        result = subprocess.run(["/usr/bin/python3", "-c", code, self.web.path], capture_output=True, text=True, user=65534, check=False)
        self.assertIn("HTTP/1.1 403", result.stdout, result.stderr)

    def test_the_socket_is_for_owner_and_group(self):
        self.assertEqual(os.stat(self.web.path).st_mode & 0o777, 0o660)

    def test_b49_a_demotion_acts_after_the_next_run(self):
        browser = Proxied(self.web, "jmeier")
        self.assertEqual(browser.json("/me").json["me"]["roles"], ["admin"])
        self.site.write("corp.ldif", NO_ADMIN)
        self.assertEqual(self.site.run(as_of="2026-03-17T06:00:00Z").code, 0)
        self.confirmed_before(6)
        self.assertEqual(browser.json("/me").json["me"]["roles"], [])

    def test_who_has_left_is_out_after_the_next_run(self):
        browser = Proxied(self.web, "jmeier")
        browser.get("/me")
        self.site.write("hr.csv", SMALL_HR.replace("jonas@example.com,active,", "jonas@example.com,left,2026-03-10"))
        self.assertEqual(self.site.run(as_of="2026-03-17T06:00:00Z").code, 0)
        self.confirmed_before(6)
        self.assertEqual(browser.get("/me").status, 403)

    def test_while_the_worker_is_silent_one_reads_for_ten_minutes_and_changes_nothing(self):
        browser = Proxied(self.web, "jmeier")
        csrf = browser.csrf()
        self.worker.stop()
        self.assertEqual(browser.get("/me").status, 200)
        self.confirmed_before(70)
        answer = browser.get("/me")
        self.assertEqual(answer.status, 200)
        self.assertIn("could not be confirmed", answer.text)
        refused = browser.post("/me/sessions", {"session": "1"}, csrf=csrf)
        self.assertEqual(refused.status, 503)
        self.confirmed_before(600)
        self.assertEqual(browser.get("/me").status, 503)
        self.assertEqual(Proxied(self.web, "alima").get("/me").status, 503)
        self.worker = Worker(self.site)
        deadline = time.monotonic() + 60  # it rests after a failure
        while browser.get("/me").status != 200 and time.monotonic() < deadline:
            time.sleep(0.2)
        self.assertEqual(browser.get("/me").status, 200)


class FakeWorker:
    """Answers what the test says; remembers what it was asked."""

    def __init__(self, site, answer):
        self.asked, self.answer = [], answer
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(os.path.join(site.folder, "worker.sock"))
        self.socket.listen(64)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with client:
                question = json.loads(client.makefile().readline())
                self.asked.append(question)
                try:
                    client.sendall(self.answer(question))
                except OSError:
                    pass

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


def whole(question):
    who = {"user": "jmeier", "person": {"id": "00124", "name": "Jonas Meier", "email": ""}, "accounts": [], "roles": ["admin"], "usable": True, "run": 1}
    is_right = question.get("password") == "right pass%Wört" and question["user"] == "jmeier"
    return json.dumps({"who": who if is_right or question["ask"] == "who" else None}).encode() + b"\n"


class ByForm(Ledger):
    section = 'web: { listen = "127.0.0.1:0"; sign_in = "corp"; };\n'

    def setUp(self):
        self.site = small(self.section)
        self.addCleanup(self.site.close)

    def start(self, answer=whole, path=None):
        self.fake = FakeWorker(self.site, answer)
        self.addCleanup(self.fake.stop)
        self.web = Web(self.site, path=path)
        self.addCleanup(self.web.stop)

    def sign_in(self, user, password, browser=None, headers=None):
        return (browser or self.web.browser()).post("/sign-in", {"user": user, "password": password}, headers=headers, csrf=False)

    def test_the_right_password_opens_a_session(self):
        self.start()
        browser = self.web.browser()
        answer = self.sign_in("jmeier", "right pass%Wört", browser)
        self.assertEqual((answer.status, answer["Location"]), (303, "/"))
        self.assertEqual(browser.json("/me").json["me"]["person"], "00124")
        self.assertEqual(self.fake.asked[0], {"ask": "sign-in", "user": "jmeier", "password": "right pass%Wört", "address": "127.0.0.1"})

    def test_b50_b51_every_failure_is_the_same_page(self):
        self.start()
        pages = set()
        for user, password in (("jmeier", "wr0ng-secret"), ("jmeier", ""), ("jmeier", "   "), ("nobody", "right pass%Wört"), ("*", "x"), (")(uid=*", "x"),
                               ("admin)(|(uid=*", "x"), ("DOMAIN\\x", "x"), ("jmeier ", "right pass%Wört"), ("jmeiеr", "x"), ("jmeier", "x" * 5000)):
            answer = self.sign_in(user, password)
            self.assertEqual((answer.status, answer["Set-Cookie"]), (403, None), user)
            pages.add(re.sub(r'value="[^"]*"', "", answer.text))
            self.assertNotIn(password if len(password.strip()) > 3 else "\0", answer.text)
        self.assertEqual(len(pages), 1)
        self.assertEqual(self.web.ask("POST", "/sign-in", [("Sec-Fetch-Site", "same-origin"), ("Content-Type", "application/x-www-form-urlencoded")],
                                      "user=jmeier&password=a%00b").status, 400)
        self.assertEqual(self.sign_in("jmeier", "x" * 2**20).status, 413)
        self.assertTrue(all("\0" not in question["password"] for question in self.fake.asked))
        self.assertNotIn("right pass", self.web.said())

    def test_on_loopback_nobody_can_say_that_he_comes_from_elsewhere(self):
        self.start()
        self.sign_in("jmeier", "wrong", headers=[("Sec-Fetch-Site", "same-origin"), ("X-Forwarded-For", "192.0.2.7"), ("X-Remote-User", "jmeier")])
        self.assertEqual(self.fake.asked[0]["address"], "127.0.0.1")

    def test_the_demo_s_choice_does_not_exist(self):
        self.start()
        answer = self.web.browser().post("/sign-in", {"choice": "0"}, csrf=False)
        self.assertEqual((answer.status, answer["Set-Cookie"]), (403, None))
        self.assertNotIn("Be ", self.web.ask("GET", "/sign-in").text)

    def test_a_session_of_the_demo_is_none_here(self):
        self.site.write("rightful.conf", SMALL_CONFIG + WORKER + demo_section())
        with Web(self.site, "--demo") as demo:
            cookie = demo.browser("admin").cookie
        self.site.write("rightful.conf", SMALL_CONFIG + WORKER + self.section)
        self.start()
        self.assertEqual(self.web.ask("GET", "/me", [("Cookie", cookie)]).status, 303)

    def test_what_a_broken_worker_says_signs_nobody_in(self):
        for said in (b"", b"{}", b"nonsense\n", b'{"who": {}}\n', b'{"who": {"user": "x", "usable": false}}\n', b'{"error": "busy"}\n', b'{"who": [1]}\n',
                     b'{"who": null, "who": {"user": "x", "usable": true}}\n'):
            with self.subTest(said):
                if os.path.exists(os.path.join(self.site.folder, "worker.sock")):
                    os.unlink(os.path.join(self.site.folder, "worker.sock"))
                self.start(lambda question, said=said: said)
                answer = self.sign_in("jmeier", "right pass%Wört")
                self.assertIn(answer.status, (403, 503))
                self.assertIsNone(answer["Set-Cookie"])

    def test_a_worker_that_hangs_does_not_hold_up_the_pages(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def hang(question):
            release.wait(30)
            return b"{}"
        self.start(hang)
        threads = [threading.Thread(target=self.sign_in, args=("jmeier", "x"), daemon=True) for _ in range(12)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 60
        while not self.fake.asked and time.monotonic() < deadline:
            time.sleep(0.01)
        begun = time.monotonic()
        self.assertEqual(self.web.ask("GET", "/sign-in").status, 200)
        self.assertLess(time.monotonic() - begun, 3)
        release.set()
        for thread in threads:
            thread.join(60)


class BehindAProxyWithAForm(ByForm):
    """The address that the proxy adds last is the one that counts."""

    section = 'web: { listen = "unix:%s/web.sock"; base_url = "https://rightful.example.com"; sign_in = "corp"; };\n'

    def start(self, answer=whole, path=None):
        super().start(answer, os.path.join(self.site.folder, "web.sock"))

    def test_the_right_password_opens_a_session(self):
        self.start()
        for given, address in (("192.0.2.7", "192.0.2.7"), ("127.0.0.1, 198.51.100.9", "198.51.100.9"), ("x", "local"), ("2001:db8::1", "2001:db8::1")):
            self.sign_in("jmeier", "wrong", headers=[("Sec-Fetch-Site", "same-origin"), ("X-Forwarded-For", given)])
            self.assertEqual(self.fake.asked[-1]["address"], address)

    test_on_loopback_nobody_can_say_that_he_comes_from_elsewhere = None
    test_a_session_of_the_demo_is_none_here = None
    test_b50_b51_every_failure_is_the_same_page = None
    test_what_a_broken_worker_says_signs_nobody_in = None
    test_a_worker_that_hangs_does_not_hold_up_the_pages = None
    test_the_demo_s_choice_does_not_exist = None


class ByToken(Ledger):
    def setUp(self):
        self.site = small(demo_section())
        self.addCleanup(self.site.close)
        self.web = Web(self.site, "--demo")
        self.addCleanup(self.web.stop)
        made = self.site.rightful("token", "new", "hr-portal", "--scope", "leaver-checks", "--expires", "2027-06-30")
        self.assertEqual(made.code, 0, made.err)
        self.token = made.out.strip().split()[-1]

    def ask(self, body, token=None, headers=(), method="POST", target="/api/v1/leaver-checks"):
        return self.web.ask(method, target, [("Authorization", f"Bearer {token or self.token}"), ("Content-Type", "application/json"), *headers],
                            body if isinstance(body, (str, bytes)) or body is None else json.dumps(body))

    def test_a_check_is_a_job_that_can_be_looked_at(self):
        answer = self.ask({"person": "00123", "last_day": "2026-03-05", "urgent": True})
        self.assertEqual(answer.status, 202, answer.text)
        self.assertEqual(answer["Location"], answer.json["href"])
        self.assertEqual(self.sql("SELECT kind, argument, actor FROM job"),
                         [("leaver-check", '{"person":"00123","last_day":"2026-03-05","urgent":true}', "token hr-portal")])
        state = self.ask(None, method="GET", target=answer.json["href"])
        self.assertEqual((state.status, state.json["status"], state.json["case"]), (200, "waiting", None))
        for other in ("0", "999", "x", "-1", str(2**63)):
            self.assertEqual(self.ask(None, method="GET", target=f"/api/v1/leaver-checks/{other}").status, 404)

    def test_b42_bodies(self):
        deep = '{"person": ' + "[" * 100000
        for body in ("", "{", "[]", "null", '"x"', '{"person": "1"} x', '{"person": "1", "person": "2"}', '{"person": 1e999}', '{"person": "\\ud800"}',
                     '{"person": 1}', '{"person": ""}', "{}", '{"person": "1", "role": "admin"}', '{"person": "1", "last_day": "2026-02-30"}',
                     '{"person": "1", "last_day": 5}', '{"person": "1", "urgent": "yes"}', '{"person": "' + "x" * 300 + '"}', deep[:8000],
                     b'{"person": "\xff"}', '{"person": "a\\u0000b"}'):
            answer = self.ask(body)
            self.assertEqual(answer.status, 400, body[:60])
            self.assertEqual(answer.json["error"]["status"], 400)
        self.assertIn("byte", self.ask("{").json["error"]["sentence"])
        self.assertEqual(self.ask(deep).status, 413)
        self.assertEqual(self.sql("SELECT count(*) FROM job"), [(0,)])

    def test_only_a_token_that_is_valid_and_for_this(self):
        wrong = ["", "x", self.token[:-1], self.token + "0", "0" * 64, self.token.upper() + "x"]
        for token in wrong:
            answer = self.ask({"person": "1"}, token=token or " ")
            self.assertEqual((answer.status, answer["WWW-Authenticate"]), (401, "Bearer"), token)
        self.assertEqual(self.web.ask("POST", "/api/v1/leaver-checks", [("Authorization", f"Basic {self.token}"), ("Content-Type", "application/json")],
                                      "{}").status, 401)
        browser = self.web.browser("admin")
        self.assertEqual(self.web.ask("POST", "/api/v1/leaver-checks", [("Cookie", browser.cookie), ("Content-Type", "application/json")], "{}").status, 401)
        self.assertEqual(self.web.ask("GET", "/exceptions", [("Authorization", f"Bearer {self.token}")]).status, 303)
        self.assertEqual(self.site.rightful("token", "revoke", "hr-portal").code, 0)
        self.assertEqual(self.ask({"person": "1"}).status, 401)
        self.assertEqual([row[0] for row in self.sql("SELECT actor FROM audit WHERE action = 'denied'")], ["token hr-portal"])
        self.assertEqual(self.sql("SELECT count(*) FROM job"), [(0,)])


class Starting(unittest.TestCase):
    """What it refuses to be started as."""

    def refused(self, section, *arguments, says, code=78):
        site = Site(SMALL_CONFIG + section, {"corp.ldif": SMALL_LDIF, "hr.csv": SMALL_HR})
        self.addCleanup(site.close)
        result = site.rightful("web", *arguments, timeout=60)
        self.assertEqual(result.code, code, result.err)
        self.assertIn(says, result.err)

    def test_a_demo_is_for_loopback_only(self):
        self.refused(demo_section("unix:/tmp/x.sock", 'base_url = "https://a.example";'), "--demo", says="--demo lets anybody in")
        self.refused(demo_section("127.0.0.1:0", 'base_url = "https://a.example";'), "--demo", says="--demo lets anybody in")
        self.refused('web: { listen = "127.0.0.1:0"; sign_in = "corp"; };', "--demo", says="web.demo is empty")

    def test_a_network_is_never_listened_on(self):
        self.refused('web: { listen = "0.0.0.0:8080"; };', says="is nothing to listen on")
        self.refused('web: { listen = "127.0.0.1:8080"; };', says="a proxy is believed on a UNIX socket only")
        self.refused("", says="web.base_url must be set")

    def test_a_socket_of_another_is_left_alone(self):
        with socket.socket(socket.AF_UNIX) as other:
            site = Site(SMALL_CONFIG, {"corp.ldif": SMALL_LDIF, "hr.csv": SMALL_HR})
            self.addCleanup(site.close)
            self.assertEqual(site.run().code, 0)
            path = os.path.join(site.folder, "web.sock")
            site.write("rightful.conf", SMALL_CONFIG + PROXY % site.folder)
            other.bind(path)
            other.listen()
            result = site.rightful("web", timeout=60)
            self.assertEqual(result.code, 1)
            self.assertIn("somebody listens there already", result.err)
        site.write("web.sock.txt", "x")
        os.unlink(path)
        os.rename(os.path.join(site.folder, "web.sock.txt"), path)
        self.assertIn("is no socket", site.rightful("web", timeout=60).err)
        os.unlink(path)
        with socket.socket(socket.AF_UNIX) as gone:
            gone.bind(path)
        with Web(site, path=path) as web:
            self.assertEqual(web.ask("GET", "/").status, 401)
        self.assertFalse(os.path.exists(path))

    def test_the_socket_that_systemd_hands_over(self):
        site = Site(SMALL_CONFIG, {"corp.ldif": SMALL_LDIF, "hr.csv": SMALL_HR})
        self.addCleanup(site.close)
        self.assertEqual(site.run().code, 0)
        site.write("rightful.conf", SMALL_CONFIG + PROXY % site.folder)
        path = os.path.join(site.folder, "handed.sock")
        notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notified.bind(os.path.join(site.folder, "notify"))
        self.addCleanup(notified.close)
        notified.settimeout(60)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            with Web(site, path=path, preexec_fn=lambda: os.dup2(listener.fileno(), 3), pass_fds=(3,),
                     env={**os.environ, "LISTEN_FDS": "1", "NOTIFY_SOCKET": os.path.join(site.folder, "notify")}, through_shell=True) as web:
                self.assertEqual(notified.recv(100), b"READY=1")
                self.assertEqual(web.ask("GET", "/").status, 401)
        self.assertIn(b"STOPPING=1", notified.recv(100))
        self.assertTrue(os.path.exists(path))


if __name__ == "__main__":
    unittest.main()
