"""Where shares of feature maps lie on a chip of cores, and from where inputs come."""

from __future__ import annotations

from typing import NamedTuple


class Holding(NamedTuple):
    """A share of a feature map, and the terminal of the network at which it lies."""

    terminal: int
    share: float


class InputSource(NamedTuple):
    """From where a share of the input values comes: for each copy of what made them, in turn, the
    terminals at which its results lie."""

    share: float
    copies: tuple[tuple[Holding, ...], ...]
