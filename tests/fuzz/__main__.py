"""`python -m tests.fuzz [READER ...] --count N --seed S --first K --keep DIR`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from tests.fuzz.harness import run
from tests.fuzz.report import Report


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Read damaged inputs of every kind: no fault, no hang over 10 s, no peak over 2 GB."
    )
    parser.add_argument("readers", nargs="*", help="which readers (default: all)")
    parser.add_argument(
        "--count",
        type=int,
        default=1000,
        help="inputs for each reader, times its weight of 1 to 5 (default 1000)",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep the inputs that went wrong here"
    )
    options = parser.parse_args()

    def told(name: str, part: Report) -> None:
        print(
            f"{name:18} {part.inputs:8} inputs, {part.refused:8} refused, "
            f"{part.inputs / part.seconds:7.0f} a second, slowest "
            f"{part.slowest_s:.2f} s, peak {part.peak_mb} MB, {len(part.faults)} faults",
            flush=True,
        )
        for what, count in Counter(what for *_, what in part.faults).most_common(20):
            example = next(number for _, _, number, each in part.faults if each == what)
            print(f"    {count} x (first: number {example}) {what}", flush=True)

    whole = run(options.readers, options.seed, options.first, options.count, options.keep, told)
    print(
        f"{whole.inputs} inputs, {whole.refused} refused, {len(whole.faults)} faults, "
        f"{whole.inputs / whole.seconds:.0f} a second, "
        f"slowest {whole.slowest_s:.2f} s, peak {whole.peak_mb} MB"
    )
    return 1 if whole.faults else 0


if __name__ == "__main__":
    sys.exit(main())
