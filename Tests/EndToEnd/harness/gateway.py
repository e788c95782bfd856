"""The gateway as a process."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from .http import Answer, Client
from .output import Output
from .paths import PATIENCE, binary, clean_environment


class Gateway:
    """`switchyard run` on a free port of the loopback, from entering to leaving a `with`.

    - `config`: text for a routes.yaml in a folder of its own, or the path of an existing file.
    - Leaving sends SIGTERM and asserts `exit_status`, unless the process has ended before by a call of this object.
    """

    def __init__(self, config: str | Path, *, args=(), env=None, listen: str | None = "127.0.0.1:0",
                 files: dict[str, bytes] | None = None, ready: bool = True, exit_status: int = 0, cwd=None):
        self.folder = Path(tempfile.mkdtemp(prefix="switchyard-"))
        self.exit_status = exit_status
        self._wait_ready = ready
        self._cwd = cwd or self.folder
        self._env = clean_environment(env)
        for name, content in (files or {}).items():
            self.write(name, content)
        if isinstance(config, Path):
            self.file = config
        else:
            self.file = self.folder / "routes.yaml"
            self.file.write_text(config)
        self.command = [str(binary()), "run", str(self.file), *(["--listen", listen] if listen else []), *args]
        self.process: subprocess.Popen[bytes] | None = None
        self.host, self.port = "127.0.0.1", 0

    # Life

    def __enter__(self) -> "Gateway":
        try:
            self.start()
        except BaseException:
            self.kill()
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, kind, error, trace) -> None:
        try:
            if self.process and self.process.poll() is None:
                status = self.stop(wait=True)
                if kind is None:
                    assert status == self.exit_status, f"exit status {status}\n{self.stderr.text}"
            elif kind is None and self.process:
                assert self._expected_end, f"the gateway died by itself: {self.process.returncode}\n{self.stderr.text}"
        finally:
            self.kill()
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Starts the process and waits until it serves. Called by `with`; again after `stop` or `kill`."""
        self._expected_end = False
        self.process = subprocess.Popen(
            self.command, cwd=self._cwd, env=self._env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.stdout, self.stderr = Output(self.process.stdout), Output(self.process.stderr)
        address = self.stderr.wait_for(r"^switchyard \S+ serves .* on http://([\d.]+|\[[0-9a-f:]+\]):(\d+)")
        self.host, self.port = address[1].strip("[]"), int(address[2])
        if self._wait_ready:
            self.wait_ready()

    def restart_on_same_port(self) -> None:
        """After `stop` or `kill`: starts again where clients expect it."""
        self.command[self.command.index("--listen") + 1] = self.address
        self.start()

    def wait_ready(self, status: int = 200, patience: float = PATIENCE) -> None:
        """Waits until /readyz answers `status`."""
        from .waiting import eventually
        eventually(lambda: self.get("/readyz").status == status, f"/readyz says {status}", patience)

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self, wait: bool = True, patience: float = PATIENCE) -> int | None:
        """SIGTERM; the exit status if asked to wait for it."""
        self._expected_end = True
        self.signal(signal.SIGTERM)
        return self.wait(patience) if wait else None

    def wait(self, patience: float = PATIENCE) -> int:
        """The exit status, once the process has ended by itself."""
        self._expected_end = True
        status = self.process.wait(patience)
        self.stdout.wait_for_end()
        self.stderr.wait_for_end()
        return status

    def kill(self) -> None:
        """SIGKILL: no chance to say anything."""
        self._expected_end = True
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)

    # Files

    def write(self, name: str, content: bytes | str) -> Path:
        """Writes a file beside the routes.yaml."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def rewrite(self, config: str) -> None:
        """Replaces the routes.yaml, as editors do: in one step."""
        fresh = self.folder / "routes.yaml.new"
        fresh.write_text(config)
        os.replace(fresh, self.file)

    def reload(self, config: str | None = None, succeeds: bool = True) -> str:
        """SIGHUP, with a new file if given; returns what was logged about it."""
        if config is not None:
            self.rewrite(config)
        since = self.stderr.position
        self.signal(signal.SIGHUP)
        self.stderr.wait_for(r"info: reloaded" if succeeds else r"error: reload refused", since)
        return "".join(self.stderr.text.splitlines(keepends=True)[since:])

    # Clients

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def ws(self, path: str) -> str:
        return f"ws://{self.address}{path}"

    def connect(self, **options) -> Client:
        """A raw connection."""
        return Client(self.host, self.port, **options)

    def request(self, method: str, target: str, body: bytes | None = None, headers=()) -> Answer:
        """One request on a connection of its own."""
        with self.connect() as client:
            return client.request(method, target, body, headers)

    def get(self, target: str, headers=()) -> Answer:
        return self.request("GET", target, headers=headers)

    def post(self, target: str, body: bytes | str, headers=()) -> Answer:
        return self.request("POST", target, body.encode() if isinstance(body, str) else body, headers)

    # What the kernel knows

    @property
    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    @property
    def processor_time(self) -> float:
        """Seconds of CPU that the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def resident(self) -> int:
        """Resident memory in bytes."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")
