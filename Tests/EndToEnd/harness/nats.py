"""A real nats-server as a process."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.request
from pathlib import Path

from .output import Output
from .paths import PATIENCE
from .waiting import eventually


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class NATSServer:
    """nats-server on the loopback, from entering to leaving a `with`; `restart` keeps its ports and its streams."""

    def __init__(self, *, user: str | None = None, password: str | None = None, jetstream: bool = False, args=()):
        self.port, self.monitor_port = free_port(), free_port()
        self.user, self.password = user, password
        self.folder = Path(tempfile.mkdtemp(prefix="switchyard-nats-"))
        credentials = ["--user", user, "--pass", password] if user else []
        self.command = [
            os.environ.get("NATS_SERVER") or shutil.which("nats-server") or "nats-server", "-a", "127.0.0.1",
            "-p", str(self.port), "-m", str(self.monitor_port), "-sd", str(self.folder), *credentials,
            *(["-js"] if jetstream else []), *args]
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "NATSServer":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        credentials = f"{self.user}:{self.password}@" if self.user else ""
        return f"nats://{credentials}127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.log = Output(self.process.stderr)
        self.log.wait_for("Server is ready")

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait(PATIENCE)

    def restart(self) -> None:
        self.kill()
        self.start()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def monitor(self, path: str):
        """What the monitoring port says, as JSON: `connz?subs=1`, `subsz?subs=1`, `varz`."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor_port}/{path}", timeout=PATIENCE) as answer:
            return json.load(answer)

    def subscriptions(self) -> list[str]:
        """Subjects that clients are subscribed to, one entry a subscription, sorted."""
        connections = self.monitor("connz?subs=1")["connections"]
        return sorted(subject for connection in connections for subject in connection.get("subscriptions_list", []))

    def subscriptions_of(self, prefix: str) -> list[str]:
        return [subject for subject in self.subscriptions() if subject.startswith(prefix)]

    def wait_for_subscriptions(self, expected: list[str]) -> None:
        eventually(lambda: self.subscriptions() == sorted(expected), f"subscriptions are {sorted(expected)}")


class NATSCluster:
    """Three servers that know of each other, from entering to leaving a `with`."""

    def __init__(self, *, jetstream: bool = False):
        self._jetstream = jetstream
        routes = [free_port() for _ in range(3)]
        everyone = ",".join(f"nats://127.0.0.1:{port}" for port in routes)
        self.servers = [
            NATSServer(jetstream=jetstream, args=[
                "--cluster_name", "yard", "-n", f"server-{index}", "--cluster", f"nats://127.0.0.1:{port}",
                "--routes", everyone])
            for index, port in enumerate(routes)]

    def __enter__(self) -> "NATSCluster":
        for server in self.servers:
            server.start()
        eventually(lambda: all(server.monitor("varz").get("routes", 0) >= 2 for server in self.servers),
                   "every server has a route to the others")
        if self._jetstream:
            eventually(lambda: all(server.monitor("jsz").get("meta_cluster", {}).get("leader")
                                   for server in self.servers), "JetStream has a leader")
        return self

    def __exit__(self, *_) -> None:
        for server in self.servers:
            server.__exit__()

    @property
    def urls(self) -> list[str]:
        return [server.url for server in self.servers]

    def server_of(self, name: str) -> NATSServer:
        """The one that the client called `name` is connected to."""
        found: list[NATSServer] = []

        def looks() -> bool:
            found[:] = [server for server in self.servers if server.process.poll() is None and any(
                connection.get("name") == name for connection in server.monitor("connz")["connections"])]
            return bool(found)
        eventually(looks, f"{name} is connected to one of the servers")
        return found[0]
