"""Which layers a training kernel runs, and why it does not run the others."""

from __future__ import annotations

import math
from dataclasses import replace

from archsim.operators.arguments import axes_of
from archsim.operators.base import NOTHING, TrainingRow
from archsim.operators.unrounded import gives_numbers, renames, whole_sources
from archsim.operators.vocabulary import FUNCTIONS, function_of
from hwlib.errors import InputError
from workloads.network import Layer, Network
from workloads.scores import scores_of
from workloads.tables_on_arrays import owner_of_table


def ends_in_loss(network: Network) -> bool:
    """True where the last layer is a softmax (or its logarithm) over the classes, which the loss of
    the training contains.
    """
    last = network.layers[-1]
    scores = scores_of(last.output_shape)
    kind = FUNCTIONS.get(last.operator, NOTHING)
    if scores is None or not kind.in_loss:
        return False
    rank = len(last.output_shape)
    return all(axis % rank == scores.axis for axis in axes_of(last, (rank - 1,)))


def with_outputs(network: Network) -> Network:
    """The network with a name for what its last layer gives, so that a softmax at the end is a layer
    like any other: a loss of the outputs themselves.
    """
    last = network.layers[-1]
    shape = last.output_shape
    outputs = Layer(f"{last.name}.outputs", "identity", (last.name,), (shape,), shape)
    return replace(network, layers=(*network.layers, outputs))


def with_positions(network: Network) -> Network:
    """The network with its pixels one after the other, each with the scores of its classes, where it
    ends in a map (classes, height, width) or a volume of them; any other as it is.
    """
    last = trained_layers(network)[-1]
    scores = scores_of(last.output_shape)
    if scores is None or len(scores.positions) < 2:
        return network
    turned = (*scores.positions, scores.classes)
    rows = (math.prod(scores.positions), scores.classes)
    pixels, each = f"{last.name}.pixels", f"{last.name}.scores"
    axes = (("axes", (*range(1, len(turned)), 0)),)
    added = (
        Layer(pixels, "transpose", (last.name,), (last.output_shape,), turned, settings=axes),
        Layer(each, "reshape", (pixels,), (turned,), rows),
    )
    return replace(network, layers=(*trained_layers(network), *added))


def trained_layers(network: Network) -> tuple[Layer, ...]:
    """The layers that the table of a training holds."""
    return network.layers[:-1] if ends_in_loss(network) else network.layers


def training_rows(layer: Layer, where: str) -> tuple[TrainingRow, ...]:
    """The layer's steps in the table; none for an input and for what only renames.

    Raises:
        InputError: where the layer computes something that no kernel does.
    """
    _refuse_form(layer, where)
    if layer.operator == "input" or renames(layer):
        return ()
    rows = FUNCTIONS.get(layer.computes, NOTHING).training(layer, where)
    if not rows:
        raise InputError(
            "training cannot run this layer",
            where=where,
            got=layer.computes + (" in groups" if layer.groups > 1 else ""),
            allowed=_trained(),
        )
    return rows


def _trained() -> tuple[str, ...]:
    kinds = list(FUNCTIONS.values())
    words = [kind.trains or kind.name for kind in kinds if kind.kernels]
    words += [kind.name for kind in kinds if kind.renames]
    return (*words, *(f"{kind.name} at the end" for kind in kinds if kind.in_loss))


def _refuse_form(layer: Layer, where: str) -> None:
    """Raise InputError for a layer that computes something else than what its operator is trained
    as.
    """
    kind = FUNCTIONS.get(layer.computes, NOTHING)
    if layer.constants and not kind.may_be_folded and not kind.trains_constants:
        raise InputError(
            "training cannot run a layer with constant operands", where=where, got=layer.computes
        )


def refuse_tables_apart(layer: Layer, network: Network, where: str) -> None:
    """Raise InputError for a table that moves and is also the matrix of a layer that moves: the two
    would come apart.
    """
    owner = owner_of_table(layer)
    if owner and not (layer.frozen and network.layer(owner).frozen):
        raise InputError(
            "a table in memory and its copy on arrays would train apart",
            where=where,
            got=f"the matrix of '{owner}' as table",
            hint="--tables arrays (load_network(..., tables='arrays')) reads the rows on the arrays",
        )


def refuse_computed_rows(layer: Layer, network: Network, where: str) -> None:
    """Raise InputError where the numbers of rows are worked out by what rounds, or learns."""
    if not FUNCTIONS.get(layer.computes, NOTHING).takes_numbers:
        return
    for source in whole_sources(layer, network):
        if not gives_numbers(source):
            raise InputError(
                "training looks up rows by whole numbers that come from the network's own input",
                where=where,
                got=f"{layer.computes} of '{source.name}'",
            )


def untrainable(network: Network) -> dict[str, str]:
    """Layers that no training kernel can run, with what they are; empty where `build_program` takes
    the network.

    What is priced as a training step and cannot be trained is told with it.
    """
    lacking = {}
    for layer in trained_layers(network):
        try:
            training_rows(layer, "")
            refuse_computed_rows(layer, network, "")
            refuse_tables_apart(layer, network, "")
        except InputError as fault:
            lacking[layer.name] = str(fault.got)
    further = [layer.name for layer in network.layers[1:] if layer.operator == "input"]
    lacking |= dict.fromkeys(further, "a further input")
    lacking |= dict.fromkeys(network.gaps, "gap")
    last = trained_layers(network)[-1]
    if scores_of(last.output_shape) is None:
        lacking.setdefault(
            last.name, f"no class scores but {'x'.join(map(str, last.output_shape))}"
        )
    return lacking


def unbounded_layers(network: Network) -> list[str]:
    """Operators of activations that pass values above the full scale of the arrays."""
    return [layer.computes for layer in network.layers if function_of(layer).unbounded]
