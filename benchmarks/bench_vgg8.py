"""Speed of training slim VGG-8 at mini-batch 1, CPU seconds of one thread, beside aihwkit where it is
installed: the same layers, device, converters and updates, in turns of some images.

    python benchmarks/bench_vgg8.py [--steps 10] [--together 20]

`--together` images follow each other without a pause, as they do in a training: the first few of a turn
find in the caches what the other left there, a tenth of our time with four of them.

Images are random. At the learning rate of RATE neither diverges, which is checked: a network of what is
no number trains much faster.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from bench_training import JOBS, READ, aihwkit_config, cpu

from archsim.training.machine import Machine
from archsim.training.sections import UpdateSettings
from archsim.training.settings import TrainingSettings
from workloads.load import load_network

RATE = 1e-3
CHANNELS = (32, 32, 64, 64, 128, 128)
Run = Callable[[int, int], float]


def ours(update: UpdateSettings, images: np.ndarray, labels: np.ndarray) -> Run:
    """Trains on images `low` to `high`. Returns the sum of their losses."""
    settings = TrainingSettings(read=READ, update=update, learning_rate=RATE)
    machine = Machine(load_network("wu2023_vgg8"), settings)
    order = np.arange(len(images))

    def run(low: int, high: int) -> float:
        before = machine.results[0]
        machine.train(images, labels, order[low:high], low)
        return float(machine.results[0] - before)

    return run


def theirs(update: UpdateSettings, images: np.ndarray, labels: np.ndarray) -> Run:
    """The same in aihwkit."""
    import torch
    from aihwkit.nn import AnalogConv2d, AnalogLinear, AnalogSequential
    from aihwkit.optim import AnalogSGD

    torch.set_num_threads(1)
    config = aihwkit_config(update)
    layers: list[torch.nn.Module] = []
    before = 3
    for number, after in enumerate(CHANNELS):
        layers += [
            AnalogConv2d(before, after, 3, padding=1, bias=False, rpu_config=config),
            torch.nn.BatchNorm2d(after),
            torch.nn.ReLU(),
        ]
        before = after
        if number % 2:
            layers.append(torch.nn.MaxPool2d(2))
    layers += [
        torch.nn.Flatten(),
        AnalogLinear(2048, 128, bias=False, rpu_config=config),
        torch.nn.ReLU(),
        AnalogLinear(128, 10, bias=False, rpu_config=config),
    ]
    network = AnalogSequential(*layers)
    optimiser = AnalogSGD(network.parameters(), lr=RATE)
    optimiser.regroup_param_groups(network)
    loss = torch.nn.CrossEntropyLoss()
    inputs = torch.from_numpy(images.reshape(-1, 1, 3, 32, 32))
    targets = torch.from_numpy(labels)

    def run(low: int, high: int) -> float:
        total = 0.0
        for image in range(low, high):
            optimiser.zero_grad()
            own = loss(network(inputs[image]), targets[image])
            own.backward()
            optimiser.step()
            total += own.item()
        return total

    return run


def timed(run: Run, low: int, high: int) -> float:
    """CPU seconds of an image.

    Raises:
        ArithmeticError: where the training has diverged.
    """
    losses: list[float] = []
    seconds = cpu(lambda: losses.append(run(low, high)))
    if not math.isfinite(losses[0]):
        raise ArithmeticError(f"the loss is no number behind image {low}")
    return seconds / (high - low)


def main() -> int:
    """Run every job and print a table. Returns 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--together", type=int, default=20)
    options = parser.parse_args()
    installed = importlib.util.find_spec("aihwkit") is not None
    draw = np.random.default_rng(0)
    count = (options.steps + 1) * options.together
    images = draw.random((count, 3 * 32 * 32), np.float32)
    labels = draw.integers(0, 10, (count, 1))
    print("slim VGG-8, mini-batch 1, random images; images/s of CPU time on one thread")
    print(f"{'job':34}{'archsim':>10}{'aihwkit':>10}{'times':>8}")
    for job, (update, _, _) in JOBS.items():
        makers = (ours, theirs) if installed else (ours,)
        runs = [make(update, images, labels) for make in makers]
        rows = []
        for low in range(0, count, options.together):
            # The first compiles; the others in turn, so that the machine's other load meets both.
            rows.append([timed(run, low, low + options.together) for run in runs])
        middle = [statistics.median(own) for own in zip(*rows[1:])]
        beside = f"{1 / middle[1]:>10.1f}{middle[1] / middle[0]:>8.1f}" if installed else ""
        print(f"{job:34}{1 / middle[0]:>10.1f}{beside}", flush=True)
    if not installed:
        print("aihwkit is not installed: it has no column")
    return 0


if __name__ == "__main__":
    sys.exit(main())
