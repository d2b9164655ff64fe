"""Values that are no numbers: of a network that gives such, and of steps that ran ahead of their data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hwlib.errors import InputError

if TYPE_CHECKING:
    from workloads.network import Layer, Network

# What has not arrived is marked by values that are no numbers.
NOT_ARRIVED = "a tile was given data that had not arrived: a step ran ahead of its input"


class NotArrivedError(RuntimeError):
    """A tile was given values that are no numbers, or an output holds some."""


def refuse_no_numbers(network: Network, layer: Layer, values: np.ndarray) -> None:
    """Raise InputError where values of a layer are no numbers."""
    if np.isnan(values).any():
        raise InputError(
            "gives values that are no numbers",
            where=f"network '{network.name}', layer '{layer.name}'",
            got=layer.computes,
            hint="does it divide by zero, or are its constants or values before it infinite?",
        )
