"""A comparison of update schemes for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archsim.comparison.document import by_reason
from archsim.report.drawing.format import si

if TYPE_CHECKING:
    from archsim.comparison.document import Comparison

_COLUMNS = (
    ("Scheme", "label", ""),
    ("Trained on", "device", ""),
    ("Accuracy", "accuracy_percent", "%"),
    ("Area", "area_mm2", "mm²"),
    ("Power", "power_uw", "W"),
    ("Energy\n/ image", "energy_per_image_j", "J"),
    ("with its\nmemory", "system_energy_per_image_j", "J"),
    ("Spilled\noff chip", "off_chip", ""),
    ("of it\nupdate", "update_energy_per_image_j", "J"),
    ("Time\n/ image", "latency_per_image_s", "s"),
    ("Writes\n/ device", "writes_per_device", ""),
    ("Most written\narray", "most_writes_per_device", ""),
    ("Extra\nmemory", "extra_memory_kib", "KiB"),
    ("Tiles", "tiles", ""),
    ("Images / s\non a core", "images_per_second", ""),
)
_HIGH = ("accuracy_percent", "images_per_second")  # the more the better
# the first to go on a narrow terminal
_LEAST = (
    "tiles",
    "extra_memory_kib",
    "off_chip",
    "update_energy_per_image_j",
    "power_uw",
    "images_per_second",
    "latency_per_image_s",
    "writes_per_device",
    "most_writes_per_device",
    "device",
    "area_mm2",
)
_WORDS = ("label", "device", "off_chip")  # columns without a best
_LABEL = 20  # letters of a label in a line at least


def told_terms(comparison: Comparison) -> list[str]:
    """What was the same for all, in lines: number format, seeds, tuning and what it chose."""
    terms = comparison.terms
    lines: list[str] = []
    if "number_format" in terms:
        formats = ", ".join(f"{path} {value}" for path, value in terms["number_format"].items())
        lines.append(f"number format of the chip: {formats}")
    if "weights" in terms:
        lines.append(f"every scheme begins with the same trained weights ({terms['weights']})")
    if terms.get("seeds", 1) > 1:
        last = terms["seed"] + terms["seeds"] - 1
        lines.append(
            f"accuracy: mean and standard deviation over seeds {terms['seed']} to {last}; silicon "
            "of the first"
        )
    if terms.get("tuning"):
        tuning = terms["tuning"]
        lines.append(
            f"tuned by {tuning['trials']} trials each, on {tuning['images']:,} training images, judged by "
            f"{tuning['validation_images']:,} others of the training set:"
        )
        for row in comparison.seed_rows:
            chosen = row["tuning"]["chosen"]
            words = ", ".join(f"{path} {_short(value)}" for path, value in chosen.items())
            lines.append(f"  {row['label']}: {words}")
    return lines


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value).lower()


def print_comparison(
    rows: Sequence[Mapping], refused: Mapping[str, str], console, terms: Sequence[str] = ()
) -> None:
    """One line a scheme; the best of each column that nothing holds back stands bold. Schemes that
    could not run follow, by reason, and the terms. A narrow terminal gets fewer columns, never cut
    numbers.
    """
    from rich.measure import Measurement
    from rich.text import Text

    columns = list(_COLUMNS)
    # Column after column goes, the least important first, until the table fits.
    # The last round drops nothing: the table as narrow as it gets is printed anyhow.
    for least in (*_LEAST, None):
        table = _table(rows, columns)
        if (
            Measurement.get(console, console.options.update_width(10_000), table).minimum
            <= console.width
        ):
            break
        columns = [column for column in columns if column[1] != least]
    console.print(table)
    # An accuracy without its device says nothing, so the line keeps what the column lost.
    if "device" not in [key for _, key, _ in columns]:
        trained = ", ".join(f"{row['label']} {row['device']}" for row in rows)
        console.print(Text(f"trained on: {trained}", style="dim"))
    for reason, labels in by_reason(refused).items():
        console.print(Text(f"{', '.join(labels)}: not run: {reason}", style="dim"))
    for line in terms:
        console.print(Text(line, style="dim"))


def _table(rows: Sequence[Mapping], columns: Sequence[tuple[str, str, str]]):
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    widest = min(_LABEL, max((len(row["label"]) for row in rows), default=0))
    for title, key, unit in columns:
        if key == "label":
            table.add_column(title, overflow="fold", min_width=widest)
        else:  # rich takes the longest word for the least width, which would cut units
            least = max(map(len, [*title.split("\n"), *(_cell(row, key, unit) for row in rows)]))
            table.add_column(title, justify="right", no_wrap=True, min_width=least)
    best = {
        key: (max if key in _HIGH else min)(
            (row[key] for row in rows if row[key] is not None and not row.get("held_back")),
            default=None,
        )
        for _, key, _ in columns
        if key not in _WORDS
    }
    for row in rows:
        table.add_row(
            *(
                Text(
                    _cell(row, key, unit),
                    style="bold"
                    if len(rows) > 1 and row[key] == best.get(key, row) and not row.get("held_back")
                    else "",
                )
                for _, key, unit in columns
            )
        )
    return table


def _cell(row: Mapping, key: str, unit: str) -> str:
    value: float | str | None = row[key]
    if value is None or isinstance(value, str):
        # The heading of the column says it already.
        return (value or "–").replace(" spilled off chip", "")
    if key == "power_uw":
        return si(value * 1e-6, "W")
    if unit in ("J", "s"):
        return si(value, unit)
    if key == "accuracy_percent":
        spread = row.get("accuracy_std")
        return f"{value:,.2f}" + ("" if spread is None else f" ± {spread:.2f}") + f" {unit}"
    text = f"{value:,.0f}" if key == "images_per_second" else f"{value:,.4g}"
    return f"{text} {unit}".strip()
