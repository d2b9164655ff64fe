"""hwlib: every priced part with its law, parameters, actions, prices and the figures under them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from archsim.report.drawing.format import si, significant
from docs.from_code.markdown import anchor, code, page, prose, table
from hwlib import load_catalogue, price
from hwlib.catalogue import Catalogue, PartEntry
from hwlib.part import Parameter
from hwlib.quantity import Figure, Quantity

INTRODUCTION = """Every priced part of hwlib, by group, with the prices of its default parameters at 40 nm and the figures that
its prices rest on anywhere in the ranges of its parameters. Laws are Python (`hwlib/parts/`), figures are TOML with value, unit, low,
high, kind, source and place (`hwlib/figures/`). The same in a terminal: `archsim show component NAME --set PARAMETER=VALUE --node NM`.

A *kind* says how a figure is known: measured on silicon, simulated, scaled from another node or size, stated by a maker, or assumed by us.
Keys of sources are those of [the bibliography](sources.md)."""


def parts_page() -> str:
    """One section a group, one below it a part; then all figures."""
    catalogue = load_catalogue()
    figures = {figure.name: figure for figure in catalogue.figures}
    groups = groupby(catalogue.parts, key=lambda part: part.group)
    return page(
        "Parts, prices and figures",
        INTRODUCTION,
        *(_group(name, list(parts), figures) for name, parts in groups),
        _all_figures(catalogue),
    )


def _group(name: str, parts: list[PartEntry], figures: Mapping[str, Figure]) -> str:
    sections = (_part(part, figures) for part in parts)
    return "\n\n".join([f"## {name[:1].upper()}{name[1:]}", *sections])


def _part(part: PartEntry, figures: Mapping[str, Figure]) -> str:
    pieces = [
        f"{anchor(f'part-{part.name}')}### {part.name}",
        f"{prose(part.title)}. {prose(part.description)}",
        f"Native node {part.native_node_nm:g} nm, scaling class {code(part.scaling)}, "
        f"law in {code(part.module)}.",
    ]
    if part.parameters:
        pieces.append(
            table(
                ("parameter", "default", "allowed", "unit", "note"), parameter_rows(part.parameters)
            )
        )
    pieces.append(table(("price at 40 nm", "value", "low to high", "of"), _prices(part)))
    used = (figures[name] for name in part.figures)
    if part.figures:
        pieces.append(table(FIGURE_HEADS, map(_figure, used)))
    return "\n\n".join(pieces)


def parameter_rows(parameters: Iterable[Parameter]) -> Iterable[tuple[str, ...]]:
    """Name, default, range or words, unit and note."""
    for parameter in parameters:
        words = ", ".join(map(code, parameter.choices))
        span = words or f"{parameter.low:g} to {parameter.high:g}"
        unit = "" if parameter.unit == "1" else parameter.unit
        default = parameter.default
        shown = f"{default:g}" if isinstance(default, float) else str(default)
        yield code(parameter.name), code(shown), span, unit, prose(parameter.note)


def _prices(part: PartEntry) -> Iterable[tuple[str, ...]]:
    priced = price(part.name, {}, 40.0)
    yield "area", *_area(priced.area), "one instance"
    yield "leakage", *_spread(priced.leakage, "W"), "always on"
    for action, meaning in part.actions.items():
        yield code(action), *_spread(priced.energy[action], "J"), prose(meaning)


def _area(quantity: Quantity) -> tuple[str, str]:
    low, high = significant(quantity.low, 3), significant(quantity.high, 3)
    return f"{significant(quantity.value)} µm²", f"{low} to {high} µm²"


def _spread(quantity: Quantity, unit: str) -> tuple[str, str]:
    span = f"{si(quantity.low, unit, 3)} to {si(quantity.high, unit, 3)}"
    return si(quantity.value, unit), span


FIGURE_HEADS = ("figure", "value", "low to high", "kind", "source", "place")


def _figure(figure: Figure) -> tuple[str, ...]:
    node = f" at {figure.node_nm:g} nm" if figure.node_nm else ""
    exact = figure.low == figure.high
    low, high = _amount(figure.low, figure.unit), _amount(figure.high, figure.unit)
    note = f"; {figure.note}" if figure.note else ""
    return (
        code(figure.name),
        _amount(figure.value, figure.unit) + node,
        "exact" if exact else f"{low} to {high}",
        figure.kind,
        code(figure.source),
        prose(figure.place + note),
    )


def _amount(value: float, unit: str) -> str:
    """A number with its unit; no line ends between the two."""
    if unit in ("J", "W", "s", "V", "A", "F", "S", "Hz", "m"):
        return si(value, unit).replace(" ", "\N{NO-BREAK SPACE}")
    shown = unit.replace("um2", "µm²")
    return f"{value:.4g}" + ("" if unit == "1" else f"\N{NO-BREAK SPACE}{shown}")


def _all_figures(catalogue: Catalogue) -> str:
    used = {name for part in catalogue.parts for name in part.figures}
    others = [figure for figure in catalogue.figures if figure.name not in used]
    text = (
        f"The library holds {len(catalogue.figures)} figures. Those that stand under no part above:"
    )
    return f"## Other figures\n\n{text}\n\n" + table(FIGURE_HEADS, map(_figure, others))
