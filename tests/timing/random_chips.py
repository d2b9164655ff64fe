"""Random chips with random work on them, for laws that must hold wherever a user may stand."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from archsim.architecture import load_architecture
from archsim.placement import place
from archsim.schemes import load_scheme
from archsim.soc.machine import Machine
from archsim.trace import build_trace
from workloads import load_network

WORK = [  # network, scheme (None: inference), images: each a second of simulation at most
    ("lenet1", None), ("rpu_cnn", None), ("mlp", None), ("lstm", None), ("digits_cnn", None), ("mlp_100", None),
    ("mlp", "sgd"), ("digits_cnn", "rpu"), ("mlp_100", "mixed_precision"), ("digits_cnn", "sgd"), ("mlp_100", "tiki_taka"),
]
CHIPS = ["wu2023", "cim40", "isaac32", "rpu_512"]
# Values from the smallest that a chip may have to plenty: each resource is the busiest one of some chip.
SETTINGS = {
    "read.bits_per_slot": [1, 2, 4, 8], "read.slot_cycles": [1, 2, 10], "read.columns_per_adc": [1, 2, 8, 32],
    "read.conversion_cycles": [1, 1, 4], "read.overlap": [True, False], "read.all_groups": [True, False],
    "read.accumulate": ["analog", "digital"],
    "buffer.capacity_kib": [0.0625, 1.0, 4.0, 16.0, 64.0, 4096.0], "buffer.width_bits": [8, 16, 64, 256], "buffer.ports": [1, 2, 3, 4, 8],
    "buffer.tile_queue": [1, 2, 3, 8], "buffer.window_reuse": [True, False],
    "interconnect.kind": ["bus", "h_tree"], "interconnect.width_bits": [4, 16, 64, 512], "interconnect.hop_cycles": [0, 1, 2, 7, 40],
    "interconnect.arbitration": ["fifo", "fifo", "drain_first"],
    "vector_unit.lanes": [1, 4, 16, 256], "vector_unit.format": ["int8", "int16", "fp32"], "vector_unit.divide_cycles": [1, 16],
    "controller.issue_cycles": [0, 1, 16, 300], "controller.prefetch": [True, False], "controller.in_flight": [1, 2, 5, 64, 64, 64],
    "off_chip.bits_per_cycle": [1, 4, 32, 512], "off_chip.latency_cycles": [0, 50, 500], "off_chip.preload_input": [True, True, False],
    "placement.pack": [False, False, False, True],
}
SHARE = 0.5  # of the settings, drawn anew for each chip; the rest are the chip's own


@dataclass(frozen=True)
class Draw:
    """One random chip and what it runs."""

    number: int
    network: str
    scheme: str | None
    images: int
    chip: str
    settings: dict = field(default_factory=dict)

    def __str__(self) -> str:
        what = f"{self.network}, {self.scheme or 'inference'}, {self.images} images on {self.chip}"
        return f"chip {self.number}: {what} with " + ", ".join(f"{key}={value}" for key, value in self.settings.items())


def draw(seed: int, number: int) -> Draw:
    """Chip `number` of a series; the same for the same seed, whatever was drawn before."""
    choose = random.Random(f"{seed}/{number}")
    network, scheme = choose.choice(WORK)
    chip = choose.choice(CHIPS)
    settings = {key: choose.choice(values) for key, values in SETTINGS.items() if choose.random() < SHARE}
    if scheme:
        settings["read.transposed"] = True
    if choose.random() < 0.3:
        layer = choose.choice([layer.name for layer in load_network(network).array_layers])
        settings[f"placement.copies.{layer}"] = choose.choice([2, 3, 5])
    return Draw(number, network, scheme, choose.choice([1, 2, 3, 8]), chip, settings)


def machine_of(item: Draw, **changed) -> Machine:
    """The machine of a draw, not run yet; `changed` settings as field__path=value."""
    settings = item.settings | {key.replace("__", "."): value for key, value in changed.items()}
    chip = load_architecture(item.chip, settings)
    scheme = load_scheme(item.scheme) if item.scheme else None
    trace = build_trace(load_network(item.network), scheme, "training" if scheme else "inference", min(item.images, 4) if scheme else 1)
    return Machine(trace, chip, place(trace.matrices, chip), item.images)


def run(item: Draw, **changed) -> Machine:
    """The finished machine of a draw."""
    machine = machine_of(item, **changed)
    machine.run()
    return machine
