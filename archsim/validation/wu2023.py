"""The model's side of wu2023.toml: LeNet-1 on the built-in chip wu2023, one full tile, and the networks
that the paper simulates on tiles of 256 x 64.
"""

from __future__ import annotations

import functools

import archsim
from archsim.chip.load import validate
from archsim.chip.plan.tile_timing import read_timing
from archsim.cost.spread import Spread
from archsim.run.result import Result
from archsim.validation.chips.facts import read_facts
from archsim.validation.chips.rule import calibrated
from archsim.validation.model import Model, energy_of, timed
from archsim.validation.workloads import one_matrix

_MANY = 8  # images until the pipeline is full
_GROUPS = 8  # columns of a converter, one after the other
_WEIGHTS = 32  # signed weights, two columns each, across a tile of 64 columns


@functools.cache
def _lenet(settings: tuple[tuple[str, str], ...] = (), images: int = 1) -> Result:
    return archsim.simulate(
        "lenet1", archsim.load_architecture("wu2023", dict(settings)), images=images
    )


def _layer_ms(name: str) -> float:
    result = _lenet()
    cycles = next(row["cycles"] for row in result.by_layer if row["layer"] == name)
    return cycles / (result.clock_mhz * 1e3)


def _with_copies() -> Result:
    return _lenet((("execution.mode", "pipelined"), ("placement.copies.conv1", "8")), _MANY)


@functools.cache
def _simulated_ms(network: str) -> float:
    """One image, layer by layer, on the simulated system of the paper."""
    return timed(archsim.simulate(network, "wu2023_256x64").latency_s) * 1e3


@functools.cache
def _simulated_interval_ms(network: str) -> float:
    """An image of many in a pipeline."""
    chip = archsim.load_architecture("wu2023_256x64", {"execution.mode": "pipelined"})
    return timed(archsim.simulate(network, chip, images=_MANY).interval_per_image_s) * 1e3


def _devices() -> int:
    return sum(row["rows"] * row["columns"] for row in _lenet().placement)


def _tile_operation_us() -> float:
    chip = archsim.load_architecture("wu2023")
    return read_timing(chip, chip.tile.columns).latency / chip.clock_mhz


@functools.cache
def _full_tile() -> Result:
    return archsim.simulate(one_matrix(64, _WEIGHTS), "wu2023")


def _tile_energy(scale: float = 1e9) -> Spread:
    return energy_of(_full_tile().boundaries["macro"]).times(scale)


def _calibrated_tile_energy() -> Spread:
    """Eight groups of columns on the chip with the blocks that the paper states."""
    facts = read_facts()["wu2023"]
    chip = validate(calibrated(facts, facts.points[0]), facts.name)
    # A tile reads its groups of columns in turn: eight times what one takes.
    group = archsim.simulate(one_matrix(64, facts.converters), chip)
    return energy_of(group.boundaries["macro"]).times(_GROUPS * 1e9)


def _image_energy() -> Spread:
    return _tile_energy(1e6).times(_lenet().tile_operations)


def _array_share() -> float:
    result = _full_tile()
    return 100 * result.by_component["array"]["energy_j"] / result.boundaries["macro"]["energy_j"]


MODELS: dict[str, Model] = {
    "wu2023.operations": lambda: _lenet().operations,
    "wu2023.tile_operations": lambda: _lenet().tile_operations,
    "wu2023.crossbars": lambda: _lenet().tiles,
    "wu2023.crossbars_with_copies": lambda: _with_copies().tiles,
    "wu2023.devices": _devices,
    "wu2023.tile_operation_time": _tile_operation_us,
    "wu2023.conv1_latency": lambda: _layer_ms("conv1"),
    "wu2023.conv2_latency": lambda: _layer_ms("conv2"),
    "wu2023.serial_latency": lambda: timed(_lenet().latency_s) * 1e3,
    "wu2023.pipelined_latency": lambda: (
        timed(_lenet((("execution.mode", "pipelined"),)).latency_s) * 1e3
    ),
    "wu2023.copies_interval": lambda: timed(_with_copies().interval_per_image_s) * 1e3,
    "wu2023.vgg8_latency": lambda: _simulated_ms("wu2023_vgg8"),
    "wu2023.vgg8_interval": lambda: _simulated_interval_ms("wu2023_vgg8"),
    "wu2023.resnet18_latency": lambda: _simulated_ms("resnet18_cifar"),
    "wu2023.resnet18_interval": lambda: _simulated_interval_ms("resnet18_cifar"),
    "wu2023.tile_energy": _tile_energy,
    "wu2023.calibrated_tile_energy": _calibrated_tile_energy,
    "wu2023.image_energy": _image_energy,
    "wu2023.array_share": _array_share,
}
