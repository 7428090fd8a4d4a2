"""A private PostgreSQL in a temporary folder: a UNIX socket, and TCP on loopback with TLS from a CA of its own.

PostgreSQL refuses to run as root; then it runs as the user postgres, which the Debian package makes.
"""

import contextlib
import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile

BIN = next(iter(sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)), None)
HBA = """local all peer_only peer map=here
local all all trust
hostssl all all 127.0.0.1/32 scram-sha-256
hostnossl all plain 127.0.0.1/32 scram-sha-256
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """Roles: reader (password "secret", may SELECT), plain (the same without TLS).

    A role of the name peer_only is let in by who runs the tests, and by nothing else.
    """

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="rightful-postgres-")
        self.become = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.data = os.path.join(self.folder, "data")
        self.ca = os.path.join(self.folder, "ca.pem")
        os.chmod(self.folder, 0o755)
        self.certificates()
        if self.become:
            for path in [self.folder, *glob.glob(self.folder + "/*")]:
                shutil.chown(path, "postgres")
        self.program("initdb", "-D", self.data, "--encoding=UTF8", "--locale=C", "--auth=trust", "-N", "-U", "postgres")
        self.write("pg_hba.conf", HBA)
        self.write("pg_ident.conf", f"here {pwd.getpwuid(os.geteuid()).pw_name} peer_only\n")
        with open(os.path.join(self.data, "postgresql.conf"), "a", encoding="utf-8") as file:
            file.write(f"""listen_addresses = '127.0.0.1'
unix_socket_directories = '{self.folder}'
fsync = off
ssl = on
ssl_cert_file = '{self.folder}/server.pem'
ssl_key_file = '{self.folder}/server.key'
log_connections = on
log_destination = stderr
""")
        self.log = os.path.join(self.folder, "log")
        self.start()
        self.sql("CREATE ROLE reader LOGIN PASSWORD 'secret'; CREATE ROLE plain LOGIN PASSWORD 'secret'")

    def start(self):
        """On a port that was free a moment ago: somebody else may have it by now, and then another one will do."""
        for _ in range(5):
            self.port = free_port()
            with open(os.path.join(self.data, "postgresql.conf"), "a", encoding="utf-8") as file:
                file.write(f"port = {self.port}\n")  # the last one counts
            try:
                self.program("pg_ctl", "-D", self.data, "-w", "-t", "60", "-l", self.log, "start")
                return
            except subprocess.CalledProcessError:
                if "could not bind" not in self.log_text():
                    raise
        raise AssertionError("no port stays free: " + self.log_text())

    def write(self, name, content):
        with open(os.path.join(self.data, name), "w", encoding="utf-8") as file:
            file.write(content)

    def certificates(self):
        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], check=True, cwd=self.folder, capture_output=True)
        key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"]
        for name in ("ca", "other"):
            openssl("req", "-x509", *key, "-keyout", name + ".key", "-out", name + ".pem", "-subj", "/CN=test " + name)
        openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
        with open(os.path.join(self.folder, "names"), "w", encoding="utf-8") as file:
            file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", "names", "-out", "server.pem")
        os.chmod(os.path.join(self.folder, "server.key"), 0o600)

    def program(self, name, *arguments, **options):
        return subprocess.run(self.become + [os.path.join(BIN, name), *arguments], check=True, cwd="/", text=True,
                              stdin=options.pop("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE, timeout=120, **options).stdout

    def sql(self, text):
        return self.program("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p", str(self.port),
                            "-U", "postgres", "-c", text, "postgres")

    @contextlib.contextmanager
    def session(self, text):
        """A connection that lasts as long as the block; what text answers is one line."""
        command = [os.path.join(BIN, "psql"), "-X", "-q", "-A", "-t", "-h", self.folder, "-p", str(self.port), "-U", "postgres", "postgres"]
        with subprocess.Popen(self.become + command, cwd="/", text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdin.write(text + ";\n")
            process.stdin.flush()
            yield process.stdout.readline().strip()

    def log_text(self):
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    @property
    def socket(self):
        return f"host={self.folder} port={self.port} dbname=postgres user=reader"

    @property
    def tcp(self):
        return f"host=localhost hostaddr=127.0.0.1 port={self.port} dbname=postgres user=reader"

    def close(self):
        subprocess.run(self.become + [os.path.join(BIN, "pg_ctl"), "-D", self.data, "-m", "immediate", "stop"],
                       stdout=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
