"""The letters of ONNX's Einsum: which axes of its tensors are the same, and how long they are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from workloads.onnx.builder import Builder
from workloads.onnx.node import Attributes

if TYPE_CHECKING:
    from onnx import NodeProto

_SPARE = "αβγδεζηθικλμνξοπρστυφχψω"
"""Letters for the axes of an ellipsis: an equation has none of them."""


class Letters(NamedTuple):
    """The axes of an Einsum as an image has them, without the letter of the batch.

    Args:
        terms: of each input.
        result: of the output.
        batch: the letter of the batch; empty where there is none.
        whole: of the output, with the batch.
        sizes: of each letter.
    """

    terms: tuple[str, ...]
    result: str
    batch: str
    whole: str
    sizes: dict[str, int]

    def shape(self, letters: str) -> tuple[int, ...]:
        return tuple(self.sizes[letter] for letter in letters)

    def size(self, letters: str) -> int:
        return math.prod(self.shape(letters))


class Factors(NamedTuple):
    """How the letters of two inputs take part in their product.

    Args:
        stacked: in both inputs and the output: a product for each.
        first: of the first input and the output only.
        second: of the second input and the output only.
        summed: in both inputs, and not in the output.
    """

    stacked: str
    first: str
    second: str
    summed: str


def letters_of(builder: Builder, node: NodeProto) -> Letters:
    """The letters of a node. Raises InputError where they do not fit its inputs."""
    ranks = [len(builder.full(tensor, node)) for tensor in node.input]
    terms, whole = _spelled(builder, node, ranks)
    sizes: dict[str, int] = {}
    batch = ""
    for tensor, term in zip(node.input, terms):
        full = builder.full(tensor, node)
        if len(set(term)) < len(term):
            raise builder.fault(node, "the diagonal of a tensor is not supported", got=term)
        for letter, size in zip(term, full):
            # ONNX lets a length of one stand for any.
            known = sizes.get(letter, 1)
            if 1 not in (size, known) and size != known:
                raise builder.fault(
                    node, f"axes of unlike lengths have the letter {letter}", got=(known, size)
                )
            sizes[letter] = max(size, known)
        if builder.constant(tensor):
            continue
        axis = builder.source(tensor, node).axis
        if axis is None or len(full) == 1:
            continue
        if full[axis] != builder.graph.batch or batch not in ("", term[axis]):
            raise builder.fault(node, "its inputs have their batch in different places")
        batch = term[axis]
    if batch and batch not in whole:
        raise builder.fault(node, "sums over the batch", "export with the batch as another axis")
    _refuse_repeated(builder, node, terms, whole, sizes)
    # One of the length one is that of every image.
    differing = [
        term
        for tensor, term in zip(node.input, terms)
        if builder.constant(tensor)
        and batch
        and batch in term
        and builder.full(tensor, node)[term.index(batch)] > 1
    ]
    if differing:
        raise builder.fault(node, "a weight differs from image to image", got=differing)
    kept = tuple(term.replace(batch, "") if batch else term for term in terms)
    return Letters(kept, whole.replace(batch, "") if batch else whole, batch, whole, sizes)


def _refuse_repeated(
    builder: Builder, node: NodeProto, terms: list[str], result: str, sizes: dict[str, int]
) -> None:
    """Raise InputError for one value where others of its letter are more: along any axis of a weight,
    and along an axis that is summed over.
    """
    for tensor, term in zip(node.input, terms):
        full = builder.full(tensor, node)
        weight = builder.constant(tensor)
        for letter, size in zip(term, full):
            if size != sizes[letter] and (weight or letter not in result):
                raise builder.fault(
                    node,
                    f"{'a weight' if weight else 'a sum over values'} that is repeated along an axis "
                    "is not supported",
                    "write it out with Expand",
                    got=f"{size} for the {sizes[letter]} of {letter}",
                )


def _spelled(builder: Builder, node: NodeProto, ranks: list[int]) -> tuple[list[str], str]:
    """The terms and the result of the equation, the ellipsis as letters."""
    equation = Attributes(node).text("equation", "").replace(" ", "")
    left, arrow, result = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise builder.fault(node, "the equation does not fit the inputs", got=equation)
    most = 0
    for number, (term, rank) in enumerate(zip(terms, ranks)):
        extra = rank - len(term.replace("...", ""))
        if extra < 0 or (extra and "..." not in term) or extra > len(_SPARE):
            raise builder.fault(node, "the equation does not fit the inputs", got=equation)
        most = max(most, extra)
        # axes of an ellipsis are counted from their end
        terms[number] = term.replace("...", _SPARE[len(_SPARE) - extra :])
    if not arrow:
        # Without an arrow the letters that stand once are kept, in the order of the alphabet.
        seen = "".join(sorted(left.replace("...", "").replace(",", "")))
        result = "..." + "".join(letter for letter in seen if seen.count(letter) == 1)
    return terms, result.replace("...", _SPARE[len(_SPARE) - most :])


def factors_of(builder: Builder, node: NodeProto, letters: Letters) -> Factors:
    """How two inputs are multiplied. Raises InputError for sums over one of them alone."""
    one, other = letters.terms
    alone = [item for item in one + other if item not in letters.result]
    summed = "".join(item for item in one if item in other and item in alone)
    if set(alone) - set(summed):
        raise builder.fault(
            node, "a sum over an axis of one input alone is not supported", "write it as ReduceSum"
        )
    return Factors(
        "".join(item for item in one if item in other and item in letters.result),
        "".join(item for item in one if item not in other),
        "".join(item for item in other if item not in one),
        summed,
    )
