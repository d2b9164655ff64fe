"""The weights of all layers on their arrays: written first, read out by layer, aged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from archsim.devices.ageing import counts_batches, drifts, is_disturbed
from archsim.devices.device import Device
from archsim.devices.presets import load_device
from archsim.devices.unread import unread
from archsim.kernels.periphery import converter_step
from archsim.kernels.random import as_word
from archsim.kernels.update import COUNTS
from archsim.schemes.shared.state_read import LineRead
from archsim.schemes.shared.writing import write_first
from archsim.trace.upkeep import Refreshes
from archsim.training.array_memory import ArrayMemory
from archsim.training.by_layer import read_of
from archsim.training.digital_biases import with_biases
from archsim.training.first_state import FirstWeights, draw_uniform
from archsim.training.reads import tile_number
from archsim.training.settings import TrainingSettings, device_of
from archsim.training.table import COLUMNS, COPIES, ROWS, UPDATE_CYCLE, WEIGHTS, Program

F = np.float32
REFRESHES = COUNTS.index("refreshes")  # and behind it their pulses and the pairs left outside


class Arrays(ArrayMemory):
    """The arrays at work: first weights, writes, ageing, and what every layer holds of them.

    `intended` float32, as `weights`: what was to be written at the start.
    """

    def __init__(
        self, program: Program, settings: TrainingSettings, first: FirstWeights | None = None
    ):
        super().__init__(program, settings, first)
        self.intended = np.zeros_like(self.weights)
        for index, copy, matrix in self.matrices():
            self._fill(index, copy, matrix)

    def _fill(self, index: int, copy: int, matrix: np.ndarray) -> None:
        rows, lines = matrix.shape
        # A bias starts at the same number wherever it is held.
        drawn = np.empty((rows, lines + (self.biases_of(index) is not None)), F)
        # All copies of an array are programmed to the same weights: reads average them, and the
        # mean of several draws would start smaller.
        draw_uniform(
            as_word(self.settings.seed), as_word(tile_number(index, 0, UPDATE_CYCLE)), drawn
        )
        # By the inputs of a column, so that outputs begin at one scale whatever the width of a
        # layer.
        drawn *= F(self.settings.initial_scale / np.sqrt(drawn.shape[1]))
        if self.first is not None:
            # Groups lie one below another in the tensor of a file.
            start = self.program.group_of(index) * rows
            drawn = self.first.matrices[self.program.names[index]][start : start + rows]
        values = self.enter_biases(index, drawn)
        if self.device is None:
            matrix[...] = values
        else:
            tile = int(tile_number(index, copy, UPDATE_CYCLE))
            write_first(self._device(index, copy), values, self.settings.seed, tile)
        start = int(self.program.arrays[index, WEIGHTS]) + copy * matrix.size
        self.intended[start : start + matrix.size] = values.reshape(-1)

    def write(self, index: int, copy: int, matrix: np.ndarray, values: np.ndarray) -> None:
        """Set one array's weights; devices clip them to their bounds."""
        if self.device is None:
            matrix[...] = values
        else:
            self._device(index, copy).set_weights(values)

    def line_read(self, index: int) -> LineRead:
        """The read of a line of an array, in weight units, with the converters of the chip."""
        read = read_of(self.settings, self.program.names[index])
        scale = float(self.scales[index])
        device = self.device_of_array[index]
        own = device.weight_noise if device is not None else 0.0
        return LineRead(
            scale * converter_step(read.output_bits, read.output_bound),
            scale * read.output_bound,
            # The converter's noise and the device's are independent.
            scale * float(np.hypot(read.output_noise, own)),
        )

    def layer_weights(self) -> dict[str, np.ndarray]:
        """Copies of the weights (M, N) by layer, the bias in the last column; copies of an array
        averaged, groups one below another.
        """
        copies_of: dict[int, list[np.ndarray]] = {}
        for index, _, matrix in self.matrices():
            copies_of.setdefault(index, []).append(with_biases(matrix, self.biases_of(index)))
        return below_each_other(self.program.names, copies_of)

    def layer_writes(self) -> dict[str, np.ndarray]:
        """Pulses that each device of a layer has received (copies, M, N), copies of the counters."""
        result: dict[str, np.ndarray] = {}
        for name, row in zip(self.program.names, self.program.arrays):
            size = int(row[ROWS] * row[COLUMNS] * row[COPIES])
            own = self.writes[int(row[WEIGHTS]) : int(row[WEIGHTS]) + size]
            # A copy: the counters go on.
            own = own.reshape(int(row[COPIES]), int(row[ROWS]), -1).copy()
            before = result.get(name)
            result[name] = own if before is None else np.concatenate([before, own], axis=1)
        return result

    @property
    def kinds_of_devices(self) -> list[Device]:
        """The devices of all arrays, each once; none for exact weights."""
        return [*{id(d): d for d in self.device_of_array if d is not None}.values()]

    @property
    def needs_maintenance(self) -> bool:
        """True where devices are refreshed or age."""
        return any(
            counts_batches(device)
            or drifts(device)
            or is_disturbed(device)
            or "refresh_upper" in device.values
            for device in self.kinds_of_devices
        )

    @property
    def refreshed(self) -> dict[str, Refreshes]:
        """What refreshing did to every layer since the start; nothing where no device is refreshed."""
        if not any("refresh_upper" in device.values for device in self.kinds_of_devices):
            return {}
        sums: dict[str, np.ndarray] = {}
        for name, done in zip(self.program.names, self.refreshes):
            sums[name] = sums.get(name, 0) + done
        return {name: Refreshes(*map(int, done)) for name, done in sums.items()}

    def unread(self) -> dict[str, str]:
        """Parameters of the device that were set and that nothing read so far, each with the
        reason; see `devices.unread`.
        """
        if self.device is None:
            return {}
        name = device_of(self.settings)
        # A file states all its values on purpose: what it may have set in vain shows against the
        # defaults of the law.
        base = load_device(name) if not name.endswith(".toml") else type(self.device)()
        return unread(
            self.device,
            base.values,
            programmed=any(array.programmed for array in self.devices),
            refreshed=bool(self.refreshes.any()),
        )

    def maintain(self, batches: int, step: int, seconds: float, reads: np.ndarray) -> None:
        """Refresh and age every device array for `batches` mini-batches, `seconds` of simulated
        time and `reads` of each array, int64 (arrays,).
        """
        for (index, copy), device in zip(self._copies(), self.devices):
            tile = int(tile_number(index, copy, UPDATE_CYCLE))
            start = int(self.program.arrays[index, WEIGHTS]) + copy * device.weights.size
            writes = self.writes[start : start + device.weights.size].reshape(device.weights.shape)
            counts = device.refresh(seed=self.settings.seed, step=step, tile=tile, writes=writes)
            self.refreshes[index] += counts[REFRESHES:]
            device.age(
                batches=batches,
                seconds=seconds,
                reads=int(reads[index]),
                seed=self.settings.seed,
                step=step,
                tile=tile,
            )

    def past(self) -> dict[str, np.ndarray]:
        """What the devices remember of time, by name, for a checkpoint; restored in place."""
        return {
            f"past.{number}.{name}": values
            for number, device in enumerate(self.devices)
            for name, values in device.ageing.past._asdict().items()
            if values.size
        }


def below_each_other(
    names: Sequence[str], copies_of: Mapping[int, Sequence[np.ndarray]]
) -> dict[str, np.ndarray]:
    """The matrices (M, N) of layers: the mean of each array's copies, and groups one below another.

    Args:
        names: of the layer of each array.
        copies_of: matrices by the number of the array.
    """
    layers: dict[str, list[np.ndarray]] = {}
    for index, copies in copies_of.items():
        # What a read of all copies gives, in float64 so that their order does not show.
        mean = np.asarray(np.mean(copies, axis=0, dtype=np.float64), F)
        layers.setdefault(names[index], []).append(mean)
    return {
        name: groups[0] if len(groups) == 1 else np.concatenate(groups)
        for name, groups in layers.items()
    }
