"""Intrinsics whose result holds no reference, whatever they are given (see `held`)."""

from __future__ import annotations

from typing import Any

LENDING: list[Any] = []


def lends(intrinsic: Any) -> Any:
    """Mark an intrinsic as one of them."""
    LENDING.append(intrinsic)
    return intrinsic
