"""The algorithm of ESSOP: gradients from streams, a digital optimiser behind them."""

from __future__ import annotations

from typing import Any

import numpy as np

from archsim.schemes.digital_rule import Optimiser, reference_step
from archsim.schemes.gradient_scheme import OPTIMISER_WORK
from archsim.schemes.rule import LayerState
from archsim.schemes.stream_rule import StreamRule, converted, vector_scales


class EssopRule(StreamRule):
    """Stochastic gradients into SGD, momentum or Adam."""

    def __init__(self, scheme, layers, rate, batch, seed):
        super().__init__(scheme, layers, rate, batch, seed)
        self.optimisers = [Optimiser(scheme, rate, layer.weights.shape) for layer in self.layers]

    def change(self, layer: LayerState, step: int) -> np.ndarray:
        optimiser, gradient = self.optimisers[layer.index], self.gradients[layer.index]
        for action, count in OPTIMISER_WORK[optimiser.kind].items():
            self.done[layer.index].add("vector_unit", action, count * gradient.size)
        return optimiser.change(gradient, self.copies[layer.index])

    def state(self) -> dict[str, np.ndarray]:
        moments = {f"{layer.index}.moment{k}": values for layer in self.layers
                   for k, values in enumerate(self.optimisers[layer.index].moments)}
        return super().state() | moments

    def facts(self) -> dict[str, Any]:
        return {"steps": [optimiser.steps for optimiser in self.optimisers]}

    def restore(self, facts: dict[str, Any]) -> None:
        for optimiser, steps in zip(self.optimisers, facts["steps"]):
            optimiser.steps = steps


def stream_views(scheme: Any, inputs: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The values that the converters turn into streams, image by image, each vector with its own power-of-two scales."""
    pairs = []
    for x, d in zip(inputs, errors):
        of_inputs, of_errors, _, _ = vector_scales(x, d)
        pairs.append((converted(x, of_inputs, scheme.resolution), converted(d, of_errors, scheme.resolution)))
    return np.array([x for x, _ in pairs]), np.array([d for _, d in pairs])


def reference_change(scheme: Any, weights: np.ndarray, inputs: np.ndarray, errors: np.ndarray, rate: float) -> np.ndarray:
    """The expected first step: E[popcount(a AND b)]/L s_x s_d = x d of the converted values; exact for SGD, and for the other optimisers
    the step of the expected gradient."""
    return reference_step(scheme, weights, *stream_views(scheme, inputs, errors), rate)
