"""The digital optimisers: SGD, momentum and Adam over the layers of a run, and their first step by
definition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from archsim.schemes.layer_state import ActionCounts, LayerState
from archsim.schemes.shared.words import Words

F = np.float32
Round = Callable[[str, np.ndarray], None]
"""Rounds a moment, by its name, as it is written back."""


class OptimiserSettings(Protocol):
    """What the optimisers read of a scheme."""

    momentum: float
    beta1: float
    beta2: float
    epsilon: float
    weight_decay: float

    @property
    def optimiser(self) -> str: ...

    @property
    def weight_work(self) -> dict[str, float]: ...


class Optimiser:
    """SGD, momentum or Adam (Kingma & Ba 2015; decay decoupled as in Loshchilov & Hutter 2019) over
    one layer.

    `change(gradient, weights)` returns the weight change for a descent direction `gradient` (M, N);
    `steps` counts batches.
    """

    def __init__(self, scheme: OptimiserSettings, rate: float, shape: tuple[int, int]):
        self.kind: str = scheme.optimiser
        self.rate = F(rate)
        self.scheme = scheme
        self.steps = 0
        number = {"sgd": 0, "momentum": 1, "adam": 2}[self.kind]
        self.moments = [np.zeros(shape, F) for _ in range(number)]

    def change(
        self, gradient: np.ndarray, weights: np.ndarray, store: Round = lambda name, values: None
    ) -> np.ndarray:
        """The weight change for a descent direction; `store` rounds what goes back to the buffer."""
        self.steps += 1
        scheme = self.scheme
        step: np.ndarray
        if self.kind == "sgd":
            step = self.rate * gradient
        elif self.kind == "momentum":
            velocity = self.moments[0]
            velocity *= F(scheme.momentum)
            velocity += gradient
            store("moment0", velocity)
            step = self.rate * velocity
        else:
            first, second = self.moments
            first += F(1 - scheme.beta1) * (gradient - first)
            second += F(1 - scheme.beta2) * (gradient * gradient - second)
            store("moment0", first)
            store("moment1", second)
            scale = F(np.sqrt(1 - scheme.beta2**self.steps) / (1 - scheme.beta1**self.steps))
            step = self.rate * scale * first / (np.sqrt(second) + F(scheme.epsilon))
        return step - self.rate * F(scheme.weight_decay) * weights if scheme.weight_decay else step


class Optimisers:
    """One optimiser a layer, with what a checkpoint must carry of them."""

    def __init__(
        self,
        scheme: OptimiserSettings,
        rate: float,
        layers: Sequence[LayerState],
        words: Words | None = None,
    ):
        self.words = Words((), 0) if words is None else words
        self.words.hold("moment0", "moment1")
        self.by_layer = {
            layer.index: Optimiser(scheme, rate, layer.trained_shape) for layer in layers
        }

    def change(
        self,
        layer: LayerState,
        gradient: np.ndarray,
        weights: np.ndarray,
        done: ActionCounts,
        step: int = 0,
    ) -> np.ndarray:
        """The change (M, N) of the digital copy `weights` of a layer; counts what the vector unit
        does for it. `step`, the number of the image, is the key of random numbers.
        """
        optimiser = self.by_layer[layer.index]
        done.add_work(optimiser.scheme.weight_work, gradient.size)

        def store(name: str, values: np.ndarray) -> None:
            self.words.store(layer, name, values, step)

        return optimiser.change(gradient, weights, store)

    def follow(self, rate: float) -> None:
        """Go on with another learning rate."""
        for optimiser in self.by_layer.values():
            optimiser.rate = F(rate)

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


def gradient_of(inputs: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """The gradient (M, N) of a mini-batch in float64, by its definition: sum of d x^T."""
    rows, columns = errors.shape[1], inputs.shape[1]
    total = np.zeros((rows, columns))
    for x, d in zip(inputs, errors):
        total = total + d.astype(float) @ x.astype(float).T
    return total


def reference_step(
    scheme: OptimiserSettings,
    weights: np.ndarray,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
) -> np.ndarray:
    """The first step of an optimiser, in float64 and by its definition; arguments as
    `Scheme.reference_change`.
    """
    gradient = gradient_of(inputs, errors)
    step = rate * gradient
    if scheme.optimiser == "adam":  # both moments are unbiased by their own share of one step
        step = rate * gradient / (np.abs(gradient) + scheme.epsilon / np.sqrt(1 - scheme.beta2))
    return step - rate * scheme.weight_decay * weights
