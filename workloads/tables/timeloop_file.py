"""Problems of Timeloop and CiMLoop: one layer a YAML file, a network a folder of them, in the order of
their names.

A problem says how many numbers each dimension runs over and which of them the weights, inputs and
outputs have. The seven dimensions of a convolution are known by name; any other problem is read as
a matrix product by what its weights and outputs share.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archsim.readers.table import check_size
from archsim.readers.yaml_documents import parse_yaml, read_yaml_text
from hwlib.errors import InputError
from workloads.layers import check_work
from workloads.network import Layer, Network
from workloads.tables.products import as_product, choose_products, note_products
from workloads.tables.topology import Notes, chain, check_total

SUFFIXES = (".yaml", ".yml")
MOST_LAYERS = 10_000
_TEMPLATE = re.compile(r"^\s*(\{\{.*\}\}|<{2,3}:\s*\*\w+)\s*$")
"""Lines that include CiMLoop's base of all problems, whose dimensions are 1."""
_CONVOLUTION = frozenset(["C", "M", "K", "R", "S", "P", "Q", "N", "G"])
_PRECISIONS = frozenset(["X", "Y", "Z"])
"""CiMLoop's bits of inputs, weights and outputs: the chip has its own."""
_IMAGE = frozenset(["H", "W"])
"""CiMLoop's size of the input, which follows from the output and the kernel."""
_STEPS = ("hstride", "wstride", "hdilation", "wdilation")


def read_timeloop_network(path: Path, products: object = None) -> Network:
    """The network of a problem file, or of a folder of them.

    Args:
        path: of the file or the folder.
        products: names of layers that multiply two activations, "none", or None: by their names.

    Raises:
        InputError: with the file and the field.
    """
    files = problem_files(path) if path.is_dir() else [path]
    if len(files) > MOST_LAYERS:
        raise InputError(
            "too many layers", where=str(path), got=len(files), allowed=f"at most {MOST_LAYERS}"
        )
    notes = Notes()
    layers = [_layer(file, notes) for file in files]
    chosen = choose_products([layer.name for layer in layers], products, str(path))
    layers = [as_product(layer) if layer.name in chosen else layer for layer in layers]
    check_total(layers, path)
    note_products(layers, products, notes)
    notes.add("a problem says nothing about padding: its inputs hold it already")
    notes.add(
        "pooling, branches and activation functions are not in such files and cost nothing here"
    )
    joined = tuple(chain(layers, notes))
    source = f"Timeloop problems {path.name}"
    return Network(path.stem, joined, source, notes.texts(), readings=notes.readings())


def problem_files(folder: Path) -> list[Path]:
    """The YAML files of a folder, numbers in their names in the order of numbers."""

    def order(path: Path) -> list[tuple[int, int, str]]:
        parts = re.split(r"(\d+)", path.name)
        return [
            # Numbers before words, 10 behind 9; nine digits of them, as a name may have any.
            (0, int(part[:9]), "") if part.isdigit() else (1, 0, part)
            for part in parts
            if part
        ]

    return sorted(
        (
            path
            for path in folder.iterdir()
            if path.suffix in SUFFIXES and not path.name.startswith(".")
        ),
        key=order,
    )


def _layer(path: Path, notes: Notes) -> Layer:
    where = str(path)
    problem = _problem(path, notes)
    name = str(problem.get("name", "")).strip()
    called = re.sub(r"[^A-Za-z0-9_.-]+", "_", f"{path.stem}_{name}" if name else path.stem)
    sizes = _sizes(problem, where, notes)
    shape = problem.get("shape")
    spaces = _spaces(shape, where) if isinstance(shape, Mapping) else {}
    used = {axis for axis, size in sizes.items() if size > 1 and axis.lower() not in _STEPS}
    used -= _PRECISIONS | _IMAGE
    if sizes.get("N", 1) > 1 and "N" not in spaces.get("weight", ()):
        notes.add("the batch N is not used; give the batch with --batch")
    # M and K are two names of the output channels: with both it is a matrix product.
    if used <= _CONVOLUTION and not {"M", "K"} <= used:
        return _convolution(called, sizes, where)
    if not spaces:
        raise InputError(
            "dimensions of no convolution, and no data spaces that say whose they are",
            where=f"{where}: problem",
            got=sorted(used - _CONVOLUTION) or ["M", "K"],
            allowed=sorted(_CONVOLUTION),
        )
    return _product(called, sizes, spaces, where)


def _problem(path: Path, notes: Notes) -> Mapping[str, Any]:
    """The table `problem` of a file."""
    kept = []
    for line in read_yaml_text(path).splitlines():
        if _TEMPLATE.match(line):
            notes.add("included bases are not read: what a problem leaves out is 1", path.name)
        else:
            kept.append(line)
    document = parse_yaml("\n".join(kept), str(path))
    problem = document.get("problem") if isinstance(document, Mapping) else None
    if not isinstance(problem, Mapping):
        raise InputError(
            "has no problem", where=str(path), hint="a table 'problem' with an instance"
        )
    return problem


def _sizes(problem: Mapping[str, Any], where: str, notes: Notes) -> dict[str, int]:
    """How many numbers each dimension and step runs over; a name for the batch stays out."""
    given = problem.get("instance", problem)
    if not isinstance(given, Mapping):
        raise InputError("not a table", where=f"{where}: problem.instance", got=str(given)[:80])
    own = given is not problem
    sizes: dict[str, int] = {}
    for name, value in given.items():
        text = str(name)
        known = text.lower() in _STEPS or (len(text) == 1 and text.isupper())
        if not own and not known:
            continue  # older files have sizes beside the shape
        if isinstance(value, str) and text in {"N"} | _PRECISIONS:
            notes.add("symbolic sizes of the batch and of precisions are not used")
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InputError(
                "not a whole number from 1 on", where=f"{where}: problem.instance.{text}", got=value
            )
        sizes[text.lower() if text.lower() in _STEPS else text] = value
    if not sizes:
        raise InputError("has no sizes", where=f"{where}: problem.instance")
    return sizes


def _spaces(shape: Mapping[str, Any], where: str) -> dict[str, set[str]]:
    """The dimensions of weights, inputs and outputs, by the name of the data space."""
    listed = shape.get("data_spaces", shape.get("data-spaces", []))
    spaces: dict[str, set[str]] = {}
    for item in listed if isinstance(listed, list) else []:
        if not isinstance(item, Mapping) or not isinstance(item.get("name"), str):
            raise InputError("a data space has a name", where=f"{where}: problem.shape")
        # "Weights" and "weight" are both met.
        spaces[item["name"].lower().rstrip("s")] = set(_names(item.get("projection")))
    return spaces


def _names(projection: object) -> list[str]:
    """Every dimension that a projection names, at any depth."""
    if isinstance(projection, list):
        return [name for item in projection for name in _names(item)]
    return [projection] if isinstance(projection, str) else []


def _convolution(name: str, sizes: Mapping[str, int], where: str) -> Layer:
    def size(*names: str) -> int:
        return math.prod(sizes.get(item, 1) for item in names)

    groups = size("G")
    kernel = (size("R"), size("S"))
    stride = (size("hstride"), size("wstride"))
    dilation = (size("hdilation"), size("wdilation"))
    output = (size("P"), size("Q"))
    # The input that these outputs need, without padding.
    image = tuple((output[k] - 1) * stride[k] + (kernel[k] - 1) * dilation[k] + 1 for k in range(2))
    return _checked(
        Layer(
            name,
            "conv2d",
            (),
            (check_size((size("C") * groups, *image), where, "input"),),
            check_size((size("M", "K") * groups, *output), where, "output"),
            kernel=kernel,
            stride=stride,
            dilation=dilation,
            groups=groups,
        ),
        where,
    )


def _product(
    name: str, sizes: Mapping[str, int], spaces: Mapping[str, set[str]], where: str
) -> Layer:
    """A matrix product by its data spaces."""
    wanted = ("weight", "input", "output")
    if not set(wanted) <= set(spaces):
        raise InputError(
            "no data spaces of weights, inputs and outputs",
            where=f"{where}: problem.shape.data_spaces",
            got=sorted(spaces),
            allowed=["Weights", "Inputs", "Outputs"],
        )
    weights, inputs, outputs = (spaces[item] for item in wanted)

    def size(axes: set[str]) -> int:
        return math.prod(sizes.get(axis, 1) for axis in axes - _PRECISIONS)

    if size(weights & inputs & outputs) > 1:
        raise InputError(
            "a product for each of a stack of weights is not supported",
            where=f"{where}: problem.shape",
            got=sorted(weights & inputs & outputs),
        )
    source = check_size((size(outputs - weights - {"N"}), size(weights - outputs)), where, "input")
    target = check_size((source[0], size(weights & outputs)), where, "output")
    return _checked(Layer(name, "linear", (), (source,), target), where)


def _checked(layer: Layer, where: str) -> Layer:
    check_work(layer, where)
    return layer
