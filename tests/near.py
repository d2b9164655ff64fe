"""Numbers that agree to a share of themselves, however small: energies are picojoules in joules."""

from typing import Any

import pytest


def near(expected: Any, rel: float = 1e-6, **others: Any) -> Any:
    """`pytest.approx` without its absolute tolerance of 1e-12, behind which a picojoule hides.

    Zero is met by zero alone; where rounding leaves something, `pytest.approx(0, abs=...)` says how
    much.
    """
    return pytest.approx(expected, rel=rel, abs=0.0, **others)
