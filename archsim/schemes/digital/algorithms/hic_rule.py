"""The algorithm of HIC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from archsim.kernels.accumulator import EXACT_CELLS, CellRead, accumulate
from archsim.kernels.random import REFRESH, as_word, stream_key
from archsim.kernels.records import DeviceRead
from archsim.schemes.layer_state import LayerState
from archsim.schemes.shared.digital_rule import GradientRule
from archsim.schemes.shared.expected_pulses import pulses_without_noise
from archsim.schemes.shared.optimiser_rule import gradient_of
from archsim.trace.operation import Activity

F = np.float32
U = np.uint64
MOST_PULSES = 64  # to one device after one batch
COUNTED = ("writes", "cut_writes", "cut_pulses", "read_bits", "misread_bits")
_LOOK = U(80)  # added to the stream number of the rounding: the noise of the reads before it


class HicSettings(Protocol):
    """What the rule reads of its scheme."""

    bits: int
    carry_pulses: int
    carry_step: float

    @property
    def pairs(self) -> int: ...

    @property
    def weight_work(self) -> dict[str, float]: ...


class HicRule(GradientRule[HicSettings]):
    """Gradients of a batch are summed digitally, then added to the accumulators."""

    def __init__(
        self, scheme: HicSettings, layers: Sequence[LayerState], rate: float, batch: int, seed: int
    ):
        super().__init__(scheme, layers, rate, batch, seed)
        self.registers = [np.zeros(layer.weights.shape, np.int32) for layer in self.layers]
        self.cells = [
            np.zeros((*layer.weights.shape, scheme.bits), np.int32) for layer in self.layers
        ]
        self.carries = [np.zeros(layer.weights.shape, np.int32) for layer in self.layers]
        self.writes = self.cut_writes = self.cut_pulses = 0
        self.read_bits = self.misread_bits = 0

    def batch(self, layer: LayerState, step: int) -> None:
        i = layer.index
        scheme = self.scheme
        done = self.done[layer.index]
        carries = self.carries[i]
        gradient = self.gradients[i]
        # In units of the register: a carry's worth of weight change is as many of them.
        scale = self.rate * units_of_a_carry(scheme) / carry_size(scheme, layer)
        key = U(stream_key(as_word(self.seed), as_word(step), as_word(layer.tile), REFRESH))
        cells = cell_read(layer, self.seed, step)
        # What has no gradient is not looked at.
        self.read_bits += scheme.bits * int(np.count_nonzero(gradient))
        flips, misread = accumulate(
            self.registers[i], gradient, scale, scheme.bits, carries, self.cells[i], key, cells
        )
        self.misread_bits += int(misread)
        gradient[...] = 0
        if layer.devices is None:
            layer.weights += carries * F(scheme.carry_step)
            layer.writes += np.abs(carries)
            pulses = int(np.abs(carries).sum())
        else:
            wanted = carries * scheme.carry_pulses
            # A bound on the time of a write; what it cuts is counted and told.
            signed = wanted.clip(-MOST_PULSES, MOST_PULSES)
            self.writes += int(np.count_nonzero(wanted))
            self.cut_writes += int(np.count_nonzero(wanted != signed))
            self.cut_pulses += int(np.abs(wanted - signed).sum())
            layer.devices.pulse(
                signed, seed=self.seed, step=step, tile=layer.tile, writes=layer.writes
            )
            pulses = int(np.abs(signed).sum())
        done.sum("devices_written", np.count_nonzero(carries))
        done.sum("write_pulses", pulses)
        done.sum("flips", flips)
        done.add("array", "write", pulses + flips)
        # Of every weight, whether it had a gradient or not: the lanes do not know before.
        done.add_work(scheme.weight_work, gradient.size)
        # converter codes of the accumulators to numbers
        done.add("vector_unit", "multiply", scheme.pairs * gradient.size)

    def state(self) -> dict[str, np.ndarray]:
        return {
            f"{layer.index}.{kind}": arrays[layer.index]
            for layer in self.layers
            for kind, arrays in (
                ("gradient", self.gradients),
                ("register", self.registers),
                ("cells", self.cells),
            )
        }

    def facts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in COUNTED}

    def restore(self, facts: dict[str, Any]) -> None:
        # earlier checkpoints lack some
        for name in COUNTED:
            setattr(self, name, facts.get(name, 0))

    def notes(self) -> list[str]:
        notes = []
        if self.cut_writes:
            notes.append(
                f"{self.cut_writes:,} of {self.writes:,} writes of carries asked for more than "
                f"{MOST_PULSES} pulses and got {MOST_PULSES}: {self.cut_pulses:,} pulses were not "
                "given, so the weights moved less than the rule says; a lower learning rate avoids it"
            )
        if self.misread_bits:
            notes.append(
                f"{self.misread_bits:,} of {self.read_bits:,} accumulator bits were misread: the "
                "output converter's levels or noise are too coarse for single cells; more bits of "
                "it or less noise avoid that"
            )
        return notes

    def further_writes(self, layer: LayerState) -> dict[str, np.ndarray]:
        return {f"{layer.name}.accumulator": self.cells[layer.index]}

    def further_activities(self, layer: LayerState) -> dict[str, Activity]:
        done = self.done[layer.index]
        # A pair of binary cells a bit; the share is of all cells and batches.
        cells = 2 * self.scheme.pairs * layer.weights.size * max(1, done.batches)
        fixed = Activity(source="measured", input_density=1.0, bit_density=1.0, magnitude=1.0)
        return {
            f"{layer.name}.accumulator": replace(
                fixed,
                devices_written=done.sums.get("flips", 0.0) / cells,
                write_pulses=1.0,
                verify_reads=0.0,
            )
        }


def cell_read(layer: LayerState, seed: int, step: int) -> CellRead:
    """How the cells of a layer's accumulators are read: as lines of its weights are, through the
    same converters. A cell that is on conducts what the layer's device does at its upper bound.

    Args:
        layer: state of the layer; one without a `line_read` or without devices is read exactly.
        seed: of the run.
        step: number of the image after which they are read: the key of random numbers.
    """
    read = layer.line_read
    if read is None or layer.devices is None:
        return EXACT_CELLS
    return CellRead(
        F(layer.devices.device.number("upper_bound")),
        DeviceRead(F(read.step), F(read.bound), F(read.noise)),
        as_word(stream_key(as_word(seed), as_word(step), as_word(layer.tile), REFRESH + _LOOK)),
    )


def units_of_a_carry(scheme: HicSettings) -> int:
    """Units of the register that make a carry: one bit is the sign."""
    return 2 ** (scheme.bits - 1)


def carry_size(scheme: HicSettings, layer: LayerState) -> float:
    """The weight of one carry."""
    return (
        scheme.carry_step
        if layer.devices is None
        else scheme.carry_pulses * layer.devices.granularity
    )


def expected_carries(
    scheme: HicSettings,
    layer: LayerState,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
    seed: int,
    step: int,
) -> np.ndarray:
    """Expected change of noise-free devices, weight by weight and pulse by pulse; arguments as
    `Scheme.reference_change`.
    """
    gradient = gradient_of(inputs, errors)
    size = carry_size(scheme, layer)
    units = units_of_a_carry(scheme)
    value = rate * gradient * units / size
    low = np.floor(value)
    change = np.zeros(gradient.shape)
    for number, chance in ((low, 1 - value + low), (low + 1, value - low)):
        # Towards zero, as the kernel carries: a register keeps the rest with its sign.
        carries = np.trunc(number / units)
        change += chance * (
            carries * size
            if layer.devices is None
            else pulses_without_noise(layer.devices, carries * scheme.carry_pulses)
        )
    return change
