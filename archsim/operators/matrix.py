"""The crossbar view of a layer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Matrix:
    """`groups` matrices of `rows` x `columns`, each read `vectors` times an image.

    For a convolution `vectors` is the weight sharing factor (output positions); for an LSTM the
    time steps.
    `rows` leaves the bias row out.
    """

    rows: int
    columns: int
    groups: int
    vectors: int

    @property
    def weights(self) -> int:
        return self.rows * self.columns * self.groups

    @property
    def multiply_accumulates(self) -> int:
        return self.weights * self.vectors
