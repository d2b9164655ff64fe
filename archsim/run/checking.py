"""A network before anything runs: what of it is taken, what was assumed, and what each layer can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from archsim.operators.digital_work import forward_work
from archsim.operators.forward import can_carry
from archsim.operators.vocabulary import named
from archsim.readers.call_types import takes_its_types
from archsim.run.network_check import Assumption, LayerCheck, NetworkCheck, UnsupportedNode
from archsim.soc.data.request import check_values
from archsim.training.trainable import untrainable
from hwlib.errors import InputError
from workloads.load import NetworkReading, load_network
from workloads.network import Layer, Network

if TYPE_CHECKING:
    from workloads.onnx.inspection import Inspected


@takes_its_types("network")
def check(network: str | Path | Network, **reading: Unpack[NetworkReading]) -> NetworkCheck:
    """Say of a network what would be imported, before anything runs.

    Args:
        network: a built-in name, a path (TOML, ONNX, layer table), or a `Network`.
        reading: shapes, batch_axis, padding and products, as of `load_network`.

    Returns:
        the `NetworkCheck`: every unsupported node at once, every assumption and the option that
        overrules it, multiply-accumulates and weights by layer, and whether a layer trains, carries
        data or is only priced.

    Raises:
        InputError: for what is no network at all.
    """
    if isinstance(network, Network):
        if any(value is not None for value in reading.values()):
            raise InputError("a network in memory has been read already", where="check")
        return _checked(network)
    # The one format that may have nodes nobody takes; the others are refused as a whole.
    if str(network).lower().endswith(".onnx"):
        from workloads.load import inspect_network  # onnx takes a second to load

        seen = inspect_network(network, **reading)
        return _checked(seen.network, seen)
    return _checked(load_network(network, **reading))


def _checked(network: Network, seen: Inspected | None = None) -> NetworkCheck:
    stand_ins = seen.stand_ins if seen else {}
    lacking = untrainable(network) if network.layers else {}
    # A stand-in for a refused node says nothing of training.
    lacking = {name: what for name, what in lacking.items() if name not in stand_ins}
    without = network.gaps
    gaps = (f"the file leaves out what joins these layers: {', '.join(network.gaps[:5])}",)
    checked = NetworkCheck(
        network.name,
        tuple(_layer(layer, lacking, stand_ins, without) for layer in network.layers),
        tuple(UnsupportedNode(*item[1:]) for item in (seen.refused if seen else ())),
        tuple(_assumptions(network)),
        (*network.without_values, *(gaps if network.gaps else ())),
        lacking,
        seen.unreached if seen else 0,
    )
    return _with_values(checked, network)


def _with_values(checked: NetworkCheck, network: Network) -> NetworkCheck:
    """The same, once the values of a network that would carry data were read as a run reads them."""
    # Values are read only where they could be used, as they may be gigabytes.
    if not checked.carries_data:
        return checked
    try:
        check_values(network)
    except InputError as fault:
        # A check reports and never fails.
        return replace(checked, without_values=(str(fault),))
    return checked


def _layer(
    layer: Layer, lacking: Mapping[str, str], stand_ins: Mapping[str, str], gaps: tuple[str, ...]
) -> LayerCheck:
    if layer.name in stand_ins:
        operator = stand_ins[layer.name]
        return LayerCheck(layer.name, operator, 0, 0, False, False, False, None)
    work = 0
    if layer.on_array:
        work = layer.matrix.multiply_accumulates
    elif named(layer.operator, layer.name).multiplies:
        work = int(forward_work(layer)["multiply_add"])
    return LayerCheck(
        layer.name,
        layer.computes,
        work,
        # Shared weights are those of the layer that keeps them: counted once.
        layer.matrix.weights if layer.on_array and not layer.shares else 0,
        layer.on_array,
        layer.name not in lacking,
        can_carry(layer) and layer.name not in gaps,
        layer.operator,
    )


def _assumptions(network: Network) -> Iterator[Assumption]:
    overruled = {reading.note: reading for reading in network.readings}
    for note in network.notes:
        reading = overruled.get(note)
        if reading is None:
            yield Assumption(note, None, None)
        else:
            yield Assumption(note, reading.value, reading.option)
