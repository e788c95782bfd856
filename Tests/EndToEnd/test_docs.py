"""What the documentation says is so: its commands, its YAML, its Swift, its links.

Fenced blocks are tagged behind the language:

- `sh test`: run in a folder with the demo's routes.yaml while a gateway serves it; exits 0. The `text` block right
  behind it is what it prints, where `…` stands for anything on that line.
- `sh listen`: started, and kept until the page ends; the lines of its `text` block have come by then, in order.
- `yaml edit`: lines to be added to routes.yaml, between lines that are there.
- `yaml route-file`: passes `switchyard check --strict`.
- `yaml recipe`: so does this, and test_recipes.py does with it what the section promises.
- `yaml refused`: does not pass `switchyard check`, which says what stands in the `text` block.
- `swift file=PATH`: compiles together with the page's other files of that folder.

In commands and output 8080 stands for the port.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.gateway import Gateway
from harness.output import Output
from harness.paths import PATIENCE, REPOSITORY, binary

PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
TAGS = {"sh test", "sh listen", "yaml edit", "yaml route-file", "yaml recipe", "yaml refused"}
ESCAPES = re.compile(r"\x1b(\[[0-9;]*[A-Za-z]|[78])")


@dataclass
class Block:
    page: Path
    line: int
    info: str
    text: str
    output: str | None = None
    """The `text` block right behind it."""

    @property
    def name(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> list[Block]:
    found: list[Block] = []
    fence = re.compile(r"^```(.*)\n((?:.*\n)*?)^```$", re.MULTILINE)
    text, end = page.read_text(), 0
    for match in fence.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match[1] == "text" and found and text[end:match.start()].strip() == "":
            found[-1].output = match[2]
        else:
            found.append(Block(page, line, match[1], match[2]))
        end = match.end()
    return found


ALL = [block for page in PAGES for block in blocks(page)]


def tagged(info: str) -> list[Block]:
    return [block for block in ALL if block.info == info]


def named(items):
    return {"argvalues": items, "ids": [item.name for item in items]}


class Reader:
    """Somebody who follows a page from top to bottom, in a copy of the demo's folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name in ("plugins", "docs"):
            (folder / name).symlink_to(REPOSITORY / name)
        shutil.copy(REPOSITORY / "routes.yaml", folder)
        self.gateway = Gateway(folder / "routes.yaml", cwd=folder)
        self.listeners: list[tuple[Block, subprocess.Popen, Output]] = []

    def __enter__(self) -> "Reader":
        self.gateway.__enter__()
        tools = self.folder / "bin"
        tools.mkdir()
        # pidof finds every gateway of the machine, but only this one is meant.
        for name, line in {"switchyard": f'exec "{binary()}" "$@"', "python3": f'exec "{sys.executable}" "$@"',
                           "pidof": f"echo {self.gateway.process.pid}"}.items():
            (tools / name).write_text(f"#!/bin/sh\n{line}\n")
            (tools / name).chmod(0o755)
        self.environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}
        return self

    def __exit__(self, *error) -> None:
        for _, process, _ in self.listeners:
            process.kill()
            process.wait()
        self.gateway.__exit__(*error)

    def follow(self, block: Block) -> None:
        match block.info:
            case "sh test": self.run(block)
            case "sh listen": self.listen(block)
            case "yaml edit": self.edit(block)

    def script(self, block: Block) -> list[str]:
        return ["bash", "-euo", "pipefail", "-c", block.text.replace("8080", str(self.gateway.port))]

    def run(self, block: Block) -> None:
        since = self.gateway.stderr.position
        done = subprocess.run(
            self.script(block), cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, f"{block.name}: exit status {done.returncode}\n{done.stderr}"
        if "kill -HUP" in block.text:
            self.gateway.stderr.wait_for("info: reloaded", since)
        if block.output is not None:
            expected = "".join(".*" if part == "…" else re.escape(part) for part in re.split("(…)", block.output))
            printed = done.stdout.replace(str(self.gateway.port), "8080")
            assert re.fullmatch(expected, printed), f"{block.name} prints\n{printed}"

    def listen(self, block: Block) -> None:
        process = subprocess.Popen(
            self.script(block), cwd=self.folder, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        output = Output(process.stdout)
        self.listeners.append((block, process, output))
        output.wait_for(re.escape(self.expected(block)[0]))

    def expected(self, block: Block) -> list[str]:
        return block.output.replace("8080", str(self.gateway.port)).splitlines()

    def edit(self, block: Block) -> None:
        """Puts each line that is not in the file behind the block's line before it."""
        path = self.folder / "routes.yaml"
        have, place = path.read_text().splitlines(), 0
        added = 0
        for line in block.text.splitlines():
            if line in have[place:]:
                place = have.index(line, place) + 1
            else:
                assert place, f"{block.name}: begins with a line that is not in routes.yaml"
                have.insert(place, line)
                place, added = place + 1, added + 1
        assert added, f"{block.name}: adds nothing"
        path.write_text("\n".join(have) + "\n")

    def check_listeners(self) -> None:
        for block, _, output in self.listeners:
            for line in self.expected(block):
                output.wait_for(re.escape(line))
            text = ESCAPES.sub("", output.text)
            places = [text.index(line) for line in self.expected(block)]
            assert places == sorted(places), f"{block.name}: another order\n{text}"


@pytest.mark.parametrize("page", **named([page for page in PAGES if any(b.page == page for b in tagged("sh test"))]))
def test_commands(page, tmp_path):
    with Reader(tmp_path) as reader:
        for block in blocks(page):
            reader.follow(block)
        reader.check_listeners()


def check(block: Block, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "plugins").symlink_to(REPOSITORY / "plugins")
    (folder / "routes.yaml").write_text(block.text)
    return subprocess.run(
        [str(binary()), "check", "--strict"], cwd=folder, capture_output=True, text=True, timeout=PATIENCE)


@pytest.mark.parametrize("block", **named(tagged("yaml route-file") + tagged("yaml recipe")))
def test_route_files(block, tmp_path):
    done = check(block, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", **named(tagged("yaml refused")))
def test_refused_files(block, tmp_path):
    done = check(block, tmp_path)
    assert (done.returncode, done.stderr) == (1, block.output)


@dataclass
class Compiler:
    """swiftc with the settings of Package.swift, on the modules of the release build."""

    folder: Path
    modules: Path = REPOSITORY / ".build" / "release" / "Modules"

    def __call__(self, module: str, files: list[Path], *arguments: str) -> None:
        features = [item for name in ("ExistentialAny", "InternalImportsByDefault", "MemberImportVisibility")
                    for item in ("-enable-upcoming-feature", name)]
        command = ["swiftc", "-swift-version", "6", "-warnings-as-errors", "-package-name", "switchyard", *features,
                   "-I", str(self.modules), "-I", str(self.folder), "-module-name", module, *arguments,
                   *map(str, files)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(600)
def test_swift_files(tmp_path):
    sources: dict[str, list[Path]] = {}
    for block in ALL:
        if block.info.startswith("swift file="):
            path = Path(block.info.removeprefix("swift file="))
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)
            sources.setdefault(str(path.parent), []).append(file)
    assert set(sources) == {"plugins/Greet", "Tests/PluginTests/Greet"}
    compile = Compiler(tmp_path)
    compile("TestSupport", sorted((REPOSITORY / "Tests" / "TestSupport").glob("*.swift")), "-emit-module",
            "-emit-module-path", str(tmp_path / "TestSupport.swiftmodule"))
    compile("GreetPlugin", sources["plugins/Greet"], "-emit-module", "-emit-module-path",
            str(tmp_path / "GreetPlugin.swiftmodule"))
    support = sorted((REPOSITORY / "Tests" / "PluginTests" / "Support").glob("*.swift"))
    compile("PluginTests", sources["Tests/PluginTests/Greet"] + support, "-typecheck", "-enable-testing")


@pytest.mark.parametrize("page", **named(PAGES))
def test_links(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)", text):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
            anchors = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
            assert anchor in anchors, f"{page.name} links to {target}#{anchor}"


def test_tags_are_known():
    """A misspelled tag would quietly switch a test off."""
    unknown = [f"{block.name}: {block.info}" for block in ALL
               if " " in block.info and block.info not in TAGS and not block.info.startswith("swift file=")]
    assert unknown == []
    assert all(tagged(tag) for tag in TAGS)
    assert all(block.output for block in tagged("sh listen"))
