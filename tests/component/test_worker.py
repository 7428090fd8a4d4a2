"""`rightful worker`: what it answers, and what clients that do not play by the rules can do to it."""

import json
import os
import signal
import socket
import subprocess
import time
import unittest

from site_under_test import DEMO_AS_OF, RIGHTFUL, SMALL_CONFIG, SMALL_LDIF, Site, SiteTest, demo_site
from worker_under_test import Worker, read_all

WORKER = 'worker: { socket = "worker.sock"; };\n'
ROLES = 'web: { roles: { admin = ["Domain Admins"]; hr = ["hr-staff"]; auditor = ["nobody-has-it"]; }; };\n'


def demo(more=""):
    site = demo_site()
    site.write("rightful.conf", site.read("rightful.conf") + WORKER + more)
    return site


class Looks(SiteTest):
    """Of the demo company, one worker for all."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.site = demo(ROLES)
        cls.addClassCleanup(cls.site.close)
        result = cls.site.run(as_of=DEMO_AS_OF)
        assert result.code == 0, result.err
        cls.worker = Worker(cls.site)
        cls.addClassCleanup(cls.worker.stop)

    def command(self, *arguments):
        return self.site.rightful(*arguments, "--as-of", DEMO_AS_OF, "--json").json

    def test_a_thing_is_what_the_command_prints(self):
        for command, name in (("person", "P1001"), ("account", "adm-mkeller"), ("group", "Domain Admins"), ("asset", "LT-0042")):
            with self.subTest(command):
                shown = self.site.rightful(command, name, "--as-of", DEMO_AS_OF, "--json")
                answer = self.worker.ask(command, id=name)
                if shown.code != 0:
                    self.assertEqual(answer["found"], None)
                    continue
                self.assertEqual(answer["found"], shown.json[command][0])
                self.assertEqual((answer["run"], answer["as_of"]), (1, DEMO_AS_OF))

    def test_every_account_group_and_person_of_the_company(self):
        people = self.worker.ask("find-people", text="a")["people"]
        self.assertGreater(len(people), 5)
        for person in people[:10]:
            self.assertEqual(self.worker.ask("person", id=person["id"])["found"], self.command("person", person["id"])["person"][0])

    def test_an_effective_group_is_asked_for_by_name(self):
        answer = self.worker.ask("group", id="Domain Admins", effective=True)
        self.assertEqual(answer["found"], self.command("group", "Domain Admins", "--effective")["group"][0])
        direct = self.worker.ask("group", id="Domain Admins")
        self.assertNotEqual(direct["found"]["members"], answer["found"]["members"])

    def test_a_group_is_found_by_its_key_as_pages_link_it(self):
        group = next(row["object"] for row in self.site.exceptions() if row["object"] and row["object"]["type"] == "group")
        self.assertNotIn("=", group["key"])  # an entryUUID, no DN
        self.assertEqual(self.worker.ask("group", id=group["key"])["found"], self.worker.ask("group", id=group["dn"])["found"])

    def test_what_is_not_there_is_null(self):
        for kind in ("person", "account", "group", "asset"):
            self.assertIsNone(self.worker.ask(kind, id="no such thing")["found"])
        self.assertIsNone(self.worker.ask("explain", account="nobody", group="Domain Admins")["found"])
        self.assertEqual(self.worker.ask("who", user="nobody"), {"who": None})

    def test_explain_is_what_the_command_prints(self):
        member = self.worker.ask("group", id="Domain Admins", effective=True)["found"]["members"][0]["name"]
        answer = self.worker.ask("explain", account=member, group="Domain Admins")
        self.assertEqual(answer["found"], self.command("explain", member, "Domain Admins")["explain"][0])
        self.assertTrue(answer["found"]["path"])

    def test_who_is_an_account_with_its_person_and_roles(self):
        member = self.worker.ask("group", id="Domain Admins", effective=True)["found"]["members"][0]["name"]
        who = self.worker.ask("who", user=member.upper())["who"]
        self.assertEqual(who["user"], member)
        self.assertEqual(who["roles"], ["admin"])
        self.assertEqual(who["run"], 1)
        self.assertIn("usable", who)
        self.assertIn(who["account"]["key"], [account["key"] for account in who["accounts"]])

    def test_people_are_found_without_case_and_marks(self):
        umlauts = [person for person in self.worker.ask("find-people", text="e")["people"] if not person["name"].isascii()]
        for person in umlauts:
            plain = person["name"].translate(str.maketrans("äöüßéèáíóúñçøåÄÖÜ", "aousEeaiouncoaAOU".lower())).replace("ß", "ss")
            with self.subTest(plain):
                found = self.worker.ask("find-people", text=plain.upper().split()[-1])["people"]
                self.assertIn(person["id"], [one["id"] for one in found])

    def test_too_many_people_are_cut_and_said(self):
        answer = self.worker.ask("find-people", text="e")
        self.assertLessEqual(len(answer["people"]), 50)
        self.assertEqual(answer["more"], len(answer["people"]) == 50 and answer["more"])
        self.assertEqual(self.worker.ask("find-people", text="  ")["people"], [])


class Manners(SiteTest):
    def worker(self, site=None):
        site = self.open(site or Site(SMALL_CONFIG + WORKER, {
            "corp.ldif": SMALL_LDIF, "hr.csv": "id,name,email\n1,Lena Müller,l@example.com\n2,Ole Ørsted,o@example.com\n"}))
        worker = Worker(site)
        self.addCleanup(worker.stop)
        return site, worker

    def test_before_the_first_run_nothing_is_known_and_it_is_said(self):
        _, worker = self.worker()
        self.assertIn("no run has finished yet", worker.ask("person", id="1")["error"])

    def test_a_newer_run_is_there_at_once(self):
        site, worker = self.worker()
        for run, as_of in ((1, "2026-03-17T05:00:00Z"), (2, "2026-03-17T06:00:00Z")):
            self.assertEqual(site.run(as_of=as_of).code, 0)
            answer = worker.ask("group", id="admins")
            self.assertEqual((answer["run"], answer["as_of"]), (run, as_of))

    def test_marks_on_letters(self):
        site, worker = self.worker()
        site.run()
        for text, person in (("muller", "1"), ("MUELLER", "1"), ("mül", "1"), ("orsted", None), ("oersted", "2"), ("ørs ole", "2"),
                             ("1", "1"), ("lena 2", None)):
            found = [one["id"] for one in worker.ask("find-people", text=text)["people"]]
            self.assertEqual(found[:1], [person] if person else [], text)

    def test_what_is_no_question_is_refused_with_a_sentence(self):
        _, worker = self.worker()
        for raw in (b"\n", b"garbage\n", b"[]\n", b"17\n", b"\xff\xfe\n", b"{\"ask\":\"who\"}\n", b"{\"ask\":17}\n", b"{\"ask\":\"drop\"}\n",
                    b"{\"tell\":\"jokes\"}\n", b"{\"ask\":\"who\",\"ask\":\"who\",\"user\":\"a\"}\n", b"{\"ask\":\"who\",\"user\":[]}\n",
                    b"{\"ask\":\"who\",\"user\":\"a\\u0000b\"}\n", b"[" * 100000 + b"\n", b'{"ask":"explain","account":"a","group":3}\n'):
            answer = json.loads(worker.send(raw))
            self.assertEqual(list(answer), ["error"], raw[:40])
            self.assertTrue(answer["error"])
        self.assertEqual(worker.tell("work"), {"ok": True})

    def test_half_a_line_is_refused(self):
        _, worker = self.worker()
        with worker.connect() as client:
            client.sendall(b'{"ask":"who","user":"lw')
            client.shutdown(socket.SHUT_WR)
            self.assertIn("ended before its line did", json.loads(read_all(client))["error"])

    def test_two_mebibytes_are_refused(self):
        _, worker = self.worker()
        answer = worker.send(b'{"ask":"who","user":"' + b"a" * (2 << 20) + b'"}\n')
        if answer:  # or the connection was cut while it was still sent
            self.assertIn("longer than", json.loads(answer)["error"])
        self.assertEqual(worker.tell("work"), {"ok": True})

    def test_silent_clients_disturb_nobody_and_are_cut_off(self):
        _, worker = self.worker()
        silent = [worker.connect() for _ in range(400)]
        half = [worker.connect() for _ in range(50)]
        for client in half:
            client.sendall(b'{"ask":')
        began = time.monotonic()
        for _ in range(20):
            self.assertEqual(worker.tell("work"), {"ok": True})
        self.assertLess(time.monotonic() - began, 4)
        for client in silent + half:
            client.settimeout(30)
            read_all(client)
            client.close()

    def test_a_client_that_does_not_read_disturbs_nobody(self):
        site, worker = self.worker()
        site.run()
        deaf = [worker.connect() for _ in range(20)]
        for client in deaf:
            client.sendall(b'{"ask":"group","id":"admins","effective":true}\n')
        self.assertEqual(worker.tell("work"), {"ok": True})
        for client in deaf:
            client.close()
        self.assertEqual(worker.ask("group", id="admins")["found"]["name"], "admins")

    @unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
    def test_another_user_is_turned_away(self):
        site, worker = self.worker()
        os.chmod(site.folder, 0o755)
        os.chmod(worker.path, 0o666)
        script = ("import os, socket, sys; os.setuid(65534); s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
                  "try: s.sendall(b'{\"tell\":\"work\"}\\n')\nexcept OSError: pass\n"
                  "try: print(s.recv(100))\nexcept OSError: print(b'')\n")
        process = subprocess.run(["python3", "-c", script, worker.path], capture_output=True, text=True, check=False)
        self.assertEqual(process.stdout, "b''\n", process.stderr)

    def test_the_socket_is_for_its_user_and_group(self):
        _, worker = self.worker()
        self.assertEqual(os.stat(worker.path).st_mode & 0o777, 0o660)

    def test_a_second_worker_ends_and_leaves_the_first_alone(self):
        site, worker = self.worker()
        second = site.rightful("worker")
        self.assertEqual(second.code, 1)
        self.assertIn("running already", second.err)
        self.assertEqual(worker.tell("work"), {"ok": True})

    def test_a_socket_that_a_killed_worker_left_behind_is_replaced(self):
        site = self.open(Site(SMALL_CONFIG + WORKER, {"corp.ldif": SMALL_LDIF, "hr.csv": "id,name\n1,A\n"}))
        Worker(site).kill()
        with Worker(site) as worker:
            self.assertEqual(worker.tell("work"), {"ok": True})

    def test_sighup_reads_the_configuration_anew_and_a_broken_one_changes_nothing(self):
        site, worker = self.worker()
        site.run()
        config = site.read("rightful.conf")
        self.assertEqual(worker.ask("who", user="jmeier")["who"]["roles"], [])
        site.write("rightful.conf", config + "web: { nonsense = 1; };\n")
        worker.process.send_signal(signal.SIGHUP)
        worker.wait_until(lambda: "goes on with the configuration" in worker.said(), "nothing was said")
        self.assertEqual(worker.ask("who", user="jmeier")["who"]["roles"], [])
        site.write("rightful.conf", config + 'web: { roles: { admin = ["admins"]; }; };\n')
        worker.process.send_signal(signal.SIGHUP)
        worker.wait_until(lambda: "read anew" in worker.said(), "nothing was said")
        self.assertEqual(worker.ask("who", user="jmeier")["who"]["roles"], ["admin"])

    def test_systemd_hands_over_the_socket_and_is_told(self):
        site = self.open(Site(SMALL_CONFIG + WORKER, {"corp.ldif": SMALL_LDIF, "hr.csv": "id,name\n1,A\n"}))
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        told.bind(os.path.join(site.folder, "notify"))
        told.settimeout(60)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.path.join(site.folder, "handed.sock"))
        listener.listen()
        self.addCleanup(told.close)
        self.addCleanup(listener.close)

        def hand_over():
            os.environ["NOTIFY_SOCKET"] = told.getsockname()  # before its descriptor may become another one
            os.dup2(listener.fileno(), 3)
            os.set_inheritable(3, True)
            os.environ["LISTEN_FDS"], os.environ["LISTEN_PID"] = "1", str(os.getpid())
            os.environ["WATCHDOG_USEC"], os.environ["WATCHDOG_PID"] = "300000", str(os.getpid())
            os.execv(RIGHTFUL, [RIGHTFUL, "--config", site.config, "--quiet", "worker"])

        pid = os.fork()
        if pid == 0:
            hand_over()
        self.addCleanup(end, pid)
        heard = [told.recv(1000).decode() for _ in range(3)]
        self.assertIn("READY=1", heard[0])
        self.assertEqual(heard[1:], ["WATCHDOG=1"] * 2)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(listener.getsockname())
            client.sendall(b'{"tell":"work"}\n')
            self.assertEqual(read_all(client), b'{"ok":true}\n')
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)


def end(pid):
    """A process of ours that a failed test left behind."""
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


if __name__ == "__main__":
    unittest.main()
