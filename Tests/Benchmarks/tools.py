"""Compiling the C programs, and running the load program pinned to its core."""

import json
import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FLAGS = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"]


class BenchError(Exception):
    """A reason to stop that the user can act on."""


def find_program(variable, names, hint):
    """The path of a program: from an environment variable, else from PATH and the sbin folders."""
    given = os.environ.get(variable)
    if given:
        if not os.access(given, os.X_OK):
            raise BenchError(f"{variable}={given} is not a program")
        return given
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    for name in names:
        found = shutil.which(name, path=path)
        if found:
            return found
    raise BenchError(f"{names[0]} is missing: {hint}, or set {variable}")


def compile_programs(folder):
    """Builds `load` and `limit` when a source is newer; returns their paths by name."""
    folder.mkdir(parents=True, exist_ok=True)
    compiler = find_program("CC", ["cc", "gcc", "clang"], "install gcc")
    programs = {}
    for name in ("load", "limit"):
        sources = sorted((HERE / name).glob("*.c"))
        watched = sources + sorted((HERE / name).glob("*.h"))
        program = folder / name
        if not program.exists() or program.stat().st_mtime < max(file.stat().st_mtime for file in watched):
            subprocess.run([compiler, *FLAGS, "-o", str(program), *map(str, sources)], check=True)
        programs[name] = program
    return programs


class Load:
    """The load program on one core."""

    def __init__(self, program, core):
        self.program, self.core = program, core

    def run(self, server, arguments, timeout=120):
        """One run against a server; the program's JSON as a dictionary, its `errors` included."""
        mode, *rest = arguments
        command = [str(self.program), mode, "127.0.0.1", str(server.port), *rest]
        for pid in server.pids():
            command += ["--pid", str(pid)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=timeout,
                preexec_fn=lambda: os.sched_setaffinity(0, {self.core}))
        except subprocess.TimeoutExpired as expired:
            raise BenchError(f"{server.name}: load {' '.join(arguments)} hung for {timeout} s") from expired
        if done.returncode not in (0, 1):
            raise BenchError(f"{server.name}: load {' '.join(arguments)}: {done.stderr.strip() or 'it crashed'}")
        return json.loads(done.stdout)
