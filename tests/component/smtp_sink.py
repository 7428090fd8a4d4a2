"""A mail server that keeps what it gets: real TLS by a CA of its own, and every way to behave badly that a test asks for."""

import base64
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading

PASSWORD = "smtp-Geheim-17"


def make_ca(folder):
    """ca.pem, and server.pem with its key, for 127.0.0.1."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3", "-subj", "/CN=test CA",
            "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=mail", "-keyout", "server.key", "-out", "server.csr")
    with open(os.path.join(folder, "server.ext"), "w", encoding="ascii") as file:
        file.write("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "server.ext",
            "-out", "server.pem")


class Sink:
    """mode: "tls" from the first byte, "starttls", or "plain" (offers nothing). Stop it with stop()."""

    def __init__(self, mode="tls", **behaviour):
        self.mode, self.behaviour = mode, behaviour
        self.folder = tempfile.mkdtemp(prefix="rightful-smtp-")
        make_ca(self.folder)
        self.ca_file = os.path.join(self.folder, "ca.pem")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(os.path.join(self.folder, "server.pem"), os.path.join(self.folder, "server.key"))
        self.messages = []  # (sender, [recipients], bytes)
        self.plain_lines = []  # commands that came without encryption
        self.signed_in = 0
        self.got_message, self.may_answer = threading.Event(), threading.Event()
        self.may_answer.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads, self.connections, self.is_over = [], [], False
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    @property
    def url(self):
        return f"{'smtps' if self.mode == 'tls' else 'smtp'}://127.0.0.1:{self.port}"

    def stop(self):
        self.is_over = True
        self.may_answer.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()
        for thread in [self.accepting, *self.threads]:
            thread.join(10)
        shutil.rmtree(self.folder)

    def accept(self):
        while not self.is_over:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(60)
            self.connections.append(connection)
            thread = threading.Thread(target=self.serve, args=(connection,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def serve(self, connection):
        try:
            if self.mode == "tls":
                connection = self.context.wrap_socket(connection, server_side=True)
            self.talk(connection, is_encrypted=self.mode == "tls")
        except OSError:
            pass
        finally:
            connection.close()

    def talk(self, connection, is_encrypted):
        file = connection.makefile("rwb")

        def say(text):
            file.write(text.encode() + b"\r\n")
            file.flush()

        if self.behaviour.get("silent"):
            self.may_answer.clear()
            self.may_answer.wait(60)
            return
        if self.behaviour.get("endless"):
            try:
                for _ in range(200000):
                    say("220-" + "a" * 50)
            except OSError:
                return
        say("220 sink ESMTP")
        sender, recipients = None, []
        while line := file.readline(100000):
            words = line.decode("utf-8", "replace").strip()
            command = words.split(" ")[0].upper()
            if not is_encrypted:
                self.plain_lines.append(words)
            if command == "EHLO":
                offers = ["sink"]
                if self.mode == "starttls" and not is_encrypted:
                    offers.append("STARTTLS")
                if is_encrypted or self.mode == "plain":
                    offers.append("AUTH PLAIN")
                for offer in offers[:-1]:
                    say("250-" + offer)
                say("250 " + offers[-1])
            elif command == "STARTTLS" and self.mode == "starttls":
                if self.behaviour.get("refuses_starttls"):
                    say("454 not now")
                    continue
                injected = "\r\n250-sink\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 ok\r\n250 ok" if self.behaviour.get("injects") else ""
                say("220 go ahead" + injected)
                connection = self.context.wrap_socket(connection, server_side=True)
                self.connections.append(connection)
                file, is_encrypted = connection.makefile("rwb"), True
            elif command == "AUTH":
                given = base64.b64decode(words.split(" ")[2]) if words.count(" ") == 2 else self.challenge(file, say)
                if given.split(b"\0")[2].decode() == PASSWORD:
                    self.signed_in += 1
                    say("235 welcome")
                else:
                    say("535 no")
            elif command == "MAIL":
                sender, recipients = words[words.index("<") + 1:words.index(">")], []
                say("250 ok")
            elif command == "RCPT":
                address = words[words.index("<") + 1:words.index(">")]
                code = self.behaviour.get("recipients", {}).get(address)
                if code is None:
                    recipients.append(address)
                say(f"{code} not this one" if code else "250 ok")
            elif command == "DATA":
                say("354 go on")
                content = b""
                while (part := file.readline()) not in (b".\r\n", b""):
                    content += part[1:] if part.startswith(b".") else part
                self.messages.append((sender, recipients, content))
                self.got_message.set()
                self.may_answer.wait(60)
                say("250 ok")
            elif command == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok" if command in ("RSET", "NOOP") else "500 what?")

    @staticmethod
    def challenge(file, say):
        say("334 ")
        return base64.b64decode(file.readline().strip())
