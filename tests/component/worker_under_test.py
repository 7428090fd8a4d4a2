"""`rightful worker` on a socket in the site's folder, and questions to it."""

import json
import os
import socket

from daemon_under_test import DEADLINE_SECONDS, Daemon


class Worker(Daemon):
    """Started at once; `with Worker(site) as worker`. The configuration must name worker.sock."""

    name = "worker"

    def __init__(self, site, *arguments, **environment):
        self.path = os.path.join(site.folder, "worker.sock")
        # At most 108 bytes fit into the address of a UNIX socket.
        super().__init__(site, *arguments, env={**os.environ, **environment})
        self.wait_until(self.is_listening, "the worker does not listen")

    def is_listening(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the worker ended with {self.process.returncode}: {self.said()}")
        try:
            self.connect().close()
            return True
        except OSError:
            return False

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


def read_all(client):
    answer = b""
    try:
        while part := client.recv(65536):
            answer += part
    except ConnectionResetError:
        pass
    return answer
