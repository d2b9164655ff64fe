"""What the functions that make parts of a PyTorch module have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from workloads.network import Layer

Held: TypeAlias = Mapping[str, np.ndarray]
"""Values of a layer, by role."""
Part: TypeAlias = Callable[..., Any]
"""Makes the part of a layer: (torch, layer, held) -> a module or a function of the layer's inputs."""


def parameter(torch: Any, values: np.ndarray) -> Any:
    """Values as a parameter of a module."""
    return torch.nn.Parameter(torch.tensor(np.asarray(values, np.float32)))


def fixed_tensors(torch: Any, layer: Layer, held: Held) -> dict[str, Any]:
    """The constant operands of a layer as tensors, by role."""
    return {role: torch.tensor(np.asarray(held[role], np.float32)) for role in layer.roles}


def tied(torch: Any, layer: Layer, part: Any, owner: Any) -> Any:
    """The part of a layer with the parameters of another whose weights it reads.

    Args:
        torch: the package.
        layer: that shares weights.
        part: made of equal values.
        owner: the part whose parameters are taken.
    """

    class Turned(torch.nn.Module):  # type: ignore[misc]  # the package has no types here
        """The product with the transpose of another part's weights."""

        def __init__(self) -> None:
            super().__init__()
            self.owner = owner

        def forward(self, x: Any) -> Any:
            return torch.nn.functional.linear(x, self.owner.weight.T)

    if layer.transposed:
        return Turned()
    parameters = {name.rpartition(".")[2]: held for name, held in owner.named_parameters()}
    for module in part.modules():
        for name, _ in list(module.named_parameters(recurse=False)):
            setattr(module, name, parameters[name])
    return part
