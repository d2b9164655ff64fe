"""Fine-tuning by low-rank adapters: weights stay as they are, and beside each matrix two small ones
learn what is to be added (Hu et al. 2021, LoRA, arXiv 2106.09685).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from archsim.operators.vocabulary import operator_of
from hwlib.errors import InputError, unknown
from workloads.network import Layer, Network

LARGEST_RANK = 4096
_OPERATORS = {"arrays": "linear", "memory": "memory_linear"}
HELD_IN = tuple(_OPERATORS)
"""Where the small matrices of an adapter may be."""
UP = "up"
DOWN = "down"


def freeze(layer: Layer, where: str) -> Layer:
    """A layer that a training leaves as it is.

    Raises:
        InputError: where it has nothing that could be trained, or follows what it sees.
    """
    words = operator_of(layer).words(layer)
    if words.forth or words.back:
        raise InputError(
            "a layer with running statistics follows every image", where=where, got=layer.operator
        )
    if not layer.on_array and not words.trained:
        raise InputError("the layer has nothing to train", where=where, got=layer.operator)
    return replace(layer, frozen=True)


def with_adapters(
    network: Network,
    rank: int,
    layers: Collection[str] | None = None,
    trained: Collection[str] = (),
    held_in: str = "arrays",
) -> Network:
    """A network whose weights are frozen and whose linear layers have adapters: y = W x + B (A x).

    Args:
        network: with the weights that are adapted.
        rank: outputs of A and inputs of B; the published scale alpha is the rank.
        layers: linear layers that get adapters; None: all that are wider than the rank on both
            sides.
        trained: layers that go on to be trained as they are, say new classes at the end.
        held_in: "arrays": A and B stand on tiles of their own; "memory": they are digital words beside
            the arrays, in the chip's format, multiplied on the lanes of the vector unit.

    Returns:
        the network; the layers of an adapter are named `<layer>_down`, `<layer>_up` and
        `<layer>_adapted`, and B begins at zero, so that the network first computes what it did.

    Raises:
        InputError: for names that no linear layer has, a rank that is no count or not below a
            matrix, and a network in which nothing gets an adapter.
    """
    if isinstance(rank, bool) or not isinstance(rank, int) or not 1 <= rank <= LARGEST_RANK:
        raise InputError("not a rank", where="adapters", got=rank, allowed=f"1 to {LARGEST_RANK}")
    if held_in not in HELD_IN:
        raise unknown("place of adapters", held_in, HELD_IN, "adapters")
    adaptable = [
        layer for layer in network.layers if operator_of(layer).adapts and not layer.shares
    ]
    names = [layer.name for layer in adaptable]
    for name in [*(layers or ()), *trained]:
        allowed = names if name in (layers or ()) else [item.name for item in network.layers]
        if name not in allowed:
            raise unknown("layer", name, allowed, "adapters")
    # weights that several layers read go on to be trained, or stay, as a whole
    going_on = {network.layer(name).shares or name for name in trained}
    chosen = {
        item.name for item in adaptable if _takes(item, rank, layers) and item.name not in going_on
    }
    if not chosen:
        raise InputError(
            "no linear layer gets an adapter",
            where=f"{network.name}: adapters",
            got=rank,
            allowed="a rank below the smaller side of a linear layer",
        )
    made: list[Layer] = []
    renamed: dict[str, str] = {}
    taken = {layer.name for layer in network.layers}
    for layer in network.layers:
        layer = replace(layer, inputs=tuple(renamed.get(name, name) for name in layer.inputs))
        words = operator_of(layer).words(layer)
        owner = layer.shares or layer.name
        if owner not in going_on and (layer.on_array or words.trained):
            layer = freeze(layer, f"{network.name}: {layer.name}")
        made.append(layer)
        # A layer that is called several times has one adapter, a transposed reading is another layer.
        if owner in chosen and not layer.transposed:
            made += _adapter(layer, rank, taken, _OPERATORS[held_in])
            renamed[layer.name] = made[-1].name
    beside = " in memory" if held_in == "memory" else ""
    note = (
        f"{len(chosen)} matrices have adapters of rank {rank}{beside}; all other weights are frozen"
    )
    return replace(network, layers=tuple(made), notes=(*network.notes, note))


def _takes(layer: Layer, rank: int, layers: Collection[str] | None) -> bool:
    """Whether a linear layer gets an adapter. Raises InputError for a named one that is too small."""
    least = min(layer.matrix.rows, layer.matrix.columns)
    if layers is None:
        return least > rank
    if layer.name in layers and least <= rank:
        raise InputError(
            "the rank is not below the matrix",
            where=f"adapters: {layer.name}",
            got=rank,
            allowed=f"at most {least - 1}",
        )
    return layer.name in layers


def _adapter(layer: Layer, rank: int, taken: set[str], kind: str) -> tuple[Layer, Layer, Layer]:
    """The two small matrices beside a layer, and the sum behind it."""
    names = [f"{layer.name}_{end}" for end in (DOWN, UP, "adapted")]
    for name in names:
        if name in taken:
            raise InputError("another layer has this name already", where="adapters", got=name)
    (source,) = layer.input_shapes
    shape = (*source[:-1], rank)
    out = layer.output_shape
    down = Layer(names[0], kind, layer.inputs, (source,), shape, settings=(("adapter", DOWN),))
    up = Layer(names[1], kind, (names[0],), (shape,), out, settings=(("adapter", UP),))
    if layer.shares and kind != "linear":
        raise InputError(
            "an adapter in memory serves one layer, not several that share weights",
            where=f"adapters: {layer.shares}",
            got=layer.name,
            hint="keep adapters on arrays, or name the layers that get one",
        )
    if layer.shares:
        down = replace(down, shares=f"{layer.shares}_{DOWN}")
        up = replace(up, shares=f"{layer.shares}_{UP}")
    return (down, up, Layer(names[2], "add", (layer.name, names[1]), (out, out), out))


def adapter_layers(network: Network) -> dict[str, str]:
    """By name the layers that are half of an adapter, with which half they are."""
    return {
        layer.name: str(layer.setting("adapter"))
        for layer in network.layers
        if layer.setting("adapter")
    }
