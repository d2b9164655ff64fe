"""The digital optimisers: SGD, momentum and Adam over the layers of a run, and their first step by
definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from archsim.schemes.rule import Done, LayerState
from archsim.schemes.shared.optimiser import OPTIMISER_WORK, DigitalOptimiser

F = np.float32


class Optimiser:
    """SGD, momentum or Adam (Kingma & Ba 2015; decay decoupled as in Loshchilov & Hutter 2019) over
    one layer.

    `change(gradient, weights)` returns the weight change for a descent direction `gradient` (M, N);
    `steps` counts batches.
    """

    def __init__(self, scheme: DigitalOptimiser, rate: float, shape: tuple[int, int]):
        self.kind, self.rate, self.scheme, self.steps = scheme.optimiser, F(rate), scheme, 0
        number = {"sgd": 0, "momentum": 1, "adam": 2}[self.kind]
        self.moments = [np.zeros(shape, F) for _ in range(number)]

    def change(self, gradient: np.ndarray, weights: np.ndarray) -> np.ndarray:
        self.steps += 1
        scheme = self.scheme
        if self.kind == "sgd":
            step = self.rate * gradient
        elif self.kind == "momentum":
            velocity = self.moments[0]
            velocity *= F(scheme.momentum)
            velocity += gradient
            step = self.rate * velocity
        else:
            first, second = self.moments
            first += F(1 - scheme.beta1) * (gradient - first)
            second += F(1 - scheme.beta2) * (gradient * gradient - second)
            scale = F(np.sqrt(1 - scheme.beta2**self.steps) / (1 - scheme.beta1**self.steps))
            step = self.rate * scale * first / (np.sqrt(second) + F(scheme.epsilon))
        return step - self.rate * F(scheme.weight_decay) * weights if scheme.weight_decay else step


class Optimisers:
    """One optimiser a layer, with what a checkpoint must carry of them."""

    def __init__(self, scheme: DigitalOptimiser, rate: float, layers: Sequence[LayerState]):
        self.by_layer = {
            layer.index: Optimiser(scheme, rate, layer.weights.shape) for layer in layers
        }

    def change(
        self, layer: LayerState, gradient: np.ndarray, weights: np.ndarray, done: Done
    ) -> np.ndarray:
        """The change (M, N) of the digital copy `weights` of a layer; counts what the vector unit
        does for it.
        """
        optimiser = self.by_layer[layer.index]
        for action, count in OPTIMISER_WORK[optimiser.kind].items():
            done.add("vector_unit", action, count * gradient.size)
        return optimiser.change(gradient, weights)

    def state(self) -> dict[str, np.ndarray]:
        return {
            f"{index}.moment{k}": values
            for index, optimiser in self.by_layer.items()
            for k, values in enumerate(optimiser.moments)
        }

    def facts(self) -> dict[str, Any]:
        return {"steps": [optimiser.steps for optimiser in self.by_layer.values()]}

    def restore(self, facts: dict[str, Any]) -> None:
        for optimiser, steps in zip(self.by_layer.values(), facts["steps"]):
            optimiser.steps = steps


def reference_step(
    scheme: DigitalOptimiser,
    weights: np.ndarray,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
) -> np.ndarray:
    """The first step of an optimiser, in float64 and by its definition; arguments as
    `Scheme.reference_change`.
    """
    gradient = sum(d.astype(float) @ x.astype(float).T for x, d in zip(inputs, errors))
    step = rate * gradient
    if scheme.optimiser == "adam":  # both moments are unbiased by their own share of one step
        step = rate * gradient / (np.abs(gradient) + scheme.epsilon / np.sqrt(1 - scheme.beta2))
    return step - rate * scheme.weight_decay * weights
