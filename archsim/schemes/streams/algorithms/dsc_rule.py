"""The algorithm of dynamic stochastic computing: weights are counters, an image moves them by its
signed coincidences.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

import numpy as np

from archsim.kernels import stream_parts
from archsim.kernels.stream_records import Operands, StreamTally
from archsim.schemes.layer_state import LayerState
from archsim.schemes.shared.optimiser_rule import gradient_of
from archsim.schemes.shared.writing import write_first
from archsim.schemes.streams.algorithms.stream_rule import StreamRule, converted, power_of_two
from archsim.schemes.streams.algorithms.stream_settings import StreamSettings

F = np.float32


class DynamicSettings(StreamSettings, Protocol):
    """What the rule reads of its scheme."""

    step_bits: int
    counter_bits: int

    @property
    def output_errors(self) -> int: ...


class DynamicRule(StreamRule[DynamicSettings]):
    """Counts times the step, saturated where the counter of `counter_bits` ends; starting weights
    are rounded to counts.
    """

    follows_rate: ClassVar[bool] = False  # it is a shift
    quantities: ClassVar[tuple[str, ...]] = ()  # all that is kept are counters

    def __init__(
        self,
        scheme: DynamicSettings,
        layers: Sequence[LayerState],
        rate: float,
        batch: int,
        seed: int,
    ):
        super().__init__(scheme, layers, rate, batch, seed)
        self.step = step_of(scheme, rate, batch)
        self.bound = F(2.0 ** (scheme.counter_bits - 1) * self.step)
        for layer, copy in zip(self.layers, self.copies):
            copy[...] = np.rint(copy / F(self.step)) * F(self.step)
            weights = copy[:, : layer.weights.shape[1]]
            layer.set_biases(copy)
            if layer.devices is None:
                layer.weights[...] = weights
            else:  # what is programmed at the start are the counts
                write_first(layer.devices, weights, seed, layer.tile)

    def scales(
        self, inputs: np.ndarray, errors: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        ones = np.ones(inputs.shape[1])
        scale = self.step / self.rate
        return ones, scale * ones, ones.astype(np.int32), scale

    def count(self, index: int, operands: Operands, first_cycle: int, tally: StreamTally) -> None:
        if self.scheme.output_errors == 1:
            super().count(index, operands, first_cycle, tally)
            return
        counts = self.counts[index]
        numbers = self.numbers[index]
        stream_parts.count_parts(counts, operands, self.multiplier, numbers, first_cycle, tally)

    def change(self, layer: LayerState, step: int) -> np.ndarray:
        copy = self.copies[layer.index]
        # gradient = step/rate x counts; products of small whole numbers and one power of two are
        # exact
        moved = F(self.step) * np.rint(self.gradients[layer.index] * F(self.rate / self.step))
        return np.clip(copy + moved, -self.bound, self.bound - F(self.step)) - copy


def step_of(scheme: DynamicSettings, rate: float, batch: int) -> float:
    """What a count is worth in units of a weight."""
    return 2.0**-scheme.step_bits if scheme.step_bits else power_of_two(rate / batch)


def reference_change(
    scheme: DynamicSettings,
    layer: LayerState,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
    seed: int,
    step: int,
) -> np.ndarray:
    """Expected counts times the step: 2^-step_bits P(input bit) P(error bit) with the signs, summed
    over images, parts of the error and vectors. The number that the parts share leaves the mean as
    it is.
    """
    size = step_of(scheme, rate, len(inputs))
    x = converted(inputs, 1.0, scheme.resolution)
    d = converted(errors * rate / size, 1.0, scheme.resolution)
    if scheme.output_errors > 1:
        d = d.sum(axis=1)
    return size * gradient_of(x, d)
