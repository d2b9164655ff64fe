"""Rules that accumulate gradients in the vector unit: the base of several schemes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np

from archsim.schemes.layer_state import LayerState
from archsim.schemes.rule import UpdateRule
from archsim.schemes.shared.optimiser_rule import Optimisers, OptimiserSettings, reference_step
from archsim.schemes.shared.writing import devices_of_a_weight, write_targets
from archsim.trace.operation import Activity

F = np.float32
Settings = TypeVar("Settings")


class GradientRule(UpdateRule[Settings]):
    """The gradient of a mini-batch is summed digitally, as outer products in the vector unit."""

    layers_apart: ClassVar[bool] = True

    def __init__(
        self, scheme: Settings, layers: Sequence[LayerState], rate: float, batch: int, seed: int
    ):
        super().__init__(scheme, layers, rate, batch, seed)
        self.gradients = [np.zeros(layer.trained_shape, F) for layer in self.layers]
        self.words.hold("gradient")

    def image(self, layer: LayerState, inputs: np.ndarray, errors: np.ndarray, step: int) -> None:
        self.images(layer, inputs[None], errors[None], step)

    def images(self, layer: LayerState, inputs: np.ndarray, errors: np.ndarray, step: int) -> None:
        gradient = self.gradients[layer.index]
        # the sums stay in the lanes for an image
        self.words.add(layer, "gradient", inputs, errors, step, gradient)
        images, _, vectors = inputs.shape
        work = gradient.size * images * vectors
        self.done[layer.index].add("vector_unit", "multiply_add", work)

    def activity(self, layer: LayerState, before: Activity) -> Activity:
        return written_activity(self, layer, before)


class DigitalRuleSettings(OptimiserSettings, Protocol):
    """What the rule reads of its scheme."""

    @property
    def backward_in(self) -> str: ...
    @property
    def digital_baseline(self) -> bool: ...


DigitalKind = TypeVar("DigitalKind", bound=DigitalRuleSettings)


class DigitalRule(GradientRule[DigitalKind]):
    """The optimiser works on a digital copy of the weights, every weight is written after a batch."""

    trains_biases: ClassVar[bool] = True
    batches_apart: ClassVar[bool] = True

    def __init__(
        self, scheme: DigitalKind, layers: Sequence[LayerState], rate: float, batch: int, seed: int
    ):
        super().__init__(scheme, layers, rate, batch, seed)
        self.copies = [layer.first_weights for layer in self.layers]
        self.optimisers = Optimisers(scheme, rate, self.layers, self.words)
        self.words.hold("digital weights")
        for layer, copy in zip(self.layers, self.copies):
            self.words.store(layer, "digital weights", copy, 0)
            layer.set_biases(copy)

    def follow(self, rate: float) -> None:
        super().follow(rate)
        self.optimisers.follow(rate)

    def change(self, layer: LayerState, step: int) -> np.ndarray:
        """The optimiser's change of the digital copy; the gradient starts anew."""
        gradient = self.gradients[layer.index]
        change = self.optimisers.change(
            layer, gradient, self.copies[layer.index], self.done[layer.index], step
        )
        gradient[...] = 0
        return change

    def batch(self, layer: LayerState, step: int) -> None:
        copy = self.copies[layer.index]
        copy += self.change(layer, step)
        self.words.store(layer, "digital weights", copy, step)
        write_targets(
            layer, copy, np.ones(copy.shape, bool), self.done[layer.index], self.seed, step
        )

    def backward_weights(self) -> list[np.ndarray] | None:
        digital = self.scheme.digital_baseline or self.scheme.backward_in == "vector_unit"
        return self.copies if digital else None

    def state(self) -> dict[str, np.ndarray]:
        arrays: dict[str, np.ndarray] = {}
        for layer in self.layers:
            i = layer.index
            arrays |= {f"{i}.gradient": self.gradients[i], f"{i}.copy": self.copies[i]}
        return arrays | self.optimisers.state()

    def facts(self) -> dict[str, Any]:
        return self.optimisers.facts()

    def restore(self, facts: dict[str, Any]) -> None:
        self.optimisers.restore(facts)


def reference_change(
    scheme: OptimiserSettings,
    layer: LayerState,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
    seed: int,
    step: int,
) -> np.ndarray:
    """See `Scheme.reference_change`: the optimiser's first step."""
    return reference_step(scheme, layer.weights, inputs, errors, rate)


def written_activity(rule: UpdateRule[Any], layer: LayerState, before: Activity) -> Activity:
    """The share of weights programmed a batch, the pulses of one programming and the reads a pulse,
    from what the rule did. Exact weights have no pulses of their own: write_pulses 0 leaves them to
    the chip.
    """
    done = rule.done[layer.index]
    written = done.sums.get("devices_written", 0.0)
    devices = layer.weights.size * devices_of_a_weight(layer)
    share = written / max(1, done.batches * devices)
    pulses = done.sums.get("write_pulses", 0.0)
    verified = (
        done.sums.get("verify_reads", 0.0) / pulses if pulses else float(layer.devices is None)
    )
    return replace(
        before,
        devices_written=min(1.0, share),
        write_pulses=pulses / max(1.0, written),
        verify_reads=verified,
    )
