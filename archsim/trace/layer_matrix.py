"""The matrix of a layer on the array, as a trace carries it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LayerMatrix:
    """The matrix of an array layer as the trace carries it: `groups` matrices of `rows` x `columns`
    weights.

    Its tiles have no own periphery of the roles in `borrowed` (of PERIPHERY): the tiles of the
    matrix `lender`, or of the one that this borrows them from, serve them and are held while they
    do. A chip with a stated number of tiles has them everywhere.
    """

    layer: str
    rows: int
    columns: int
    groups: int = 1
    bias: bool = False
    vectors: int = 1
    lender: str | None = None
    borrowed: tuple[str, ...] = ()

    @property
    def weights(self) -> int:
        return self.rows * self.columns * self.groups

    @property
    def trained(self) -> int:
        """What an update rule changes: weights and biases."""
        return self.weights + (self.columns * self.groups if self.bias else 0)
