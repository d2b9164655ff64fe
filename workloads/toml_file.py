"""Our own network file: TOML with one `[[layer]]` table a layer. docs/networks.md describes the
format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from archsim.operators.vocabulary import named, operator_of
from archsim.readers.documents import read_toml
from archsim.readers.table import Table, check_size
from archsim.readers.versions import migrated
from hwlib.errors import InputError, unknown
from workloads.adapters import freeze
from workloads.layers import FIELDS, infer_layer, share_weights
from workloads.network import Layer, Network
from workloads.tables.topology import named as listed

LARGEST_COUNT = 10**6
_TOP = ("schema", "name", "description", "source", "input", "layer")


def read_toml_network(path: Path) -> Network:
    """The network of a TOML file. Raises InputError with the file, the layer and the field."""
    return _network(migrated("network", read_toml(path), str(path)), path)


@dataclass(frozen=True)
class TomlSequence:
    """A file that keeps keys and values: the first axis of each input is that of its tokens."""

    path: Path
    values: dict[str, Any]
    tokens: int

    @property
    def layers(self) -> list[dict[str, Any]]:
        """Its tables, as they were checked."""
        tables: list[dict[str, Any]] = self.values["layer"]
        return tables

    def decoding(self, cache: int) -> Network:
        """The network for one token behind `cache` others.

        Raises:
            InputError: where a layer states its number of tokens, so that it does not fit one.
        """
        tables = [
            named(layer["operator"], str(self.path)).for_one_token(layer, self.tokens, cache)
            for layer in self.layers
        ]
        shape = (1, *self.values["input"][1:])
        network = _network({**self.values, "input": shape, "layer": tables}, self.path)
        note = (
            f"one token behind {cache:,} whose keys and values are there (--cache, the file has "
            f"{self.tokens:,} tokens)"
        )
        return replace(network, notes=(*network.notes, note), held=cache)


def _network(values: dict[str, Any], path: Path) -> Network:
    top = Table(values, str(path))
    top.refuse_unknown(_TOP)
    name = top.text("name", path.stem)
    source = top.text("source", "")
    top.text("description", "")
    input_shape = check_size(top.integers("input"), f"{path}.input")
    tables = _tables(values, path)
    layers = {"input": Layer("input", "input", (), (), input_shape)}
    for table, inputs in _in_order(tables, path):
        operator = table.text("operator")
        shapes = tuple(layers[item].output_shape for item in inputs)
        layer = share_weights(infer_layer(table, operator, inputs, shapes), table, layers)
        layer = freeze(layer, f"{table.where}.frozen") if table.flag("frozen") else layer
        layers[layer.name] = layer
    keeps = any(operator_of(layer).kept(layer) for layer in layers.values())
    sequence = TomlSequence(path, values, input_shape[0]) if keeps else None
    return Network(name, tuple(layers.values()), source, _unread(layers), sequence=sequence)


def _unread(layers: Mapping[str, Layer]) -> tuple[str, ...]:
    """A note where layers reach no output: a slip in `inputs`, or a second output, which costs what
    the others cost.
    """
    read = {item for layer in layers.values() for item in layer.inputs}
    last = [*layers][-1]
    lost = [name for name in layers if name not in read and name != last]
    return (
        (
            f"nothing reads these layers, and the output is that of {last}; they are priced as the "
            f"others{listed(lost)}",
        )
        if lost
        else ()
    )


def read_description(path: Path) -> str:
    """The one-line description of a network file."""
    return Table(read_toml(path), str(path)).text("description", "")


def _tables(values: Mapping[str, object], path: Path) -> dict[str, Table]:
    """Layer tables by name, with the operator and the field names checked."""
    items = values.get("layer")
    if (
        not isinstance(items, list)
        or not items
        or not all(isinstance(item, dict) for item in items)
    ):
        raise InputError("needs at least one [[layer]] table", where=f"{path}.layer", got=items)
    if len(items) > LARGEST_COUNT:
        raise InputError(
            "too many layers",
            where=f"{path}.layer",
            got=len(items),
            allowed=f"at most {LARGEST_COUNT}",
        )
    tables: dict[str, Table] = {}
    for index, item in enumerate(items):
        table = Table(item, f"{path}: layer[{index}]")
        name = table.text("name")
        if not name.strip() or not name.isprintable():
            raise InputError(
                "the name of a layer needs printable characters",
                where=f"{table.where}.name",
                got=name,
            )
        table.where += f" '{name[:60]}'"
        if name == "input" or name in tables:
            reason = (
                "'input' is the name of the network's input"
                if name == "input"
                else "another layer has this name already"
            )
            raise InputError(reason, where=table.where, got=name)
        operator = table.text("operator")
        if operator not in FIELDS:
            raise unknown("operator", operator, FIELDS, f"{table.where}.operator")
        table.refuse_unknown(("name", "operator", "inputs", "frozen", *FIELDS[operator]))
        tables[name] = table
    return tables


def _in_order(tables: dict[str, Table], path: Path) -> list[tuple[Table, tuple[str, ...]]]:
    """Tables with their input names, every layer after its inputs. Raises InputError for unknown
    inputs and cycles.
    """
    inputs: dict[str, tuple[str, ...]] = {}
    previous = "input"
    for name, table in tables.items():
        operator = table.text("operator")
        if operator == "input":
            table.refuse_unknown(("name", "operator", "shape"))
            inputs[name] = ()
        else:
            inputs[name] = table.names("inputs", (previous,))
        for item in inputs[name]:
            if item not in tables and item != "input":
                raise unknown("input layer", item, ["input", *tables], f"{table.where}.inputs")
        previous = name
    ready: dict[str, None] = {"input": None}
    for name in tables:
        stack = [name]
        open_names: dict[str, None] = {}
        while stack:
            current = stack[-1]
            waiting = [item for item in inputs.get(current, ()) if item not in ready]
            if current in ready or not waiting:
                ready[stack.pop()] = None
                open_names.pop(current, None)
                continue
            open_names[current] = None
            if waiting[0] in open_names:
                ring = [*open_names][[*open_names].index(waiting[0]) :]
                got = " -> ".join([*ring[:8], waiting[0]])
                raise InputError(
                    "the layers form a cycle", where=f"{path}: layer '{current}'.inputs", got=got
                )
            stack.append(waiting[0])
    return [(tables[name], inputs[name]) for name in ready if name != "input"]
