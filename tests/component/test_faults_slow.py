"""Servers that are slow, silent, stopped or dead: a pull waits as long as it was told to, and the ledger stays as it was."""

import contextlib
import os
import signal
import socket
import tempfile
import threading
import time
import unittest

import fault_proxy as faults
from fault_world import LATER, FaultTest, thousand_entries
from test_slapd import Slapd


class SlowPulls(FaultTest):
    def site(self, config=None):
        return super().site(config or self.config(timeout=1))

    def test_silence_ends_after_timeout_seconds(self):
        site = self.site()
        loop = self.loop(site)
        whole = self.whole_pull(loop)
        for k in (0, 1, 50, 500, whole.n_messages - 1):
            fault = faults.Slow(None, after=k)
            self.proxy.fault = fault
            began = time.monotonic()
            reason = self.assert_unused(loop.pull(), k)
            self.assertLess(time.monotonic() - began, 15, k)  # and the test ends: silence would not
            fault.may_end.set()
            if k > 1:
                self.assertIn("no answer for 1 s", reason)
        self.assert_left_alone(site, faults.Slow(None, after=500), "no answer for 1 s", "page 5")
        self.proxy.fault.may_end.set()
        self.assert_nothing_happened(site)

    def test_a_server_that_is_only_slow_is_waited_for(self):
        loop = self.loop(self.site())
        self.proxy.fault = faults.Slow(0.1, after=250, count=12)
        self.assertEqual(loop.pull()["corp"], ["complete", ""])
        self.assertTrue(self.proxy.fault.was_used)

    def test_a_server_that_drips_is_left_at_the_deadline(self):
        loop = self.loop(self.site(self.config(timeout=1, deadline=2)))
        self.proxy.fault = faults.Slow(0.05, after=1)
        began = time.monotonic()
        reason = self.assert_unused(loop.pull(), "drip")
        self.assertIn("deadline_seconds", reason)
        self.assertLess(time.monotonic() - began, 20)  # all of it would take 50


class StallingWire:
    """Passes bytes on, whatever they mean, and goes silent after so many to the client."""

    def __init__(self, url, n_bytes):
        host, port = url.split("//")[1].split(":")
        self.upstream, self.left = (host, int(port)), n_bytes
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ldaps://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(self.upstream)
        self.open = [client, server]
        threading.Thread(target=self.upwards, args=(client, server), daemon=True).start()
        while self.left > 0:
            data = server.recv(min(self.left, 1 << 16))
            client.sendall(data)
            self.left -= len(data)

    @staticmethod
    def upwards(client, server):
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                server.sendall(data)

    def close(self):
        for each in [self.listener, *self.open]:
            each.close()


class StalledRecords(FaultTest):
    def test_silence_in_the_middle_of_a_tls_record_ends_after_timeout_seconds(self):
        site = self.site()
        for n_bytes in (20000, 20001, 50003, 100000):
            wire = StallingWire(self.slapd["LDAPS_URL"], n_bytes)
            self.addCleanup(wire.close)
            site.write("rightful.conf", self.config(url=wire.url, timeout=1))
            result = site.run(as_of=LATER)  # one that waited for ever would not come back
            self.assertEqual(result.code, 3, result.err)
            self.assertIn("no answer for 1 s", result.json["run"]["sources"][0]["reason"])


class DyingServers(FaultTest):
    """slapd itself, killed and stopped exactly between two pages."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        with tempfile.NamedTemporaryFile("w", suffix=".ldif") as ldif:
            ldif.write(thousand_entries())
            ldif.flush()
            self.slapd = Slapd(ldif.name)
        self.addCleanup(self.slapd.stop)
        self.proxy = self.proxy_of(self.slapd)

    def send(self, number):
        """A signal only asks: the state of the process says when it is done."""
        pid = self.slapd["SLAPD_PID"]

        def state():
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                    return file.read().rsplit(")", 1)[1].split()[0]
            except OSError:
                return "gone"

        def action():
            os.kill(int(pid), number)
            faults.wait_until(lambda: state() in ("gone", "Z", "X", "T", "t") or number == signal.SIGCONT)
        return action

    def test_killed_between_two_pages(self):
        site = self.site()
        self.assert_left_alone(site, faults.Between(4, self.send(signal.SIGKILL)), "page 5", "after 400 entries")
        self.assert_left_alone(site, faults.Fault())  # and still dead in the next run

    def test_stopped_between_two_pages(self):
        site = self.site(self.config(timeout=1))
        self.assert_left_alone(site, faults.Between(7, self.send(signal.SIGSTOP)), "page 8", "after 700 entries", "no answer for 1 s")
        self.send(signal.SIGCONT)()
        self.assert_nothing_happened(site)


if __name__ == "__main__":
    unittest.main()
