"""Gradients from bit streams: the algorithm shared by the schemes on a block of stream multipliers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, TypeVar

import numpy as np

from archsim.kernels import stream_records, streams
from archsim.schemes.layer_state import LayerState
from archsim.schemes.rule import UpdateRule
from archsim.schemes.shared.digital_rule import written_activity
from archsim.schemes.shared.writing import write_targets
from archsim.schemes.streams.algorithms.stream_settings import (
    StreamSettings,
    multiplier_of,
    numbers_of,
)
from archsim.trace.operation import Activity

F = np.float32
U = np.uint64
SPAN = 8  # bits of a counter below the largest scale of an image
LEAST = 2.0**-100  # smaller values are nothing: the inverse of their scale would leave float32


def power_of_two(largest: float) -> float:
    """The least power of two that is not below `largest`; 0 for 0. A scale of this kind is a shift."""
    return 0.0 if largest == 0 else 2.0 ** math.ceil(math.log2(largest))


def vector_scales(
    inputs: np.ndarray, errors: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Power-of-two scales (V,) of the columns of inputs (N, V) and errors (M, V), the weight int32
    (V,) of their coincidences (0 where a side is all below LEAST or not finite) and the value of
    weight 1. A vector whose scales are more than 2^SPAN below the largest takes a larger one."""
    peaks = [np.abs(side).max(axis=0) for side in (inputs, errors)]
    some = np.logical_and.reduce([(peak >= LEAST) & np.isfinite(peak) for peak in peaks])
    of_inputs, of_errors = (
        np.exp2(np.ceil(np.log2(np.where(some, peak, 1), dtype=float))) for peak in peaks
    )
    if not some.any():
        return of_inputs, of_errors, np.zeros(len(some), np.int32), 0.0
    unit = (of_inputs * of_errors)[some].max() / 2**SPAN
    of_errors = np.maximum(of_errors, unit / of_inputs)
    return (
        of_inputs,
        of_errors,
        np.where(some, np.rint(of_inputs * of_errors / unit), 0).astype(np.int32),
        float(unit),
    )


def plain_transfer(resolution: int) -> np.ndarray:
    """Thresholds int32 (1, 2^resolution + 1) of a comparator of that many bits on 16-bit numbers."""
    return (np.arange(2**resolution + 1, dtype=np.int64) << (16 - resolution)).astype(np.int32)[
        None
    ]


def converted(values: np.ndarray, scale: np.ndarray | float, resolution: int) -> np.ndarray:
    """float64 `values` as their converters see them: clipped to the scale and rounded to
    `resolution` bits of it.
    """
    levels = 2**resolution
    return np.rint(np.clip(values.astype(float) / scale, -1, 1) * levels) / levels * scale


Settings = TypeVar("Settings", bound=StreamSettings)


class StreamRule(UpdateRule[Settings]):
    """The scaled counts of an image's streams are its gradient; a subclass turns gradients into
    changes of the weights (`change`).

    Scales are powers of two, one a vector for inputs and one for errors: a coincidence enters the
    counters at the bit of its vector's scale, so that they run through all vectors of an image.
    """

    quantities: ClassVar[tuple[str, ...]] = ("gradient", "digital weights")
    """Kept in words of the vector unit."""
    trains_biases: ClassVar[bool] = True
    layers_apart: ClassVar[bool] = True

    def __init__(
        self, scheme: Settings, layers: Sequence[LayerState], rate: float, batch: int, seed: int
    ):
        super().__init__(scheme, layers, rate, batch, seed)
        self.counts = [np.zeros(layer.trained_shape, np.int32) for layer in self.layers]
        self.gradients = [np.zeros(layer.trained_shape, F) for layer in self.layers]
        self.copies = [layer.first_weights for layer in self.layers]
        self.words.hold(*self.quantities)
        for layer, copy in zip(self.layers, self.copies):
            self.store(layer, "digital weights", copy, 0)
            layer.set_biases(copy)
        self.switched = np.zeros(scheme.converters(), np.int64)
        # Of a mini-batch: layers may be counted side by side.
        self.switched_by = [np.zeros_like(self.switched) for _ in self.layers]
        self.multiplier = multiplier_of(scheme, self.thresholds())
        self.numbers = [numbers_of(scheme, seed, layer) for layer in self.layers]

    def store(self, layer: LayerState, name: str, values: np.ndarray, step: int) -> None:
        """Round one of the `quantities` as it is written back; others are counters of their own."""
        if name in self.quantities:
            self.words.store(layer, name, values, step)

    def thresholds(self) -> np.ndarray:
        """Threshold of every level of a converter, int32 (converters or 1, levels + 1)."""
        return plain_transfer(self.scheme.resolution)

    def scales(
        self, inputs: np.ndarray, errors: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """The values (V,) that streams of ones stand for, what a coincidence counts (V,), and the
        value of one count of all ones.
        """
        return vector_scales(inputs, errors)

    def image(self, layer: LayerState, inputs: np.ndarray, errors: np.ndarray, step: int) -> None:
        """Count the image's coincidences and add them, scaled, to the gradient."""
        scheme = self.scheme
        done = self.done[layer.index]
        index = layer.index
        length = self.scheme.bits
        edges = scheme.edges(*layer.trained_shape)
        vectors = inputs.shape[1]
        tallies = np.zeros(streams.TALLIES, np.int64)
        of_inputs, of_errors, steps, unit = self.scales(inputs, errors)
        if steps.any():
            counts = self.counts[index]
            counts[...] = 0
            inverses = (1 / of_inputs).astype(F), (1 / of_errors).astype(F)
            operands = stream_records.Operands(inputs, errors, *inverses, steps)
            first_cycle = int(step * vectors * edges["places"] * length)
            self.count(
                index,
                operands,
                first_cycle,
                stream_records.StreamTally(tallies, self.switched_by[index]),
            )
            self.gradients[index] += F(unit / length) * counts
            self.store(layer, "gradient", self.gradients[index], step)
        done.add("stream_multiplier", "bit", edges["products"] * vectors)
        done.add("stream_counter", "count", tallies[streams.COINCIDENCES])
        both = (edges["inputs"] + edges["errors"]) * vectors
        ones = tallies[streams.INPUT_ONES] + tallies[streams.ERROR_ONES]
        if scheme.generator == "cbram":
            done.add("stream_source", "set", tallies[streams.DRIVEN])
            done.add("stream_source", "pulse", tallies[streams.DRIVEN] * length)
            done.add("stream_source", "switch", ones)
        else:
            if scheme.generator != "ideal":
                done.add("number_generator", "number", edges["numbers"] * vectors)
            done.add("stream_converter", "bit", both)
        for name, value in zip(("input_ones", "error_ones", "coincidences", "driven"), tallies):
            done.sum(name, value)
        rows, columns = layer.trained_shape
        done.add_work(scheme.image_work(rows, columns, 1, vectors))

    def count(
        self,
        index: int,
        operands: stream_records.Operands,
        first_cycle: int,
        tally: stream_records.StreamTally,
    ) -> None:
        """Count the coincidences of array `index` into `counts`; arguments as
        `kernels.streams.count_products`.
        """
        counts = self.counts[index]
        numbers = self.numbers[index]
        streams.count_products(counts, operands, self.multiplier, numbers, first_cycle, tally)

    def change(self, layer: LayerState, step: int) -> np.ndarray:
        """The change of the weights from the gradient of a mini-batch."""
        raise NotImplementedError

    def batch(self, layer: LayerState, step: int) -> None:
        self.switched += self.switched_by[layer.index]
        self.switched_by[layer.index][...] = 0
        copy = self.copies[layer.index]
        before = copy.copy()
        copy += self.change(layer, step)
        self.store(layer, "digital weights", copy, step)
        self.gradients[layer.index][...] = 0
        write_targets(layer, copy, copy != before, self.done[layer.index], self.seed, step)

    def backward_weights(self) -> list[np.ndarray] | None:
        return self.copies if self.scheme.backward_in == "vector_unit" else None

    def state(self) -> dict[str, np.ndarray]:
        arrays: dict[str, np.ndarray] = {"switched": self.switched}
        for layer in self.layers:
            i = layer.index
            arrays |= {f"{i}.gradient": self.gradients[i], f"{i}.copy": self.copies[i]}
        return arrays

    def endurance(self) -> dict[str, float]:
        """Ones that each converter of the edges has made since the start: for devices, their
        switching cycles.
        """
        return {"mean": float(self.switched.mean()), "maximum": int(self.switched.max())}

    def activity(self, layer: LayerState, before: Activity) -> Activity:
        done = self.done[layer.index]
        edges = self.scheme.edges(*layer.trained_shape)
        rows, columns = layer.trained_shape
        steps = max(1, done.images * layer.vectors)
        both = (edges["inputs"] + edges["errors"]) / self.scheme.bits
        changed = replace(
            before,
            row_pulses=done.sums.get("input_ones", 0.0) / (steps * edges["inputs"]),
            column_pulses=done.sums.get("error_ones", 0.0) / (steps * edges["errors"]),
            coincidences=done.sums.get("coincidences", 0.0) / (steps * rows * columns),
            input_density=done.sums.get("driven", 0.0) / (steps * both),
            train_length=float(self.scheme.bits),
        )
        return written_activity(self, layer, changed)
