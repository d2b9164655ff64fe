"""What a second thread brings in training: time of a mini-batch on one and on several threads.

    python benchmarks/bench_threads.py [--threads 2] [--batch 64] [--together 4] [--steps 12]

Mini-batches follow each other without a pause, `--together` of them in a step that is timed, as they
do in a training: what the caches hold is what the mini-batch before left there.

Wall time needs an idle machine. Beside it stands the processor time of the thread that has most to
do, which another program's work leaves nearly as it is: cycles of the images and updates apart.
Images are random; the weights of all numbers of threads are compared.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from archsim.chip.load import load_architecture
from archsim.run.training_start import TrainingTerms, training_start
from archsim.schemes import load_scheme
from archsim.training.machine import Machine
from workloads.load import load_network

JOBS = (
    ("lenet1", "wu2023", "mixed_precision"),
    ("wu2023_vgg8", "cim40", "mixed_precision"),
    ("rpu_cnn", "rpu", "rpu"),
)


class Watched:
    """A machine whose calls into machine code are timed, in CPU seconds by thread."""

    def __init__(self, job: tuple[str, str, str], batch: int, threads: int):
        network, chip, scheme = job
        net = load_network(network)
        terms = TrainingTerms(batch=batch, changes={"threads": str(threads)})
        start = training_start(net, load_architecture(chip), load_scheme(scheme), terms)
        self.machine = Machine(net, start.settings)
        self.shape = net.input_shape
        self.spent: dict[str, dict[int, float]] = {}
        self.clear()
        self.machine.present = self._timed("cycles", self.machine.present)
        self.machine.update_arrays = self._timed("update", self.machine.update_arrays)
        rule: Any = self.machine.rule
        if rule is not None:
            rule.images = self._timed("update", rule.images)
            rule.batch = self._timed("update", rule.batch)

    def _timed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def timed(*arguments: Any) -> Any:
            before = time.thread_time()
            try:
                return call(*arguments)
            finally:
                self.spent[name][threading.get_ident()] += time.thread_time() - before

        return timed

    def clear(self) -> None:
        """Forget what was timed."""
        self.spent = {"cycles": defaultdict(float), "update": defaultdict(float)}

    def step(self, number: int, count: int) -> tuple[float, float, float]:
        """Train on `count` images: wall seconds, and CPU seconds of the thread that spent most, of
        the cycles and of the update.
        """
        draw = np.random.default_rng(number)
        images = draw.random((count, int(np.prod(self.shape))), np.float32)
        labels = draw.integers(0, 10, (count, 1))
        self.clear()
        before = time.perf_counter()
        self.machine.train(images, labels, np.arange(count), number * count)
        wall = time.perf_counter() - before
        most = [max(own.values(), default=0.0) for own in self.spent.values()]
        return wall, most[0], most[1]


def main() -> int:
    """Run every job and print a table. Returns 1 where weights differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--together", type=int, default=4)
    parser.add_argument("--steps", type=int, default=12)
    options = parser.parse_args()
    different = False
    print(f"ms an image, mini-batches of {options.batch}, one thread and {options.threads}")
    print(f"{'job':38}{'wall':>16}{'cycles':>16}{'update':>16}{'times, wall and CPU':>22}")
    for job in JOBS:
        both = [Watched(job, options.batch, threads) for threads in (1, options.threads)]
        rows = []
        count = options.batch * options.together
        for number in range(options.steps + 1):
            # The first compiles; the others in turn, so that the machine's other load meets both.
            rows.append([one.step(number, count) for one in both])
        middle = np.array([[statistics.median(v) for v in zip(*own)] for own in zip(*rows[1:])])
        middle *= 1e3 / count
        cells = [f"{one:8.3f}{other:8.3f}" for one, other in middle.T]
        cpu = middle[0, 1:].sum() / middle[1, 1:].sum()
        print(f"{' '.join(job):38}{''.join(cells)}{middle[0, 0] / middle[1, 0]:12.2f}{cpu:10.2f}")
        alone, shared = (one.machine.arrays.weights for one in both)
        if not np.array_equal(alone, shared):
            different = True
            print("the weights differ")
    return int(different)


if __name__ == "__main__":
    sys.exit(main())
