"""Tiki-Taka in NumPy, vector by vector, with the random numbers of the compiled pass: what that is
tested against.
"""

from __future__ import annotations

import numpy as np

from archsim.devices.array import DeviceArray, draws
from archsim.kernels.fast_array import (
    AGAD,
    CHOPPED,
    CURSOR,
    FAST_TILE,
    MEAN_RATE,
    V1,
    VERSIONS,
    WORDS,
)
from archsim.kernels.number_formats_reference import store_reference
from archsim.kernels.random import READ_OUTPUT, REFRESH, WRITE
from archsim.kernels.random_reference import (
    normal_reference,
    row_key_reference,
    stream_key_reference,
    uniform_reference,
)
from archsim.kernels.update_reference import move_reference, update_reference
from archsim.schemes.layer_state import LayerState
from archsim.schemes.pulsed.algorithms.tiki_taka_state import (
    TransferSettings,
    new_state,
    rates,
    transfer_read,
)
from archsim.schemes.shared.state_read import converted

F = np.float32


def twin_change(
    scheme: TransferSettings,
    layer: LayerState,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
    seed: int,
    step: int,
) -> np.ndarray:
    """The change (M, N) of a fresh layer by one mini-batch; arguments as `Scheme.reference_change`."""
    start = layer.weights.copy()
    twin = _Twin(scheme, layer, rate, seed)
    for number, (x, d) in enumerate(zip(inputs, errors)):
        twin.image(x, d, step + number)
    return layer.weights - start


class _Twin:
    """One layer under training, its state that of a run."""

    def __init__(self, scheme: TransferSettings, layer: LayerState, rate: float, seed: int):
        self.scheme = scheme
        self.layer = layer
        self.rate = rate
        self.seed = seed
        self.state = new_state(scheme, layer, seed)
        self.memory = self.state.memory
        self.devices = layer.on_devices
        self.law = self.devices.device.reference()
        self.version = VERSIONS.index(scheme.version)
        # random numbers of its own for the fast array
        self.tile = layer.tile + FAST_TILE
        self.rows = np.arange(len(layer.weights))

    def image(self, x: np.ndarray, d: np.ndarray, step: int) -> None:
        """Inputs (N, V) and errors (M, V) of one image."""
        vectors = x.shape[1]
        fast_rate, slow, gain = self.rates(x, d)
        reads, every = self.scheme.transfers(self.layer.vectors)
        spacing = max(1, vectors // reads)
        due = step % every == 0
        ends = {(number + 1) * spacing - 1 for number in range(reads)} if due else set()
        for v in range(vectors):
            chopped = x[:, v] * self.memory.choppers
            self.update(self.state.fast, chopped, d[:, v], fast_rate, step, self.tile, v)
            if v in ends:
                self.transfer(step, v, slow, gain)

    def rates(self, x: np.ndarray, d: np.ndarray) -> tuple[float, float, np.float32]:
        """Rate of the fast array, rate of the transfer, and gain of the hidden matrix."""
        means = self.memory.means
        delta = self.devices.granularity
        peaks = np.abs(d).max(axis=0).astype(float)
        if peaks.any() and x.any():
            now = np.array([np.abs(x).max(axis=0).astype(float).mean(), peaks[peaks > 0].mean()])
            # the first image sets the means: from zero they would take long to get there
            means[:] = now if not means.any() else (1 - MEAN_RATE) * means + MEAN_RATE * now
        fast_rate, slow = rates(self.scheme, self.layer, self.rate)
        if self.version != V1:
            wanted = fast_rate * self.scheme.train_length * delta
            fast_rate = wanted / means.prod() if means.all() else 0.0
        divides = self.scheme.divide_by_fast_rate and fast_rate
        return fast_rate, slow, F(slow / delta / (fast_rate if divides else 1.0))

    def update(
        self,
        array: DeviceArray,
        x: np.ndarray,
        d: np.ndarray,
        rate: float,
        step: int,
        tile: int,
        first: int,
    ) -> None:
        """The pulsed update of one vector."""
        trains = self.devices.trains(
            rate=rate, longest=self.scheme.train_length, manage_update=self.scheme.update_management
        )
        cells = array.cells._replace(write_noise=self.devices.write_noise)
        update_reference(cells, self.law, [x], [d], trains, draws(self.seed, step, tile, first))

    def keys(self, stream: np.uint64, step: int, tile: int, v: int) -> np.ndarray:
        """The key of vector v in a stream."""
        return row_key_reference(stream_key_reference(self.seed, step, tile, stream), v)

    def transfer(self, step: int, v: int, slow: float, gain: np.float32) -> None:
        """Read the next line of the fast array and bring it to the weights; perhaps flip its sign."""
        memory = self.memory
        scheme = self.scheme
        k = int(memory.progress[CURSOR])
        memory.progress[CURSOR] = (k + 1) % self.layer.weights.shape[1]
        z = self.read(k, step, v)
        if self.version == V1:
            line = np.eye(self.layer.weights.shape[1], dtype=F)[k]
            self.update(self.devices, line, z, slow, step, self.layer.tile, v)
        else:
            self.pulse(k, gain * z, step, v)
        memory.reads[k] += 1
        flip = self.version == AGAD and memory.reads[k] % scheme.period == 0
        if self.version == CHOPPED:
            chance = uniform_reference(self.keys(REFRESH, step, self.tile, v), np.array([k]))[0]
            flip = bool(chance < F(scheme.flip_probability))
        if flip:
            memory.choppers[k] = -memory.choppers[k]

    def read(self, k: int, step: int, v: int) -> np.ndarray:
        """What line k has gathered (M,)."""
        memory = self.memory
        scheme = self.scheme
        noise = normal_reference(self.keys(READ_OUTPUT, step, self.tile, v), self.rows)
        read = transfer_read(scheme, self.layer)
        omega = self.state.fast.weights[:, k] + F(read.noise) * noise
        if self.version != AGAD:
            return memory.choppers[k] * converted(omega - memory.reference[:, k], read)
        omega = converted(omega, read)
        if memory.reads[k] and memory.reads[k] % scheme.period == 0:
            memory.held[:, k] = memory.mean[:, k]
        z = memory.choppers[k] * (omega - memory.held[:, k])
        memory.mean[:, k] += F(scheme.tail) * (omega - memory.mean[:, k])
        self.store(memory.mean, k, memory.mean_scale, step, v)
        return z * (memory.reads[k] >= scheme.period)

    def pulse(self, k: int, gathered: np.ndarray, step: int, v: int) -> None:
        """Into the hidden matrix; what passes one is a pulse on the weights."""
        hidden = self.memory.hidden
        devices = self.devices
        hidden[:, k] += gathered
        signed = np.zeros(self.layer.weights.shape, int)
        signed[:, k] = np.where(np.abs(hidden[:, k]) >= 1, np.sign(hidden[:, k]), 0)
        hidden[signed[:, k] != 0, k] = 0
        key = self.keys(WRITE, step, self.layer.tile, v)
        cells = devices.cells._replace(weights=self.layer.weights)
        move_reference(cells, self.law, signed, row_key_reference(key, self.rows)[:, None])
        self.store(hidden, k, self.memory.hidden_scale, step, v)

    def store(self, matrix: np.ndarray, k: int, scale: np.ndarray, step: int, v: int) -> None:
        """Line k of a digital matrix goes back as words."""
        key = self.keys(WORDS, step, self.tile, v)
        line = matrix[:, k].copy()
        matrix[:, k] = store_reference(line, scale, self.memory.form, step, key)
