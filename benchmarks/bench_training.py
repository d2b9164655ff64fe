"""Speed of training the RPU CNN at mini-batch 1: images/s of CPU time on one thread, against
aihwkit where it is installed.

    python benchmarks/bench_training.py [--json] [--images 1000]

The figures of aihwkit 1.2 that are printed beside were measured on a quiet 2-core server of 2026.
Images are MNIST where its files are at hand (no download), else the embedded digits, enlarged to
28x28.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import json
import os
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from archsim.training.activity import observe
from archsim.training.cycles import SAMPLE_EVERY
from archsim.training.machine import Machine
from archsim.training.sections import ReadSettings, UpdateSettings
from archsim.training.settings import TrainingSettings
from hwlib.errors import InputError
from workloads.datasets import load_dataset
from workloads.load import load_network

SPAN = 50  # images of a span, of whose times the median is taken
# aihwkit's defaults: converters of 7 and 9 bits
READ = ReadSettings(noise_management="both", bound_management="forward")
# job: settings, images/s of aihwkit 1.2, times as fast as that asked for
JOBS = {
    "length 10, no update management": (
        UpdateSettings(train_length=10, update_management=False, length_management=False),
        138,
        12,
    ),
    "length 1, update management": (
        UpdateSettings(train_length=1, length_management=False),
        342,
        6,
    ),
    "automatic length up to 31": (UpdateSettings(), 364, 6),
}


def images_and_labels(count: int) -> tuple[str, np.ndarray, np.ndarray]:
    """(name, images (count, 784), labels (count, 1)) to train on."""
    try:
        data = load_dataset("mnist", download=False)
        images = data.train_images
    except InputError:
        data = load_dataset("digits")
        images = np.pad(
            np.kron(data.train_images, np.ones((1, 1, 3, 3), np.float32)),
            ((0, 0), (0, 0), (2, 2), (2, 2)),
        )
    order = np.arange(count) % len(images)
    return (
        data.name,
        np.ascontiguousarray(images.reshape(len(images), -1)[order]),
        data.train_labels[order].astype(np.int64)[:, None],
    )


def cpu(call) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def measure(settings: TrainingSettings, images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Images/s of training and testing after as many images of warm-up, from the median over a fixed
    list of spans of steps. Share of the time that recording takes.
    """
    machine = Machine(load_network("rpu_cnn"), settings)
    count = len(images)
    order = np.arange(count)
    machine.train(images, labels, order, 0)
    machine.evaluate(images[:2], labels[:2], 0)
    spans = [(first, min(first + SPAN, count)) for first in range(0, count, SPAN)]
    training = statistics.median(
        cpu(functools.partial(machine.train, images, labels, order[low:high], step + low))
        / (high - low)
        for step in (count, 2 * count, 3 * count)
        for low, high in spans
    )
    testing = statistics.median(
        cpu(functools.partial(machine.evaluate, images[low:high], labels[low:high], 0))
        / (high - low)
        for low, high in spans
    )
    looking = (
        machine.program.arrays,
        machine.memory[0],
        machine.forward,
        machine.backward,
        machine.samples,
    )
    looks = statistics.median(cpu(lambda: observe(*looking)) for _ in range(51))
    return {
        "training": 1 / training,
        "testing": 1 / testing,
        "recording": looks / SAMPLE_EVERY / training,
    }


def aihwkit_config(update: UpdateSettings) -> Any:
    """The same device and periphery in aihwkit."""
    from aihwkit.simulator.configs import SingleRPUConfig
    from aihwkit.simulator.configs.devices import ConstantStepDevice

    config = SingleRPUConfig(device=ConstantStepDevice())
    config.mapping.digital_bias = False
    config.update.desired_bl = update.train_length
    config.update.update_management = update.update_management
    config.update.update_bl_management = update.length_management
    config.update.fixed_bl = not update.length_management
    return config


def aihwkit_images_per_second(
    update: UpdateSettings, images: np.ndarray, labels: np.ndarray
) -> float:
    """The same network, device and periphery in aihwkit on one thread."""
    import torch
    from aihwkit.nn import AnalogConv2d, AnalogLinear, AnalogSequential
    from aihwkit.optim import AnalogSGD

    torch.set_num_threads(1)
    config = aihwkit_config(update)
    network = AnalogSequential(
        AnalogConv2d(1, 16, 5, rpu_config=config),
        torch.nn.Tanh(),
        torch.nn.MaxPool2d(2),
        AnalogConv2d(16, 32, 5, rpu_config=config),
        torch.nn.Tanh(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        AnalogLinear(512, 128, rpu_config=config),
        torch.nn.Tanh(),
        AnalogLinear(128, 10, rpu_config=config),
    )
    optimiser = AnalogSGD(network.parameters(), lr=0.01)
    optimiser.regroup_param_groups(network)
    loss = torch.nn.CrossEntropyLoss()
    inputs = torch.from_numpy(images.reshape(-1, 1, 1, 28, 28))
    targets = torch.from_numpy(labels)

    def run():
        for image, target in zip(inputs, targets):
            optimiser.zero_grad()
            loss(network(image), target).backward()
            optimiser.step()

    run()
    return len(images) / statistics.median(cpu(run) for _ in range(3))


def main() -> int:
    """Run every job and print a table or JSON. Returns 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--images", type=int, default=1000)
    options = parser.parse_args()
    name, images, labels = images_and_labels(options.images)
    installed = importlib.util.find_spec("aihwkit") is not None
    rows = []
    for job, (update, published, aim) in JOBS.items():
        measured = measure(TrainingSettings(read=READ, update=update), images, labels)
        here = aihwkit_images_per_second(update, images[:200], labels[:200]) if installed else None
        rows.append(
            {
                "job": job,
                **measured,
                "aihwkit_measured": published,
                "aihwkit_here": here,
                "aim": aim,
                "times": measured["training"] / (here or published),
            }
        )
    measured = measure(TrainingSettings(rule="float"), images, labels)
    rows.append(
        {
            "job": "floating point",
            **measured,
            "aihwkit_measured": None,
            "aihwkit_here": None,
            "times": None,
            "aim": None,
        }
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if options.json:
        print(json.dumps({"data": name, "rows": rows, "memory_mib": memory}, indent=1))
        return 0
    print(
        f"RPU CNN, mini-batch 1, {name}, images/s of CPU time on one thread; largest memory {memory:.0f} MiB"
    )
    print(
        f"{'job':34}{'training':>10}{'testing':>10}{'recording':>11}{'aihwkit':>9}{'times':>8}{'aim':>5}"
    )
    for row in rows:
        other = (
            f"{row['aihwkit_here'] or row['aihwkit_measured']:>9.0f}{row['times']:>8.1f}{row['aim']:>5}"
            if row["aim"]
            else ""
        )
        print(
            f"{row['job']:34}{row['training']:>10.0f}{row['testing']:>10.0f}{row['recording']:>11.1%}{other}"
        )
    if not installed:
        print("aihwkit is not installed: its figures are those measured for version 1.2")
    return 0


if __name__ == "__main__":
    sys.exit(main())
