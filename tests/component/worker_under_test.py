"""`rightful worker` on a socket in the site's folder, and questions to it."""

import json
import os
import select
import signal
import socket
import subprocess
import time

from site_under_test import RIGHTFUL

DEADLINE_SECONDS = 60


class Worker:
    """Started at once; `with Worker(site) as worker`. The configuration must name worker.sock."""

    def __init__(self, site, *arguments, **environment):
        self.path = os.path.join(site.folder, "worker.sock")
        # At most 108 bytes fit into the address of a UNIX socket.
        self.log = open(os.path.join(site.folder, "worker.log"), "a+", encoding="utf-8")
        self.process = subprocess.Popen([RIGHTFUL, "--config", site.config, "worker", *arguments], cwd=site.folder,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        env={**os.environ, **environment})
        self.wait_until(self.is_listening, "the worker does not listen")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def is_listening(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the worker ended with {self.process.returncode}: {self.said()}")
        try:
            self.connect().close()
            return True
        except OSError:
            return False

    def wait_until(self, is_so, what):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not is_so():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f"{what}: {self.said()}")
            select.select([], [], [], 0.02)

    def connect(self):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)  # blocking: it waits where the queue is full
        try:
            client.connect(self.path)
        except OSError:
            client.close()
            raise
        client.settimeout(DEADLINE_SECONDS)
        return client

    def send(self, raw):
        """What comes back for these bytes, to the end; b"" when it was cut off."""
        with self.connect() as client:
            try:
                client.sendall(raw)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return read_all(client)

    def ask(self, ask, **more):
        answer = self.send(json.dumps({"ask": ask, **more}).encode() + b"\n")
        assert answer.endswith(b"\n") and answer.count(b"\n") == 1, answer
        return json.loads(answer)

    def tell(self, what):
        return json.loads(self.send(json.dumps({"tell": what}).encode() + b"\n"))

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE_SECONDS)
        self.log.close()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        said = self.said()
        self.log.close()
        if code != 0 or "Sanitizer" in said:
            raise AssertionError(f"the worker ended with {code}: {said}")


def read_all(client):
    answer = b""
    try:
        while part := client.recv(65536):
            answer += part
    except ConnectionResetError:
        pass
    return answer
