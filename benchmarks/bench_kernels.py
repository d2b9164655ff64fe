"""Speed of the array-physics kernels: one thread, CPU time, median over a fixed list of steps, against
aihwkit where it is installed.

    python benchmarks/bench_kernels.py [--json]

The figures of aihwkit 1.2 that are printed beside were measured on a quiet 2-core server of 2026;
with aihwkit installed its own run on this machine is added (ConstantStep device, same sizes, same
train lengths, no managements).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from archsim.devices import LAWS
from archsim.devices.array import draws
from archsim.devices.presets import load_device
from archsim.kernels.periphery import Periphery
from archsim.kernels.read import crossbar_read

SIZE = 512
STEPS = 101  # calls of which the median is taken
# ns a cross-point of aihwkit 1.2, by (largest |d|, train length); ms of its forward pass
AIHWKIT_UPDATE = {
    (1.0, 31): 22.3,
    (1.0, 10): 21.8,
    (1.0, 1): 6.6,
    (0.01, 31): 1.89,
    (0.01, 10): 0.77,
    (0.01, 1): 0.28,
}
AIHWKIT_FORWARD_MS = 1.33
ARRAYS = {"K1": (16, 26, 576), "K2": (32, 401, 64), "W3": (128, 513, 1), "W4": (10, 129, 1)}


def cpu_seconds(call) -> float:
    """Median CPU time of one call of `call(number)` over a fixed list of steps, whose draws are the
    same on every machine: the least would be that of the luckiest draw.
    """
    call(0)
    times = []
    for number in range(1, STEPS + 1):
        start = time.process_time()
        call(number)
        times.append(time.process_time() - start)
    return statistics.median(times)


def vectors(size: float, seed=1):
    """One input and one error vector, uniform in +-1 and +-size."""
    generator = np.random.default_rng(seed)
    return generator.uniform(-1, 1, (1, SIZE)).astype(np.float32), (
        size * generator.uniform(-1, 1, (1, SIZE))
    ).astype(np.float32)


def update_ns(device: str, size: float, length: int) -> float:
    """ns a cross-point of a 512 x 512 update, learning rate 0.01, no managements."""
    array = load_device(device).build(SIZE, SIZE)
    inputs, errors = vectors(size)
    trains = array.trains(rate=0.01, longest=length, manage_update=False, manage_length=False)
    return (
        1e9
        / SIZE**2
        * cpu_seconds(lambda number: array.update(inputs, errors, trains, step=number))
    )


def read_ms(rows: int, columns: int, count: int, transposed: bool) -> float:
    """ms of a read with all periphery effects."""
    generator = np.random.default_rng(1)
    weights = generator.normal(0, 0.1, (rows, columns)).astype(np.float32)
    inputs = generator.uniform(-1, 1, (count, rows if transposed else columns)).astype(np.float32)
    periphery = Periphery(noise_management="both", bound_management="forward")
    return 1e3 * cpu_seconds(
        lambda number: crossbar_read(
            weights, inputs, periphery, draws(0, number, 0), transposed=transposed
        )
    )


def library_ms(count: int) -> float:
    """ms of a bare product of the matrix library, 512x512."""
    generator = np.random.default_rng(1)
    weights = generator.normal(0, 0.1, (SIZE, SIZE)).astype(np.float32)
    inputs = generator.uniform(-1, 1, (SIZE, count)).astype(np.float32)
    return 1e3 * cpu_seconds(lambda number: weights @ inputs)


def cnn_ms(length: int) -> float:
    """ms of all reads and updates of one MNIST image through the RPU CNN (without pooling,
    activations and copies).
    """
    generator = np.random.default_rng(1)
    total = 0.0
    for name, (rows, columns, count) in ARRAYS.items():
        array = load_device("gokmen2016").build(rows, columns)
        array.set_weights(generator.uniform(-1, 1, (rows, columns)) / columns**0.5)
        trains = array.trains(rate=0.01, longest=length, manage_length=False)
        inputs = generator.uniform(0, 1, (count, columns)).astype(np.float32)
        errors = (0.01 * generator.normal(size=(count, rows))).astype(np.float32)
        total += read_ms(rows, columns, count, False) + (
            read_ms(rows, columns, count, True) if name != "K1" else 0.0
        )
        total += 1e3 * cpu_seconds(
            lambda number, a=array, x=inputs, d=errors, t=trains: a.update(x, d, t, step=number)
        )
    return total


def aihwkit_update_ns(size: float, length: int) -> float:
    """The same update by aihwkit on this machine."""
    import torch
    from aihwkit.simulator.configs import ConstantStepDevice, SingleRPUConfig, UpdateParameters
    from aihwkit.simulator.tiles import AnalogTile

    torch.set_num_threads(1)
    management = UpdateParameters(
        desired_bl=length, update_management=False, update_bl_management=False
    )
    tile = AnalogTile(SIZE, SIZE, SingleRPUConfig(device=ConstantStepDevice(), update=management))
    tile.set_learning_rate(0.01)
    inputs, errors = (torch.from_numpy(array) for array in vectors(size))
    return 1e9 / SIZE**2 * cpu_seconds(lambda number: tile.update(inputs, errors))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="only JSON on stdout")
    as_json = parser.parse_args().json
    installed = importlib.util.find_spec("aihwkit") is not None
    if not installed:
        print(
            "aihwkit is not installed: its column repeats the figures of aihwkit 1.2 measured elsewhere",
            file=sys.stderr,
        )
    rows = []
    for (size, length), published in AIHWKIT_UPDATE.items():
        other = aihwkit_update_ns(size, length) if installed else published
        rows.append(
            (
                f"update 512x512, |d| <= {size}, length {length}",
                update_ns("gokmen2016", size, length),
                other,
                "ns/cross-point",
            )
        )
    single = read_ms(SIZE, SIZE, 1, False)
    rows.append(
        ("forward 512x512, 1 vector, beside a library product", single, library_ms(1), "ms")
    )
    rows.append(
        ("forward 512x512, 64 vectors", read_ms(SIZE, SIZE, 64, False), AIHWKIT_FORWARD_MS, "ms")
    )
    rows.append(("transposed 512x512, 64 vectors", read_ms(SIZE, SIZE, 64, True), None, "ms"))
    for law in LAWS:
        if law not in ("write_verify_pair", "binary_switch"):
            rows.append(
                (
                    f"update 512x512, |d| <= 1, length 10, {law}",
                    update_ns(law, 1.0, 10),
                    None,
                    "ns/cross-point",
                )
            )
    for length, images in ((10, 138), (1, 342)):
        rows.append(
            (f"RPU CNN, kernels of one image, length {length}", cnn_ms(length), 1e3 / images, "ms")
        )
    if as_json:
        print(
            json.dumps(
                [
                    {"job": job, "archsim": ours, "aihwkit": other, "unit": unit}
                    for job, ours, other, unit in rows
                ]
            )
        )
        return
    for job, ours, other, unit in rows:
        print(
            f"{job:58s} {ours:8.3f} {unit:15s}"
            + (f" beside {other:7.3f}, {other / ours:5.1f}x" if other else "")
        )


if __name__ == "__main__":
    main()
