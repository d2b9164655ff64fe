"""Sets of weights whose changes are added up, and the names of weights in words."""

from __future__ import annotations

import numpy as np


def groups_of(expected: np.ndarray, bias: bool) -> dict[str, np.ndarray]:
    """Sets of weights whose changes are added up in the direction of their reference."""
    rows, columns = np.indices(expected.shape)
    size = np.abs(expected)
    large = size > np.median(size)
    groups = {
        "the sum of all weights": size > 0,
        "the sum of the weights that grow": expected > 0,
        "the sum of the weights that shrink": expected < 0,
        "the sum of the larger changes": large & (size > 0),
        "the sum of the smaller changes": ~large & (size > 0),
    }
    # A fault of one line of the array (a row driver, the bias) is small in the sum of all.
    groups |= {
        f"the sum of the weights of output {row}": (rows == row) & (size > 0)
        for row in range(expected.shape[0])
    }
    groups |= {
        f"the sum of the weights of {line_name(column, expected.shape[1], bias)}": (
            columns == column
        )
        & (size > 0)
        for column in range(expected.shape[1])
    }
    # A sum of one weight is tested as that weight already, and each test more widens the bounds of
    # all.
    return {name: group for name, group in groups.items() if group.sum() > 1}


def weight_name(index: tuple[int, ...], shape: tuple[int, ...], bias: bool) -> str:
    return f"the weight of output {index[0]} and {line_name(index[1], shape[1], bias)}"


def line_name(column: int, columns: int, bias: bool) -> str:
    return "the bias line" if bias and column == columns - 1 else f"input {column}"
