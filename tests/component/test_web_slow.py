"""M11: a thousand clients that are slow, on purpose or not: others are served, memory is bounded, and none of them stays."""

import re
import resource
import select
import socket
import time
import unittest

from site_under_test import SMALL_CONFIG, SMALL_HR, SMALL_LDIF, Site
from web_under_test import Web, demo_section

N_SLOW = 1000
OF_ONE_ADDRESS = 128
RECEIVE_SECONDS = 30
MEGABYTE = 1024


class Slow(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096) if hard > 0 else 4096, hard))
        cls.addClassCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        cls.site = Site(SMALL_CONFIG + demo_section(), {"corp.ldif": SMALL_LDIF, "hr.csv": SMALL_HR})
        cls.addClassCleanup(cls.site.close)
        assert cls.site.run().code == 0
        cls.web = Web(cls.site, "--demo")
        cls.addClassCleanup(cls.web.stop)

    def open(self, n, address):
        clients = [self.web.connect(address) for _ in range(n)]
        for client in clients:
            self.addCleanup(client.close)
            client.setblocking(False)
        return clients

    def drip(self, clients, byte):
        """One byte to each that is still there."""
        for client in clients:
            try:
                client.send(byte)
            except (BrokenPipeError, ConnectionResetError, BlockingIOError):
                pass

    def closed(self, clients):
        """How many the server has closed: end of file, or reset."""
        n = 0
        for client in clients:
            try:
                while part := client.recv(65536):
                    pass
                n += part == b""
            except BlockingIOError:
                pass
            except ConnectionResetError:
                n += 1
        return n

    def test_a_thousand_slow_senders(self):
        self.web.ask("GET", "/sign-in")
        before = self.web.memory_kb()
        begun = time.monotonic()
        clients = [client for i in range(N_SLOW // 100) for client in self.open(100, f"127.0.0.{10 + i}")]
        request = f"POST /sign-in HTTP/1.1\r\nHost: {self.web.host}\r\nContent-Length: 1000\r\nX-Slow: ".encode() + b"a" * 2000
        for client in clients[::2]:  # half of them get as far as a header, the others hardly begin
            client.send(request)
        slowest = 0
        while time.monotonic() - begun < RECEIVE_SECONDS - 8:
            self.drip(clients, b"a")
            asked = time.monotonic()
            self.assertEqual(self.web.ask("GET", "/sign-in").status, 200)
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(1)
        n_closed = self.closed(clients)
        if time.monotonic() - begun < RECEIVE_SECONDS:  # a machine that took longer to get here proves nothing
            self.assertEqual(n_closed, 0)
        grown = self.web.memory_kb() - before
        deadline = begun + RECEIVE_SECONDS + 30
        n_closed = 0
        while n_closed < N_SLOW and time.monotonic() < deadline:
            self.drip(clients, b"a")  # a byte a second keeps nobody in
            time.sleep(1)
            n_closed = self.closed(clients)
        print(f"{N_SLOW} slow clients: +{grown // MEGABYTE} MB, slowest page meanwhile {slowest * 1000:.0f} ms")
        self.assertEqual(n_closed, N_SLOW)
        self.assertLess(grown, 128 * MEGABYTE)  # of a build with sanitizers
        self.assertLess(slowest, 5)

    def test_one_address_does_not_take_all_places(self):
        clients = self.open(300, "127.0.0.50")
        deadline = time.monotonic() + 60
        while self.closed(clients) < 300 - OF_ONE_ADDRESS and time.monotonic() < deadline:
            select.select([], [], [], 0.1)
        self.assertEqual(self.closed(clients), 300 - OF_ONE_ADDRESS)
        self.assertEqual(self.web.ask("GET", "/sign-in", address="127.0.0.51").status, 200)

    def test_a_client_that_takes_nothing_keeps_no_thread(self):
        style = re.search(r'href="(/assets/[^"]+)"', self.web.ask("GET", "/sign-in").text)[1]
        request = f"GET {style} HTTP/1.1\r\nHost: {self.web.host}\r\n\r\n".encode()
        clients = []
        for i in range(60):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.connect(("127.0.0.1", int(self.web.host.rsplit(":", 1)[1])))
            self.addCleanup(client.close)
            client.sendall(request * 20)
            clients.append(client)
        self.assertEqual(self.web.ask("GET", "/sign-in").status, 200)

    def test_nothing_is_waited_for_when_it_ends(self):
        with Web(self.site, "--demo") as other:
            clients = [other.connect() for _ in range(20)]
            for client in clients:
                client.send(b"GET / HTTP/1.1\r\n")
            begun = time.monotonic()
            other.stop()
            self.assertLess(time.monotonic() - begun, 10)
            for client in clients:
                client.close()


if __name__ == "__main__":
    unittest.main()
