"""A network, an architecture or a scheme, as JSON and as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archsim.cli.output import Described
from archsim.cli.parameter_table import table_box
from hwlib.errors import InputError, unknown


def describe_network(name: str, node_nm: float | None, reading: dict[str, Any]) -> Described:
    """Layers with shapes, weights and multiply-accumulates of one image; `reading` are keywords of
    `load_network`.

    Raises InputError for a network that cannot be read.
    """
    from workloads import load_network

    network = load_network(name, **reading)
    layers = []
    for layer in network.layers:
        matrix = layer.matrix if layer.on_array else None
        layers.append(
            {
                "name": layer.name,
                "operator": layer.operator,
                "inputs": list(layer.inputs),
                "input_shapes": [list(shape) for shape in layer.input_shapes],
                "output_shape": list(layer.output_shape),
                "kernel": list(layer.kernel),
                "stride": list(layer.stride),
                "padding": list(layer.padding),
                "groups": layer.groups,
                "bias": layer.bias,
                # Tied weights are those of their owner, and would be counted twice.
                "weights": matrix.weights if matrix and not layer.shares else 0,
                "shares": layer.shares or None,
                "computes": layer.computes,
                "matrix": {
                    key: getattr(matrix, key) for key in ("rows", "columns", "groups", "vectors")
                }
                if matrix
                else None,
                "multiply_accumulates": matrix.multiply_accumulates if matrix else 0,
            }
        )
    return {
        "name": network.name,
        "source": network.source,
        "notes": list(network.notes),
        "layers": layers,
        "weights": network.weights,
        "multiply_accumulates": network.multiply_accumulates,
    }


def draw_network(document: Described) -> Iterator[object]:
    """The layer table for the terminal."""
    from rich.table import Table
    from rich.text import Text

    head = Text(document["name"], style="bold")
    head.append(
        f"  {document['weights']:,} weights, {document['multiply_accumulates']:,} "
        "multiply-accumulates an image",
        style="default",
    )
    if document["source"]:
        head.append(f"\n{document['source']}", style="dim")
    yield head
    table = Table(
        "Layer", "Operator", "Input", "Output", "Window", box=table_box(), show_footer=True
    )
    for title, total in (
        ("Matrix", ""),
        ("Vectors", ""),
        ("Weights", f"{document['weights']:,}"),
        ("MACs", f"{document['multiply_accumulates']:,}"),
    ):
        table.add_column(title, footer=total, justify="right")
    for row in document["layers"]:
        matrix = row["matrix"]
        window = (
            f"{_shape(row['kernel'])} / {_shape(row['stride'])}"
            if row["kernel"] != [1, 1] or row["stride"] != [1, 1]
            else ""
        )
        groups = f"{matrix['groups']} x " if matrix and matrix["groups"] > 1 else ""
        weights = f"of {row['shares']}" if row["shares"] else f"{row['weights']:,}"
        cells = (
            [
                f"{groups}{matrix['rows']}×{matrix['columns']}",
                f"{matrix['vectors']:,}",
                Text(weights),
                f"{row['multiply_accumulates']:,}",
            ]
            if matrix
            else [""] * 4
        )
        shapes = " + ".join(_shape(shape) for shape in row["input_shapes"])
        operator = (
            row["operator"]
            if row["computes"] == row["operator"]
            else f"{row['computes']} (as {row['operator']})"
        )
        table.add_row(
            Text(row["name"]), operator, shapes, _shape(row["output_shape"]), window, *cells
        )
    yield table
    for note in document["notes"]:
        yield Text(f"note: {note}", style="dim")


def describe_schema(name: str, node_nm: float | None, settings: dict[str, str]) -> Described:
    """The JSON Schema of a file that this product reads: `trace`. Raises InputError for another
    name.
    """
    from archsim.trace import trace_schema

    if name != "trace":
        raise unknown("schema", name, ("trace",))
    return trace_schema()


def draw_schema(document: Described) -> Iterator[object]:
    """The schema as it is: JSON."""
    from rich.json import JSON

    yield JSON.from_data(document)


def describe_architecture(name: str, node_nm: float | None, settings: dict[str, str]) -> Described:
    """Every setting of a chip, defaults and `settings` included. Raises InputError for a chip that
    cannot be read.
    """
    from archsim.chip import load_architecture

    return load_architecture(name, settings).model_dump(mode="json", by_alias=True)


def architecture_text(name: str, settings: dict[str, str]) -> str:
    """The file of an architecture as it stands. Raises InputError where it is none."""
    from archsim.chip import architecture_path, load_architecture

    if settings:
        raise InputError(
            "the file is printed as it stands, with no setting changed",
            where="--set",
            got=", ".join(settings),
            hint="set it in the copy",
        )
    # Checked before it is printed: a copy of a broken file helps nobody.
    load_architecture(name)
    return architecture_path(name).read_text(encoding="utf-8")


def draw_architecture(document: Described) -> Iterator[object]:
    """Settings and components for the terminal."""
    from rich.table import Table
    from rich.text import Text

    head = Text(document["name"], style="bold")
    head.append(f"  {document['title']}\n", style="default")
    head.append(document["source"], style="dim")
    yield head
    for note in document["notes"]:
        yield Text(f"• {note}", style="dim")
    table = Table("Setting", "Value", box=table_box(), title="Settings", title_justify="left")
    for path, value in _flatten(
        {
            key: value
            for key, value in document.items()
            if key not in ("components", "notes", "name", "title", "source", "schema")
        }
    ):
        if value is not None:  # what a kind of cores leaves unsaid
            table.add_row(path, Text(str(value)))
    yield table
    table = Table(
        "Role",
        "Part",
        "Parameters",
        "Count",
        "Boundary",
        "Note",
        box=table_box(),
        title="Components",
        title_justify="left",
    )
    for role, row in document["components"].items():
        parameters = ", ".join(f"{key} = {value}" for key, value in row["parameters"].items())
        table.add_row(
            role,
            row["part"],
            Text(parameters),
            f"{row['count']:g} / {row['per']}",
            row["boundary"],
            Text(row["note"]),
        )
    yield table


def _flatten(tree: Described, path: str = "") -> Iterator[tuple[str, object]]:
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _flatten(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def _shape(shape: list[int]) -> str:
    return "×".join(map(str, shape))
