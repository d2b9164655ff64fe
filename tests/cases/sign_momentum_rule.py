"""A correct rule with rare events: one pulse in the sign of the momentum, with a probability |rate
m| / step.
"""

from dataclasses import replace
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from archsim.schemes.base import Scheme, register
from archsim.schemes.rule import UpdateRule
from archsim.schemes.shared.expected_pulses import expected_step
from archsim.trace.building_blocks import (
    digital_gradient,
    optimiser_step,
    output_error,
    program_weights,
    transposed_read,
)

DECISION = {"multiply_add": 1, "multiply": 1, "compare": 1}


@register
class SignMomentum(Scheme):
    """Momentum is kept digitally; once a batch every device gets one pulse in its direction, by
    chance.
    """

    name: ClassVar[str] = "sign_momentum"
    title: ClassVar[str] = "one stochastic pulse in the sign of the momentum"
    source: ClassVar[str] = "this test"
    transposed_read: ClassVar[bool] = True
    device: ClassVar[str] = "ecram"
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.1, "batch": 8, "epochs": 3}
    trial: ClassVar[dict[str, Any]] = {
        "learning_rate": 0.5,
        "device_settings": {"pulse_step": 0.01, "upper_spread": 0.0, "lower_spread": 0.0},
    }

    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9

    def backward(self, stage, first):
        return output_error(stage) if first else [transposed_read(stage)]

    def image_update(self, stage):
        return [digital_gradient(stage)]

    def batch_update(self, stage, batch):
        write = program_weights(stage, share=0.1, verify_reads=0.0)
        return [
            optimiser_step(stage, DECISION, words=2),
            replace(write, activity=replace(write.activity, write_pulses=1.0)),
        ]

    def state_words(self, stages):
        weights = float(sum(stage.matrix.trained for stage in stages if stage.on_array))
        return {"gradient": weights, "momentum": weights}

    def rule(self, layers, rate, batch, seed):
        return Rule(self, layers, rate, batch, seed)

    def reference_change(self, layer, inputs, errors, rate, seed, step):
        gradient = sum(d.astype(float) @ x.astype(float).T for x, d in zip(inputs, errors))
        probability = np.minimum(
            1.0, np.abs(rate * (1 - self.momentum) * gradient) / layer.devices.granularity
        )
        return expected_step(
            layer.devices, layer.weights.astype(float), np.sign(gradient) * probability
        )


class Rule(UpdateRule):
    """The algorithm."""

    def __init__(self, scheme, layers, rate, batch, seed):
        super().__init__(scheme, layers, rate, batch, seed)
        self.gradients, self.momenta = (
            [np.zeros(layer.weights.shape, np.float32) for layer in self.layers] for _ in range(2)
        )

    def image(self, layer, inputs, errors, step):
        self.gradients[layer.index] += errors @ inputs.T
        self.done[layer.index].add(
            "vector_unit", "multiply_add", layer.weights.size * inputs.shape[1]
        )

    def batch(self, layer, step):
        share = self.scheme.momentum
        done = self.done[layer.index]
        gradient = self.gradients[layer.index]
        momentum = self.momenta[layer.index]
        momentum[...] = share * momentum + (1 - share) * gradient
        probability = np.minimum(1.0, np.abs(self.rate * momentum) / layer.devices.granularity)
        drawn = np.random.default_rng((self.seed, step, layer.tile)).random(momentum.shape)
        signed = np.where(drawn < probability, np.sign(momentum), 0).astype(np.int32)
        layer.devices.pulse(signed, seed=self.seed, step=step, tile=layer.tile, writes=layer.writes)
        gradient[...] = 0
        count = np.count_nonzero(signed)
        done.add("array", "write", count)
        done.sum("pulses", count)
        for action, number in DECISION.items():
            done.add("vector_unit", action, number * gradient.size)

    def state(self):
        return {
            f"{layer.index}.{name}": values[layer.index]
            for layer in self.layers
            for name, values in (("gradient", self.gradients), ("momentum", self.momenta))
        }

    def activity(self, layer, before):
        done = self.done[layer.index]
        share = done.sums.get("pulses", 0.0) / (max(1, done.batches) * layer.weights.size)
        return replace(before, devices_written=share, write_pulses=1.0, verify_reads=0.0)
