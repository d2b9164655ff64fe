"""The algorithm of LNS-Madam."""

from __future__ import annotations

from collections.abc import Sequence
from math import copysign
from typing import Any, ClassVar, Protocol

import numpy as np

from archsim.schemes.layer_state import LayerState
from archsim.schemes.shared.digital_rule import GradientRule
from archsim.schemes.shared.optimiser_rule import gradient_of
from archsim.schemes.shared.writing import write_targets

F = np.float32


class LnsMadamSettings(Protocol):
    """What the rule reads of its scheme."""

    decay: float
    clamp: float
    largest: float
    octaves: int

    @property
    def weight_work(self) -> dict[str, float]: ...


class LnsMadamRule(GradientRule[LnsMadamSettings]):
    """Digital exponents (in steps of the rate) beside the array; signs are those at the start."""

    trains_biases: ClassVar[bool] = True
    follows_rate: ClassVar[bool] = False  # it is the step of the logarithmic format

    def __init__(
        self,
        scheme: LnsMadamSettings,
        layers: Sequence[LayerState],
        rate: float,
        batch: int,
        seed: int,
    ):
        super().__init__(scheme, layers, rate, batch, seed)
        self.steps = 0
        self.words.hold("second moment", "exponents")
        self.octave = 1 / rate  # in steps
        self.moments = [np.zeros(layer.trained_shape, F) for layer in self.layers]
        first = [layer.first_weights for layer in self.layers]
        self.signs = [np.sign(weights) for weights in first]
        self.exponents = [self._exponent(weights) for weights in first]
        for layer, exponents, signs in zip(self.layers, self.exponents, self.signs):
            self.words.store(layer, "exponents", exponents, 0)
            layer.set_biases(signs * np.exp2(exponents / F(self.octave)))
        tops = [
            np.log2(scheme.largest * float(np.sqrt((weights.astype(float) ** 2).mean())))
            for weights in first
        ]
        self.tops = [F(top * self.octave) for top in tops]

    def _exponent(self, weights: np.ndarray) -> np.ndarray:
        """log2|W| in steps of the rate."""
        return np.log2(np.where(weights == 0, F(1), np.abs(weights))) * F(self.octave)

    def batch(self, layer: LayerState, step: int) -> None:
        i = layer.index
        scheme = self.scheme
        done = self.done[layer.index]
        if i == 0:  # once a mini-batch, whose layers come in order
            self.steps += 1
        gradient = self.gradients[i]
        moment = self.moments[i]
        exponents = self.exponents[i]
        moment += F(1 - scheme.decay) * (gradient * gradient - moment)
        self.words.store(layer, "second moment", moment, step)
        # Adam's correction of a mean that begins at zero.
        root = np.sqrt(moment / F(1 - scheme.decay**self.steps))
        # A weight that never had a gradient stays: 0/0 would move it nowhere in particular.
        normal = np.divide(gradient, root, out=np.zeros_like(gradient), where=root > 0)
        gradient[...] = 0
        # By the sign: what is to grow gets a larger exponent where it is positive, else a smaller.
        wanted = exponents + np.rint(normal.clip(-scheme.clamp, scheme.clamp)) * self.signs[i]
        after = wanted.clip(self.tops[i] - F(scheme.octaves * self.octave), self.tops[i])
        self.words.store(layer, "exponents", after, step)
        selected = after != exponents
        exponents[...] = after
        write_targets(
            layer, self.signs[i] * np.exp2(after / F(self.octave)), selected, done, self.seed, step
        )
        done.add_work(scheme.weight_work, gradient.size)

    def state(self) -> dict[str, np.ndarray]:
        kinds = {
            "gradient": self.gradients,
            "moment": self.moments,
            "sign": self.signs,
            "exponent": self.exponents,
        }
        return {
            f"{layer.index}.{kind}": arrays[layer.index]
            for layer in self.layers
            for kind, arrays in kinds.items()
        }

    def facts(self) -> dict[str, Any]:
        return {"steps": self.steps}

    def restore(self, facts: dict[str, Any]) -> None:
        self.steps = facts["steps"]


def first_steps(
    scheme: LnsMadamSettings,
    layer: LayerState,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
    seed: int,
    step: int,
) -> np.ndarray:
    """See `Scheme.reference_change`: after one batch g/sqrt(v) is the sign of g, so a weight moves
    by one step of its exponent.
    """
    weights = layer.first_weights.astype(float)
    top = scheme.largest * (weights**2).mean() ** 0.5
    gradient = gradient_of(inputs, errors)
    moved = weights.copy()
    for number, weight in enumerate(weights.flat):
        slope = gradient.flat[number]
        if slope and weight:
            size = abs(weight) * 2 ** (rate * copysign(1, slope) * copysign(1, weight))
            within = min(max(size, top * 2.0**-scheme.octaves), top)
            moved.flat[number] = copysign(within, weight)
    # what did not move is not written, wherever its device stands
    return np.where(moved != weights, moved - layer.weights, 0.0)
