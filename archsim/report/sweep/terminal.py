"""A sweep in the terminal: how many points, the front, what drives each objective."""

from __future__ import annotations

from collections.abc import Mapping

from archsim.report.drawing import format as fmt

_MOST_ROWS = 20


def write_metric(value: object, unit: str, digits: int = 4) -> str:
    """A metric with its unit, as people read it."""
    if unit == "mm²":
        return fmt.area(value, digits)
    if unit == "µW":
        return fmt.power(value, digits)
    if unit in ("J", "s"):
        return fmt.si(value, unit, digits)
    if isinstance(value, int):
        return fmt.count(value)
    text = fmt.significant(value, digits)
    return f"{text} {unit}" if unit and text != fmt.NONE else text


def print_sweep(document: Mapping, console) -> None:
    """Print a sweep's document on a rich console."""
    from rich import box
    from rich.table import Table

    console.print(
        f"{document['name']}: {document['title']}" if document["title"] else document["name"],
        style="bold",
    )
    _print_rungs(document, console)
    for reason in document["reasons"][:3]:
        console.print(
            f"  {reason['status']} {reason['points']}: {fmt.shorten(reason['reason'], 110)}",
            style="dim",
        )
    for guard in document.get("guards", []):
        console.print(
            f"  on no front: {guard['points']} designs, {fmt.shorten(guard['reason'], 150)}",
            style="bold",
        )
    objectives = document["objectives"]
    verdicts = {row["point"]: row["verdict"] for row in document["uncertainty"]}
    met = {row["point"]: row.get("constraints", {}) for row in document["uncertainty"]}
    points = {row["point"]: row for row in document["points"]}
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"Pareto front on rung '{document['rung']}', {len(document['front'])} designs",
        title_justify="left",
    )
    for axis in document["axes"]:
        table.add_column(axis["path"])
    trained = any(row.get("trained_on") for row in points.values())
    if trained:
        table.add_column("trained on")
    for objective in objectives:
        table.add_column(objective["path"], justify="right")
    told = [text for text in document["constraints"] if any(text in row for row in met.values())]
    for text in told:
        table.add_column(f"P({text})", justify="right")
    table.add_column("figures")
    # Where nothing could be drawn there are no verdicts, and no design is called undecided.
    for index in document["front"][:_MOST_ROWS]:
        row = points[index]
        cells = [fmt.plain(row[axis["path"]]) for axis in document["axes"]]
        cells += [str(row.get("trained_on") or fmt.NONE)] if trained else []
        cells += [write_metric(row.get(o["path"]), o["unit"]) for o in objectives]
        shares = [met.get(index, {}).get(text) for text in told]
        cells += [fmt.NONE if share is None else f"{share:.2f}" for share in shares]
        knee = " ← knee" if index == document["knee"] else ""
        table.add_row(
            *cells, ("" if verdicts.get(index, "front") == "front" else "undecided") + knee
        )
    console.print(table)
    if len(document["front"]) > _MOST_ROWS:
        console.print(f"  and {len(document['front']) - _MOST_ROWS} more: front.csv")
    for entry in document["analysis"]:
        first = sorted(entry["first"], key=lambda item: -item["share"])[:4]
        drivers = ", ".join(f"{item['axis']} {fmt.percent(item['share'])}" for item in first)
        console.print(f"  {entry['objective']} ({entry['rung']}): {drivers}")


def _print_rungs(document: Mapping, console) -> None:
    """How far the points came: one line a rung."""
    for rung in document["rungs"]:
        lost = "".join(
            f", {rung[key]} {key}" for key in ("refused", "failed", "outside") if rung[key]
        )
        console.print(f"  {rung['label']}: {rung['done']} points{lost}")
