"""The command line, one command at a time."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .paths import PATIENCE, binary, clean_environment


# A routes.yaml with one route.
SMALL = 'routes:\n  - { path: /hello, methods: [GET], handler: echo.http, with: { text: hello } }\n'


@dataclass
class Result:
    status: int
    stdout: str
    stderr: str

    @property
    def json(self):
        return json.loads(self.stdout)


def switchyard(*arguments: object, cwd: Path | None = None, env=None, stdin: str = "") -> Result:
    """Runs the binary to its end."""
    done = subprocess.run(
        [str(binary()), *map(str, arguments)], cwd=cwd, env=clean_environment(env), input=stdin.encode(),
        capture_output=True, timeout=PATIENCE)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())
