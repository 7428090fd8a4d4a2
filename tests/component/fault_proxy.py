"""A proxy between an LDAP client and a server that does one thing wrong, on purpose.

It knows where one LDAPMessage (RFC 4511) ends and which page of a search it belongs to, so a fault can be put at an exact
place: after the k-th message, at the k-th byte, into the result of page n. A Fault sees every answer before the client does
and says which bytes go out instead; the next pull gets the next Fault. Plain LDAP only. Standard library only.
"""

import contextlib
import select
import socket
import struct
import threading
import time

SEARCH_REQUEST, BIND_RESPONSE, ENTRY, DONE, REFERENCE, EXTENDED = 0x63, 0x61, 0x64, 0x65, 0x73, 0x78
PAGED_RESULTS = b"1.2.840.113556.1.4.319"
NOTICE_OF_DISCONNECTION = b"1.3.6.1.4.1.1466.20036"

# ---- BER, as much of it as LDAP uses: one-byte tags, definite lengths ----


def frame_length(data, at):
    """Bytes of the element that begins at `at`; 0 when its head is not there yet."""
    if len(data) - at < 2:
        return 0
    first = data[at + 1]
    if first < 0x80:
        return 2 + first
    n = first & 0x7F
    if len(data) - at < 2 + n:
        return 0
    return 2 + n + int.from_bytes(data[at + 2:at + 2 + n], "big")


def elements(data):
    """All elements that stand one after the other: [(tag, content)]."""
    found, at = [], 0
    while at < len(data):
        length = frame_length(data, at)
        head = 2 if data[at + 1] < 0x80 else 2 + (data[at + 1] & 0x7F)
        found.append((data[at], bytes(data[at + head:at + length])))
        at += length
    return found


def element(tag, content):
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def number(value, tag=0x02):
    return element(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


class Message:
    """One LDAPMessage. page: 1 for the first page of the pull's paged search, 0 for what belongs to no page."""

    def __init__(self, raw, page_of):
        self.raw = raw
        at = 2 if raw[1] < 0x80 else 2 + (raw[1] & 0x7F)  # where the id begins: INTEGER, length, value
        end = at + 2 + raw[at + 1]
        self.id = int.from_bytes(raw[at + 2:end], "big")
        self.tag = raw[end]
        self.page = page_of.get(self.id, 0)

    def parts(self):
        """Contents of the operation, and the controls as they were sent."""
        (_, content), = elements(self.raw)
        _, operation, *controls = elements(content)
        return elements(operation[1]), b"".join(element(*control) for control in controls)

    @property
    def dn(self):
        return self.parts()[0][0][1].decode()

    @property
    def cookie(self):
        """Of a paged result; None without the control."""
        for _, control in elements(self.parts()[1]):
            for _, fields in elements(control):
                name, *_, value = elements(fields)
                if name[1] == PAGED_RESULTS:
                    return elements(elements(value[1])[0][1])[1][1]
        return None


def envelope(message_id, tag, content, controls=b""):
    return element(0x30, number(message_id) + element(tag, content) + controls)


def result(code, text=b"", matched=b"", referrals=()):
    content = number(code, 0x0A) + element(0x04, matched) + element(0x04, text)
    if referrals:
        content += element(0xA3, b"".join(element(0x04, url) for url in referrals))
    return content


def paged_control(cookie):
    value = element(0x30, number(0) + element(0x04, cookie))
    return element(0xA0, element(0x30, element(0x04, PAGED_RESULTS) + element(0x04, value)))


def with_id(raw, message_id):
    """The same message as the answer to another request."""
    (_, content), = elements(raw)
    return element(0x30, number(message_id) + content[2 + content[1]:])


# ---- what can go wrong ----


class Broken(Exception):
    """The connection ends here, after these last bytes: in order (FIN), or torn off (RST)."""

    def __init__(self, last=b"", is_reset=False):
        super().__init__()
        self.last, self.is_reset = last, is_reset


class Fault:
    """The one that does nothing: counts what passes."""

    max_bytes = None  # the connection ends when so many have gone to the client
    is_reset = False

    def __init__(self):
        self.n_messages, self.n_bytes, self.n_entries, self.n_requests = 0, 0, 0, 0
        self.pages = []  # page of every message
        self.tags = []
        self.was_used = False

    def answer(self, message):
        """The bytes that the client gets for this one."""
        self.n_messages += 1
        self.n_entries += message.tag == ENTRY and message.page > 0
        self.pages.append(message.page)
        self.tags.append(message.tag)
        return self.spoil(message)

    def spoil(self, message):
        return message.raw

    def request(self, message):
        """None: on to the server. Else the server never hears of it, and these are the answer."""


class Cut(Fault):
    """The k-th message is the last one."""

    def __init__(self, k, is_reset=False):
        super().__init__()
        self.k, self.is_reset = k, is_reset

    def spoil(self, message):
        if self.n_messages < self.k:
            return message.raw
        raise Broken(message.raw if self.k > 0 else b"", self.is_reset)


class CutAtByte(Fault):
    def __init__(self, k, is_reset=False):
        super().__init__()
        self.max_bytes, self.is_reset = k, is_reset


class Code(Fault):
    """Page n ends with another result code; its cookie stays, so that a careless client goes on."""

    def __init__(self, page, code, keeps_cookie=True):
        super().__init__()
        self.page, self.code, self.keeps_cookie = page, code, keeps_cookie

    def spoil(self, message):
        if message.tag != DONE or message.page != self.page:
            return message.raw
        self.was_used = True
        referrals = [b"ldap://elsewhere.example.com/dc=example,dc=com"] if self.code == 10 else []
        controls = message.parts()[1] if self.keeps_cookie else b""
        return envelope(message.id, DONE, result(self.code, b"said the proxy", referrals=referrals), controls)


class Drop(Fault):
    """Entries whose DN begins so never arrive."""

    def __init__(self, *prefixes):
        super().__init__()
        self.prefixes = prefixes

    def spoil(self, message):
        if message.tag != ENTRY or not message.dn.startswith(self.prefixes):
            return message.raw
        self.was_used = True
        return b""


class Duplicate(Fault):
    """An entry arrives once more at the end of page n."""

    def __init__(self, prefix, page):
        super().__init__()
        self.prefix, self.page, self.entry = prefix, page, None

    def spoil(self, message):
        if message.tag == ENTRY and message.dn.startswith(self.prefix):
            self.entry = message.raw
        if message.tag != DONE or message.page != self.page:
            return message.raw
        self.was_used = True
        return with_id(self.entry, message.id) + message.raw


class Cookie(Fault):
    """Page n ends with this cookie; "before" is that of page n - 1, None leaves the whole control out."""

    def __init__(self, page, cookie):
        super().__init__()
        self.page, self.cookie, self.before = page, cookie, b""

    def spoil(self, message):
        if message.tag != DONE or message.page == 0:
            return message.raw
        if message.page != self.page:
            self.before = message.cookie
            return message.raw
        self.was_used = True
        cookie = self.before if self.cookie == "before" else self.cookie
        return envelope(message.id, DONE, result(0), paged_control(cookie) if cookie is not None else b"")


class Endless(Fault):
    """After page n the first n pages come again, and again. cookie: of page n, when its own is empty; is_hollow: of every
    page, and then the server gives nothing but page 1 and the others come empty."""

    def __init__(self, n, cookie=None, is_hollow=False):
        super().__init__()
        self.n, self.cookie, self.is_hollow = n, cookie, is_hollow
        self.memory = {page: [] for page in range(1, n + 1)}

    def spoil(self, message):
        if message.page == 0:
            return message.raw
        raw = message.raw
        if message.tag == DONE and self.cookie is not None and (self.is_hollow or message.page == self.n):
            raw = envelope(message.id, DONE, result(0), paged_control(self.cookie))
        self.memory[message.page].append(raw)
        return raw

    def request(self, message):
        if message.page <= self.n:
            return None
        self.was_used = True
        self.n_requests += 1
        return b"".join(with_id(raw, message.id) for raw in self.memory[(message.page - 1) % self.n + 1])


class After(Fault):
    """These bytes follow the k-th message: a reference, a notice, nonsense. b"" for {id} is done by `make`."""

    def __init__(self, k, make, is_end=False):
        super().__init__()
        self.k, self.make, self.is_end = k, make, is_end

    def spoil(self, message):
        if self.n_messages != self.k:
            return message.raw
        self.was_used = True
        data = message.raw + self.make(message)
        if self.is_end:
            raise Broken(data)
        return data


def notice_of_disconnection(_message):
    return envelope(0, EXTENDED, result(52, b"the server shuts down") + element(0x8A, NOTICE_OF_DISCONNECTION))


def reference(message):
    return envelope(message.id, REFERENCE, element(0x04, b"ldap://elsewhere.example.com/ou=part,dc=example,dc=com??sub"))


def done_of(code):
    return lambda message: envelope(message.id, DONE, result(code), paged_control(b""))


class Slow(Fault):
    """Every answer waits. after: from that message on; seconds None: for ever."""

    def __init__(self, seconds, after=0, count=None):
        super().__init__()
        self.seconds, self.after, self.count = seconds, after, count
        self.may_end = threading.Event()

    def spoil(self, message):
        if self.n_messages > self.after and (self.count is None or self.n_messages <= self.after + self.count):
            self.was_used = True
            self.may_end.wait(self.seconds)
        return message.raw


class Between(Fault):
    """Something happens when page n is whole at the proxy, before the client knows."""

    def __init__(self, page, action):
        super().__init__()
        self.page, self.action = page, action

    def spoil(self, message):
        if message.tag == DONE and message.page == self.page:
            self.was_used = True
            self.action()
        return message.raw


# ---- the proxy ----


class _Connection:
    def __init__(self, proxy, client):
        self.fault = proxy.fault
        self.client = client
        self.server = socket.create_connection(proxy.upstream)
        for each in (self.client, self.server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.page_of = {}
        self.n_pages = 0

    def run(self):
        try:
            self.pump()
        except Broken as end:
            with contextlib.suppress(OSError):
                self.client.sendall(end.last)
            if end.is_reset:
                self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass  # one of the two went away: so does the other
        finally:
            self.client.close()
            self.server.close()

    def pump(self):
        pending = {self.client: bytearray(), self.server: bytearray()}
        while True:
            for ready in select.select([self.client, self.server], [], [])[0]:
                data = ready.recv(1 << 18)
                if not data:
                    return
                pending[ready] += data
                (self.ask if ready is self.client else self.reply)(pending[ready])

    def ask(self, pending):
        for raw in frames(pending):
            message = Message(raw, self.page_of)
            if message.tag == SEARCH_REQUEST and PAGED_RESULTS in raw:
                self.n_pages += 1
                message.page = self.page_of[message.id] = self.n_pages
            instead = self.fault.request(message)
            if instead is None:
                self.server.sendall(raw)
            else:
                self.send(instead)

    def reply(self, pending):
        out = bytearray()
        try:
            for raw in frames(pending):
                if isinstance(self.fault, (Slow, Between)) and out:
                    self.send(out)
                    out = bytearray()
                out += self.fault.answer(Message(raw, self.page_of))
        except Broken as end:
            raise Broken(bytes(out) + end.last, end.is_reset) from None
        self.send(out)

    def send(self, data):
        limit = self.fault.max_bytes
        if limit is not None and self.fault.n_bytes + len(data) >= limit:
            raise Broken(bytes(data[:limit - self.fault.n_bytes]), self.fault.is_reset)
        self.fault.n_bytes += len(data)
        self.client.sendall(data)


def frames(pending):
    """Takes the whole messages out of what has arrived."""
    found, data, at = [], bytes(pending), 0
    while True:
        length = frame_length(data, at)
        if length == 0 or length > len(data) - at:
            del pending[:at]
            return found
        found.append(data[at:at + length])
        at += length


class FaultProxy:
    """Listens on a port of its own; `fault` is what happens to the connections that come next."""

    def __init__(self, host, port):
        self.upstream = (host, port)
        self.fault = Fault()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"ldap://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                connection = _Connection(self, client)
            except OSError:
                client.close()  # the server is gone
                continue
            threading.Thread(target=connection.run, daemon=True).start()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def wait_until(holds, seconds=10):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("it did not happen in time")
        time.sleep(0.01)
