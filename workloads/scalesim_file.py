"""SCALE-Sim topology files (CSV), in the convolution and in the GEMM form, as people publish them.

Such a file is a list of layers without padding, pooling, branches and activations; `Network.notes` says what was assumed.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

from hwlib.errors import InputError
from workloads.fields import LARGEST, check_size, whole
from workloads.files import read_text
from workloads.network import Layer, Network
from workloads.operators import check_work
from workloads.scalesim_header import read_header
from workloads.shapes import Shape, same_padding, shape_text, window

LARGEST_COUNT = 10**6


def read_scalesim_network(path: Path) -> Network:
    """The network of a SCALE-Sim CSV. Raises InputError with file and line.

    Layers form a chain in the order of the file. Where a layer's input is not the output of the one before (pooling, branches
    and residuals are not in the file), a free `reshape` layer between them stands for what is missing, and a note says so.
    """
    rows = _rows(path)
    header_line, header = next(rows, (0, []))
    form, columns = read_header(header, f"{path}: line {header_line}")
    entries = [_entry(cells, form, columns, f"{path}: line {line}", number) for number, (line, cells) in enumerate(rows, 1)]
    if not entries:
        raise InputError("has a header but no layers", where=str(path))
    notes = _Notes()
    if form == "gemm":
        layers = [_gemm(entry) for entry in entries]
    else:
        layers = [_convolution(entries, index, notes) for index in range(len(entries))]
    chain = _chain(layers, notes)
    if sum(layer.matrix.multiply_accumulates for layer in layers) > LARGEST:
        raise InputError("the network has too many multiply-accumulates", where=str(path), allowed="at most 2^40")
    if any(entry["batch"] > 1 for entry in entries):
        notes.add("the batch column is not used; give the batch with --batch", "")
    if any(entry["sparsity"] for entry in entries):
        notes.add("the sparsity column is not used", "")
    if form == "convolution" and "padding" not in columns:
        notes.first("no padding column: padding 0, as SCALE-Sim has it, save where a note tells otherwise")
    return Network(path.stem, tuple(chain), f"SCALE-Sim topology {path.name} ({form} form)", notes.texts())


class _Notes:
    """Assumptions, each told once with the first few layers that it holds for."""

    def __init__(self):
        self._layers: dict[str, list[str]] = {}

    def add(self, text: str, layer: str) -> None:
        self._layers.setdefault(text, []).append(layer)

    def first(self, text: str) -> None:
        self._layers = {text: [""]} | self._layers

    def texts(self) -> tuple[str, ...]:
        result = []
        for text, layers in self._layers.items():
            named = [layer for layer in layers if layer]
            more = f" and {len(named) - 5} more" if len(named) > 5 else ""
            result.append(text + (f": {', '.join(named[:5])}{more}" if named else ""))
        return tuple(result)


def _rows(path: Path):
    """(line number, cells) of every line with content; commas, semicolons or tabs, whichever the first such line has most of."""
    lines = read_text(path).splitlines()
    first = next((line for line in lines if line.strip(" \t,;")), "")
    delimiter = max(",;\t", key=first.count)
    count = 0
    for number, line in enumerate(lines, 1):
        if not line.strip(" \t,;"):
            continue
        count += 1
        if count > LARGEST_COUNT + 1:
            raise InputError("too many layers", where=f"{path}: line {number}", allowed=f"at most {LARGEST_COUNT}")
        try:
            cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
        except csv.Error as fault:
            raise InputError(f"is not a line of CSV ({fault})", where=f"{path}: line {number}") from None
        yield number, [cell.strip() for cell in cells]
    if not count:
        raise InputError("has no lines with content", where=str(path))


def _entry(cells: list[str], form: str, columns: dict[str, int], where: str, number: int) -> dict:
    """One line as numbers by column name, with `name`, `where`, `batch`, `sparsity` and, for convolutions, `stride`."""
    needed = ("m", "n", "k") if form == "gemm" else (
        "ifmap height", "ifmap width", "filter height", "filter width", "channels", "num filter", "strides"
    )
    entry: dict = {"where": where, "name": cells[columns["name"]] if len(cells) > columns["name"] else ""}
    for column in needed:
        entry[column] = _number(cells, columns[column], column, where)
    height = entry.get("strides", 1)
    second = columns.get("stride width")
    entry["stride"] = (height, height if second is None else _number(cells, second, "stride width", where))
    entry["padding"] = _number(cells, columns["padding"], "padding", where, 0) if "padding" in columns else 0
    entry["batch"] = _number(cells, columns["batch"], "batch", where) if _filled(cells, columns.get("batch")) else 1
    entry["sparsity"] = _filled(cells, columns.get("sparsity"))
    entry["name"] = "".join(letter if letter.isprintable() else "?" for letter in entry["name"][:120]) or f"layer{number}"
    return entry


def _filled(cells: list[str], index: int | None) -> bool:
    return index is not None and index < len(cells) and cells[index] != ""


def _number(cells: list[str], index: int, column: str, where: str, lowest: int = 1) -> int:
    if not _filled(cells, index):
        raise InputError(f"column '{column}' is missing", where=where, got=", ".join(cells))
    text = cells[index]
    try:
        value = int(text) if len(text) < 100 else float("inf")
    except ValueError:
        try:
            value = float(text)
        except ValueError:
            value = text
    return whole(value, f"{where}: {column}", lowest)


def _gemm(entry: dict) -> Layer:
    """M x K activations times K x N weights: M vectors through a linear layer. SCALE-Sim's filter matrix is the K x N one."""
    steps, features, inner = entry["m"], entry["n"], entry["k"]
    where = entry["where"]
    source = check_size((steps, inner), where, "input")
    layer = Layer(entry["name"], "linear", (), (source,), check_size((steps, features), where, "output"))
    check_work(layer, where)
    return layer


def _convolution(entries: list[dict], index: int, notes: _Notes) -> Layer:
    entry, where = entries[index], entries[index]["where"]
    following = entries[index + 1] if index + 1 < len(entries) else None
    before = entries[index - 1] if index else None
    groups, channels, filters = 1, entry["channels"], entry["num filter"]
    if depthwise := _depthwise(entry, before, following):
        groups = channels = filters = depthwise
        notes.add("read as depthwise convolution", entry["name"])
    size = check_size((channels, entry["ifmap height"], entry["ifmap width"]), where, "input")
    kernel, stride = (entry["filter height"], entry["filter width"]), entry["stride"]
    padding = (entry["padding"],) * 4
    output = window(size, kernel, stride, padding, (1, 1), where)
    if not entry["padding"] and following and _wants_same(size, kernel, stride, output, following):
        padding = same_padding(size, kernel, stride, (1, 1))
        output = window(size, kernel, stride, padding, (1, 1), where)
        notes.add("padding 'same' assumed, because the next layer's input fits that only", entry["name"])
    fields = {"kernel": kernel, "stride": stride, "padding": padding, "groups": groups}
    layer = Layer(entry["name"], "conv2d", (), (size,), check_size((filters, *output), where, "output"), **fields)
    check_work(layer, where)
    return layer


def _depthwise(entry: dict, before: dict | None, following: dict | None) -> int:
    """Channels of a depthwise layer, 0 for others: one filter, where the next layer takes as many channels as this or the last had."""
    if entry["num filter"] != 1:
        return 0
    if "DP" in entry["name"]:
        return entry["channels"] if entry["channels"] > 1 else 0
    wanted = following["channels"] if following else 0
    if wanted > 1 and wanted == entry["channels"]:
        return wanted
    given = before["num filter"] if before else 0
    named = any(part in entry["name"].lower() for part in ("dw", "depthwise"))
    return wanted if wanted > 1 and entry["channels"] == 1 and (wanted == given or named) else 0


def _wants_same(size: Shape, kernel, stride, output, following: dict) -> bool:
    """True where the next input follows from an output of ceil(input / stride) but not from the one without padding.

    It follows as it is, or through a pooling by two with a window of 2 or 3.
    """
    same = tuple(-(-length // step) for length, step in zip(size[1:], stride))
    wanted = (following["ifmap height"], following["ifmap width"])

    def reachable(height: int, width: int) -> bool:
        return wanted in ((height, width), (height // 2, width // 2), ((height - 1) // 2, (width - 1) // 2))

    return kernel != (1, 1) and same != tuple(output) and reachable(*same) and not reachable(*output)


def _chain(layers: list[Layer], notes: _Notes) -> list[Layer]:
    """Layers joined one behind the other, with unique names and a reshape where shapes differ."""
    first = layers[0].input_shapes[0]
    chain = [Layer("input", "input", (), (), first)]
    names, repeats = {"input"}, {}
    for layer in layers:
        previous = chain[-1]
        wanted = layer.input_shapes[0]
        name = _unique(layer.name, names, repeats)
        if name != layer.name:
            notes.add("repeated layer names were numbered", name)
        if wanted != previous.output_shape:
            kept = math.prod(wanted) == math.prod(previous.output_shape)
            if not kept:
                text = "input is not the output of the layer before (pooling, branch or residual not in the file), joined at no cost"
                notes.add(text, f"{name} ({shape_text(previous.output_shape)} to {shape_text(wanted)})")
            join = _unique(f"{name}_input", names, repeats)
            previous = Layer(join, "reshape", (previous.name,), (previous.output_shape,), wanted)
            chain.append(previous)
        fields = {"kernel": layer.kernel, "stride": layer.stride, "padding": layer.padding, "groups": layer.groups}
        chain.append(Layer(name, layer.operator, (previous.name,), layer.input_shapes, layer.output_shape, **fields))
    return chain


def _unique(name: str, names: set[str], repeats: dict[str, int]) -> str:
    candidate = name
    while candidate in names:
        repeats[name] = repeats.get(name, 1) + 1
        candidate = f"{name}_{repeats[name]}"
    names.add(candidate)
    return candidate
