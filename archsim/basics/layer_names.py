"""Layers that a setting names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hwlib.errors import InputError, nearest


def require_layers(named: Iterable[str], layers: Sequence[str], where: str) -> None:
    """Hold names to those of layers with weights.

    Args:
        named: by a setting.
        layers: of the network.
        where: the setting.

    Raises:
        InputError: with the nearest layer, for the first name of no layer.
    """
    for name in named:
        if name not in layers:
            raise InputError(
                "no such layer with weights",
                where=where,
                got=name,
                allowed=layers,
                hint=nearest(name, layers),
            )
