"""SCALE-Sim topology files (CSV), in the convolution and in the GEMM form, as people publish them.

Such a file is a list of layers without padding, pooling, branches and activations; `Network.notes`
says what was assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from archsim.operators.shapes import same_padding, window
from archsim.readers.table import check_size
from hwlib.errors import InputError
from workloads.layers import check_work
from workloads.network import Layer, Network
from workloads.tables.neurosim_file import is_neurosim, read_neurosim_network
from workloads.tables.padding import Pair, WindowLine, check_reading, choose_reading
from workloads.tables.products import as_product, choose_products, note_products
from workloads.tables.scalesim_header import CONVOLUTION, GEMM, read_header
from workloads.tables.topology import (
    Notes,
    chain,
    check_total,
    filled,
    layer_name,
    number_in,
    table_lines,
)

LARGEST_COUNT = 10**6


@dataclass(frozen=True, slots=True)
class _Line:
    """One line as numbers by the name of the column, with what else it says."""

    where: str
    name: str
    numbers: dict[str, int]
    stride: Pair
    padding: int
    batch: int
    sparse: bool

    @property
    def window(self) -> WindowLine:
        number = self.numbers
        size = number["ifmap height"], number["ifmap width"]
        return WindowLine(
            self.name, size, (number["filter height"], number["filter width"]), self.stride
        )


def read_scalesim_network(
    path: Path, padding: str | None = None, products: str | Sequence[str] | None = None
) -> Network:
    """The network of a SCALE-Sim CSV (a NeuroSim network file is recognised and read as such).
    Raises InputError with file and line.

    `padding` is "none" or "same" for the whole file, or "auto" (None), which takes the one that its
    sizes fit better; a kernel that spans its input is never padded. `products` names the layers
    that multiply two activations, "none", or "auto" (None): by their names. Layers form a chain in
    the order of the file. Where a layer's input is not the output of the one before (pooling,
    branches and residuals are not in the file), a free `reshape` layer between them stands for what
    is missing, and a note says so.
    """
    reading = check_reading(padding)
    rows = table_lines(path, LARGEST_COUNT)
    header_line, header = next(rows, (0, []))
    if is_neurosim(header):
        return read_neurosim_network(path, [(header_line, header), *rows], reading, products)
    notes = Notes()
    form, columns = read_header(header, f"{path}: line {header_line}", notes)
    lines = _lines(rows, form, columns, path, notes)
    if form == "gemm":
        if reading == "same":
            raise InputError(
                "matrix products have no padding",
                where=f"{path}: padding",
                got=padding,
                allowed="auto, none",
            )
        layers = [_gemm(line, *(line.numbers[name] for name in GEMM[1:])) for line in lines]
    else:
        layers = _convolutions(lines, reading, "padding" in columns, notes)
    chosen = choose_products([layer.name for layer in layers], products, str(path))
    layers = [as_product(layer) if layer.name in chosen else layer for layer in layers]
    check_total(layers, path)
    note_products(layers, products, notes)
    joined = chain(layers, notes)
    if any(line.batch > 1 for line in lines):
        notes.add("the batch column is not used; give the batch with --batch")
    if any(line.sparse for line in lines):
        notes.add("the sparsity column is not used")
    return Network(
        path.stem,
        tuple(joined),
        f"SCALE-Sim topology {path.name} ({form} form)",
        notes.texts(),
        readings=notes.readings(),
    )


def _lines(
    rows: Iterable[tuple[int, list[str]]],
    form: str,
    columns: dict[str, int],
    path: Path,
    notes: Notes,
) -> list[_Line]:
    """The layers of a file behind its header. Raises InputError where there are none."""
    lines: list[_Line] = []
    for line, cells in rows:
        if not any(cells[1:]):
            # MLPerf's files name each network on a line of its own; SCALE-Sim has no such lines.
            notes.add(
                "lines that are a name only were taken for headings", layer_name(cells[0], line)
            )
            continue
        lines.append(_line(cells, form, columns, f"{path}: line {line}", len(lines) + 1))
    if not lines:
        raise InputError("has a header but no layers", where=str(path))
    return lines


def _line(cells: list[str], form: str, columns: dict[str, int], where: str, number: int) -> _Line:
    needed = (GEMM if form == "gemm" else CONVOLUTION)[1:]
    numbers = {column: number_in(cells, columns[column], column, where) for column in needed}
    height = numbers.get("strides", 1)
    second = columns.get("stride width")
    width = height if second is None else number_in(cells, second, "stride width", where)
    name = cells[columns["name"]] if len(cells) > columns["name"] else ""
    has_batch = filled(cells, columns.get("batch"))
    return _Line(
        where=where,
        name=layer_name(name, number),
        numbers=numbers,
        stride=(height, width),
        padding=number_in(cells, columns["padding"], "padding", where, 0)
        if "padding" in columns
        else 0,
        batch=number_in(cells, columns["batch"], "batch", where) if has_batch else 1,
        sparse=filled(cells, columns.get("sparsity")),
    )


def _gemm(line: _Line, steps: int, features: int, inner: int) -> Layer:
    """M x K activations times K x N weights: M vectors through a linear layer. SCALE-Sim's filter
    matrix is the K x N one.
    """
    source = check_size((steps, inner), line.where, "input")
    layer = Layer(
        line.name, "linear", (), (source,), check_size((steps, features), line.where, "output")
    )
    check_work(layer, line.where)
    return layer


def _convolutions(lines: list[_Line], reading: str, column: bool, notes: Notes) -> list[Layer]:
    """The layers under one reading of the padding. A padding column is the file's own word, which
    only the user overrules.
    """
    windows = [line.window for line in lines]
    if reading != "auto":
        notes.first(
            f"padding '{reading}' in the whole file, as asked{', in place of its padding column' * column}"
        )
    elif not column:
        reading, text = choose_reading(windows)
        notes.first(text)
        notes.overrule(text, reading, "--padding")
    layers = []
    for index, line in enumerate(lines):
        padded = (line.padding,) * 4 if reading == "auto" else (0,) * 4
        if reading == "same" and windows[index].can_pad:
            padded = same_padding(windows[index].size, line.window.kernel, line.stride, (1, 1))
        layers.append(_convolution(lines, index, padded, notes))
    return layers


def _convolution(
    lines: list[_Line], index: int, padding: tuple[int, int, int, int], notes: Notes
) -> Layer:
    line = lines[index]
    where = lines[index].where
    shape = lines[index].window
    following = lines[index + 1] if index + 1 < len(lines) else None
    before = lines[index - 1] if index else None
    if (
        line.numbers["channels"] == 1
        and shape.spans
        and shape.kernel == (1, shape.size[1])
        and line.stride[0] == 1
    ):
        # A matrix product in the convolution form: rows of the input times filters. Its output's
        # rows are the next one's input.
        return _gemm(line, shape.size[0], line.numbers["num filter"], shape.size[1])
    groups = 1
    channels = line.numbers["channels"]
    filters = line.numbers["num filter"]
    if depthwise := _depthwise(line, before, following):
        groups = channels = filters = depthwise
        notes.add("read as depthwise convolution", line.name)
    size = check_size((channels, *shape.size), where, "input")
    output = window(size, shape.kernel, line.stride, padding, (1, 1), where)
    layer = Layer(
        line.name,
        "conv2d",
        (),
        (size,),
        check_size((filters, *output), where, "output"),
        kernel=shape.kernel,
        stride=line.stride,
        padding=padding,
        groups=groups,
    )
    check_work(layer, where)
    return layer


def _depthwise(line: _Line, before: _Line | None, following: _Line | None) -> int:
    """Channels of a depthwise layer, 0 for others: one filter, where the next layer takes as many
    channels as this or the last had.

    A kernel of 1x1, or one that spans its input, is a single output of a full layer, save where the
    name says otherwise.
    """
    channels = line.numbers["channels"]
    if line.numbers["num filter"] != 1:
        return 0
    if "DP" in line.name:
        return channels if channels > 1 else 0
    if not line.window.can_pad:
        return 0
    wanted = following.numbers["channels"] if following else 0
    if wanted > 1 and wanted == channels:
        return wanted
    given = before.numbers["num filter"] if before else 0
    marked = any(part in line.name.lower() for part in ("dw", "depthwise"))
    return wanted if wanted > 1 and channels == 1 and (wanted == given or marked) else 0
