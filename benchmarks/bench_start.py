"""How long a user waits at the prompt: wall time of commands as multiples of an empty Python
process in the same run.

    python benchmarks/bench_start.py
"""

from __future__ import annotations

import subprocess
import sys
import time

COMMANDS = (
    ("--help",),
    ("list", "schemes"),
    ("show", "component", "adc_sar"),
    ("run", "lenet1", "--arch", "cim40", "--no-timing"),
    ("run", "lenet1", "--arch", "cim40"),
    ("run", "lenet1", "--arch", "wu2023", "--data", "random"),
    ("validate",),
)


def best(command: list[str], times: int = 5) -> float:
    """The shortest of several runs: what the machine can do where nothing else disturbs it."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def main() -> None:
    empty = best([sys.executable, "-c", "pass"])
    print(f"{'an empty Python process':<50} {empty:6.3f} s")
    for words in COMMANDS:
        seconds = best([sys.executable, "-m", "archsim.cli.main", *words])
        print(f"{'archsim ' + ' '.join(words):<50} {seconds:6.3f} s  {seconds / empty:5.1f} x")


if __name__ == "__main__":
    main()
