"""The algorithm of zero-shifting: the shift before the first image, then the pulsed update of every
image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Protocol

import numpy as np

from archsim.devices.symmetry import drive_to_symmetry
from archsim.kernels.random import DEVICE, as_word, fill_normals, stream_key
from archsim.schemes.layer_state import LayerState
from archsim.schemes.rule import UpdateRule
from archsim.schemes.shared.expected_pulses import expected_change
from archsim.schemes.shared.state_read import read_lines, read_of
from archsim.schemes.shared.train_counts import count_trains
from archsim.trace.operation import Activity
from hwlib.errors import InputError

F = np.float32
U = np.uint64
# planes of the law soft_bounds_reference
REFERENCE = 6
LOWER = 2
UPPER = 3
SHIFT_TILE = 1 << 41  # keys of the random numbers of the shift
_, SLOTS, ROW_PULSES, COLUMN_PULSES, COINCIDENCES, _ = range(6)


class ZeroShiftSettings(Protocol):
    """What the rule reads of its scheme."""

    pulses: int
    read_noise: float | None
    program_error: float
    train_length: int
    update_management: bool


class ZeroShiftRule(UpdateRule[ZeroShiftSettings]):
    """The shift is made again, to the same bits, when a run is resumed."""

    layers_apart: ClassVar[bool] = True

    def __init__(
        self,
        scheme: ZeroShiftSettings,
        layers: Sequence[LayerState],
        rate: float,
        batch: int,
        seed: int,
    ):
        super().__init__(scheme, layers, rate, batch, seed)
        for layer in self.layers:
            if layer.devices is None or layer.devices.device.name != "soft_bounds_reference":
                raise InputError(
                    "this scheme needs devices that are read against a reference",
                    where="device",
                    got="none" if layer.devices is None else layer.devices.device.name,
                    hint="soft_bounds_asymmetric",
                )
            shift(scheme, layer, seed)

    def image(self, layer: LayerState, inputs: np.ndarray, errors: np.ndarray, step: int) -> None:
        done = self.done[layer.index]
        counts = layer.on_devices.update(
            inputs.T,
            errors.T,
            layer.on_devices.trains(
                rate=self.rate,
                longest=self.scheme.train_length,
                manage_update=self.scheme.update_management,
            ),
            seed=self.seed,
            step=step,
            tile=layer.tile,
            writes=layer.writes,
        )
        rows, columns = layer.weights.shape
        done.add("array", "update", counts[COINCIDENCES])
        count_trains(done, layer.on_devices.generators, counts[SLOTS], rows + columns)
        for action in ("compare", "multiply") if self.scheme.update_management else ("multiply",):
            done.add("vector_unit", action, (rows + columns - layer.bias) * inputs.shape[1])
        for number in (SLOTS, ROW_PULSES, COLUMN_PULSES, COINCIDENCES):
            done.sum(str(number), counts[number])

    def activity(self, layer: LayerState, before: Activity) -> Activity:
        done = self.done[layer.index]
        rows, columns = layer.weights.shape
        slots, row_pulses, column_pulses, coincidences = (
            done.sums.get(str(number), 0.0)
            for number in (SLOTS, ROW_PULSES, COLUMN_PULSES, COINCIDENCES)
        )
        vectors = max(1, done.images * layer.vectors)
        slots = max(1.0, slots)
        # The rows of the crossbar are the input side; the device array counts by the rows of W, the
        # error side.
        return replace(
            before,
            train_length=slots / vectors,
            row_pulses=column_pulses / (slots * columns),
            column_pulses=row_pulses / (slots * rows),
            coincidences=coincidences / (vectors * rows * columns),
        )


def shift(scheme: ZeroShiftSettings, layer: LayerState, seed: int) -> None:
    """Alternating pulses, a read through the chip's converters, the reference programmed; the weights
    of the start are written afterwards. All that is the setup's: its pulses are not counted among
    the writes of the training.
    """
    devices = layer.on_devices
    start = layer.weights.copy()
    drive_to_symmetry(devices, scheme.pulses, seed=seed, tile=layer.tile + SHIFT_TILE)
    tile = as_word(layer.tile + SHIFT_TILE)
    read = read_of(layer, scheme.read_noise)
    seen = read_lines(layer.weights, read, stream_key(as_word(seed), U(2), tile, DEVICE))
    error = np.empty(start.shape, F)
    fill_normals(U(stream_key(as_word(seed), U(3), tile, DEVICE)), error)
    moved = seen + error * F(scheme.program_error)
    if scheme.pulses:
        devices.planes[:, 0, REFERENCE] += moved
        devices.planes[:, 0, LOWER] -= moved
        devices.planes[:, 0, UPPER] -= moved
    devices.set_weights(start)


def reference_change(
    scheme: ZeroShiftSettings,
    layer: LayerState,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
    seed: int,
    step: int,
) -> np.ndarray:
    """See `Scheme.reference_change`: the pulsed update from where the shift left the devices."""
    return expected_change(
        layer.on_devices, inputs, errors, rate, scheme.train_length, scheme.update_management
    )
