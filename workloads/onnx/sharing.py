"""What the importer remembers of weights: which are the same, who keeps them, where their values are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from workloads.onnx.origin import Origin

if TYPE_CHECKING:
    from onnx import NodeProto

Held = tuple[Origin, float]
"""Origin and factor of a bias."""


class WeightKey(NamedTuple):
    """What tells the weights of two layers apart.

    Args:
        operator: operator of the layer.
        weight: origin of its weight.
        rest: what the operator does to it, and origins of what lies on the array with it.
    """

    operator: str
    weight: Origin
    rest: tuple[object, ...]


@dataclass(slots=True)
class WeightSource:
    """Where an array layer's weights are.

    Args:
        node: the node that they belong to.
        direction: of a recurrent node, 0 forward, 1 reverse.
        part: of a GRU, 0 the weights of the features, 1 those of the state.
        bias_tensor: a bias that an Add brought.
        bias: origin and factor of the bias, whoever brought it.
    """

    node: NodeProto
    direction: int = 0
    part: int = 0
    bias_tensor: str = ""
    bias: Held | None = None


class Sharing(NamedTuple):
    """Whose matrix an array layer reads; `shares` is empty where it keeps its own."""

    shares: str = ""
    transposed: bool = False
