"""`rightful web` on a free port of loopback, or on a UNIX socket in the site's folder, and clients that send what they want."""

import http.client
import json
import re
import socket
import urllib.parse

from daemon_under_test import DEADLINE_SECONDS, Daemon

# Whom one can be in the demos of tests: name of the choice → row of web.demo.
PEOPLE = {
    "admin": ("root1", "00125", "Ana Lima", ["admin"]),
    "hr": ("hr1", "", "Hana Richter", ["hr"]),
    "auditor": ("audit1", "", "Aud Itor", ["auditor"]),
    "reviews": ("grc1", "", "Greta Cole", ["reviews"]),
    "person": ("jmeier", "00124", "Jonas Meier", []),
    "stranger": ("guest1", "", "Nobody Inparticular", []),
}


def demo_section(listen="127.0.0.1:0", more=""):
    people = ", ".join('{ user = "%s"; %s name = "%s"; roles = [%s]; }' % (
        user, f'person = "{person}";' if person else "", name, ", ".join(f'"{role}"' for role in roles))
        for user, person, name, roles in PEOPLE.values())
    return f'web: {{ listen = "{listen}"; demo: ( {people} ); {more} }};\n'


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __getitem__(self, name):
        """The header of that name; all of them, joined; None."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class Web(Daemon):
    """Started at once; `with Web(site, "--demo") as web`."""

    name = "web"

    def __init__(self, site, *arguments, path=None, through_shell=False, **options):
        """through_shell: with LISTEN_PID of the process itself, as systemd sets it."""
        self.path = path
        shell = ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"] if through_shell else []
        super().__init__(site, *arguments, shell=shell, **options)
        self.wait_until(lambda: "is served" in self.said(), "the web does not listen")
        self.origin = re.search(r"(https?://\S+) is served", self.said())[1]
        self.host = self.origin.split("://")[1]

    def memory_kb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])

    # ---- clients ----

    def connect(self, address="127.0.0.1"):
        if self.path:
            client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            client.settimeout(DEADLINE_SECONDS)
            client.connect(self.path)
            return client
        return socket.create_connection(("127.0.0.1", int(self.host.rsplit(":", 1)[1])), DEADLINE_SECONDS, (address, 0))

    def raw(self, data, address="127.0.0.1"):
        """All that comes back for these bytes, until the server closes."""
        with self.connect(address) as client:
            try:
                client.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            answer = b""
            try:
                while part := client.recv(65536):
                    answer += part
            except ConnectionResetError:
                pass
            return answer

    def ask(self, method, target, headers=(), body=None, *, host=True, address="127.0.0.1"):
        """headers: pairs, sent as they are. One connection a request."""
        lines = [f"{method} {target} HTTP/1.1"] + ([f"Host: {self.host}"] if host else []) + ["Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body is not None:
            body = body.encode() if isinstance(body, str) else body
            lines.append(f"Content-Length: {len(body)}")
        with self.connect(address) as client:
            try:
                client.sendall("\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + (body or b""))
            except (BrokenPipeError, ConnectionResetError):
                pass
            response = http.client.HTTPResponse(client, method=method)
            response.begin()
            return Answer(response.status, response.getheaders(), response.read())

    def browser(self, choice=None):
        """Somebody with a browser; signed in as one of PEOPLE, or not yet."""
        browser = Browser(self)
        if choice:
            answer = browser.post("/sign-in", {"choice": str(list(PEOPLE).index(choice))}, csrf=False)
            assert answer.status == 303 and browser.cookie, (answer.status, answer.text)
        return browser


class Browser:
    """Keeps the cookie, says where its requests come from, and sends the token of its forms."""

    def __init__(self, web):
        self.web, self.cookie = web, None

    def headers(self, more=()):
        given = {name.lower() for name, _ in more}
        own = [("Cookie", self.cookie)] if self.cookie and "cookie" not in given else []
        return own + list(more)

    def remember(self, answer):
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                pair = value.split(";")[0]
                self.cookie = None if pair.endswith("=") else pair
        return answer

    def get(self, target, headers=()):
        return self.remember(self.web.ask("GET", target, self.headers(headers)))

    def json(self, target):
        return self.get(target, [("Accept", "application/json")])

    def csrf(self):
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get("/me").text)
        return found[1] if found else ""

    def post(self, target, fields=(), headers=None, csrf=True):
        """csrf: True = the right one, False = none, else the text."""
        fields = list(fields.items()) if isinstance(fields, dict) else list(fields)
        if csrf:
            fields.append(("csrf", self.csrf() if csrf is True else csrf))
        if headers is None:
            headers = [("Origin", "null"), ("Sec-Fetch-Site", "same-origin")]
        return self.remember(self.web.ask("POST", target, self.headers(
            [("Content-Type", "application/x-www-form-urlencoded"), *headers]), urllib.parse.urlencode(fields)))
