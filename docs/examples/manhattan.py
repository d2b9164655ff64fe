"""An own update scheme in one file: the Manhattan rule, every device one pulse in the direction of
its gradient.

    archsim train digits_cnn --scheme docs/examples/manhattan.py --epochs 6
    python -m archsim.conformance docs/examples/manhattan.py

After M. Prezioso et al., Training and operation of an integrated neuromorphic network based on
metal-oxide memristors, Nature 521 (2015).
The dead zone, without which devices flicker around their goal, is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from archsim.schemes.base import Scheme, register
from archsim.schemes.layer_state import LayerState
from archsim.schemes.rule import UpdateRule
from archsim.schemes.shared.expected_pulses import expected_step
from archsim.schemes.tuned import Tuned
from archsim.trace.building_blocks import (
    digital_gradient,
    optimiser_step,
    output_error,
    program_weights,
    transposed_read,
)
from archsim.trace.lower import Stage
from archsim.trace.operation import Activity, Operation

# Vector-unit work of a weight and batch: the step that gradient descent would make, and whether it
# is worth a pulse.
DECISION = {"multiply": 1, "compare": 1}


@register
class Manhattan(Scheme):
    """The gradient of a mini-batch is summed digitally; a weight whose step (rate x gradient)
    exceeds `dead_zone` mean pulse steps of the device gets one blind pulse in its direction,
    whatever the step's size.
    """

    name: ClassVar[str] = "manhattan"
    title: ClassVar[str] = "one pulse a device and batch in the direction of its gradient"
    source: ClassVar[str] = "Prezioso et al., Nature 521 (2015); dead zone our own"
    # the backward cycle reads the arrays from their other side
    transposed_read: ClassVar[bool] = True

    device: ClassVar[str] = "ecram"
    # What the conformance battery, and a user who names nothing, trains with.
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.1, "batch": 8, "epochs": 6}
    trial: ClassVar[dict[str, Any]] = {
        "learning_rate": 0.5,
        "device_settings": {"pulse_step": 0.01, "upper_spread": 0.0, "lower_spread": 0.0},
    }

    # What `archsim compare --tune` tries beside the learning rate.
    tuned: ClassVar[tuple[Tuned, ...]] = (Tuned("dead_zone", 0.1, 4.0, "log"),)

    # A setting: --set scheme.dead_zone=1
    dead_zone: Annotated[float, Field(ge=0, le=1000)] = 0.5

    # --- the hardware face: what it asks of the chip

    def backward(self, stage: Stage, first: bool) -> list[Operation]:
        """The layer below needs errors: a transposed read of the arrays, but for the first layer."""
        return output_error(stage) if first else [transposed_read(stage)]

    def image_update(self, stage: Stage) -> list[Operation]:
        """Outer products in the vector unit, summed over the batch."""
        return [digital_gradient(stage)]

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        """The decision over all weights, then the pulses row by row. A tenth of the devices is
        assumed until training has measured it.
        """
        write = program_weights(stage, share=0.1, verify_reads=0.0)
        write = replace(write, activity=replace(write.activity, write_pulses=1.0))
        return [optimiser_step(stage, DECISION, words=1), write]

    def state_words(self, stages: list[Stage]) -> dict[str, float]:
        """Digital memory that training needs: the gradient."""
        return {"gradient": float(sum(stage.matrix.trained for stage in stages if stage.on_array))}

    # --- the algorithm

    def rule(self, layers: Sequence[LayerState], rate: float, batch: int, seed: int) -> UpdateRule:
        return ManhattanRule(self, layers, rate, batch, seed)

    def reference_change(
        self,
        layer: LayerState,
        inputs: np.ndarray,
        errors: np.ndarray,
        rate: float,
        seed: int,
        step: int,
    ) -> np.ndarray:
        """The expected change of a fresh layer, weight by weight; `inputs` (images, N, V), `errors`
        (images, M, V).
        """
        pulses = np.zeros(layer.weights.shape)
        for i in range(pulses.shape[0]):
            for j in range(pulses.shape[1]):
                gradient = sum(
                    float(d[i, v]) * float(x[j, v])
                    for x, d in zip(inputs, errors)
                    for v in range(x.shape[1])
                )
                if abs(rate * gradient) > self.dead_zone * layer.devices.granularity:
                    pulses[i, j] = np.sign(gradient)
        return expected_step(layer.devices, layer.weights.astype(float), pulses)


class ManhattanRule(UpdateRule):
    """One training run of it. The loop calls `image` for every image and layer, `batch` for every
    layer once a mini-batch.
    """

    # What is kept is kept by layer: threads take one each, and end its mini-batch too.
    layers_apart: ClassVar[bool] = True
    batches_apart: ClassVar[bool] = True

    def __init__(
        self, scheme: Manhattan, layers: Sequence[LayerState], rate: float, batch: int, seed: int
    ):
        super().__init__(scheme, layers, rate, batch, seed)
        self.gradients = [np.zeros(layer.weights.shape, np.float32) for layer in self.layers]

    def image(self, layer: LayerState, inputs: np.ndarray, errors: np.ndarray, step: int) -> None:
        self.gradients[layer.index] += errors @ inputs.T
        self.done[layer.index].add(
            "vector_unit", "multiply_add", layer.weights.size * inputs.shape[1]
        )

    def batch(self, layer: LayerState, step: int) -> None:
        gradient = self.gradients[layer.index]
        done = self.done[layer.index]
        due = np.abs(self.rate * gradient) > self.scheme.dead_zone * layer.devices.granularity
        signed = np.where(due, np.sign(gradient), 0).astype(np.int32)
        # Random numbers come from (seed, step, tile), never from a global state: one seed, one
        # result.
        layer.devices.pulse(signed, seed=self.seed, step=step, tile=layer.tile, writes=layer.writes)
        gradient[...] = 0
        # What was done, in the words of the ledger: compared with what the chip is charged for.
        done.add("array", "write", np.count_nonzero(signed))
        done.sum("pulses", np.count_nonzero(signed))
        for action, count in DECISION.items():
            done.add("vector_unit", action, count * gradient.size)

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint must carry, beside weights and devices."""
        return {f"{layer.index}.gradient": self.gradients[layer.index] for layer in self.layers}

    def activity(self, layer: LayerState, before: Activity) -> Activity:
        """What the chip is simulated with after a training: the share of devices that were pulsed
        in a batch.
        """
        done = self.done[layer.index]
        share = done.sums.get("pulses", 0.0) / (max(1, done.batches) * layer.weights.size)
        return replace(before, devices_written=share, write_pulses=1.0, verify_reads=0.0)
