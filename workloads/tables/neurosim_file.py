"""NeuroSim's network files (NetWork_*.csv of DNN+NeuroSim): eight numbers a layer, without header
and names.

Input height, width and depth, kernel height and width, number of kernels, 1 where a pooling by two
follows, stride (Peng, Huang, Luo, Sun & Yu, IEDM 2019; the manual of DNN+NeuroSim). The networks of
these files pad their kernels ("same"); NeuroSim's own count of input vectors leaves the padding
out, (height - kernel + 1) / stride, which `padding="none"` reproduces.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from archsim.operators.shapes import same_padding, window
from archsim.readers.table import check_size
from hwlib.errors import InputError
from workloads.layers import check_work
from workloads.network import Layer, Network
from workloads.tables.padding import WindowLine
from workloads.tables.products import as_product, choose_products, note_products
from workloads.tables.topology import Notes, chain, check_total, number_in

_COLUMNS = (
    "input height",
    "input width",
    "input depth",
    "kernel height",
    "kernel width",
    "kernels",
    "pooling",
    "stride",
)


def is_neurosim(cells: list[str]) -> bool:
    """True for a first line of eight whole numbers whose seventh is a flag: no line of a SCALE-Sim
    file looks so.
    """
    # A comma at the end of a line makes an empty ninth cell.
    cells = cells[:-1] if len(cells) == 9 and not cells[-1] else cells
    return (
        len(cells) == len(_COLUMNS)
        and all(cell.isdecimal() for cell in cells)
        and cells[6] in ("0", "1")
    )


def read_neurosim_network(
    path: Path, lines: Sequence[tuple[int, list[str]]], reading: str, products: object
) -> Network:
    """The network of `lines` (line number, cells). Raises InputError with file and line."""
    notes = Notes()
    rows = [_row(cells, f"{path}: line {line}") for line, cells in lines]
    padded = reading != "none"
    padding = (
        "padding read as 'same' in the whole file, as the networks of NeuroSim have it; --padding "
        "none counts as NeuroSim itself does"
        if reading == "auto"
        else f"padding '{reading}' in the whole file, as asked"
    )
    notes.add(padding)
    if reading == "auto":
        notes.overrule(padding, "same", "--padding")
    layers: list[Layer] = []
    for index, row in enumerate(rows):
        where = f"{path}: line {lines[index][0]}"
        name = f"layer{index + 1}"
        layers.append(_convolution(name, row, padded, where))
        if row["pooling"]:
            following = rows[index + 1] if index + 1 < len(rows) else None
            layers.append(_pool(f"pool{index + 1}", layers[-1].output_shape, following, where))
    arrays = [layer.name for layer in layers if layer.on_array]
    # Lines have no names by which a product could be told.
    chosen = choose_products(arrays, "none" if products in (None, "auto") else products, str(path))
    layers = [as_product(layer) if layer.name in chosen else layer for layer in layers]
    check_total(layers, path)
    if chosen:
        note_products(layers, products, notes)
    notes.add("activation functions are not in the file and cost nothing here")
    if any(row["pooling"] for row in rows):
        notes.add(
            "pooling is by two, or of the whole map where the next layer takes one number a channel"
        )
    joined = tuple(chain(layers, notes))
    return Network(
        path.stem,
        joined,
        f"NeuroSim network file {path.name}",
        notes.texts(),
        readings=notes.readings(),
    )


def _row(cells: list[str], where: str) -> dict[str, int]:
    if len([cell for cell in cells if cell]) != len(_COLUMNS):
        raise InputError(
            "a line of a NeuroSim network has eight numbers",
            where=where,
            got=", ".join(cells)[:120],
            allowed=", ".join(_COLUMNS),
        )
    lowest = {"pooling": 0}
    row = {
        column: number_in(cells, index, column, where, lowest.get(column, 1))
        for index, column in enumerate(_COLUMNS)
    }
    if row["pooling"] > 1:
        raise InputError(
            "not a flag", where=f"{where}: pooling", got=row["pooling"], allowed="0 or 1"
        )
    return row


def _convolution(name: str, row: dict[str, int], padded: bool, where: str) -> Layer:
    size = check_size((row["input depth"], row["input height"], row["input width"]), where, "input")
    kernel = (row["kernel height"], row["kernel width"])
    stride = (row["stride"], row["stride"])
    shape = WindowLine(name, (size[1], size[2]), kernel, stride)
    padding = (
        same_padding(size, kernel, stride, (1, 1)) if padded and shape.can_pad else (0, 0, 0, 0)
    )
    output = window(size, kernel, stride, padding, (1, 1), where)
    layer = Layer(
        name,
        "conv2d",
        (),
        (size,),
        check_size((row["kernels"], *output), where, "output"),
        kernel=kernel,
        stride=stride,
        padding=padding,
    )
    check_work(layer, where)
    return layer


def _pool(name: str, shape: tuple[int, ...], following: dict[str, int] | None, where: str) -> Layer:
    """The pooling behind a layer: of the whole map where the next layer takes one number a channel,
    else by two.
    """
    depth, height, width = shape
    wanted = (
        (following["input depth"], following["input height"], following["input width"])
        if following
        else None
    )
    # NeuroSim's file has one flag for all pooling: what the next layer takes tells which it was.
    kernel = (height, width) if wanted == (depth, 1, 1) else (min(2, height), min(2, width))
    output = window(shape, kernel, kernel, (0, 0, 0, 0), (1, 1), where)
    return Layer(name, "max_pool", (), (shape,), (depth, *output), kernel=kernel, stride=kernel)
