"""What the words between two layers do not hold: scores that a mask put far below all others, and
numbers of rows.

A mask is put on scores as the softmax reads them: they were stored before, and a word whose range
held the mask would round all that is not masked to nothing. Numbers of rows are addresses, which the
controller works out in whole numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.base import NOTHING
from archsim.operators.free.embedding import is_whole
from archsim.operators.vocabulary import FUNCTIONS

if TYPE_CHECKING:
    from workloads.network import Layer, Network

# How what a layer writes lies between layers: in the words of the chip; so, but for what is masked;
# as it is.
IN_WORDS, SCORES, WHOLE = range(3)
FAR_BELOW = -8192.0
"""A score of this or less is masked: masks of files are -1e4 and below."""
NUMBERS = (
    *("comparison", "logical", "logical_not", "truth", "running_sum", "sign", "negate"),
    *("add", "subtract", "multiply", "minimum", "maximum", "where", "reduce", "clip"),
    *("slice", "transpose", "tile", "pad", "concat", "identity", "reshape", "flatten"),
    *("truncate", "round", "floor", "ceil"),
)
"""Operators that make whole numbers of whole ones (`reduce` and `multiply` as files have them)."""


def renames(layer: Layer) -> bool:
    """True where the layer's output is its input, in the same memory."""
    kind = FUNCTIONS.get(layer.computes, NOTHING)
    # not so of a cache with what earlier tokens left, which nobody knows
    return kind.renames and kind.carries(layer)


def gives_numbers(layer: Layer) -> bool:
    """Whether a layer makes whole numbers of whole ones, or looks them up."""
    return layer.computes in NUMBERS or renames(layer) or is_whole(layer)


def stored_forms(network: Network) -> dict[str, int]:
    """`SCORES` or `WHOLE` of each layer that does not write plain words."""
    readers: dict[str, list[Layer]] = {layer.name: [] for layer in network.layers}
    for layer in network.layers:
        for source in layer.inputs:
            readers[source].append(layer)
    forms: dict[str, int] = {}
    for layer in reversed(network.layers):
        masks = FUNCTIONS.get(layer.computes, NOTHING).masks or renames(layer)
        behind = readers[layer.name]
        # a softmax that nobody reads gives the classes
        if (
            masks
            and behind
            and all(
                item.name in forms
                or (item.computes in ("softmax", "log_softmax") and readers[item.name])
                for item in behind
            )
        ):
            forms[layer.name] = SCORES
    for layer in network.layers:
        if is_whole(layer):
            forms[layer.name] = WHOLE
        if FUNCTIONS.get(layer.computes, NOTHING).takes_numbers:
            forms |= {item.name: WHOLE for item in whole_sources(layer, network)}
    return forms


def whole_sources(layer: Layer, network: Network) -> list[Layer]:
    """The layers between the network's input and `layer`, which takes numbers of rows: up to those
    that work out no whole numbers.
    """
    sources: dict[str, Layer] = {}
    ahead = [layer.inputs[0]]
    while ahead:
        source = network.layer(ahead.pop())
        if source is network.layers[0] or source.name in sources:
            continue
        sources[source.name] = source
        # what a table of whole numbers is asked for is found from there
        if gives_numbers(source) and not is_whole(source):
            ahead += source.inputs
    return [*sources.values()]
