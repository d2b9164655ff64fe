"""The digital optimisers and the rule that accumulates gradients in the vector unit: the base of several schemes."""

from __future__ import annotations

from typing import Any

import numpy as np

from archsim.kernels.outer import add_products
from archsim.schemes.gradient_scheme import OPTIMISER_WORK
from archsim.schemes.rule import LayerState, UpdateRule
from archsim.schemes.writing import write_targets
from archsim.trace.operation import Activity

F = np.float32


class Optimiser:
    """SGD, momentum or Adam (Kingma & Ba 2015; decay decoupled as in Loshchilov & Hutter 2019) over one layer.

    `change(gradient, weights)` returns the weight change for a descent direction `gradient` (M, N); `steps` counts batches.
    """

    def __init__(self, scheme: Any, rate: float, shape: tuple[int, int]):
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


class DigitalRule(UpdateRule):
    """Gradients are summed digitally, the optimiser works on a digital copy of the weights, every weight is written after a batch."""

    def __init__(self, scheme, layers, rate, batch, seed):
        super().__init__(scheme, layers, rate, batch, seed)
        self.gradients = [np.zeros(layer.weights.shape, F) for layer in self.layers]
        self.copies = [layer.weights.copy() for layer in self.layers]
        self.optimisers = [Optimiser(scheme, rate, layer.weights.shape) for layer in self.layers]

    def image(self, layer: LayerState, inputs: np.ndarray, errors: np.ndarray, step: int) -> None:
        add_products(self.gradients[layer.index], inputs, errors, F(1))
        self.done[layer.index].add("vector_unit", "multiply_add", layer.weights.size * inputs.shape[1])

    def change(self, layer: LayerState) -> np.ndarray:
        """The optimiser's change of the digital copy; the gradient starts anew."""
        gradient, optimiser = self.gradients[layer.index], self.optimisers[layer.index]
        change = optimiser.change(gradient, self.copies[layer.index])
        gradient[...] = 0
        for action, count in OPTIMISER_WORK[optimiser.kind].items():
            self.done[layer.index].add("vector_unit", action, count * gradient.size)
        return change

    def batch(self, layer: LayerState, step: int) -> None:
        copy = self.copies[layer.index]
        copy += self.change(layer)
        write_targets(layer, copy, np.ones(copy.shape, bool), self.done[layer.index], self.seed, step)

    def state(self) -> dict[str, np.ndarray]:
        found = {}
        for layer in self.layers:
            i = layer.index
            found |= {f"{i}.gradient": self.gradients[i], f"{i}.copy": self.copies[i]}
            found |= {f"{i}.moment{k}": values for k, values in enumerate(self.optimisers[i].moments)}
        return found

    def facts(self) -> dict[str, Any]:
        return {"steps": [optimiser.steps for optimiser in self.optimisers]}

    def restore(self, facts: dict[str, Any]) -> None:
        for optimiser, steps in zip(self.optimisers, facts["steps"]):
            optimiser.steps = steps

    def activity(self, layer: LayerState, before: Activity) -> Activity:
        return written_activity(self, layer, before)


def reference_step(scheme: Any, weights: np.ndarray, inputs: np.ndarray, errors: np.ndarray, rate: float) -> np.ndarray:
    """The first step of an optimiser, in float64 and by its definition; arguments as `Scheme.reference_change`."""
    gradient = sum(d.astype(float) @ x.astype(float).T for x, d in zip(inputs, errors))
    step = rate * gradient
    if scheme.optimiser == "adam":  # both moments are unbiased by their own share of one step
        step = rate * gradient / (np.abs(gradient) + scheme.epsilon / np.sqrt(1 - scheme.beta2))
    return step - rate * scheme.weight_decay * weights


def written_activity(rule: UpdateRule, layer: LayerState, before: Activity) -> Activity:
    """The share of weights programmed a batch, the pulses of one programming and the reads a pulse, from what the rule did. Exact weights
    have no pulses of their own: write_pulses 0 leaves them to the chip."""
    from dataclasses import replace

    done = rule.done[layer.index]
    written = done.sums.get("devices_written", 0.0)
    devices = layer.weights.size * (2 if layer.devices is not None and layer.devices.device.paired else 1)
    share = written / max(1, done.batches * devices)
    pulses = done.sums.get("write_pulses", 0.0)
    verified = done.sums.get("verify_reads", 0.0) / pulses if pulses else float(layer.devices is None)
    return replace(before, devices_written=min(1.0, share), write_pulses=pulses / max(1.0, written), verify_reads=verified)
