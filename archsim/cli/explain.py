"""`archsim explain RESULT PATH`: the trail behind one number, as a tree."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from archsim.cli.options import add_output_options, parse_count
from archsim.cli.output import console, emit, print_json
from archsim.cli.show_component import KIND_STYLES
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.run.result import Result


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", metavar="RESULT", help="result.json of a run, or its folder")
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        help="a number, for example energy_j.by_component.adc; without it, all names",
    )
    parser.add_argument(
        "--depth",
        type=parse_count(1, 100),
        metavar="N",
        help="levels to print (default: all, down to the figures)",
    )
    parser.add_argument(
        "--why",
        action="store_true",
        help="what decides the number: the five figures that move it most, and what a better source "
        "of each would gain",
    )
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    from archsim.cost.explain import explain
    from archsim.cost.paths import leaves, named_tree
    from archsim.run.result import Result

    result = Result.load(arguments.result)
    if arguments.why:
        return _why(result, arguments)
    if arguments.path is None:
        if arguments.depth is not None:
            raise InputError("there is no tree to cut", where="--depth", hint="name a number")
        paths = list(leaves(named_tree(result.document)))
        if arguments.json:
            print_json(paths)
        else:
            emit("\n".join(paths))
        return 0
    node = explain(result, arguments.path)
    if arguments.json:
        print_json(node.to_dict(arguments.depth))
    else:
        console().print(_Drawing(arguments.depth).tree(node))
    return 0


def _why(result: Result, arguments: argparse.Namespace) -> int:
    """The figures that decide a number, as a table."""
    from rich.table import Table
    from rich.text import Text

    from archsim.cost.why import why

    if arguments.depth is not None:
        raise InputError("there is no tree to cut", where="--depth", hint="leave out --why")
    decided = why(result, arguments.path or "energy_j")
    if arguments.json:
        print_json(decided.to_dict())
        return 0
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("figure", "value", "moves it by", "exact, it gains", "kind", "source"):
        table.add_column(heading)
    for row in decided.figures:
        figure = row.figure
        table.add_row(
            str(figure["name"]),
            f"{figure['value']:.4g} {figure['unit']} ({figure['low']:.3g} to {figure['high']:.3g})",
            f"{100 * row.at_low:+.1f} to {100 * row.at_high:+.1f} %",
            f"{100 * row.gain:.1f} %",
            Text(str(figure["kind"]), style=KIND_STYLES[str(figure["kind"])]),
            f"{figure['source']}, {figure['place']}",
        )
    emit(
        f"{decided.path}: known to ±{100 * decided.moved_by_all:.0f} %, by assumed figures alone "
        f"to ±{100 * decided.moved_by_assumed:.0f} %"
    )
    console().print(table)
    return 0


class _Drawing:
    """A rich tree in which a branch, and the title of a source, is drawn in full the first time
    only.
    """

    def __init__(self, depth: int | None):
        self.depth = depth
        self.drawn: set[tuple] = set()
        self.sources: set[str] = set()

    def tree(self, node):
        from rich.tree import Tree

        tree = Tree(self.text(node), guide_style="dim")
        self.grow(tree, node, 1)
        return tree

    def grow(self, branch, node, level: int) -> None:
        # The number itself is level 0, which is always printed.
        if level == self.depth:
            return
        # Shares are printed where children add up to their parent: those of a product would say
        # nothing.
        values = [child.value for child in node.children if isinstance(child.value, int | float)]
        is_sum = len(values) == len(node.children) > 1 and math.isclose(
            math.fsum(values), node.value, rel_tol=1e-6
        )
        for child in node.children:
            # One part stands under many numbers: drawn once, named afterwards, or a tree would be
            # endless.
            # By what is printed of it: objects are made anew for every branch.
            key = (child.name, child.value, child.how, child.low, child.high)
            text = self.text(child, child.value / node.value if is_sum and node.value else None)
            if child.children and key in self.drawn:
                branch.add(text.append("  (drawn above)", style="dim italic"))
                continue
            self.drawn.add(key)
            self.grow(branch.add(text), child, level + 1)

    def text(self, node, share: float | None = None):
        from rich.text import Text

        text = Text(node.name, style="bold")
        unit = node.unit if node.unit != "1" else ""
        text.append(f" = {_number(node.value)} {unit}".rstrip(), style="cyan")
        if node.low is not None and (node.low, node.high) != (node.value, node.value):
            text.append(f"  [{node.low:.4g} – {node.high:.4g}]", style="dim cyan")
        if share is not None:
            text.append(f"  {100 * share:.1f} %", style="magenta")
        if node.figure is None:
            return text.append(f"  {node.how}" if node.how else "", style="dim")
        figure = node.figure
        text.append(f"  {figure['kind']}", style=KIND_STYLES[figure["kind"]])
        text.append(f"  {figure['source']}, {figure.get('place', '')}", style="default")
        title = figure.get("title")
        note = figure.get("note")
        # A title is a line long: once a source.
        if title and figure["source"] not in self.sources:
            self.sources.add(figure["source"])
            text.append(f"\n“{title}”", style="dim italic")
        return text.append(f"\n{note}" if note else "", style="dim")


def _number(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and 1 <= abs(value) < 1e15 else f"{value:.4g}"
    return (
        "–"
        if value is None
        else f"{value:,}"
        if isinstance(value, int) and not isinstance(value, bool)
        else str(value)
    )
