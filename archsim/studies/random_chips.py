"""Random chips with random work on them, for laws that must hold wherever a user may stand."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archsim.chip import load_architecture
from archsim.chip.place import place
from archsim.chip.plan.operation_plan import OperationPlan
from archsim.schemes import load_scheme
from archsim.soc.engine import PlacedTrace
from archsim.soc.machine import EventMachine
from archsim.trace import build_trace
from workloads import load_network

# Network and scheme (None: inference): a run is a second of simulation at most.
WORK = [
    ("lenet1", None),
    ("lenet1", None),
    ("rpu_cnn", None),
    ("rpu_cnn", None),
    ("mlp", None),
    ("lstm", None),
    ("digits_cnn", None),
    ("mlp_100", None),
    ("mlp", "sgd"),
    ("digits_cnn", "rpu"),
    ("mlp_100", "mixed_precision"),
    ("digits_cnn", "sgd"),
    ("mlp_100", "tiki_taka"),
]
CHIPS = ["wu2023", "cim40", "isaac32", "rpu_512"]
# From the least that a chip may have to plenty.
SETTINGS: dict[str, list[Any]] = {
    "read.bits_per_slot": [1, 2, 4, 8],
    "read.slot_cycles": [1, 2, 10],
    "read.columns_per_adc": [1, 2, 8, 32],
    "read.conversion_cycles": [1, 1, 4],
    "read.overlap": [True, False],
    "read.all_groups": [True, False],
    "read.accumulate": ["analog", "digital"],
    "buffer.capacity_kib": [0.0625, 1.0, 4.0, 16.0, 64.0, 4096.0],
    "buffer.width_bits": [8, 16, 64, 256],
    "buffer.ports": [1, 2, 3, 4, 8],
    "buffer.tile_queue": [1, 2, 3, 8],
    "buffer.window_reuse": [True, False],
    "interconnect.kind": ["bus", "h_tree"],
    "interconnect.width_bits": [4, 16, 64, 512],
    "interconnect.hop_cycles": [0, 1, 2, 7, 40],
    "interconnect.arbitration": ["fifo", "fifo", "drain_first"],
    "vector_unit.lanes": [1, 4, 16, 256],
    "vector_unit.format": ["int8", "int16", "fp32"],
    "vector_unit.divide_cycles": [1, 16],
    "controller.issue_cycles": [0, 1, 16, 300],
    "controller.prefetch": [True, False],
    "controller.in_flight": [1, 2, 5, 64, 64, 64],
    "off_chip.bits_per_cycle": [1, 4, 32, 512],
    "off_chip.latency_cycles": [0, 50, 500],
    "off_chip.preload_input": [True, True, False],
    "placement.pack": [False, False, False, True],
}
# Quick tiles on slow shared resources, so that these queue: each is the busiest one of some chip.
CROWDED: dict[str, list[Any]] = {
    "read.bits_per_slot": [4, 8],
    "read.all_groups": [False],
    "read.columns_per_adc": [1, 2, 8],
    "buffer.capacity_kib": [0.0625, 1.0, 4.0, 64.0],
    "buffer.width_bits": [8, 16, 32, 64],
    "buffer.ports": [1, 2, 3],
    "buffer.tile_queue": [1, 2, 4],
    "interconnect.kind": ["bus", "h_tree"],
    "interconnect.width_bits": [4, 8, 16, 32, 64],
    "interconnect.hop_cycles": [0, 1, 3, 20],
    "interconnect.arbitration": ["fifo", "fifo", "drain_first"],
    "vector_unit.lanes": [1, 2, 4, 8, 16],
    "off_chip.bits_per_cycle": [2, 4, 8, 16, 32],
    "controller.issue_cycles": [0, 16],
    "controller.in_flight": [2, 4, 64, 64],
    "controller.prefetch": [True, False],
}


@dataclass(frozen=True, slots=True)
class Draw:
    """A random chip, built on a chip file, and what it runs."""

    number: int
    network: str
    scheme: str | None
    images: int
    chip: str
    settings: Mapping[str, object]

    def __str__(self) -> str:
        what = f"{self.network}, {self.scheme or 'inference'}, {self.images} images on {self.chip}"
        return f"chip {self.number}: {what} with " + ", ".join(
            f"{key}={value}" for key, value in self.settings.items()
        )


def draw(seed: int, number: int) -> Draw:
    """Chip `number` of the series `seed`, whatever was drawn before."""
    choose = random.Random(f"{seed}/{number}")
    network, scheme = choose.choice(WORK)
    chip = choose.choice(CHIPS)

    # Half of the chips are drawn anywhere, half where shared parts are slow and queues are long.
    table, share = (SETTINGS, 0.5) if choose.random() < 0.5 else (CROWDED, 0.7)
    settings: dict[str, object] = {
        key: choose.choice(values) for key, values in table.items() if choose.random() < share
    }
    if scheme:
        # Most schemes read backwards on the array, and a chip without it refuses them.
        settings["read.transposed"] = True
    if choose.random() < 0.3:
        layer = choose.choice([layer.name for layer in load_network(network).array_layers])
        # Copies share the vectors of a layer: another law of the times than tiles side by side.
        settings[f"placement.copies.{layer}"] = choose.choice([2, 3, 5])
    return Draw(number, network, scheme, choose.choice([1, 2, 3, 8]), chip, settings)


def work_of(item: Draw, changed: Mapping[str, object] | None = None) -> PlacedTrace:
    """The trace of a draw on its chip, with some settings changed."""
    chip = load_architecture(item.chip, {**item.settings, **(changed or {})})
    scheme = load_scheme(item.scheme) if item.scheme else None
    phase, batch = ("training", min(item.images, 4)) if scheme else ("inference", 1)
    digital = chip.weights.bias == "digital"
    trace = build_trace(load_network(item.network), scheme, phase, batch, digital)
    return PlacedTrace(trace, chip, place(trace.matrices, chip), item.images)


def run(item: Draw, changed: Mapping[str, object] | None = None) -> EventMachine:
    """The finished machine of a draw, with some settings changed."""
    machine = EventMachine(*work_of(item, changed))
    machine.run()
    return machine


def one_job(machine: EventMachine) -> int:
    """Cycles that the longest job of a run takes by itself: its inputs, its tiles, the wires, its
    results.
    """
    return max(_job(plan, machine.chip.interconnect.hop_cycles) for plan in machine.plans.values())


def _job(plan: OperationPlan, hop: int) -> int:
    feed = max(plan.down.values())
    drain = max(plan.up.values())
    return (feed + drain) * plan.per_job + plan.timing.latency + hop
