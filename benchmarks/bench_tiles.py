"""What tiles cost a training: its time with layers split over tiles against the same layers as one
array, paired, as ratios of medians of CPU time on one thread.

    python benchmarks/bench_tiles.py [--json] [--pairs 7]

Asked for: at most 1.1 where a layer fits one tile, at most 2 for eight splits of 128 rows.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from archsim.training.machine import Machine
from archsim.training.sections import LayerTiles, ReadSettings
from archsim.training.settings import TrainingSettings
from workloads.load import load_network
from workloads.network import Layer, Network

# job: network, lines of a tile, further settings of the reads, most times the whole array's time
JOBS = {
    "mlp of 1024 inputs, one tile": ("wide", 2048, {}, 1.1),
    "mlp of 1024 inputs, 8 splits of 128 rows": ("wide", 128, {}, 2.0),
    "mlp of 1024 inputs, 64 splits of 16 rows": ("wide", 16, {}, None),
    "mlp of 1024 inputs, 128 splits of 8 rows": ("wide", 8, {}, None),
    "rpu_cnn, one tile": ("rpu_cnn", 2048, {}, 1.1),
    "rpu_cnn, tiles of 128 rows": ("rpu_cnn", 128, {}, 2.0),
    "rpu_cnn, tiles of 16 rows": ("rpu_cnn", 16, {}, None),
    "rpu_cnn, tiles of 8 rows": ("rpu_cnn", 8, {}, None),
    "rpu_cnn, 7 slots of a bit": ("rpu_cnn", 2048, {"slot_bits": 1}, None),
}


def network_of(name: str) -> Network:
    """A built-in network, or "wide": 1024 inputs, 256 hidden values, 10 classes."""
    if name != "wide":
        return load_network(name)
    return Network(
        "wide",
        (
            Layer("input", "input", (), (), (1024,)),
            Layer("fc1", "linear", ("input",), ((1024,),), (256,)),
            Layer("tanh", "tanh", ("fc1",), ((256,),), (256,)),
            Layer("fc2", "linear", ("tanh",), ((256,),), (10,)),
        ),
    )


def machine_of(network: Network, lines: int, read: dict[str, int]) -> Machine:
    """A machine whose layers are split into so many lines, 0 for whole arrays."""
    tiles = {layer.name: LayerTiles(inputs=lines) for layer in network.array_layers if lines}
    return Machine(network, TrainingSettings(read=ReadSettings(**read), tiles=tiles, seed=1))


def seconds(machine: Machine, images: np.ndarray, labels: np.ndarray) -> float:
    """CPU seconds of a training on the images."""
    begun = time.process_time()
    machine.train(images, labels, np.arange(len(images)), 0)
    return time.process_time() - begun


def ratio(job: tuple, pairs: int) -> float:
    """Median time with tiles over median time as whole arrays, the two in turn."""
    name, lines, read, _ = job
    network = network_of(name)
    draw = np.random.default_rng(0)
    images = draw.random((60, int(np.prod(network.input_shape))), np.float32)
    labels = draw.integers(0, 10, (60, 1))
    whole = machine_of(network, 0, {})
    split = machine_of(network, lines, read)
    times = [(seconds(whole, images, labels), seconds(split, images, labels)) for _ in range(pairs)]
    before, after = zip(*times[1:])  # the first call compiles
    return statistics.median(after) / statistics.median(before)


def main() -> int:
    """Print the ratios; 1 where one is above what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pairs", type=int, default=7)
    options = parser.parse_args()
    rows = []
    for title, job in JOBS.items():
        rows.append({"job": title, "ratio": ratio(job, options.pairs), "at_most": job[3]})
        if not options.json:
            asked = f", asked: at most {job[3]}" if job[3] else ""
            print(f"{title}: {rows[-1]['ratio']:.2f} times the whole array{asked}")
    if options.json:
        print(json.dumps(rows, indent=1))
    return int(any(row["at_most"] and row["ratio"] > row["at_most"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
