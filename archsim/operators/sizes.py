"""Sizes that an operator says of a layer: its output, the rows of its window, its products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape


class Output(NamedTuple):
    """What a layer of a network file becomes: its output shape, and further fields of `Layer`."""

    shape: Shape
    fields: dict[str, Any] = {}


class Rows(NamedTuple):
    """How far a sliding window reaches along the rows of a feature map."""

    extent: int
    stride: int
    padding: int


@dataclass(frozen=True, slots=True)
class MatrixProduct:
    """So many products of a vector with a matrix, both of them activations.

    Args:
        vectors: of all matrices together.
        rows: values of a vector, and rows of a matrix.
        columns: of a matrix, and values of a result.
        matrices: different ones.
    """

    vectors: int
    rows: int
    columns: int
    matrices: int = 1

    @property
    def multiply_adds(self) -> int:
        """All of them."""
        return self.vectors * self.rows * self.columns
