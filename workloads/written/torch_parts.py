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
