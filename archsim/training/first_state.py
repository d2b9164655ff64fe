"""What the arrays begin with: the scales of their devices, their generators, and random weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from archsim.devices.device import Device
from archsim.kernels.compiled import kernel
from archsim.kernels.generators import Generators, generator_state, make_generators
from archsim.kernels.random import DEVICE, row_key, stream_key, uniform
from archsim.training.reads import tile_number
from archsim.training.settings import TrainingSettings, verified_range
from archsim.training.table import COLUMNS, COPIES, UPDATE_CYCLE, WORDS, Program

F = np.float32
# Row of the DEVICE stream that holds the initial weights; the draws of devices use the first rows.
INITIAL = 1 << 20


def first_generators(program: Program, settings: TrainingSettings) -> Generators:
    """The sequences of the generators, and state int64 (array copies or 1, STATE_FIELDS)."""
    update = settings.update
    copies = [
        (index, copy)
        for index in range(len(program.arrays))
        for copy in range(int(program.arrays[index, COPIES]))
    ]
    states = [
        generator_state(
            update.source,
            update.resolution,
            update.sharing,
            update.bits_per_cycle,
            settings.seed,
            int(tile_number(index, copy, UPDATE_CYCLE)),
        )
        for index, copy in (copies[:1] if update.sharing == "chip" else copies)
    ]
    return make_generators(update.source, update.resolution, np.stack(states))


@dataclass(frozen=True)
class FirstWeights:
    """Weights that a training begins with, in place of random ones.

    Args:
        matrices: by layer on arrays float32 (outputs, inputs), the bias in the last column.
        words: float32, of layers without arrays, in the order of the program, or by layer the first
            ones of each; None: their own first values.
    """

    matrices: Mapping[str, np.ndarray]
    words: np.ndarray | Mapping[str, np.ndarray] | None = None


def layer_scales(
    program: Program,
    settings: TrainingSettings,
    devices: Sequence[Device | None],
    first_weights: FirstWeights | None = None,
) -> np.ndarray:
    """What weight 1 of the device's file stands for in every array, (arrays,); see
    `TrainingSettings.weight_range`.
    """
    wanted = [_wanted_range(settings, device) for device in devices]
    if not any(wanted):
        return np.ones(len(program.arrays))
    # A bias beside the array is drawn with its weights, so it counts where it is not a line.
    inputs = program.arrays[:, COLUMNS] + (program.arrays[:, WORDS] >= 0)
    first = settings.initial_scale / np.sqrt(inputs)
    if first_weights is not None:
        largest = [np.abs(first_weights.matrices[name]).max() for name in program.names]
        first = np.where(np.array(largest) > 0, largest, first)
    scales = [
        1.0 if device is None or not times else times * own / device.range
        for device, times, own in zip(devices, wanted, first)
    ]
    return np.array(scales, float)


def _wanted_range(settings: TrainingSettings, device: Device | None) -> float:
    """How often the largest first weight goes into the range of a device; 0: weight 1 is that of its
    file.
    """
    wanted = settings.weight_range
    if wanted == "auto":
        verified = device is not None and "verify_window" in device.values
        wanted = verified_range(settings) if verified else "device"
    return 0.0 if device is None or isinstance(wanted, str) else wanted


@kernel
def draw_uniform(seed, tile, values):
    """values[i, j] uniform in [-1, 1), keyed by (seed, tile, i, j)."""
    key = stream_key(seed, np.uint64(0), tile, DEVICE)
    for i in range(values.shape[0]):
        row = row_key(key, np.uint64(INITIAL + i))
        for j in range(values.shape[1]):
            values[i, j] = F(2.0) * uniform(row, np.uint64(j)) - F(1.0)
