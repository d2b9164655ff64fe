"""The weights of all layers and the devices that hold them, in flat memories that the compiled
passes walk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from archsim.devices.ageing import counts_batches, drifts, is_disturbed
from archsim.devices.array import DeviceArray
from archsim.devices.device import Device
from archsim.devices.presets import load_device
from archsim.devices.unread import unread
from archsim.kernels.generators import CLOCK
from archsim.kernels.periphery import converter_step
from archsim.kernels.random import as_word
from archsim.kernels.update import COUNTS
from archsim.schemes.shared.state_read import LineRead
from archsim.schemes.shared.writing import write_first
from archsim.trace.upkeep import Refreshes
from archsim.training.device_reads import device_read
from archsim.training.digital_biases import with_biases
from archsim.training.first_state import FirstWeights, draw_uniform, first_generators, layer_scales
from archsim.training.flat_devices import flattened
from archsim.training.reads import tile_number
from archsim.training.records import Devices
from archsim.training.settings import TrainingSettings, device_of
from archsim.training.table import (
    COLUMNS,
    COPIES,
    PLANES,
    ROWS,
    STATE,
    UPDATE_CYCLE,
    WEIGHTS,
    WORDS,
    Program,
)
from hwlib.errors import InputError

F = np.float32
# Weights of all copies; a cell with its state and drawn parameters takes some ten numbers.
MOST_CELLS = 2**28
REFRESHES = COUNTS.index("refreshes")  # and behind it their pulses and the pairs left outside


class Arrays:
    """Weights, state and planes of every array copy of a program.

    `weights` float32, `state` float32 (the same memory where nothing is hidden), `planes` float32,
    `writes` int32: flat, at the offsets that the constructor enters into `program.arrays`.
    `refreshes` int64 (arrays, 3): pairs, pulses and pairs left outside of all refreshes. `devices`
    holds a DeviceArray per array and copy (none for rule "float"). `generators` of the pulse trains
    have a state for each of them, or one for all that share a block. `biases` float32 are those that
    no array holds (see `digital_biases`). `scales` float64 (arrays,): what
    weight 1 of the device's file stands for; law, granularity and write noise are each array's own.
    """

    def __init__(
        self, program: Program, settings: TrainingSettings, first: FirstWeights | None = None
    ):
        self.program, self.settings = program, settings
        self.first = first
        name = device_of(settings)
        if settings.device_settings and not name:
            raise InputError(
                "exact weights have no device: nothing would read its settings",
                where="device",
                got=sorted(settings.device_settings),
                hint="name a device",
            )
        self.device = load_device(name, settings.device_settings) if name else None
        self.scales = layer_scales(program, settings, self.device, first)
        number = len(program.arrays)
        self.law = np.zeros((number, 1), F)
        self.granularity = np.ones(number)
        self.write_noise = np.zeros(number, F)
        self.parts = 1
        self.parameters = 1
        self.devices: list[DeviceArray] = []
        self.generators = first_generators(program, settings)
        sizes = program.arrays[:, ROWS] * program.arrays[:, COLUMNS] * program.arrays[:, COPIES]
        if sizes.sum(dtype=float) > MOST_CELLS:
            raise InputError(
                "too many weights and copies to train",
                where=f"network '{program.network.name}'",
                got=f"{sizes.sum(dtype=float):g}",
                allowed=f"up to {MOST_CELLS} in all",
            )
        program.arrays[:, WEIGHTS] = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self.writes = np.zeros(int(sizes.sum()), np.int32)
        self.biases = np.zeros(program.biases, F)
        self.refreshes = np.zeros((len(program.arrays), 3), np.int64)
        if self.device is None:
            self.weights = self.state = np.zeros(int(sizes.sum()), F)
            self.planes = np.zeros(1, F)
        else:
            self._build(self.device)
        self.intended = np.zeros_like(self.weights)
        for index, copy, matrix in self.matrices():
            self._fill(index, copy, matrix)

    def _build(self, law: Device) -> None:
        arrays = self.program.arrays
        for index, copy in self._copies():
            self.devices.append(
                law.scaled(float(self.scales[index])).build(
                    int(arrays[index, ROWS]),
                    int(arrays[index, COLUMNS]),
                    seed=self.settings.seed,
                    tile=int(tile_number(index, copy, UPDATE_CYCLE)),
                )
            )
            built = self.devices[-1]
            built.device_read = device_read(self.settings, built, float(self.scales[index]))
        # copies of an array have the same law: its first one speaks for all
        own = [device for (_, copy), device in zip(self._copies(), self.devices) if copy == 0]
        self.law = np.array([device.law for device in own], F)
        self.granularity = np.array([device.granularity for device in own])
        self.write_noise = np.array([device.write_noise for device in own], F)
        flat = flattened(self.devices)
        self.weights = flat.weights
        self.state = flat.state
        self.planes = flat.planes
        self.parts = flat.parts
        self.parameters = flat.parameters
        arrays[:, STATE] = arrays[:, WEIGHTS] * self.parts
        arrays[:, PLANES] = arrays[:, WEIGHTS] * self.parts * self.parameters
        for number, device in enumerate(self.devices):
            # a block that the chip shares is the same for all
            block = min(number, len(self.generators.state) - 1)
            device.generators = self.generators._replace(state=self.generators.state[block])

    def record(self) -> Devices:
        """The devices as the compiled updates take them."""
        return Devices(
            self.weights,
            self.state,
            self.planes,
            self.writes,
            self.law,
            self.parts,
            self.parameters,
            self.write_noise,
            self.device is not None,
        )

    def _copies(self) -> Iterator[tuple[int, int]]:
        for index in range(len(self.program.arrays)):
            for copy in range(int(self.program.arrays[index, COPIES])):
                yield index, copy

    def matrices(self) -> Iterator[tuple[int, int, np.ndarray]]:
        """(array, copy, view of its weights (M, N)) in order."""
        for index, copy in self._copies():
            row = self.program.arrays[index]
            size = int(row[ROWS] * row[COLUMNS])
            start = int(row[WEIGHTS]) + copy * size
            yield (
                index,
                copy,
                self.weights[start : start + size].reshape(int(row[ROWS]), int(row[COLUMNS])),
            )

    def _fill(self, index: int, copy: int, matrix: np.ndarray) -> None:
        rows, lines = matrix.shape
        biases = self.biases_of(index)
        # A bias starts at the same number wherever it is held.
        drawn = np.empty((rows, lines + (biases is not None)), F)
        # All copies of an array are programmed to the same weights: reads average them, and the
        # mean of several draws would start smaller.
        draw_uniform(
            as_word(self.settings.seed), as_word(tile_number(index, 0, UPDATE_CYCLE)), drawn
        )
        drawn *= F(self.settings.initial_scale / np.sqrt(drawn.shape[1]))
        if self.first is not None:
            start = self.program.group_of(index) * rows
            drawn = self.first.matrices[self.program.names[index]][start : start + rows]
        values = np.ascontiguousarray(drawn[:, :lines])
        if biases is not None:
            biases[...] = drawn[:, lines]
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

    def _device(self, index: int, copy: int) -> DeviceArray:
        return self.devices[[*self._copies()].index((index, copy))]

    def biases_of(self, index: int) -> np.ndarray | None:
        """A view of the biases (M,) of an array that are digital words; None where it has none."""
        row = self.program.arrays[index]
        first = int(row[WORDS])
        return None if first < 0 else self.biases[first : first + int(row[ROWS])]

    def line_read(self, index: int) -> LineRead:
        """The read of a line of an array, in weight units, with the converters of the chip."""
        read = self.settings.read
        scale = float(self.scales[index])
        own = self.device.weight_noise if self.device is not None else 0.0
        return LineRead(
            scale * converter_step(read.output_bits, read.output_bound),
            scale * read.output_bound,
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
            own = own.reshape(int(row[COPIES]), int(row[ROWS]), -1).copy()
            before = result.get(name)
            result[name] = own if before is None else np.concatenate([before, own], axis=1)
        return result

    @property
    def clocks(self) -> np.ndarray:
        """Clocks that the generators ran since the start, int64: where their sequences stand."""
        state: np.ndarray = self.generators.state[:, CLOCK]
        return state

    @property
    def needs_maintenance(self) -> bool:
        """True where devices are refreshed or age."""
        device = self.device
        return device is not None and (
            counts_batches(device)
            or drifts(device)
            or is_disturbed(device)
            or "refresh_upper" in device.values
        )

    @property
    def refreshed(self) -> dict[str, Refreshes]:
        """What refreshing did to every layer since the start; nothing where no device is refreshed."""
        if self.device is None or "refresh_upper" not in self.device.values:
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
        mean = np.asarray(np.mean(copies, axis=0, dtype=np.float64), F)
        layers.setdefault(names[index], []).append(mean)
    return {
        name: groups[0] if len(groups) == 1 else np.concatenate(groups)
        for name, groups in layers.items()
    }
