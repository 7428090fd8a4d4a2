"""`rightful web` from outside: what it refuses (B36 to B53 and M2, M7 to M11 of reliability.md), sessions, and who may see what."""

import http.client
import json
import os
import random
import re
import socket
import sqlite3
import time
import unittest

from access_matrix import ACCESS
from site_under_test import SMALL_CONFIG, SMALL_HR, SMALL_LDIF, Site, small_account
from web_under_test import PEOPLE, Web, demo_section

CHOICES = list(PEOPLE)
EVIL = '"><script>alert(1)</script>'


def evil_ldif():
    """An account whose owner calls himself something that pages must not believe."""
    return SMALL_LDIF.replace("cn: lwong\n", "cn: lwong\ndisplayName: " + EVIL + "\n")


class WebTest(unittest.TestCase):
    """One small company and one server for a class."""

    more = ""
    listen = "127.0.0.1:0"

    @classmethod
    def setUpClass(cls):
        cls.site = Site(SMALL_CONFIG + demo_section(cls.listen, cls.more), {"corp.ldif": SMALL_LDIF, "hr.csv": SMALL_HR})
        cls.addClassCleanup(cls.site.close)
        result = cls.site.run()
        assert result.code == 0, result.err
        cls.web = Web(cls.site, "--demo")
        cls.addClassCleanup(cls.web.stop)

    def audit(self, action):
        with sqlite3.connect(os.path.join(self.site.folder, "ledger.db")) as ledger:
            return ledger.execute("SELECT actor, object, detail FROM audit WHERE action = ? ORDER BY id", [action]).fetchall()

    def status_of(self, raw):
        """Of raw bytes; None when the connection is closed without an answer."""
        answer = self.web.raw(raw)
        return int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.1 ") else None


class Requests(WebTest):
    """What cannot be meant is refused, and the connection with it."""

    def head(self, *lines, first="GET / HTTP/1.1", host=True):
        return "\r\n".join([first, *([f"Host: {self.web.host}"] if host else []), *lines]).encode("latin-1") + b"\r\n\r\n"

    def refused(self, raw, *statuses):
        with self.subTest(raw[:60]):
            self.assertIn(self.status_of(raw), statuses)

    def test_b36_request_lines_and_headers(self):
        self.refused(self.head(first="GET /" + "a" * 65536 + " HTTP/1.1"), 414)
        self.refused(self.head(first="GET /" + "a" * 5000 + " HTTP/1.1"), 414)
        self.refused(self.head(*[f"X-{i}: 1" for i in range(10000)]), 431)
        self.refused(self.head(*[f"X-{i}: 1" for i in range(200)]), 431)
        self.refused(self.head("X: " + "a" * 20000), 431)
        self.refused(self.head("no colon here"), 400)
        self.refused(self.head("X-A: b\x01c"), 400)
        self.refused(self.head("Accept : text/html"), 400)
        self.refused(b"\r\n\r\n\r\nnonsense\r\n\r\n", 400, None)

    def test_b36_lines_that_two_readers_read_in_two_ways(self):
        """The connection is closed with the answer: what follows on it is not read."""
        whole = self.head("A: b", "Cookie: c=d", "X: y")
        heads = [self.head("X-A: b\0c"), self.head("X-A: b\0"), self.head("X-A:\0 b"), self.head("X-\0A: b"), self.head("\0"),
                 self.head(first="GET /\0 HTTP/1.1"), self.head(first="GET\0 / HTTP/1.1"), self.head(first="GET / HTTP/1.1\0"),
                 self.head("X-A: b", " folded"), self.head("X-A: b", "\tfolded", "X: y"), self.head("X-A: b", " "), self.head("X-A:    b", " c"),
                 self.head("X-A: b", " c", " d"), self.head(" X-A: b"), self.head("X-A: b", ": c"), whole.replace(b"\r\n", b"\n"), whole.replace(b"\r\n\r\n", b"\n\n")]
        heads += [whole.replace(line + b"\r\n", line + b"\n") for line in whole.split(b"\r\n") if line] + [whole[:-2] + b"\n"]
        for raw in heads:
            with self.subTest(raw):
                answer = self.web.raw(raw + self.head(first="GET /smuggled HTTP/1.1"))
                self.assertEqual(set(re.findall(rb"HTTP/1.1 (\d+)", answer)), {b"400"})

    def answers(self, parts, n):
        """To what is sent in these parts over one connection: the first n answers."""
        with self.web.connect() as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for part in parts:
                client.sendall(part)
            return [self.answer_on(client) for _ in range(n)]

    @staticmethod
    def answer_on(client):
        """Read no further than to its end: the next one is read from the socket, too."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = client.recv(1)
            assert byte, head
            head += byte
        length = int(re.search(rb"Content-Length: (\d+)", head)[1])
        client.recv(length, socket.MSG_WAITALL)
        return int(head.split(b" ")[1])

    def test_honest_heads_of_all_sizes_and_shapes_are_read(self):
        cookies = "Cookie: " + "; ".join(f"c{i}={'v' * 90}" for i in range(60))
        heads = [self.head(*lines, first="GET /sign-in HTTP/1.1") for lines in (
            [], ["A:b", "B: \t c \t", "C:", "D: ", "E:   f  g  "], [f"X-{i}: {'y' * i}" for i in range(60)], ["Cookie: c=d; e=f"], [cookies],
            [cookies, *[f"X-{i}: {'y' * 20}" for i in range(60)]], ["Cookie: c=" + "v" * 9000], [f"X: {'y' * 16200}"],
            ["Accept: text/html", "Accept: */*"])]
        heads.append(self.head(first="GET /sign-in?next=%2Fme&notice=expired HTTP/1.1"))
        for head in heads:
            with self.subTest(head[:80]):
                self.assertEqual(self.answers([head], 1), [200])
        self.assertEqual(self.answers(heads, len(heads)), [200] * len(heads))
        self.assertEqual(self.answers([b"".join(heads)], len(heads)), [200] * len(heads))
        self.assertEqual(self.answers([bytes([byte]) for byte in heads[1] + heads[2]], 2), [200, 200])
        self.assertEqual(self.answers([heads[7][:9000], heads[7][9000:] + heads[5]], 2), [200, 200])

    def test_honest_bodies_come_with_their_head_or_after_it(self):
        body = b"choice=0"
        lines = ["Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: same-origin"]
        post = self.head(*lines, f"Content-Length: {len(body)}", first="POST /sign-in HTTP/1.1")
        chunked = self.head(*lines, "Transfer-Encoding: chunked", first="POST /sign-in HTTP/1.1")
        look = self.head(first="GET /sign-in HTTP/1.1")
        self.assertEqual(self.answers([post + body + look], 2), [303, 200])
        self.assertEqual(self.answers([look + post, body + post + body], 3), [200, 303, 303])
        self.assertEqual(self.answers([bytes([byte]) for byte in post + body + look], 2), [303, 200])
        for end in (b"0\r\n\r\n", b"0\r\nTrailer: x\r\n\r\n"):
            answer = self.web.raw(chunked + b"8\r\n" + body + b"\r\n" + end + look)
            self.assertEqual([answer.split(b" ")[1], answer.count(b"HTTP/1.1 ")], [b"303", 1], "nothing is read after chunks")

    def test_b37_lengths(self):
        post = "POST /sign-in HTTP/1.1"
        for lines in (["Content-Length: 3", "Content-Length: 3"], ["Content-Length: 3", "Content-Length: 4"],
                      ["Content-Length: 3", "Transfer-Encoding: chunked"], ["Transfer-Encoding: chunked", "Content-Length: 3"],
                      ["Content-Length: -1"], ["Content-Length: 3, 3"],
                      ["Content-Length: +3"], ["Content-Length: 0x3"], ["Content-Length: three"], ["Content-Length: "],
                      ["Transfer-Encoding: gzip, chunked"], ["Transfer-Encoding: identity"],
                      ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]):
            self.refused(self.head(*lines, first=post) + b"abc", 400)
        self.refused(self.head("Content-Length: 18446744073709551616", first=post) + b"abc", 400, 413)
        for chunk in (b"ffffffffffffffff1\r\n", b"-1\r\n", b"zz\r\n", b"3\r\nabcdef\r\n"):
            self.refused(self.head("Transfer-Encoding: chunked", first=post) + chunk, 400, 413, None)
        self.refused(self.head("Content-Length: 3") + b"abc", 400)
        self.refused(self.head("Content-Length: 100000", first=post), 413)
        self.refused(self.head("Transfer-Encoding: chunked", first=post) + b"4000\r\n" + b"a" * 0x4000 + b"\r\n0\r\n\r\n", 413)

    def test_a_request_is_never_smuggled_in_the_body_of_a_refused_one(self):
        inner = self.head(first="GET /smuggled HTTP/1.1")
        for lines in (["Content-Length: 0", f"Content-Length: {len(inner)}"], ["Content-Length: 0", "Transfer-Encoding: chunked"]):
            answer = self.web.raw(self.head(*lines, first="POST /sign-in HTTP/1.1") + inner)
            self.assertEqual(answer.count(b"HTTP/1.1 "), 1, answer)

    def test_b38_methods(self):
        for method in ("TRACE", "CONNECT", "PUT", "DELETE", "OPTIONS", "get", "X" * 30):
            answer = self.web.ask(method, "/")
            self.assertEqual((answer.status, answer["Allow"]), (405, "GET, HEAD"), method)
        self.assertEqual(self.web.ask("GET", "/sign-out")["Allow"], "POST")
        self.assertEqual(self.web.ask("POST", "/sign-in", [("Content-Type", "text/plain")], "x").status, 400)
        page, head = self.web.ask("GET", "/sign-in"), self.web.ask("HEAD", "/sign-in")
        self.assertEqual((head.status, head.body, head["Content-Length"]), (200, b"", str(len(page.body))))

    def test_b39_paths(self):
        for target in ("/a b", "/%00", "/%zz", "/%", "/%2e%2e%2fetc", "/..", "/a/../b", "/./", "/..%5c", "/a\\b", "/%5c", "/%c0%af", "/%ff",
                       "/a%2fb", "/%0d%0a", "//evil", "/assets/../x", "http://evil/", "*", "x"):
            with self.subTest(target):
                answer = self.web.ask("GET", target)
                self.assertIn(answer.status, (400, 404), target)
        style = re.search(r'href="(/assets/[^"]+)"', self.web.ask("GET", "/sign-in").text)[1]
        self.assertEqual(self.web.ask("GET", style).status, 200)
        for target in (style + "x", style.replace(".css", ""), "/assets/style.css", "/assets/", style + "/", style.upper(),
                       style.replace("/assets", "/%61ssets%2f")):
            self.assertIn(self.web.ask("GET", target).status, (400, 404), target)
        self.assertEqual(self.web.ask("GET", "/%2565xceptions").status, 404)

    def test_assets_are_kept_pages_are_not(self):
        page = self.web.ask("GET", "/sign-in")
        asset = self.web.ask("GET", re.search(r'href="(/assets/[^"]+)"', page.text)[1])
        self.assertEqual(page["Cache-Control"], "no-store")
        self.assertEqual(asset["Cache-Control"], "public, max-age=31536000, immutable")
        self.assertEqual(asset["Content-Type"], "text/css; charset=utf-8")

    def test_b40_hosts(self):
        port = self.web.host.rsplit(":", 1)[1]
        for hosts in ([], ["evil.example"], [f"evil.example:{port}"], ["127.0.0.1"], [self.web.host, self.web.host],
                      [self.web.host, "evil.example"], [""], [f"{self.web.host}@evil.example"]):
            answer = self.web.raw(self.head(*[f"Host: {host}" for host in hosts], "Connection: close", host=False))
            self.assertTrue(answer.startswith(b"HTTP/1.1 400"), (hosts, answer[:80]))
            self.assertEqual((answer.count(b"HTTP/1.1"), answer.count(b"answers for no other host")), (1, 0 if len(hosts) > 1 else 1), hosts)
        answer = self.web.ask("GET", "/exceptions", [("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "https"),
                                                     ("X-Forwarded-For", "192.0.2.7"), ("Forwarded", "host=evil.example")])
        self.assertEqual(answer["Location"], "/sign-in?next=%2Fexceptions")
        self.assertNotIn("evil", str(answer.headers) + answer.text)

    def test_b41_forms(self):
        browser = self.web.browser("admin")
        cases = [([("session", "1")] * 2, "session"), ([("session", "1"), ("role", "admin")], "role"), ([("session", "x")], "session"),
                 ([("session", "-1")], "session"), ([("session", str(2**63))], "session"),
                 ([(f"f{i}", "1") for i in range(1000)], "more than 256 fields")]
        for fields, named in cases:
            answer = browser.post("/me/sessions", fields)
            self.assertEqual(answer.status, 400, fields[:3])
            self.assertIn(named, answer.text)
        for body in ("session=%", "session=%zz", "session=%00", "%ff=1", "session=%c3%28"):
            answer = self.web.ask("POST", "/me/sessions", [("Cookie", browser.cookie), ("Sec-Fetch-Site", "same-origin"),
                                                           ("Content-Type", "application/x-www-form-urlencoded")], body)
            self.assertEqual(answer.status, 400, body)
        self.assertEqual(browser.get("/me").status, 200)

    def test_b48_parameters_of_lists(self):
        browser = self.web.browser("admin")
        for query, status in (("page=1000000000", 400), ("page=99999", 200), ("page=-1", 400), ("page=x", 400), ("page=0", 200),
                              ("severity=worst", 400), ("status=x", 400), ("sort=name;DROP", 400), ("page=1&page=2", 400),
                              ("nonsense=1", 400), ("q=%25_%25", 200), ("q=" + "a" * 300, 400), ("new=2", 400)):
            self.assertEqual(browser.get("/exceptions?" + query).status, status, query)
        self.assertEqual(browser.json("/exceptions?q=%25").json["pager"]["total"], 0)
        self.assertEqual(browser.json("/exceptions?q=LWON").json["exceptions"][0]["subject"]["name"], "lwong")
        self.assertEqual(browser.json("/exceptions?page=99999").json["exceptions"], [])

    def test_errors_are_pages_and_json(self):
        page = self.web.ask("GET", "/nothing")
        self.assertIn("There is nothing at /nothing", page.text)
        self.assertEqual(page["Content-Type"], "text/html; charset=utf-8")
        answer = self.web.ask("GET", "/nothing", [("Accept", "application/json")])
        self.assertEqual(answer.json["error"]["status"], 404)
        self.assertEqual(answer.json["schema_version"], 1)
        self.assertEqual(self.web.ask("GET", "/me", [("Accept", "application/json")]).status, 401)
        self.assertEqual(self.web.ask("GET", "/api/v1/nothing").json["error"]["status"], 404)

    def test_every_answer_says_what_a_browser_may_do_with_it(self):
        browser = self.web.browser("admin")
        for answer in (browser.get("/"), browser.get("/nothing"), browser.get("/%zz"), self.web.ask("GET", "/me"), self.web.ask("PUT", "/"),
                       browser.json("/exceptions")):
            policy = answer["Content-Security-Policy"]
            self.assertEqual(policy, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                                     "form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
            self.assertEqual([answer[name] for name in ("X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy",
                                                        "Cache-Control")], ["nosniff", "no-referrer", "same-origin", "no-store"])
            self.assertIsNone(answer["Access-Control-Allow-Origin"])
            self.assertIsNone(answer["Server"])

    def test_random_bytes_never_stop_it(self):
        source = random.Random(20260317)
        parts = [b"GET ", b"POST ", b"/", b"/sign-in", b" HTTP/1.1", b"\r\n", b"\n", b"Host: " + self.web.host.encode(), b"Content-Length: 5",
                 b"Transfer-Encoding: chunked", b"\r\n\r\n", b"\0", b"\xff\xfe", b":", b"%", b"5\r\nabcde\r\n0\r\n\r\n", b"Cookie: rightful=" + b"a" * 64]
        for _ in range(300):
            data = b"".join(source.choice(parts) for _ in range(source.randint(1, 20)))
            with self.web.connect() as client:
                client.settimeout(0.05)
                try:
                    client.sendall(data)
                    while client.recv(65536):
                        pass
                except (ConnectionResetError, BrokenPipeError, TimeoutError):
                    pass
        self.assertEqual(self.web.ask("GET", "/sign-in").status, 200)


class Sessions(WebTest):
    def test_b49_cookies(self):
        browser = self.web.browser("admin")
        cookie = browser.cookie
        self.assertEqual(browser.get("/me").status, 200)
        name, value = cookie.split("=")
        forged = [f"{name}={value[:-1]}{'0' if value[-1] != '0' else '1'}", f"{name}={'0' * 64}", f"{name}=", name, f"{name}={value}x",
                  f"{name}={value}; {name}={'1' * 64}", f"x{name}={value}", f"{name}='{value}'"]
        for one in forged:
            self.assertEqual(self.web.ask("GET", "/me", [("Cookie", one)]).status, 303, one)
        many = "; ".join(f"c{i}=1" for i in range(100))
        self.assertEqual(self.web.ask("GET", "/me", [("Cookie", f"{many}; {cookie}")]).status, 200)
        answer = browser.post("/sign-out")
        self.assertEqual((answer.status, answer["Clear-Site-Data"]), (200, '"cache", "cookies", "storage"'))
        self.assertIsNone(browser.cookie)
        self.assertEqual(self.web.ask("GET", "/me", [("Cookie", cookie)]).status, 303)
        self.assertIn("root1", [row[0] for row in self.audit("signed out")])

    def test_a_cookie_is_new_at_each_sign_in_and_never_one_that_was_planted(self):
        planted = "rightful=" + "a" * 64
        answer = self.web.ask("POST", "/sign-in", [("Cookie", planted), ("Sec-Fetch-Site", "same-origin"),
                                                   ("Content-Type", "application/x-www-form-urlencoded")], "choice=0")
        self.assertNotIn("a" * 64, answer["Set-Cookie"])
        self.assertRegex(answer["Set-Cookie"], r"^rightful=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Lax$")
        again = self.web.browser("admin").cookie
        self.assertNotEqual(again, answer["Set-Cookie"].split(";")[0])

    def test_the_ledger_has_no_cookie_in_it(self):
        browser = self.web.browser("admin")
        with open(os.path.join(self.site.folder, "ledger.db"), "rb") as file:
            self.assertNotIn(browser.cookie.split("=")[1].encode(), file.read())

    def age(self, column, seconds):
        with sqlite3.connect(os.path.join(self.site.folder, "ledger.db"), timeout=30) as ledger:
            ledger.execute(f"UPDATE session SET {column} = {column} - ? WHERE login = 'hr1'", [seconds])

    def test_a_session_ends_when_it_is_idle_or_old(self):
        for column, seconds, is_over in (("seen", 29 * 60, False), ("seen", 31 * 60, True), ("started", 11 * 3600, True)):
            browser = self.web.browser("hr")
            self.age(column, seconds)
            answer = browser.get("/me")
            self.assertEqual(answer.status, 303 if is_over else 200, (column, seconds))
            if is_over:
                self.assertEqual(answer["Location"], "/sign-in?next=%2Fme&notice=expired")
                self.assertIn("Your session is over", browser.get(answer["Location"]).text)

    def test_one_sees_and_ends_one_s_own_sessions_only(self):
        here, there, other = self.web.browser("auditor"), self.web.browser("auditor"), self.web.browser("person")
        rows = here.json("/me").json["sessions"]
        self.assertEqual([row["is_this"] for row in rows].count(True), 1)
        away = next(row["id"] for row in there.json("/me").json["sessions"] if row["is_this"])
        answer = other.post("/me/sessions", {"session": str(away)})
        self.assertEqual(answer["Location"], "/me?notice=session-gone")
        self.assertEqual(there.get("/me").status, 200)
        answer = here.post("/me/sessions", {"session": str(away)})
        self.assertEqual(answer["Location"], "/me?notice=session-ended")
        self.assertEqual((there.get("/me").status, here.get("/me").status), (303, 200))

    def test_where_one_goes_after_signing_in_is_on_this_site(self):
        for given, there in (("/exceptions?page=2", "/exceptions?page=2"), ("//evil.example/", "/"), ("https://evil.example/", "/"),
                             ("/\\evil.example", "/"), ("/sign-out", "/"), ("javascript:alert(1)", "/"), ("/a\r\nSet-Cookie: x=1", "/"),
                             ("/" + "a" * 4000, "/")):
            answer = self.web.browser().post("/sign-in", {"choice": "0", "next": given}, csrf=False)
            self.assertEqual((answer.status, answer["Location"]), (303, there), given[:40])

    def test_a_choice_that_is_none_signs_nobody_in(self):
        for choice in ("99", ""):
            answer = self.web.browser().post("/sign-in", {"choice": choice}, csrf=False)
            self.assertEqual((answer.status, answer["Set-Cookie"]), (403, None), choice)


class Forgery(WebTest):
    def test_b44_only_our_own_pages_change_anything(self):
        browser = self.web.browser("admin")
        token, foreign = browser.csrf(), self.web.browser("admin").csrf()
        ours, same = ("Origin", self.web.origin), ("Sec-Fetch-Site", "same-origin")
        refused = [([], token), ([("Origin", "null")], token), ([("Origin", "http://evil.example")], token),
                   ([ours, ("Sec-Fetch-Site", "cross-site")], token), ([ours, ("Sec-Fetch-Site", "same-site")], token),
                   ([ours, ("Sec-Fetch-Site", "none")], token), ([same, ("Origin", "http://evil.example")], token),
                   ([("Origin", self.web.origin + ".evil.example")], token), ([("Origin", self.web.origin.upper())], token),
                   ([ours, same], False), ([ours, same], "x"), ([ours, same], foreign), ([ours, same], token[:-1]), ([same], token + "0")]
        for headers, csrf in refused:
            answer = browser.post("/sign-out", headers=headers, csrf=csrf)
            self.assertEqual(answer.status, 403, (headers, csrf))
            self.assertEqual(browser.get("/me").status, 200)
        self.assertGreaterEqual(len(self.audit("denied")), len(refused))
        for headers in ([ours], [same], [ours, same], [same, ("Origin", "null")]):
            browser = self.web.browser("admin")
            self.assertEqual(browser.post("/sign-out", headers=headers).status, 200, headers)

    def test_signing_in_is_not_forged_either(self):
        answer = self.web.browser().post("/sign-in", {"choice": "0"}, headers=[("Origin", "http://evil.example")], csrf=False)
        self.assertEqual((answer.status, answer["Set-Cookie"]), (403, None))

    def test_nothing_changes_by_looking(self):
        browser = self.web.browser("admin")
        for target in ("/sign-out", "/me/sessions?session=1", f"/me/sessions?csrf={browser.csrf()}"):
            self.assertEqual(browser.get(target).status, 405, target)
        answer = browser.post("/sign-out?csrf=" + browser.csrf(), csrf=False)
        self.assertEqual(answer.status, 400)
        self.assertEqual(browser.get("/me").status, 200)


class Access(WebTest):
    """Every role at every route, from the table of routes itself."""

    def routes(self):
        return self.site.rightful("list", "routes", "--json").json["list"]

    def test_every_route_is_in_the_matrix_and_the_other_way_round(self):
        self.assertEqual(sorted(f"{route['method']} {route['path']}" for route in self.routes()), sorted(ACCESS))

    def attempt(self, who, route):
        browser = self.web.browser(None if who == "nobody" else who)
        target = re.sub(r"\{[^}]*\}", "EX-999999", route["path"])
        return browser.get(target) if route["method"] == "GET" else browser.post(target, csrf=who != "nobody")

    def test_the_matrix_of_roles_and_routes(self):
        for route in self.routes():
            name = f"{route['method']} {route['path']}"
            allowed = ACCESS[name].split()
            for who in ["nobody", *PEOPLE]:
                with self.subTest(name, who=who):
                    answer = self.attempt(who, route)
                    if "anybody" in allowed:
                        self.assertIn(answer.status, (200, 303, 400, 403))
                    elif who == "nobody" or "programs" in allowed:
                        self.assertTrue(answer.status == 401 or (answer["Location"] or "").startswith("/sign-in"), answer.status)
                    elif who in allowed:
                        self.assertIn(answer.status, (200, 303, 400, 404, 409, 503))
                    else:
                        self.assertEqual(answer.status, 403)

    def test_a_denial_is_audited(self):
        for target in ("/exceptions/EX-424242", "/runs"):  # what is not theirs to see is 404, what is not theirs to ask 403
            before = len(self.audit("denied"))
            self.web.browser("person").get(target)
            self.assertEqual([(row[0], row[1]) for row in self.audit("denied")[before:]], [("jmeier", f"GET {target}")])

    def test_who_has_no_role_sees_only_their_own(self):
        own = {row["id"] for row in self.web.browser("person").json("/exceptions?status=all").json["exceptions"]}
        every = self.web.browser("auditor").json("/exceptions?status=all").json["exceptions"]
        about = {row["id"] for row in every if (row["person"] or {}).get("id") == "00124" or row["owner"] == "00124"}
        self.assertEqual(own, about)
        self.assertLess(len(own), len(every))
        self.assertEqual(self.web.browser("stranger").json("/exceptions?status=all").json["exceptions"], [])

    def test_filters_do_not_widen_what_one_may_see(self):
        browser = self.web.browser("stranger")
        for query in ("person=00123", "owner=", "q=lwong", "new=1", "status=all", "control=leaver-active"):
            self.assertEqual(browser.json("/exceptions?" + query).json["pager"]["total"], 0, query)


class Escaping(unittest.TestCase):
    def test_m2_what_people_call_themselves_is_text(self):
        names = {EVIL: "script", "a\u202eb": "U+202E", "zero\u200bwidth": "U+200B"}
        hr = SMALL_HR + "".join(f'0{900 + i},"{name.replace(chr(34), chr(34) * 2)}",x{i}@example.com,left,2026-03-05,2026-03-16T20:00:00Z\n'
                                for i, name in enumerate(names))
        ldif = SMALL_LDIF + "".join("\n" + small_account(f"evil{i}", f"0{900 + i}") for i in range(len(names)))
        site = Site(SMALL_CONFIG + demo_section(), {"corp.ldif": ldif, "hr.csv": hr})
        self.addCleanup(site.close)
        self.assertEqual(site.run().code, 0)
        with Web(site, "--demo") as web:
            page = web.browser("admin").get("/exceptions").text
        self.assertNotIn("<script", page.split("</head>")[1])
        self.assertIn("&lt;script&gt;alert(1)", page)
        self.assertIn("&lt;U+202E&gt;", page)
        self.assertNotIn("\u202e", page)
        self.assertNotIn("\u200b", page)


if __name__ == "__main__":
    unittest.main()
