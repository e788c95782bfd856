"""The load program against servers that misbehave: a measuring instrument must not count what did not happen.

Run with `python3 -m unittest discover Tests/Benchmarks`.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from tools import HERE, compile_programs


class LoadTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        folder = os.environ.get("BENCHMARK_BUILD", cls.scratch.name)
        cls.program = compile_programs(pathlib.Path(folder))["load"]

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def setUp(self):
        # One for each test: what the last one left half closed would be counted as this one's descriptors.
        self.server = subprocess.Popen(
            [sys.executable, str(HERE / "misbehaving.py")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.port = self.server.stdout.readline().decode().strip()

    def tearDown(self):
        self.server.terminate()
        self.server.wait()
        self.server.stdout.close()

    def load(self, mode, *arguments, status=0):
        done = subprocess.run(
            [str(self.program), mode, "127.0.0.1", self.port, *arguments, "--pid", str(self.server.pid)],
            capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout) if status != 2 else done.stderr

    def http(self, path, *arguments, **more):
        return self.load("http", "--path", path, "--connections", "4", "--seconds", "0.1", "--warmup", "0.05",
                         *arguments, **more)

    def complaint(self, path, *arguments):
        """The first error. A fast machine makes more than 1,000 of them, and then the program gives up and says so."""
        done = subprocess.run(
            [str(self.program), "http", "127.0.0.1", self.port, "--path", path, "--connections", "4", "--seconds", "0.1",
             "--warmup", "0.05", *arguments, "--pid", str(self.server.pid)],
            capture_output=True, text=True, timeout=60)
        self.assertIn(done.returncode, (1, 2), done.stdout + done.stderr)
        if done.returncode == 1:
            return json.loads(done.stdout)["first_error"]
        return done.stderr.strip().partition("more than 1000 errors, the first: ")[2]

    def fanout(self, path, *arguments, **more):
        return self.load("fanout", "--path", path, "--sockets", "3", "--seconds", "0.1", "--window", "64",
                         *arguments, **more)

    def test_http_answers_in_any_shape(self):
        for path in ("/plain", "/split", "/chunked", "/close"):
            with self.subTest(path):
                result = self.http(path, "--expect-body", "hello\n")
                self.assertGreater(result["requests"], 4)
                self.assertGreater(result["cpu_us"], 0)
                self.assertEqual(result["reconnects"] > 0, path == "/close")
        self.http("/empty", "--expect-status", "204")

    def test_http_wrong_answers_are_errors(self):
        self.assertEqual(self.complaint("/plain", "--expect-status", "404"), "status 200")
        self.assertEqual(self.complaint("/other-body", "--expect-body", "hello\n"), "another body")
        self.assertEqual(self.complaint("/garbage"), "malformed answer")

    def test_fanout_counts(self):
        result = self.fanout("/good")
        self.assertEqual(result["deliveries"], 3 * result["published"])
        self.assertEqual(result["own"], result["published"])
        self.assertGreater(result["published"], 64)

    def test_fanout_paced(self):
        result = self.fanout("/paced", "--rate", "100")
        self.assertLessEqual(abs(result["published"] - 10), 1)

    def test_fanout_notices_what_is_wrong(self):
        for path, counter in (("/drop", "missing"), ("/twice", "duplicates"), ("/swap", "late")):
            with self.subTest(path):
                result = self.fanout(path, status=1)
                wrong = {name: result[name] for name in ("missing", "duplicates", "late", "foreign")}
                self.assertEqual(wrong, {**dict.fromkeys(wrong, 0), counter: 1})

    def test_topics_are_counted_apart(self):
        topics = ("--spread", "3", "--sockets", "7", "--window", "4")
        good = self.load("fanout", "--path", "/topic{}", *topics, "--seconds", "0.2")
        self.assertEqual(good["topics"], 3)
        self.assertEqual(good["deliveries"], good["expected"])
        self.assertGreater(good["published"], 6)
        crossed = self.load("fanout", "--path", "/drop{}", *topics, "--seconds", "0.5", status=1)
        self.assertEqual(crossed["missing"], 3)
        self.assertIn("each topic needs a subscriber", self.fanout("/fan", "--spread", "4", status=2))

    def test_sockets_that_do_not_open(self):
        self.assertIn("refused: HTTP/1.1 503", self.fanout("/refuse", status=2))
        self.assertIn("Sec-WebSocket-Accept", self.fanout("/accept", status=2))

    def test_echo(self):
        short = ("--sockets", "2", "--seconds", "0.1", "--warmup", "0")
        self.assertGreater(self.load("echo", "--path", "/echo", *short)["echoes"], 2)
        self.assertGreater(self.load("echo", "--path", "/echo", *short, "--size", "4000")["echoes"], 2)
        changed = self.load("echo", "--path", "/echo-changed", *short, status=1)
        self.assertEqual(changed["first_error"], "another message came back")
        fragment = self.load("echo", "--path", "/echo-fragment", *short, status=1)
        self.assertEqual(fragment["first_error"], "a fragmented message")

    def test_churn(self):
        visit = ("--count", "20", "--sockets", "4")
        polite = self.load("churn", "--path", "/good", *visit)
        self.assertEqual((polite["connections"], polite["lingering"]), (20, 0))
        self.assertEqual(self.load("churn", "--path", "/rude", *visit, status=1)["errors"], 20 + 3)
        lingering = self.load("churn", "--path", "/linger", "--count", "4", "--sockets", "4")
        self.assertEqual(lingering["lingering"], 4 + 1)

    def test_idle(self):
        result = self.load("idle", "--path", "/idle{}", "--sockets", "50", "--spread", "7", "--hold", "0.1")
        self.assertEqual(result["open"], 50)
        self.assertEqual(result["descriptors_after"], result["descriptors_before"])
        self.assertEqual(result["descriptors_left"], 0)

    def test_arguments_are_checked(self):
        for arguments in (["--nonsense", "1"], ["--seconds"], ["--seconds", "soon"], ["--size", "8"],
                          ["--sockets", "0"], ["--protocol", "mqtt"]):
            with self.subTest(arguments):
                self.assertIn("load: ", self.load("echo", *arguments, status=2))


if __name__ == "__main__":
    unittest.main()
