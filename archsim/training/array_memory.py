"""The flat memories of the weights of all layers and of the devices that hold them, which the compiled
passes walk: where everything lies.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np

from archsim.devices.array import DeviceArray
from archsim.devices.presets import load_device
from archsim.kernels.cache_lines import apart, zeros_apart
from archsim.kernels.generators import CLOCK
from archsim.training.by_layer import devices_by_layer, read_of
from archsim.training.device_reads import device_read
from archsim.training.first_state import FirstWeights, first_generators, layer_scales
from archsim.training.flat_devices import flattened
from archsim.training.reads import tile_number
from archsim.training.records import Devices
from archsim.training.settings import TrainingSettings, device_of
from archsim.training.table import (
    COLUMNS,
    COPIES,
    PLANE_ROWS,
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


class ArrayMemory:
    """Weights, state and planes of every array copy of a program, not yet written.

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
        self.program = program
        self.settings = settings
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
        self.device_of_array = devices_by_layer(settings, program.names)
        self.scales = layer_scales(program, settings, self.device_of_array, first)
        number = len(program.arrays)
        # Of one column also without devices: the compiled passes want one shape of record.
        self.law = zeros_apart((number, 1), F)
        self.granularity = apart(np.ones(number))
        self.write_noise = zeros_apart(number, F)
        self.parts = 1
        self.parameters = 1
        self.devices: list[DeviceArray] = []
        self.generators = first_generators(program, settings)
        sizes = program.arrays[:, ROWS] * program.arrays[:, COLUMNS] * program.arrays[:, COPIES]
        # Summed as floats: a product of wrong sizes may be more than 64 bits hold.
        if sizes.sum(dtype=float) > MOST_CELLS:
            raise InputError(
                "too many weights and copies to train",
                where=f"network '{program.network.name}'",
                got=f"{sizes.sum(dtype=float):g}",
                allowed=f"up to {MOST_CELLS} in all",
            )
        # One behind the other, copies of an array beside each other.
        program.arrays[:, WEIGHTS] = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self.writes = np.zeros(int(sizes.sum()), np.int32)
        self.biases = zeros_apart(program.biases, F)
        self.refreshes = np.zeros((len(program.arrays), 3), np.int64)
        if self.device is None:
            # Exact weights hide nothing: what is read is what is changed.
            self.weights = self.state = np.zeros(int(sizes.sum()), F)
            self.planes = np.zeros(1, F)
        else:
            self._build()

    def _build(self) -> None:
        arrays = self.program.arrays
        by_array: list[list[DeviceArray]] = [[] for _ in arrays]
        for index, copy in self._copies():
            law = self.device_of_array[index]
            assert law is not None  # all arrays have devices, or none has
            self.devices.append(
                law.scaled(float(self.scales[index])).build(
                    int(arrays[index, ROWS]),
                    int(arrays[index, COLUMNS]),
                    seed=self.settings.seed,
                    tile=int(tile_number(index, copy, UPDATE_CYCLE)),
                )
            )
            built = self.devices[-1]
            by_array[index].append(built)
            built.device_read = device_read(
                read_of(self.settings, self.program.names[index]), built, float(self.scales[index])
            )
        # copies of an array have the same law: its first one speaks for all
        own = [copies[0] for copies in by_array]
        self.law = apart(np.array([device.law for device in own], F))
        self.granularity = apart(np.array([device.granularity for device in own]))
        self.write_noise = apart(np.array([device.write_noise for device in own], F))
        flat = flattened(by_array)
        self.weights = flat.weights
        self.state = flat.state
        self.planes = flat.planes
        self.parts = flat.parts
        self.parameters = flat.parameters
        # Parts of a device follow each other, so offsets of states are those of weights times their
        # number.
        arrays[:, STATE] = arrays[:, WEIGHTS] * self.parts
        arrays[:, PLANES] = flat.first_planes
        arrays[:, PLANE_ROWS] = flat.plane_rows
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

    def _device(self, index: int, copy: int) -> DeviceArray:
        return self.devices[[*self._copies()].index((index, copy))]

    def biases_of(self, index: int) -> np.ndarray | None:
        """A view of the biases (M,) of an array that are digital words; None where it has none."""
        row = self.program.arrays[index]
        first = int(row[WORDS])
        return None if first < 0 else self.biases[first : first + int(row[ROWS])]

    def enter_biases(self, index: int, weights: np.ndarray) -> np.ndarray:
        """What the devices of an array hold of its weights (M, N): a last column that is its digital
        biases is entered there.
        """
        biases = self.biases_of(index)
        if biases is None:
            return np.ascontiguousarray(weights)
        biases[...] = weights[:, -1]
        return np.ascontiguousarray(weights[:, :-1])

    def drawn_digest(self) -> int:
        """CRC-32 of what the devices were drawn to, the same whether rows share their planes or not."""
        if not self.devices:
            return zlib.crc32(self.planes.view(np.uint8).data)
        digest = 0
        for device in self.devices:
            shared = len(device.planes) < len(device.weights)
            for _ in range(len(device.weights) if shared else 1):
                digest = zlib.crc32(device.planes.view(np.uint8).data, digest)
        return digest

    @property
    def clocks(self) -> np.ndarray:
        """Clocks that the generators ran since the start, int64: where their sequences stand."""
        state: np.ndarray = self.generators.state[:, CLOCK]
        return state
