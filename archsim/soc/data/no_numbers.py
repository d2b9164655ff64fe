"""Values that are no numbers: of a network that gives such, and of steps that ran ahead of their data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hwlib.errors import InputError

if TYPE_CHECKING:
    from workloads.network import Network

# What has not arrived is marked by values that are no numbers.
NOT_ARRIVED = "a tile was given data that had not arrived: a step ran ahead of its input"


class NotArrivedError(RuntimeError):
    """A tile was given values that are no numbers, or an output holds some."""


def refuse_no_numbers(network: Network, lacking: Mapping[str, bool]) -> None:
    """Raise InputError where values that are no numbers reach an array or the output, with the layer that
    they come from. What chooses between values (`Where`) may keep them from there, as masks do.

    Args:
        network: its layers.
        lacking: by layer whether some of its values are no numbers.
    """
    reached = [layer.inputs[0] for layer in network.array_layers] + [network.layers[-1].name]
    name = next((name for name in reached if lacking.get(name)), "")
    if not name:
        return
    layers = {layer.name: layer for layer in network.layers}
    while before := [source for source in layers[name].inputs if lacking.get(source)]:
        name = before[0]
    raise InputError(
        "gives values that are no numbers",
        where=f"network '{network.name}', layer '{name}'",
        got=layers[name].computes,
        hint="does it divide by zero, or are its constants or values before it infinite?",
    )
