"""Command line of the mutation tool."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

from benchmarks.mutation.draw import ROOMS, ROOT, draw, read_measured
from benchmarks.mutation.trial import copy_project, try_mutant

FOLDER = Path(os.environ.get("MUTATION_FOLDER", ROOT / "build" / "mutation"))


def measure() -> None:
    """Run the default suite once under coverage with a context for each test."""
    import coverage

    FOLDER.mkdir(parents=True, exist_ok=True)
    data = FOLDER / "coverage.data"
    times = FOLDER / "times.xml"
    settings = FOLDER / "coveragerc"
    settings.write_text(
        f"[run]\ndata_file = {data}\nsource = {','.join(('hwlib', 'archsim'))}\n", encoding="utf-8"
    )
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n",
            "0",
            "-m",
            "not study and not browser",
            f"--cov-config={settings}",
            "--cov",
            "--cov-context=test",
            "--cov-report=",
            f"--junitxml={times}",
        ],
        cwd=ROOT,
        check=False,
    )
    seconds = {}
    for case in ElementTree.parse(times).iter("testcase"):
        # a failing test would catch every mutant
        if not list(case):
            seconds[f"{case.get('classname').replace('.', '/')}.py::{case.get('name')}"] = float(
                case.get("time")
            )
    covered = coverage.CoverageData(basename=str(data))
    covered.read()
    names = {name: number for number, name in enumerate(sorted(seconds))}
    tests = {}
    for file in covered.measured_files():
        name = Path(file).relative_to(ROOT).as_posix()
        if name.startswith(ROOMS):
            lines = covered.contexts_by_lineno(file)
            tests[name] = {
                line: sorted({names[c.split("|")[0]] for c in contexts if c.split("|")[0] in names})
                for line, contexts in lines.items()
            }
    (FOLDER / "measured.json").write_text(
        json.dumps({"names": sorted(seconds), "tests": tests, "seconds": seconds}), encoding="utf-8"
    )
    print(f"{len(seconds)} tests, {len(tests)} files")


def within(tests: list[str], seconds: dict[str, float], budget: float) -> tuple[list[str], float]:
    """The first tests that together take no longer than the budget, and what they take. What they
    let through, the others may still catch: a figure that is found with a budget is a lower bound.
    """
    spent = 0.0
    for number, name in enumerate(tests):
        if spent + seconds[name] > budget:
            return tests[:number], spent
        spent += seconds[name]
    return tests, spent


def run(seed: int, count: int, part: str, budget: float) -> None:
    """Try the mutants of one part; each outcome is kept as soon as it is there."""
    measured = read_measured(FOLDER / "measured.json")
    number, of = (int(text) for text in part.split("/"))
    results = FOLDER / f"results-{seed}-{number}.jsonl"
    done = (
        {json.loads(line)["key"] for line in results.read_text().splitlines()}
        if results.exists()
        else set()
    )
    project = copy_project()
    for index, drawn in enumerate(draw(measured, count, seed)):
        if index % of == number - 1 and drawn.key not in done:
            tests = measured.of(drawn)
            chosen, takes = within(tests, measured.seconds, budget)
            row = try_mutant(project, drawn, chosen, takes) | {"of": len(tests)}
            with results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            print(row["outcome"], row["key"], row["change"], flush=True)


def report(seed: int) -> None:
    """Caught and survived, by room, with every survivor."""
    rows = [
        json.loads(line)
        for path in sorted(FOLDER.glob(f"results-{seed}-*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    for room in ROOMS:
        print(room, dict(Counter(row["outcome"] for row in rows if row["key"].startswith(room))))
    print("all", dict(Counter(row["outcome"] for row in rows)))
    for row in rows:
        if row["outcome"] != "caught":
            print(
                row["outcome"], row["key"], row["change"], f"({row['tests']} of {row['of']} tests)"
            )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation")
    parser.add_argument("verb", choices=("measure", "run", "report"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--part", default="1/1", help="2/4: the second quarter")
    parser.add_argument(
        "--budget",
        type=float,
        default=float("inf"),
        metavar="SECONDS",
        help="of tests a mutant, the quickest first (default: all that run its line)",
    )
    arguments = parser.parse_args()
    if arguments.verb == "measure":
        measure()
    elif arguments.verb == "run":
        run(arguments.seed, arguments.count, arguments.part, arguments.budget)
    else:
        report(arguments.seed)


if __name__ == "__main__":
    main()
