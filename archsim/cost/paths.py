"""Names of the numbers of a result: `by_layer.conv1.forward.energy_j`, `energy_j.by_component.adc`."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping
from typing import Any

from hwlib.errors import InputError

Document = Mapping[str, Any]
"""A result as JSON; its schema is archsim/run's, and a reader has checked it."""
Tree = dict[str, Any]
"""The numbers of a document under their names."""

GROUPS = ("by_component", "by_component_off_chip", "by_layer", "by_phase", "boundaries")
# a list of rows becomes a table by these columns, in this order
_ROW_NAMES = {
    "by_layer": ("layer", "phase"),
    "resources": ("name",),
    "figures": ("name",),
    "inventory": ("component",),
    "placement": ("layer",),
    "ledger": ("component", "action", "layer", "phase"),
}
_NOT_NUMBERS = ("timeline", "notes", "schema", "version")


def named_tree(document: Document) -> Tree:
    """The document with rows under their names instead of their positions; an empty layer or phase
    is `shared`.

    A layer also gets the sum of its energy over the phases, `by_layer.conv1.energy_j`.
    """
    tree: Tree = {}
    for key, value in document.items():
        if key in _NOT_NUMBERS:
            continue
        tree[key] = value
        if key in _ROW_NAMES:
            # Names instead of positions: a path stays true when a row is added.
            tree[key] = {}
            for row in value:
                branch = tree[key]
                names = [str(row[column]) or "shared" for column in _ROW_NAMES[key]]
                for name in names[:-1]:
                    branch = branch.setdefault(name, {})
                branch[names[-1]] = {k: v for k, v in row.items() if k not in _ROW_NAMES[key]}
    if "setup" in tree:
        # Rows without names of their own here; their sum is `setup.energy_j`.
        tree["setup"] = {key: value for key, value in tree["setup"].items() if key != "ledger"}
    for phases in tree["by_layer"].values():
        phases["energy_j"] = math.fsum(row["energy_j"] for row in phases.values())
    return tree


def leaves(tree: object, path: str = "") -> Iterator[str]:
    """Every path of the tree that ends on a value; a list is one value."""
    if not isinstance(tree, dict):
        yield path
        return
    for key, value in tree.items():
        yield from leaves(value, f"{path}.{key}" if path else str(key))


def resolve(tree: Tree, path: str) -> list[str]:
    """The keys of a path. A metric may come first: `energy_j.by_component.adc` is
    `by_component.adc.energy_j`.

    Names may hold dots themselves. Raises InputError with the nearest path and the children of the
    last branch that exists.
    """
    text = path.strip().strip(".")
    metric, _, rest = text.partition(".")
    # Both orders are asked for: "energy of the adc" and "of the adc, its energy".
    if rest.split(".")[0] in GROUPS and metric not in GROUPS:
        text = f"{rest}.{metric}"
    keys = _match(tree, text)
    if keys is None:
        known = list(leaves(tree))
        # Below the default of 0.6: paths are long, and half of one is usually typed right.
        near = difflib.get_close_matches(text, known, n=1, cutoff=0.5)
        branch, children = _deepest(tree, text)
        listed = ", ".join(children[:40]) + (
            f" and {len(children) - 40} more" if len(children) > 40 else ""
        )
        where = f"under '{'.'.join(branch)}': " if branch else ""
        raise InputError(
            "no such number in the result",
            where="path",
            got=path,
            allowed=where + listed,
            hint=f"did you mean '{near[0]}'?" if near else "",
        )
    return keys


def _match(tree: object, text: str) -> list[str] | None:
    if not isinstance(tree, dict):
        return None
    for key in tree:
        if text == key:
            return [key]
        # Tried key by key instead of split at dots: a layer of an ONNX file may be called
        # `features.0`.
        if text.startswith(f"{key}."):
            rest = _match(tree[key], text[len(key) + 1 :])
            if rest is not None:
                return [key, *rest]
    return None


def _deepest(tree: Tree, text: str) -> tuple[list[str], list[str]]:
    branch: list[str] = []
    while True:
        begun = [key for key in tree if text.startswith(f"{key}.") and isinstance(tree[key], dict)]
        if not begun:
            return branch, [str(key) for key in tree]
        # `features.0` before `features`: the longest name is the branch that was meant.
        key = max(begun, key=len)
        branch.append(key)
        tree = tree[key]
        text = text[len(key) + 1 :]
