"""The headline of a result as a notebook shows it."""

from __future__ import annotations

from archsim.run.fact_tables import Row


def headline_table(document: Row) -> str:
    """Value, and low to high of its prices, as a table in HTML."""
    area, energy, power = (
        "–" if document.get(name) is None else f"{document[name]:.4g} {unit}"
        for name, unit in (("area_mm2", "mm²"), ("energy_per_image_j", "J"), ("power_uw", "µW"))
    )
    cycles = document.get("cycles")
    time = "not timed" if cycles is None else f"{cycles:,} cycles"
    accuracy = document.get("accuracy_percent")
    facts: list[tuple[str, str, list[float] | None]] = [
        ("area", area, document.get("area_mm2_range")),
        ("energy an image", energy, None),
        ("power", power, document.get("power_uw_range")),
        ("time", time, None),
    ]
    facts += [("accuracy", f"{accuracy:.2f} %", None)] if accuracy is not None else []
    rows = "".join(
        f"<tr><th>{name}</th><td>{text}</td><td>{_span_text(span)}</td></tr>"
        for name, text, span in facts
    )
    return f"<table>{rows}</table>"


def _span_text(span: list[float] | None) -> str:
    return "" if span is None else f"{span[0]:.3g} – {span[1]:.3g}"
