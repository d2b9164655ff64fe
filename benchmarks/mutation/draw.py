"""Which mutants are drawn: evenly over all changes on lines that some test runs, by a stated seed."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutation.operators import mutants_of

ROOT = Path(__file__).parents[2]
ROOMS = ("hwlib", "archsim/cost", "archsim/soc", "archsim/schemes", "archsim/kernels")
COMPILED = "archsim/kernels"
"""No tracer sees inside machine code: all lines of its functions count as executed, and
the tests of physics come first."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One mutant: file, its number in that file, line and words."""

    file: str
    index: int
    line: int
    change: str

    @property
    def key(self) -> str:
        return f"{self.file}:{self.line}:{self.index}"


@dataclass(frozen=True, slots=True)
class Measured:
    """What `measure` found: the tests of each line of each file, and how many seconds each test
    takes.
    """

    tests: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]

    def of(self, drawn: Drawn) -> list[str]:
        """Tests that can see a mutant, the quickest first. For compiled code: all, those of physics
        first.
        """
        names = self.tests.get(drawn.file, {}).get(drawn.line, [])
        if drawn.file.startswith(COMPILED):
            first = sorted(
                self.seconds,
                key=lambda name: (not name.startswith("tests/physics"), self.seconds[name]),
            )
            return first
        return sorted(
            (name for name in names if name in self.seconds), key=lambda name: self.seconds[name]
        )


def read_measured(path: Path) -> Measured:
    """The file that `measure` wrote."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    tests = {
        file: {
            int(line): [stored["names"][number] for number in numbers]
            for line, numbers in lines.items()
        }
        for file, lines in stored["tests"].items()
    }
    return Measured(tests, stored["seconds"])


def draw(measured: Measured, count: int, seed: int) -> list[Drawn]:
    """`count` mutants of executed lines, without repetition."""
    candidates = []
    for file in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        name = file.relative_to(ROOT).as_posix()
        executed = measured.tests.get(name, {})
        for index, (line, change) in enumerate(mutants_of(file.read_text(encoding="utf-8"))):
            if name.startswith(COMPILED) or executed.get(line):
                candidates.append(Drawn(name, index, line, change))
    return random.Random(seed).sample(candidates, count)
