"""Masks, and choices by them, as parts of a PyTorch module: numbers, 1 and 0, as here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archsim.operators.arguments import in_their_order
from workloads.network import Layer
from workloads.written.torch_parts import Held, Part, fixed_tensors
from workloads.written.torch_units import join_of


def _where(torch: Any, layer: Layer, held: Held) -> Any:
    fixed = fixed_tensors(torch, layer, held)

    def choose(*operands: Any) -> Any:
        asked, *values = in_their_order(layer, operands, "operand", fixed.__getitem__)
        return torch.where(asked != 0, *values)

    return choose


def _comparison(torch: Any, layer: Layer, held: Held) -> Any:
    relation = str(layer.setting("relation", "equal"))
    # PyTorch's `equal` compares whole tensors.
    function = getattr(torch, "eq" if relation == "equal" else relation)
    return join_of(lambda x, y: function(x, y).float())(torch, layer, held)


def _logical(torch: Any, layer: Layer, held: Held) -> Any:
    function = getattr(torch, f"logical_{layer.setting('connective', 'and')}")
    return join_of(lambda x, y: function(x != 0, y != 0).float())(torch, layer, held)


PARTS: Mapping[str, Part] = {
    "where": _where,
    "comparison": _comparison,
    "logical": _logical,
    "logical_not": lambda torch, layer, held: lambda x: (x == 0).float(),
    "truth": lambda torch, layer, held: lambda x: (x != 0).float(),
    "is_nan": lambda torch, layer, held: lambda x: x.isnan().float(),
}
