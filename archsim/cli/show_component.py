"""A component of hwlib or one of its figures, as JSON and as tables."""

from __future__ import annotations

from collections.abc import Iterator

from archsim.cli.options import number_or_word
from archsim.cli.output import Described
from archsim.cli.parameter_table import parameter_rows, plain, span_of, table_box

KIND_STYLES = {
    "measured": "green",
    "simulated": "blue",
    "stated": "cyan",
    "scaled": "yellow",
    "assumed": "red",
}


def describe_component(name: str, node_nm: float | None, settings: dict[str, str]) -> Described:
    """Parameters, price and figures of a part. Raises InputError for an unknown part or parameter,
    or a value out of range.
    """
    from archsim.cost.figures_used import figure_row
    from hwlib import find_part, price

    part = find_part(name)
    priced = price(
        name, {key: number_or_word(text) for key, text in settings.items()}, node_nm or 40.0
    )
    trails = {
        "area": priced.area,
        "leakage": priced.leakage,
        **{f"energy.{action}": item for action, item in priced.energy.items()},
    }
    # Under any of its prices, each once.
    figures = {figure.name: figure for trail in trails.values() for figure in trail.figures()}
    return {
        "name": name,
        "title": part.title,
        "group": part.group,
        "description": " ".join((part.__doc__ or "").split()),
        "scaling": part.scaling,
        "native_node_nm": part.native_node_nm,
        "node_nm": priced.node_nm,
        "parameters": parameter_rows(part.parameters, priced.parameters),
        "area_um2": _spread(priced.area),
        "leakage_w": _spread(priced.leakage),
        "actions": [
            {
                "name": action,
                "description": text,
                "energy_j": _spread(priced.energy[action]),
                "latency_s": _spread(priced.latency[action]),
                "formula": _law(priced.energy[action]),
            }
            for action, text in part.actions.items()
        ],
        "area_formula": _law(priced.area),
        "leakage_formula": _law(priced.leakage),
        "figures": [figure_row(figures[key]) for key in sorted(figures)],
    }


def describe_figure(name: str, node_nm: float | None, settings: dict[str, str]) -> Described:
    """One sourced figure. Raises InputError with the nearest name where there is none."""
    from archsim.cost.figures_used import figure_row
    from hwlib import figure

    return figure_row(figure(name))


def _law(item) -> str:
    # a scaled price says how it was scaled only; the law itself stands under it
    first = item.inputs[0].formula if " nm to " in item.formula and item.inputs else ""
    return f"{first}; {item.formula}" if first else item.formula


def _spread(item) -> dict[str, float | str]:
    return {"value": item.value, "low": item.low, "high": item.high}


def draw_component(document: Described) -> Iterator[object]:
    """Tables for the terminal."""
    from rich.table import Table
    from rich.text import Text

    head = Text(document["name"], style="bold")
    head.append(f"  {document['title']}, at {document['node_nm']:g} nm", style="default")
    if document["node_nm"] != document["native_node_nm"]:
        head.append(
            f" (scaled from {document['native_node_nm']:g} nm, class {document['scaling']})",
            style="dim",
        )
    yield head
    yield Text(document["description"] + "\n", style="dim")
    if document["parameters"]:
        table = Table(
            "Parameter",
            "Value",
            "Default",
            "Range",
            "Unit",
            "Note",
            box=table_box(),
            title="Parameters",
            title_justify="left",
        )
        for row in document["parameters"]:
            span = span_of(row)
            unit = "" if row["unit"] == "1" else row["unit"]
            table.add_row(
                row["name"], plain(row["value"]), plain(row["default"]), span, unit, row["note"]
            )
        yield table
    table = Table(
        "Price",
        "Value",
        "Range",
        "Meaning",
        "Law",
        box=table_box(),
        title="Price",
        title_justify="left",
    )
    table.add_row(
        "area", *_amount(document["area_um2"], "um2"), "one instance", document["area_formula"]
    )
    table.add_row(
        "leakage", *_amount(document["leakage_w"], "W"), "always on", document["leakage_formula"]
    )
    for row in document["actions"]:
        table.add_row(
            row["name"], *_amount(row["energy_j"], "J"), row["description"], row["formula"]
        )
    yield table
    yield _figure_table(document["figures"])
    yield _sources(document["figures"])


def draw_figure(document: Described) -> Iterator[object]:
    """The figure as a table of one row, and its source."""
    yield _figure_table([document])
    yield _sources([document])


def _figure_table(rows: list[Described]):
    from rich.table import Table
    from rich.text import Text

    table = Table(
        "Figure and range",
        "Kind",
        "Source and place",
        "Note",
        box=table_box(),
        title="Figures",
        title_justify="left",
    )
    table.columns[0].overflow = table.columns[2].overflow = "fold"
    for row in rows:
        node = f" @ {row['node_nm']:g} nm" if row["node_nm"] else ""
        unit = "" if row["unit"] == "1" else f" {row['unit']}"
        span = "exact" if row["low"] == row["high"] else f"{row['low']:.4g} – {row['high']:.4g}"
        table.add_row(
            f"{row['name']}\n  {row['value']:.4g}{unit}{node}\n  {span}",
            Text(row["kind"], style=KIND_STYLES[row["kind"]]),
            Text(f"{row['source']}\n{row['place']}".rstrip()),
            Text(row["note"]),
        )
    return table


def _sources(rows: list[Described]):
    from rich.text import Text

    titles = {row["source"]: row["title"] for row in rows}
    return Text("\n".join(f"{key}: {title}" for key, title in sorted(titles.items())), style="dim")


def _amount(spread: Described, unit: str) -> tuple[str, str]:
    from archsim.report.drawing.format import si, significant

    if unit == "um2":
        return (
            f"{significant(spread['value'])} µm²",
            f"{significant(spread['low'], 3)} – {significant(spread['high'], 3)} µm²",
        )
    return si(
        spread["value"], unit
    ), f"{si(spread['low'], unit, 3)} – {si(spread['high'], unit, 3)}"
