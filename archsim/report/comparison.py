"""A comparison of update schemes for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archsim.compare.document import by_reason
from archsim.report.format import si

_COLUMNS = (("Scheme", "label", ""), ("Accuracy", "accuracy_percent", "%"), ("Area", "area_mm2", "mm²"), ("Power", "power_uw", "W"),
            ("Energy\n/ image", "energy_per_image_j", "J"), ("of it\nupdate", "update_energy_per_image_j", "J"),
            ("Time\n/ image", "latency_per_image_s", "s"), ("Writes\n/ device", "writes_per_device", ""),
            ("Extra\nmemory", "extra_memory_kib", "KiB"), ("Tiles", "tiles", ""), ("Images / s\non a core", "images_per_second", ""))
_HIGH = ("accuracy_percent", "images_per_second")  # the more the better


def print_comparison(rows: Sequence[Mapping], refused: Mapping[str, str], console) -> None:
    """One line a scheme; the best of each column stands bold. Schemes that could not run follow, by reason."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for title, key, _ in _COLUMNS:
        table.add_column(title, justify="left" if key == "label" else "right", no_wrap=key != "label", overflow="fold")
    best = {key: (max if key in _HIGH else min)((row[key] for row in rows if row[key] is not None), default=None)
            for _, key, _ in _COLUMNS if key != "label"}
    for row in rows:
        table.add_row(*(Text(_cell(row[key], key, unit), style="bold" if len(rows) > 1 and row[key] == best.get(key) else "")
                        for _, key, unit in _COLUMNS))
    console.print(table)
    for reason, labels in by_reason(refused).items():
        console.print(Text(f"{', '.join(labels)}: not run: {reason}", style="dim"))


def _cell(value: object, key: str, unit: str) -> str:
    if value is None or isinstance(value, str):
        return value or "–"
    if key == "power_uw":
        return si(value * 1e-6, "W")
    if unit in ("J", "s"):
        return si(value, unit)
    text = f"{value:,.2f}" if key == "accuracy_percent" else f"{value:,.0f}" if key == "images_per_second" else f"{value:,.4g}"
    return f"{text} {unit}".strip()
