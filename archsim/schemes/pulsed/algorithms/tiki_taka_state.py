"""What Tiki-Taka holds of a layer before its first image: a fast array at its symmetry points, the
memory of the transfer, and the rates of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from archsim.devices.array import DeviceArray, new_counts
from archsim.devices.symmetry import drive_to_symmetry
from archsim.kernels.fast_array import FAST_TILE
from archsim.kernels.number_formats import SCALE_FIELDS
from archsim.kernels.random import DEVICE, as_word, fill_normals, stream_key
from archsim.kernels.transfer_records import TransferMemory
from archsim.schemes.layer_state import LayerState
from archsim.schemes.shared.state_read import LineRead, read_lines, read_of
from hwlib.errors import InputError

F = np.float32
U = np.uint64


class TransferSettings(Protocol):
    """What the rule reads of its scheme."""

    train_length: int
    update_management: bool
    fast_rate: float
    transfer_rate: float
    gamma: float
    read_noise: float | None
    flip_probability: float
    period: int
    tail: float
    reference_error: float
    divide_by_fast_rate: bool
    symmetry_pulses: int
    reference_reads: int

    @property
    def version(self) -> str: ...
    @property
    def read_work(self) -> dict[str, float]: ...
    def transfers(self, vectors: int) -> tuple[int, int]: ...


@dataclass
class State:
    """What one layer holds beside its weights: the fast array and its pulses a device, the memory of
    the transfer, and counts since the last mini-batch (see `kernels.update.COUNTS`).
    """

    fast: DeviceArray
    memory: TransferMemory
    counts: np.ndarray
    slow_counts: np.ndarray
    writes: np.ndarray


def new_state(scheme: TransferSettings, layer: LayerState, seed: int) -> State:
    """The state before the first image: alternating pulses have driven the fast array towards its
    symmetry points, and the reference holds the mean of `reference_reads` reads through the converters of
    the chip, off by `reference_error`. Pulses, reads and the write are the setup's.

    Raises InputError for devices that have no such points.
    """
    if layer.devices is None:
        raise InputError(
            "this scheme needs devices", where="device", got="none", hint="rasch2024_20_states"
        )
    fast = layer.devices.device.build(*layer.weights.shape, seed=seed, tile=layer.tile + FAST_TILE)
    tile = as_word(layer.tile + FAST_TILE)
    line = transfer_read(scheme, layer)

    def read(weights: np.ndarray, number: int) -> np.ndarray:
        return read_lines(weights, line, stream_key(as_word(seed), U(number + 2), tile, DEVICE))

    points = drive_to_symmetry(
        fast,
        scheme.symmetry_pulses,
        seed=seed,
        tile=layer.tile + FAST_TILE,
        reads=scheme.reference_reads,
        read=read,
    )
    wrong = np.empty(points.shape, F)
    fill_normals(U(stream_key(as_word(seed), U(1), tile, DEVICE)), wrong)
    shape = layer.weights.shape
    columns = shape[1]
    memory = TransferMemory(
        reference=points + F(scheme.reference_error) * wrong,
        hidden=np.zeros(shape, F),
        mean=np.zeros(shape, F),
        held=np.zeros(shape, F),
        choppers=np.ones(columns, F),
        reads=np.zeros(columns, np.int32),
        means=np.zeros(2),
        progress=np.zeros(3, np.int64),
        hidden_scale=np.zeros(SCALE_FIELDS, np.int64),
        mean_scale=np.zeros(SCALE_FIELDS, np.int64),
        form=layer.arithmetic.word_form,
    )
    return State(fast, memory, new_counts(), new_counts(), np.zeros(shape, np.int32))


def rates(scheme: TransferSettings, layer: LayerState, rate: float) -> tuple[float, float]:
    """(eta, slow). v1: the rates of the two pulsed updates (Gokmen & Haensch 2020). Else eta0 of
    Rasch 2024, Eq. 15, and rate x lines x vectors between two reads / gamma0, the gain of H before
    the divisions of its Eq. 14.
    """
    if scheme.version == "v1":
        return scheme.fast_rate * rate, scheme.transfer_rate * rate
    reads, every = scheme.transfers(layer.vectors)
    return scheme.fast_rate, rate * layer.weights.shape[1] * (
        layer.vectors * every / reads
    ) / scheme.gamma


def transfer_read(scheme: TransferSettings, layer: LayerState) -> LineRead:
    """The read of a line of the fast array: through the chip's converters, with the noise of its
    outputs unless the scheme states one.
    """
    return read_of(layer, scheme.read_noise)
