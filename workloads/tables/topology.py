"""What the readers of layer tables share: such a file names layers one below the other and leaves
out what joins them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from archsim.operators.shapes import shape_text
from archsim.readers.csv_rows import csv_rows
from archsim.readers.files import read_text
from archsim.readers.table import require_count
from hwlib.errors import InputError
from workloads.network import Layer
from workloads.readings import FileReading

LARGEST_TOTAL = 2**50
"""Multiply-accumulates of a network: counts of them stay exact in a double."""
_SHOWN = 5
_JOINED = (
    "input is not the output of the layer before (pooling, branch or residual not in the file), "
    "joined at no cost"
)


class Notes:
    """Assumptions, each told once with the first few layers that it holds for."""

    def __init__(self) -> None:
        self._layers: dict[str, list[str]] = {}
        self._overruled: dict[str, tuple[str, str]] = {}

    def add(self, text: str, layer: str = "") -> None:
        self._layers.setdefault(text, []).append(layer)

    def first(self, text: str) -> None:
        self._layers = {text: [""]} | self._layers

    def overrule(self, text: str, value: str, option: str) -> None:
        """Say of a note which value was chosen and which option chooses another one."""
        self._overruled[text] = value, option

    def texts(self) -> tuple[str, ...]:
        return tuple(map(self._told, self._layers))

    def readings(self) -> tuple[FileReading, ...]:
        """Those of the notes that an option overrules."""
        return tuple(
            FileReading(self._told(text), *choice) for text, choice in self._overruled.items()
        )

    def _told(self, text: str) -> str:
        return text + named(filter(None, self._layers[text]))


def named(layers: Iterable[str]) -> str:
    """`: a, b` for the first few names, nothing for none."""
    names = list(layers)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f": {', '.join(names[:_SHOWN])}{more}" if names else ""


def table_lines(path: Path, largest: int) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of every line with content; commas, semicolons or tabs, whichever the
    first such line has most of.

    Raises InputError for more than `largest` of them below the first.
    """
    lines = read_text(path).splitlines()
    first = next((line for line in lines if line.strip(" \t,;")), "")
    delimiter = max(",;\t", key=first.count)
    count = 0
    for number, line in enumerate(lines, 1):
        if not line.strip(" \t,;"):
            continue
        count += 1
        if count > largest + 1:
            raise InputError(
                "too many layers", where=f"{path}: line {number}", allowed=f"at most {largest}"
            )
        # line by line: a quote that nothing closes is the fault of its own line
        _, cells = next(csv_rows([line], str(path), number, delimiter))
        yield number, [cell.strip() for cell in cells]
    if not count:
        raise InputError("has no lines with content", where=str(path))


def number_in(cells: list[str], index: int, column: str, where: str, lowest: int = 1) -> int:
    """The whole number of a column. Raises InputError where it is missing, none, or out of range."""
    if not filled(cells, index):
        raise InputError(f"column '{column}' is missing", where=where, got=", ".join(cells))
    return require_count(_number_of(cells[index]), f"{where}: {column}", lowest)


def _number_of(text: str) -> int | float | str:
    """The number of a cell; the text as it is where it holds none, for the error that names it."""
    # Python takes time by the square of the digits of a whole number.
    if len(text) >= 100:
        return math.inf
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def filled(cells: list[str], index: int | None) -> bool:
    """True where the line has something in that column."""
    return index is not None and index < len(cells) and cells[index] != ""


def layer_name(text: str, number: int) -> str:
    """A name that a terminal can show; `layer7` where the file gives none."""
    return (
        "".join(letter if letter.isprintable() else "?" for letter in text[:120])
        or f"layer{number}"
    )


def chain(layers: list[Layer], notes: Notes) -> list[Layer]:
    """Layers joined one behind the other, with unique names and a reshape where shapes differ.

    A product of two activations gets a join of its own for each of them: the file does not tell
    where they come from.
    """
    joined = [Layer("input", "input", (), (), layers[0].input_shapes[0])]
    # Taken by the layer in front, whatever the file calls its own.
    names = {"input"}
    repeats: dict[str, int] = {}
    for layer in layers:
        previous = joined[-1]
        name = _unique(layer.name, names, repeats)
        if name != layer.name:
            notes.add("repeated layer names were numbered", name)
        endings = ("_input",) if len(layer.input_shapes) == 1 else ("_left", "_right")
        inputs = []
        for ending, wanted in zip(endings, layer.input_shapes):
            if wanted == previous.output_shape and len(endings) == 1:
                inputs.append(previous.name)
                continue
            if math.prod(wanted) != math.prod(previous.output_shape):
                notes.add(
                    _JOINED, f"{name} ({shape_text(previous.output_shape)} to {shape_text(wanted)})"
                )
            join = _unique(f"{name}{ending}", names, repeats)
            joined.append(
                Layer(join, "reshape", (previous.name,), (previous.output_shape,), wanted)
            )
            inputs.append(join)
        joined.append(dataclasses.replace(layer, name=name, inputs=tuple(inputs)))
    return joined


def check_total(layers: list[Layer], path: Path) -> None:
    """Raise InputError where the layers together have more than 2^50 multiply-accumulates."""
    total = sum(map(_multiply_accumulates, layers))
    if total > LARGEST_TOTAL:
        raise InputError(
            "the network has too many multiply-accumulates", where=str(path), allowed="at most 2^50"
        )


def _multiply_accumulates(layer: Layer) -> int:
    """Those of a weight on an array, or of two activations."""
    if layer.on_array:
        return layer.matrix.multiply_accumulates
    if len(layer.input_shapes) > 1:
        left, right = layer.input_shapes
        return math.prod((*left, right[1]))
    return 0


def _unique(name: str, names: set[str], repeats: dict[str, int]) -> str:
    candidate = name
    while candidate in names:
        repeats[name] = repeats.get(name, 1) + 1
        candidate = f"{name}_{repeats[name]}"
    names.add(candidate)
    return candidate
