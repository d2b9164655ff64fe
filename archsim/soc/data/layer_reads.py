"""What the tiles of a layer give for some vectors."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class CodeCounts(NamedTuple):
    """Input codes of some vectors: how many, how many are not zero, their sum, and how many of their
    bits are set.
    """

    values: int = 0
    nonzero: int = 0
    total: int = 0
    ones: int = 0


def count_codes(codes: np.ndarray) -> CodeCounts:
    """The counts of whole numbers of at least 0, of any shape."""
    return CodeCounts(
        codes.size,
        int(np.count_nonzero(codes)),
        int(codes.sum()),
        int(np.bitwise_count(codes).sum()),
    )


class LayerReads(NamedTuple):
    """What the tiles of a layer gave for some vectors: outputs (count, groups x outputs), or
    (images, groups x outputs, vectors) of whole maps; the most repeats a tile needed, the share of
    the tiles that each of these repeats took, saturated outputs, and the input codes; the repeats of
    each vector on its slowest tile, and of all tiles together.
    """

    outputs: np.ndarray
    repeats: int
    repeated_share: float
    saturations: float
    codes: CodeCounts
    slowest: np.ndarray
    all_repeats: int
