"""The algorithm of LNS-Madam."""

from __future__ import annotations

from typing import Any

import numpy as np

from archsim.kernels.outer import add_products
from archsim.schemes.digital.lns_madam import WORK
from archsim.schemes.rule import LayerState, UpdateRule
from archsim.schemes.shared.digital_rule import written_activity
from archsim.schemes.shared.writing import write_targets
from archsim.trace.operation import Activity

F = np.float32


class LnsMadamRule(UpdateRule):
    """Digital exponents (in steps of the rate) beside the array; signs are those at the start."""

    def __init__(self, scheme, layers, rate, batch, seed):
        super().__init__(scheme, layers, rate, batch, seed)
        self.steps, self.octave = 0, 1 / rate
        self.gradients = [np.zeros(layer.weights.shape, F) for layer in self.layers]
        self.moments = [np.zeros(layer.weights.shape, F) for layer in self.layers]
        self.signs = [np.sign(layer.weights) for layer in self.layers]
        self.exponents = [self._exponent(layer.weights) for layer in self.layers]
        tops = [
            np.log2(scheme.largest * float(np.sqrt((layer.weights.astype(float) ** 2).mean())))
            for layer in self.layers
        ]
        self.tops = [F(top * self.octave) for top in tops]

    def _exponent(self, weights: np.ndarray) -> np.ndarray:
        """log2|W| in steps of the rate."""
        return np.log2(np.where(weights == 0, F(1), np.abs(weights))) * F(self.octave)

    def image(self, layer: LayerState, inputs: np.ndarray, errors: np.ndarray, step: int) -> None:
        add_products(self.gradients[layer.index], inputs, errors, F(1))
        self.done[layer.index].add(
            "vector_unit", "multiply_add", layer.weights.size * inputs.shape[1]
        )

    def batch(self, layer: LayerState, step: int) -> None:
        i = layer.index
        scheme = self.scheme
        done = self.done[layer.index]
        if i == 0:
            self.steps += 1
        gradient = self.gradients[i]
        moment = self.moments[i]
        exponents = self.exponents[i]
        moment += F(1 - scheme.decay) * (gradient * gradient - moment)
        root = np.sqrt(moment / F(1 - scheme.decay**self.steps))
        normal = np.divide(gradient, root, out=np.zeros_like(gradient), where=root > 0)
        gradient[...] = 0
        wanted = exponents + np.rint(normal.clip(-scheme.clamp, scheme.clamp)) * self.signs[i]
        after = wanted.clip(self.tops[i] - F(scheme.octaves * self.octave), self.tops[i])
        selected = after != exponents
        exponents[...] = after
        write_targets(
            layer, self.signs[i] * np.exp2(after / F(self.octave)), selected, done, self.seed, step
        )
        for action, count in WORK.items():
            done.add("vector_unit", action, count * gradient.size)

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

    def activity(self, layer: LayerState, before: Activity) -> Activity:
        return written_activity(self, layer, before)
