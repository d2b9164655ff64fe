"""A network's step as a chip wants it: where its biases are, how products of activations are done."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archsim.chip.written import attention_of

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.trace.operation import Trace
    from archsim.trace.rule import StepRule
    from workloads.network import Network


class StepKind(NamedTuple):
    """How a network becomes a trace: the words of `build_trace` behind the update rule."""

    phase: str
    batch: int
    digital_biases: bool = False
    attention: str = "digital"


def kind_on(chip: Architecture, phase: str, batch: int) -> StepKind:
    """The step of a phase with `batch` images, with biases and products where the chip has them."""
    return StepKind(phase, batch, chip.weights.bias == "digital", attention_of(chip, phase))


def step_on(
    chip: Architecture, network: Network, rule: StepRule | None, phase: str, batch: int = 1
) -> Trace:
    """The trace of a network on a chip.

    Args:
        chip: whose words decide on biases and products.
        network: what is computed.
        rule: the update rule of a training step; None for an inference.
        phase: as `build_trace` has it.
        batch: images of a training step.

    Raises:
        InputError: as `build_trace`.
    """
    # lowering a network is slow to load, and a description alone needs none of it
    from archsim.trace.build import build_trace

    return build_trace(network, rule, *kind_on(chip, phase, batch))
