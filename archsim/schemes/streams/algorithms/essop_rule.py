"""The algorithm of ESSOP: gradients from streams, a digital optimiser behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from archsim.schemes.layer_state import LayerState
from archsim.schemes.shared.optimiser_rule import Optimisers, OptimiserSettings, reference_step
from archsim.schemes.streams.algorithms.stream_rule import StreamRule, converted, vector_scales
from archsim.schemes.streams.algorithms.stream_settings import StreamSettings


class EssopSettings(StreamSettings, OptimiserSettings, Protocol):
    """What the rule reads of its scheme."""


class EssopRule(StreamRule[EssopSettings]):
    """Stochastic gradients into SGD, momentum or Adam."""

    def __init__(
        self,
        scheme: EssopSettings,
        layers: Sequence[LayerState],
        rate: float,
        batch: int,
        seed: int,
    ):
        super().__init__(scheme, layers, rate, batch, seed)
        self.optimisers = Optimisers(scheme, rate, self.layers, self.words)

    def follow(self, rate: float) -> None:
        super().follow(rate)
        self.optimisers.follow(rate)

    def change(self, layer: LayerState, step: int) -> np.ndarray:
        return self.optimisers.change(
            layer,
            self.gradients[layer.index],
            self.copies[layer.index],
            self.done[layer.index],
            step,
        )

    def state(self) -> dict[str, np.ndarray]:
        return super().state() | self.optimisers.state()

    def facts(self) -> dict[str, Any]:
        return self.optimisers.facts()

    def restore(self, facts: dict[str, Any]) -> None:
        self.optimisers.restore(facts)


def stream_views(
    scheme: EssopSettings, inputs: np.ndarray, errors: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The values that the converters turn into streams, image by image, each vector with its own
    power-of-two scales.
    """
    pairs = []
    for x, d in zip(inputs, errors):
        of_inputs, of_errors, _, _ = vector_scales(x, d)
        pairs.append(
            (converted(x, of_inputs, scheme.resolution), converted(d, of_errors, scheme.resolution))
        )
    return np.array([x for x, _ in pairs]), np.array([d for _, d in pairs])


def reference_change(
    scheme: EssopSettings,
    layer: LayerState,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
    seed: int,
    step: int,
) -> np.ndarray:
    """The expected first step: E[popcount(a AND b)]/L s_x s_d = x d of the converted values; exact
    for SGD, and for the other optimisers the step of the expected gradient."""
    x, d = stream_views(scheme, inputs, errors)
    return reference_step(scheme, layer.weights, x, d, rate)
