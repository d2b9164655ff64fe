"""What a training says of its digital numbers: formats, scales, and words that saturated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from archsim.training.digital_biases import told_biases
from archsim.training.machine import Machine
from archsim.training.stored_values import told_values

LOUD = 1e-3
"""Share of saturated words from which a note speaks of them."""


def digital_words(machine: Machine) -> dict[str, Any]:
    """The arithmetic of the digital side; by layer and quantity the `range_exponent` of fixed point
    (numbers reach to 2 to that power), words `rounded` and `saturated`: of the training `state`, and
    of the stored `values`.
    """
    state = machine.rule.words.told() if machine.rule is not None else {}
    for layer, told in told_biases(machine.program, machine.biases).items():
        state.setdefault(layer, {}).update(told)
    for layer, told in machine.kept.told().items():
        state.setdefault(layer, {}).update(told)
    values = told_values(machine.program, machine.stored)
    return {**asdict(machine.arithmetic), "state": state, "values": values}


def digital_notes(digital: Mapping[str, Any]) -> list[str]:
    """The formats in a sentence, and one on words that saturated, where these are more than LOUD."""
    if not digital:
        return []
    notes = [f"digital numbers are {_words(digital)}"]
    for kind in ("state", "values"):
        worst = max(_saturated(digital[kind]), default=(0.0, "", ""))
        if worst[0] > LOUD:
            share, layer, quantity = worst
            notes.append(
                f"{share:.2%} of the words of {layer}'s {quantity} ran into the end of their range: "
                "training.digital.scale"
            )
    return notes


def _words(digital: Mapping[str, Any]) -> str:
    rounding = "" if digital["format"] == "fp32" else f", rounded {_HOW[digital['rounding']]}"
    bits = digital["value_bits"]
    stored = f"; activations and errors are stored in {bits} bits" if bits else ""
    return f"{digital['format']}{rounding}{stored}"


_HOW = {"nearest": "to the nearest", "stochastic": "by chance"}


def _saturated(layers: Mapping[str, Any]) -> Iterator[tuple[float, str, str]]:
    for layer, quantities in layers.items():
        for quantity, scale in quantities.items():
            yield scale["saturated"] / max(1, scale["rounded"]), layer, quantity
