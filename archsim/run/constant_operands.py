"""What a network has and a training makes no use of: constant operands that a framework might train
(positions that are added, biases of transposed convolutions), and dropout that drops nothing.
"""

from __future__ import annotations

from archsim.operators.free.dropout import rate_of
from workloads.network import Network
from workloads.trained_constants import constants_that_stay

_MOST_NAMED = 3


def note_of_constants(network: Network) -> list[str]:
    """A note on the operands of sums, products and the like that come from a file and stay; none where
    there are none but single numbers, which are no parameters.

    Args:
        network: that is trained.
    """
    names = constants_that_stay(network)
    if not names:
        return []
    return [
        f"constant operands of {_some(names)} come from the file and stay as "
        "they are, also where they were parameters (positions, biases of transposed convolutions): "
        "--train-constants"
    ]


def note_of_dropout(network: Network) -> list[str]:
    """A note on layers of dropout with a rate of 0; none where there are none."""
    names = [
        layer.name
        for layer in network.layers
        if layer.computes == "dropout" and rate_of(layer) == 0
    ]
    return [f"dropout of {_some(names)} drops nothing: its rate is 0"] if names else []


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
