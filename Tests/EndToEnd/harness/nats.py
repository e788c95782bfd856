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
    """nats-server on the loopback, from entering to leaving a `with`; `restart` keeps its ports."""

    def __init__(self, *, user: str | None = None, password: str | None = None, args=()):
        self.port, self.monitor_port = free_port(), free_port()
        self.user, self.password = user, password
        self.folder = Path(tempfile.mkdtemp(prefix="switchyard-nats-"))
        credentials = ["--user", user, "--pass", password] if user else []
        self.command = [
            os.environ.get("NATS_SERVER") or shutil.which("nats-server") or "nats-server", "-a", "127.0.0.1",
            "-p", str(self.port), "-m", str(self.monitor_port), "-sd", str(self.folder), *credentials, *args]
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

    def wait_for_subscriptions(self, expected: list[str]) -> None:
        eventually(lambda: self.subscriptions() == sorted(expected), f"subscriptions are {sorted(expected)}")
