"""The trace of the step that a training repeats."""

from __future__ import annotations

from archsim.schemes.base import Scheme
from archsim.trace import Trace, build_trace
from archsim.training.settings import TrainingSettings
from workloads.network import Network


def step_trace(network: Network, scheme: Scheme, settings: TrainingSettings) -> Trace:
    """A training step with the mini-batch of its settings, and biases where these put them.

    Args:
        network: that is trained.
        scheme: the update rule.
        settings: of the training, completed by its chip.

    Returns:
        the trace, with assumed activity.

    Raises:
        InputError: for a network that no step is built from.
    """
    digital = any(tiles.bias == "digital" for tiles in settings.tiles.values())
    return build_trace(network, scheme, "training", settings.batch, digital)
