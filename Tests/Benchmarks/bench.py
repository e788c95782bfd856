#!/usr/bin/env python3
"""Measures the gateway beside its peers and prints CPU time per request, delivery or connection. See README.md."""

import argparse
import json
import os
import pathlib
import platform
import signal
import statistics
import sys
import tempfile

from cases import CASES
from servers import KINDS
from tools import BenchError, Load, ROOT, compile_programs


class Bench:
    """One invocation: the options, the compiled programs, and the servers that are up."""

    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            raise BenchError("two cores are needed: one for the server, one for the load")
        self.server_core, load_core = cores[0], cores[1]
        self.binary = pathlib.Path(options.binary).resolve()
        if not options.peers_only and not os.access(self.binary, os.X_OK):
            raise BenchError(f"{self.binary} is missing: run `swift build -c release`, or name one with --binary")
        self.programs = compile_programs(pathlib.Path(options.build))
        self.load = Load(self.programs["load"], load_core)
        self.running = {}

    def server(self, name):
        if name not in self.running:
            self.running[name] = KINDS[name](self).start()
        return self.running[name]

    def stop(self, name):
        self.running.pop(name).stop()

    def stop_all(self):
        for name in reversed(list(self.running)):
            self.stop(name)

    def contenders(self, case):
        chosen = [(name, arguments) for name, arguments in case.contenders
                  if not (self.options.peers_only and name.startswith("ours"))]
        if self.options.against and chosen and chosen[0][0] == "ours":
            chosen.insert(1, ("before", chosen[0][1]))
        return chosen

    def arguments(self, case, arguments):
        """The case's arguments with the length of a run."""
        seconds = self.options.seconds
        if arguments[0] == "churn":
            return (*arguments, "--count", str(int(2000 * seconds)))
        if arguments[0] == "idle":
            return (*arguments, "--hold", str(seconds))
        # At 5,000 sockets and 20,000 deliveries/s a second holds four messages.
        return (*arguments, "--seconds", str(2 * seconds if case.slow else seconds))

    def run_once(self, case, name, arguments):
        result = self.load.run(self.server(name), self.arguments(case, arguments))
        if case.fresh:
            self.stop(name)
        if result["errors"] or not result[case.count]:
            raise BenchError(f"{name}: {result['errors']} errors: {json.dumps(result)}")
        return result

    def measure(self, case):
        """Rounds in which every contender has its turn, in changing order; returns {contender: [result]}, dropped."""
        contenders = self.contenders(case)
        rounds, dropped = [], 0
        wanted = 1 if case.fresh else self.options.rounds
        for turn in range(2 * wanted):
            order = contenders[turn % len(contenders):] + contenders[:turn % len(contenders)]
            rounds.append({name: self.run_once(case, name, arguments) for name, arguments in order})
            good = without_starved(rounds, case)
            dropped = len(rounds) - len(good)
            if len(good) >= wanted:
                break
        return {name: [turn[name] for turn in good] for name, _ in contenders}, dropped


def without_starved(rounds, case):
    """The rounds in which nobody had less than half of its usual count: another job on the machine held the core."""
    usual = {name: statistics.median(turn[name][case.count] for turn in rounds) for name in rounds[0]}
    return [turn for turn in rounds
            if all(result[case.count] * 2 >= usual[name] for name, result in turn.items())]


def summarise(case, results, dropped):
    """The case's line: the median of each contender and of the first one's ratio to it, round by round."""
    values = {name: [result[case.value] for result in runs] for name, runs in results.items()}
    first = next(iter(values))
    line = {
        "case": case.name, "title": case.title, "unit": case.unit, "dropped_rounds": dropped,
        "median": {name: statistics.median(runs) for name, runs in values.items()},
        "lowest": {name: min(runs) for name, runs in values.items()},
        "highest": {name: max(runs) for name, runs in values.items()},
        "ratio": {name: statistics.median(mine / theirs for mine, theirs in zip(values[first], runs))
                  for name, runs in values.items() if name != first and min(runs) > 0},
        "runs": results,
    }
    if all("latency_p50_us" in result for runs in results.values() for result in runs):
        line["latency_us"] = {
            name: [statistics.median(result[f"latency_{mark}_us"] for result in runs) for mark in ("p50", "p99")]
            for name, runs in results.items()}
    if case.target is not None and first == case.contenders[0][0]:
        if isinstance(case.target, tuple):
            peer, factor = case.target
            line["target"] = f"≤ {factor:g} × {peer}"
            line["met"] = line["ratio"][peer] <= factor
        else:
            line["target"] = f"≤ {case.target:g}"
            line["met"] = line["median"][first] <= case.target
    return line


def text_of(line):
    names = list(line["median"])
    cells = [f"{names[0]} {line['median'][names[0]]:.3g} ({line['lowest'][names[0]]:.3g}–"
             f"{line['highest'][names[0]]:.3g}) {line['unit']}"]
    for name in names[1:]:
        ratio = f" (ratio {line['ratio'][name]:.2f})" if name in line["ratio"] else ""
        cells.append(f"{name} {line['median'][name]:.3g}{ratio}")
    if "target" in line:
        cells.append(f"target {line['target']}: {'met' if line['met'] else 'MISSED'}")
    if line["dropped_rounds"]:
        cells.append(f"{line['dropped_rounds']} starved rounds dropped")
    text = f"{line['title']}\n    " + " · ".join(cells)
    if "latency_us" in line:
        text += "\n    p50/p99 latency, µs: " + " · ".join(
            f"{name} {half:,.0f}/{most:,.0f}" for name, (half, most) in line["latency_us"].items())
    return text


def machine():
    model = [text.split(":", 1)[1].strip() for text in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
             if text.startswith("model name")]
    return {"kernel": platform.release(), "processor": model[0] if model else platform.machine(),
            "cores": len(os.sched_getaffinity(0)), "load_average": os.getloadavg()}


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=ROOT / ".build/release/switchyard", help="the gateway to measure")
    parser.add_argument("--against", metavar="BINARY", type=pathlib.Path,
                        help="another build of the gateway, measured beside this one as `before`")
    parser.add_argument("--build", default=ROOT / ".build/benchmarks", help="where the C programs are compiled to")
    parser.add_argument("--case", action="append", choices=[case.name for case in CASES], metavar="NAME",
                        help="only this case; may be repeated (%(choices)s)")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each server in each case (default 5)")
    parser.add_argument("--seconds", type=float, default=2, help="length of a run (default 2)")
    parser.add_argument("--quick", action="store_true", help="3 rounds of 1 s, without the cases of 5,000 sockets")
    parser.add_argument("--peers-only", action="store_true", help="measure the machine, without the gateway")
    parser.add_argument("--json", type=pathlib.Path, help="write every figure to this file")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 3, 1
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("--rounds and --seconds must be positive")
    return options


def chosen_cases(bench, options):
    """The cases to run; raises when one of their programs is missing, before anything is measured."""
    chosen = [case for case in CASES
              if bench.contenders(case)
              and (case.name in options.case if options.case else not (options.quick and case.slow))]
    problems = set()
    for name in {name for case in chosen for name, _ in bench.contenders(case)}:
        try:
            KINDS[name].program()
        except BenchError as error:
            problems.add(str(error))
    if problems:
        raise BenchError("\nbench: ".join(sorted(problems)))
    return chosen


def run_cases(bench, options):
    lines, failures = [], []
    for case in chosen_cases(bench, options):
        try:
            lines.append(summarise(case, *bench.measure(case)))
            print(text_of(lines[-1]), flush=True)
        except BenchError as error:
            failures.append({"case": case.name, "reason": str(error)})
            print(f"{case.title}\n    FAILED: {error}", flush=True)
            # A server that failed once is not asked again.
            bench.stop_all()
    return lines, failures


def main():
    options = parse_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    before = machine()
    with tempfile.TemporaryDirectory(prefix="switchyard-bench-") as scratch:
        bench = Bench(options, scratch)
        try:
            lines, failures = run_cases(bench, options)
        finally:
            bench.stop_all()
    if options.json:
        options.json.write_text(json.dumps(
            {"before": before, "after": machine(), "cases": lines, "failures": failures}, indent=1) + "\n")
    missed = [line["case"] for line in lines if not line.get("met", True)]
    print(f"{len(lines)} cases measured, {len(failures)} failed, targets missed: {', '.join(missed) or 'none'}")
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as error:
        sys.exit(f"bench: {error}")
