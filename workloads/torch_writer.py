"""A network with its weights as a PyTorch module (extra 'torch'): what a training left, to go on with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hwlib.errors import InputError
from workloads.network import Layer, Network
from workloads.written import torch_arrays, torch_moves, torch_types, torch_units
from workloads.written.merged import merged_products
from workloads.written.onnx_graph import Tensors
from workloads.written.torch_parts import Part, tied

PARTS: Mapping[str, Part] = {
    **torch_arrays.PARTS,
    **torch_units.PARTS,
    **torch_types.PARTS,
    **torch_moves.PARTS,
}


def to_torch(network: Network, tensors: Tensors) -> Any:
    """A `torch.nn.Module` that computes a network.

    Args:
        network: with one input.
        tensors: by layer and role; "weights" (groups, outputs, inputs).

    Returns:
        the module; its parts have the names of the layers, with _ for what PyTorch does not take in a
        name, and take inputs with the batch in front.

    Raises:
        InputError: without PyTorch, and for an operator that has no part here.
    """
    try:
        import torch
    except ImportError:
        raise InputError(
            "the package torch is not installed",
            where="to_torch",
            hint="pip install 'archsim[torch]'",
        ) from None
    parts = torch.nn.ModuleDict()
    steps = []
    behind = []  # layers whose owner comes later
    merged = merged_products(network)
    # By the names of those, too, that read the weights of another.
    tensors = {layer.name: tensors.get(layer.shares or layer.name, {}) for layer in network.layers}
    for layer in network.layers[1:]:
        if layer.name in merged.values():
            continue
        product = network.layer(merged[layer.name]) if layer.name in merged else None
        part = _part(torch, layer, product, tensors)
        name = layer.name.replace(".", "_")
        owner = layer.shares.replace(".", "_")
        if owner and owner not in parts:
            behind.append((layer, name, owner))
        elif owner:
            part = tied(torch, layer, part, parts[owner])
        if isinstance(part, torch.nn.Module):
            parts[name] = part
        steps.append((layer, product.inputs if product else layer.inputs, name, part))

    for layer, name, owner in behind:
        parts[name] = tied(torch, layer, parts[name], parts[owner])

    class Exported(torch.nn.Module):
        """A network of archsim with trained weights."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = parts

        def forward(self, x: Any) -> Any:
            known = {network.layers[0].name: x}
            for layer, inputs, name, part in steps:
                # its own ones: a copy of the module has others
                call = self.layers[name] if isinstance(part, torch.nn.Module) else part
                known[layer.name] = call(*(known[source] for source in inputs))
            return known[network.layers[-1].name]

    # As it was tested: dropout acts where a program trains it and says so.
    return Exported().eval()


def _part(torch: Any, layer: Layer, product: Layer | None, tensors: Tensors) -> Any:
    """The part of a layer, which may take a product as its own. Raises InputError."""
    with_product = torch_arrays.WITH_PRODUCTS.get(layer.computes)
    if with_product:
        return with_product(torch, layer, product, tensors)
    make = PARTS.get(layer.computes)
    if make is None:
        raise InputError(
            "this operator has no part in PyTorch here",
            where=layer.name,
            got=layer.computes,
            allowed=sorted({*PARTS, *torch_arrays.WITH_PRODUCTS}),
        )
    return make(torch, layer, tensors.get(layer.name, {}))
