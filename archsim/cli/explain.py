"""`archsim explain RESULT PATH`: the trail behind one number, as a tree."""

from __future__ import annotations

import argparse

from archsim.cli.options import add_output_options, whole
from archsim.cli.output import console, print_json


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", metavar="RESULT", help="result.json of a run, or its folder")
    parser.add_argument("path", metavar="PATH", nargs="?", help="a number, for example energy_j.by_component.adc; without it, all names")
    parser.add_argument("--depth", type=whole(1, 100), metavar="N", help="levels to print (default: all, down to the figures)")
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    from archsim.cost.explain import explain
    from archsim.cost.paths import leaves, named_tree
    from archsim.result import Result

    result = Result.load(arguments.result)
    if arguments.path is None:
        paths = list(leaves(named_tree(result.document)))
        if arguments.json:
            print_json(paths)
        else:
            print("\n".join(paths))
        return 0
    node = explain(result, arguments.path)
    if arguments.json:
        print_json(node.to_dict())
    else:
        console().print(_tree(node, arguments.depth))
    return 0


def _tree(node, depth: int | None):
    from rich.tree import Tree

    tree = Tree(_text(node), guide_style="dim")
    _grow(tree, node, depth)
    return tree


def _grow(branch, node, depth: int | None) -> None:
    if depth == 1:
        return
    total = node.value if node.unit and all(child.unit == node.unit for child in node.children) else None
    for child in node.children:
        share = child.value / total if total and isinstance(child.value, int | float) and child.value <= total else None
        _grow(branch.add(_text(child, share)), child, depth and depth - 1)


def _text(node, share: float | None = None):
    from rich.text import Text

    text = Text(node.name, style="bold")
    value = f"{node.value:.4g}" if isinstance(node.value, float) else "–" if node.value is None else str(node.value)
    text.append(f" = {value} {node.unit if node.unit != '1' else ''}".rstrip(), style="cyan")
    if node.low is not None and (node.low, node.high) != (node.value, node.value):
        text.append(f"  [{node.low:.4g} – {node.high:.4g}]", style="dim cyan")
    if share is not None:
        text.append(f"  {100 * share:.1f} %", style="magenta")
    if node.figure is None:
        text.append(f"  {node.how}" if node.how else "", style="dim")
        return text
    figure = node.figure
    style = {"measured": "green", "simulated": "blue", "scaled": "yellow", "assumed": "red"}[figure["kind"]]
    text.append(f"  {figure['kind']}", style=style)
    text.append(f"  {figure['source']}, {figure['place']}", style="default")
    title, note = figure.get("title"), figure.get("note")
    text.append(f"\n“{title}”" if title else "", style="dim italic")
    text.append(f"\n{note}" if note else "", style="dim")
    return text
