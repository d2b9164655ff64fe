"""Tables of embeddings on arrays: a table that is also the matrix of a layer (tied weights, Press & Wolf
2017, arXiv 1608.05859) stands there once, and a row is read by a vector with a single one.
"""

from __future__ import annotations

from dataclasses import replace

from hwlib.errors import InputError
from workloads.network import Layer, Network

TABLES = ("memory", "arrays")
"""Where tables that are also matrices may be."""


def owner_of_table(layer: Layer) -> str:
    """The layer whose matrix a table is, "" where it is none's."""
    return str(layer.setting("tied", ""))


def with_tables_on_arrays(network: Network) -> Network:
    """A network whose tables that are also matrices are read on the arrays of these.

    Args:
        network: of a file that uses such a table twice.

    Returns:
        the network: every such `embedding` is a `one_hot` and a `linear` layer of its name, which
        reads the matrix of the other from its outputs' side.

    Raises:
        InputError: where no table is a matrix as well, and for names that are taken.
    """
    made: list[Layer] = []
    for layer in network.layers:
        owner = owner_of_table(layer)
        if not owner:
            made.append(layer)
            continue
        name = f"{layer.name}_rows"
        if any(item.name == name for item in network.layers):
            raise InputError("another layer has this name already", where="tables", got=name)
        entries = layer.setting("entries")
        rows = (*layer.input_shapes[0], network.layer(owner).output_shape[-1])
        made += [
            Layer(
                name,
                "one_hot",
                layer.inputs,
                layer.input_shapes,
                rows,
                settings=(("entries", entries),),
            ),
            replace(
                layer,
                operator="linear",
                inputs=(name,),
                input_shapes=(rows,),
                settings=(),
                constants=(),
                shares=owner,
                transposed=True,
            ),
        ]
    if len(made) == len(network.layers):
        raise InputError(
            "no table is the matrix of a layer as well",
            where=f"{network.name}: tables",
            got="arrays",
            allowed="memory",
        )
    note = (
        f"{len(made) - len(network.layers)} tables stand on the arrays of the layers they belong to"
    )
    return replace(network, layers=tuple(made), notes=(*network.notes, note))
