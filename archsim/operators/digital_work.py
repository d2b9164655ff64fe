"""Digital work of the layer operators: what each asks of the vector unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import Work
from archsim.operators.arguments import merge as merge
from archsim.operators.vocabulary import operator_of

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer


def forward_work(layer: Layer) -> Work:
    """Vector-unit actions of one image through `layer`; of an array what follows its reads.

    Raises:
        InputError: for an unknown operator: it would cost nothing, unseen.
    """
    return operator_of(layer).forward_work(layer)


def backward_work(layer: Layer) -> Work:
    """Vector-unit actions that take one image's error back through `layer`. Raises InputError as
    `forward_work` does.
    """
    return operator_of(layer).backward_work(layer)
