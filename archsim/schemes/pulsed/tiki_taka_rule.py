"""The algorithm of Tiki-Taka: one compiled pass an image and layer, and its NumPy twin with the
same random numbers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from archsim.devices.array import DeviceArray
from archsim.devices.symmetry import drive_to_symmetry
from archsim.kernels import moves
from archsim.kernels.compiled import template
from archsim.kernels.random import (
    DEVICE,
    READ_OUTPUT,
    REFRESH,
    WRITE,
    as_word,
    fill_normals,
    normal,
    row_key,
    stream_key,
    uniform,
)
from archsim.kernels.update import specialise
from archsim.schemes.rule import LayerState, UpdateRule
from archsim.trace.operation import Activity
from hwlib.errors import InputError

F, U = np.float32, np.uint64
V1, V2, CHOPPED, AGAD = range(4)
VERSIONS = ("v1", "v2", "chopped", "agad")
FAST_TILE = (
    1 << 40
)  # tiles of the fast arrays in the keys of random numbers, beside those of the layers
MEAN_RATE = 0.01  # of the running means of max|x| and max|d|, an image (aihwkit)
SLOTS = 1
ROW_PULSES = 2
COLUMN_PULSES = 3
COINCIDENCES = 4
CURSOR, READS, PULSES = range(3)


class TransferSettings(Protocol):
    """What the rule reads of its scheme."""

    train_length: int
    update_management: bool
    fast_rate: float
    transfer_rate: float
    gamma: float
    read_noise: float
    flip_probability: float
    period: int
    tail: float
    reference_error: float
    divide_by_fast_rate: bool
    symmetry_pulses: int

    @property
    def version(self) -> str: ...
    @property
    def read_work(self) -> dict[str, float]: ...
    def transfers(self, vectors: int) -> tuple[int, int]: ...


def update(*arguments):
    """The pulsed update of the device law that takes this place."""


def move_some(*arguments):
    """The pulses on single devices of the law that takes this place."""


def _image(
    version,
    weights,
    state,
    planes,
    law,
    fast,
    fast_state,
    fast_planes,
    write_noise,
    reference,
    hidden,
    mean,
    held,
    choppers,
    reads,
    means,
    place,
    inputs,
    errors,
    granularity,
    longest,
    manage,
    eta,
    slow,
    divide,
    transfers,
    due,
    noise,
    flips,
    period,
    tail,
    seed,
    step,
    tile,
    counts,
    slow_counts,
    writes,
    fast_writes,
):
    """One image: arrays (M, N) as in `State`; inputs (N, V), errors (M, V); `eta` and `slow` as
    `rates` gives them.
    """
    rows, columns = weights.shape
    vectors = inputs.shape[1]
    x = np.empty((1, columns), np.float32)
    d = np.empty((1, rows), np.float32)
    z = np.empty((1, rows), np.float32)
    line = np.zeros((1, columns), np.float32)
    signed = np.zeros(columns, np.int32)
    listed = np.zeros(1, np.int64)
    top_x = top_d = 0.0
    pulsed = 0
    for v in range(vectors):
        high = 0.0
        for j in range(columns):
            high = max(high, abs(np.float64(inputs[j, v])))
        top_x += high / vectors
        high = 0.0
        for i in range(rows):
            high = max(high, abs(np.float64(errors[i, v])))
        top_d += high
        pulsed += high > 0.0
    if pulsed > 0 and top_x > 0.0:
        top_d /= pulsed
        keep = 0.99 if means[0] > 0.0 else 0.0  # 1 - MEAN_RATE
        means[0] = keep * means[0] + (1.0 - keep) * top_x
        means[1] = keep * means[1] + (1.0 - keep) * top_d
    fast_rate = eta
    if version != V1:
        fast_rate = eta * longest * granularity / (means[0] * means[1]) if means[0] > 0.0 else 0.0
    gain = np.float32(slow / granularity / (fast_rate if divide and fast_rate > 0.0 else 1.0))
    fast_tile, done = tile + U(1099511627776), 0
    read_stream = stream_key(seed, step, fast_tile, READ_OUTPUT)
    pulse_stream = stream_key(seed, step, tile, WRITE)
    flip_stream = stream_key(seed, step, fast_tile, REFRESH)
    spacing = max(1, vectors // transfers)
    for v in range(vectors):
        for j in range(columns):
            x[0, j] = inputs[j, v] * choppers[j]
        for i in range(rows):
            d[0, i] = errors[i, v]
        update(
            fast,
            fast_state,
            fast_planes,
            law,
            x,
            d,
            fast_rate,
            granularity,
            longest,
            manage,
            True,
            False,
            write_noise,
            seed,
            step,
            fast_tile,
            U(v),
            counts,
            fast_writes,
        )
        if not due or done == transfers or ((v + 1) % spacing != 0 and v + 1 != vectors):
            continue
        done += 1
        k = place[CURSOR]
        place[CURSOR] = (k + 1) % columns
        place[READS] += 1
        read_key, sign = row_key(read_stream, U(v)), choppers[k]
        fresh = version == AGAD and reads[k] > 0 and reads[k] % period == 0
        for i in range(rows):
            omega = fast[i, k] + noise * normal(read_key, U(i))
            if version == AGAD:
                if fresh:
                    held[i, k] = mean[i, k]
                z[0, i] = sign * (omega - held[i, k]) if reads[k] >= period else np.float32(0.0)
                mean[i, k] += tail * (omega - mean[i, k])
            else:
                z[0, i] = sign * (omega - reference[i, k])
        if version == V1:
            line[0, k] = np.float32(1.0)
            update(
                weights,
                state,
                planes,
                law,
                line,
                z,
                slow,
                granularity,
                longest,
                manage,
                True,
                False,
                write_noise,
                seed,
                step,
                tile,
                U(v),
                slow_counts,
                writes,
            )
            line[0, k] = np.float32(0.0)
        else:
            key = row_key(pulse_stream, U(v))
            listed[0] = k
            for i in range(rows):
                hidden[i, k] += gain * z[0, i]
                if abs(hidden[i, k]) >= np.float32(1.0):
                    signed[k] = 1 if hidden[i, k] > np.float32(0.0) else -1
                    hidden[i, k] = np.float32(0.0)
                    move_some(
                        weights[i],
                        state[i],
                        planes[i],
                        law,
                        signed,
                        listed,
                        1,
                        write_noise,
                        row_key(key, U(i)),
                    )
                    place[PULSES] += 1
                    if writes.shape[0] > 0:
                        writes[i, k] += np.int32(1)
        reads[k] += 1
        if (
            version == AGAD
            and reads[k] % period == 0
            or version == CHOPPED
            and uniform(row_key(flip_stream, U(v)), U(k)) < flips
        ):
            choppers[k] = -sign


@functools.cache
def image_kernel(step: Callable, aggregated: bool) -> Callable:
    """`_image` for a device law; flags as `kernels.update.specialise`."""
    names = {
        "step": step,
        "AGGREGATED": aggregated,
        "PAIRED": False,
        "draw": normal,
        "pulses_of": moves.pulses_of_single,
    }
    some = template(moves.move_some, **names)
    return template(_image, update=specialise(step, aggregated=aggregated).update, move_some=some)


@dataclass
class State:
    """What one layer holds beside its weights: the fast array, its reference, H, the means and
    references of reads, choppers.
    """

    fast: DeviceArray
    reference: np.ndarray
    hidden: np.ndarray
    mean: np.ndarray
    held: np.ndarray
    choppers: np.ndarray
    reads: np.ndarray
    means: np.ndarray
    place: np.ndarray
    counts: np.ndarray
    slow_counts: np.ndarray
    writes: np.ndarray


def new_state(scheme: TransferSettings, layer: LayerState, seed: int) -> State:
    """The state before the first image: alternating pulses have driven the fast array towards its
    symmetry points, and the reference holds what it was read as, off by `reference_error`. These
    pulses are the setup's.

    Raises InputError for devices that have no such points.
    """
    if layer.devices is None:
        raise InputError(
            "this scheme needs devices", where="device", got="none", hint="rasch2024_20_states"
        )
    fast = layer.devices.device.build(*layer.weights.shape, seed=seed, tile=layer.tile + FAST_TILE)
    drive_to_symmetry(fast, scheme.symmetry_pulses, seed=seed, tile=layer.tile + FAST_TILE)
    points = fast.weights.copy()
    wrong = np.empty(points.shape, F)
    fill_normals(U(stream_key(as_word(seed), U(1), as_word(layer.tile + FAST_TILE), DEVICE)), wrong)
    shape, columns = layer.weights.shape, layer.weights.shape[1]
    return State(
        fast,
        points + F(scheme.reference_error) * wrong,
        *(np.zeros(shape, F) for _ in range(3)),
        np.ones(columns, F),
        np.zeros(columns, np.int32),
        np.zeros(2),
        np.zeros(3, np.int64),
        np.zeros(6, np.int64),
        np.zeros(6, np.int64),
        np.zeros(shape, np.int32),
    )


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


class TikiTakaRule(UpdateRule[TransferSettings]):
    """All versions; the vectors of an image one after the other."""

    def __init__(
        self,
        scheme: TransferSettings,
        layers: Sequence[LayerState],
        rate: float,
        batch: int,
        seed: int,
    ):
        super().__init__(scheme, layers, rate, batch, seed)
        self.states = [new_state(scheme, layer, seed) for layer in self.layers]

    def image(self, layer: LayerState, inputs: np.ndarray, errors: np.ndarray, step: int) -> None:
        s = self.states[layer.index]
        devices = layer.devices
        scheme = self.scheme
        reads, every = scheme.transfers(layer.vectors)
        law = type(devices.device)
        image_kernel(law.step, law.aggregated)(
            VERSIONS.index(scheme.version),
            layer.weights,
            devices.state,
            devices.planes,
            devices.law,
            s.fast.weights,
            s.fast.state,
            s.fast.planes,
            devices.write_noise,
            s.reference,
            s.hidden,
            s.mean,
            s.held,
            s.choppers,
            s.reads,
            s.means,
            s.place,
            inputs,
            errors,
            devices.granularity,
            scheme.train_length,
            scheme.update_management,
            *rates(scheme, layer, self.rate),
            scheme.divide_by_fast_rate,
            reads,
            step % every == 0,
            F(scheme.read_noise),
            F(scheme.flip_probability),
            scheme.period,
            F(scheme.tail),
            as_word(self.seed),
            as_word(step),
            as_word(layer.tile),
            s.counts,
            s.slow_counts,
            layer.writes,
            s.writes,
        )

    def batch(self, layer: LayerState, step: int) -> None:
        """Take the counts of the mini-batch."""
        s, done = self.states[layer.index], self.done[layer.index]
        rows, columns = layer.weights.shape
        ends = rows + columns - layer.bias
        vectors = self.batch_vectors(layer)
        reads = int(s.place[READS])
        slow = float(
            s.slow_counts[COINCIDENCES] if self.scheme.version == "v1" else s.place[PULSES]
        )
        done.add("array", "update", s.counts[COINCIDENCES] + slow)
        done.add(
            "bitstream_generator",
            "bit",
            s.counts[SLOTS] * (rows + columns) + s.slow_counts[SLOTS] * (rows + 1),
        )
        for action in ("compare", "multiply") if self.scheme.update_management else ("multiply",):
            done.add("vector_unit", action, ends * vectors)
        done.add("vector_unit", "multiply", rows * reads)  # converter code to number
        done.add_work(self.scheme.read_work, rows * reads)
        for name, counts in (("fast", s.counts), ("slow", s.slow_counts)):
            for number in (SLOTS, ROW_PULSES, COLUMN_PULSES, COINCIDENCES):
                done.sum(f"{name}.{number}", counts[number])
        done.sum("reads", reads)
        done.sum("slow_pulses", slow)
        done.sum("vectors", vectors)
        s.counts[...] = 0
        s.slow_counts[...] = 0
        s.place[READS:] = 0

    def batch_vectors(self, layer: LayerState) -> int:
        """Vectors since the last batch."""
        done = self.done[layer.index]
        return layer.vectors * done.images - int(done.sums.get("vectors", 0))

    def state(self) -> dict[str, np.ndarray]:
        found = {}
        for layer, s in zip(self.layers, self.states):
            arrays = {
                "fast": s.fast.weights,
                "fast_state": s.fast.state,
                "hidden": s.hidden,
                "mean": s.mean,
                "held": s.held,
                "choppers": s.choppers,
                "reads": s.reads,
                "means": s.means,
                "place": s.place,
                "fast_writes": s.writes,
            }
            found |= {f"{layer.index}.{name}": values for name, values in arrays.items()}
        return found

    def further_writes(self, layer: LayerState) -> dict[str, np.ndarray]:
        return {f"{layer.name}.fast": self.states[layer.index].writes}

    def activity(self, layer: LayerState, before: Activity) -> Activity:
        sums, rows = self.done[layer.index].sums, layer.weights.shape[0]
        reads = max(1.0, sums.get("reads", 0.0))
        share = sums.get("slow_pulses", 0.0) / (reads * rows)
        if self.scheme.version != "v1":
            return replace(
                before, row_pulses=1.0, column_pulses=share, coincidences=share, train_length=1.0
            )
        slots = max(1.0, sums.get(f"slow.{SLOTS}", 0.0))
        return replace(
            before,
            row_pulses=min(1.0, sums.get(f"slow.{COLUMN_PULSES}", 0.0) / slots),
            coincidences=share,
            column_pulses=sums.get(f"slow.{ROW_PULSES}", 0.0) / (slots * rows),
            train_length=slots / reads,
        )

    def further_activities(self, layer: LayerState) -> dict[str, Activity]:
        sums, (rows, columns) = self.done[layer.index].sums, layer.weights.shape
        vectors = max(1.0, sums.get("vectors", 0.0))
        slots = max(1.0, sums.get(f"fast.{SLOTS}", 0.0))
        return {
            f"{layer.name}.fast": Activity(
                source="measured",
                input_density=1.0,
                bit_density=1.0,
                magnitude=1.0,
                train_length=slots / vectors,
                row_pulses=sums.get(f"fast.{COLUMN_PULSES}", 0.0) / (slots * columns),
                column_pulses=sums.get(f"fast.{ROW_PULSES}", 0.0) / (slots * rows),
                coincidences=sums.get(f"fast.{COINCIDENCES}", 0.0) / (vectors * rows * columns),
            )
        }
