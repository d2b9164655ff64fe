"""A training in the terminal: accuracy beside area, power, energy and time, for an image and for
the whole training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archsim.report.drawing import format as fmt
from archsim.report.run.headline import once
from archsim.report.run.view import View

_MOST_EPOCHS = 12


def print_training(result: Mapping, console) -> None:
    """Print the document of a training on a rich console of any width: the numbers, the epochs, the
    notes.
    """
    from rich.table import Table
    from rich.text import Text

    view = View(result)
    training = result["training"]
    title = Text(f"{view.text('network')} trained on {view.text('architecture')}", style="bold")
    title.append(f"  {_subtitle(view, result)}", style="default")
    console.print(title)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(style="bold cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value, detail in headline(view, result):
        grid.add_row(name, Text(value), Text(detail))
    console.print(grid)
    if result["epochs"]:
        console.print(_epochs(result["epochs"], training))
    if result["notes"]:
        console.print(Text("Notes", style="bold"))
        for note in result["notes"]:
            console.print(Text(f" • {note}"))


def headline(view: View, result: Mapping) -> list[tuple[str, str, str]]:
    """The numbers a person wants first, as (name, value, detail)."""
    training = result["training"]
    count = f"{result['training']['images']:,} images"
    writes = training["writes"].get("")
    rows = [
        (
            "Accuracy",
            "–" if result["accuracy_percent"] is None else f"{result['accuracy_percent']:.2f} %",
            _accuracy(result["epochs"]),
        )
    ]
    if "later" in training:
        later = training["later"]
        accuracy = f"{100 - later['test_error_percent']:.2f} %"
        rows.append(
            ("Accuracy later", accuracy, f"after {fmt.si(later['seconds'], 's')} untouched")
        )
    rows += [
        ("Area", fmt.area(view.number("area_mm2")), "inside the chip boundary"),
        (
            "Power",
            fmt.power(view.number("power_uw")),
            f"static {fmt.power(view.number('static_power_uw'), 3)}",
        ),
        (
            "Energy per image",
            fmt.si(view.number("energy_per_image_j"), "J"),
            f"whole training {fmt.si(training['energy_j'], 'J')}, {count}",
        ),
        (
            "Time per image",
            fmt.si(view.number("latency_per_image_s"), "s"),
            f"whole training {fmt.si(training['seconds'], 's')} on the chip",
        ),
    ]
    rows += [(item.name, item.text, item.detail) for item in once(view)]
    if writes:
        # Blind pulses are counted one by one; the other rules count programming operations.
        what = "pulses" if training["settings"]["rule"] == "rpu" else "programming operations"
        detail = f"{what}; most {fmt.count(writes['maximum'])} ({_busiest(training['writes'])})"
        rows.append(("Writes per device", fmt.significant(writes["mean"]), detail))
    rows += [
        (
            f"of the {kind[1:]} arrays",
            fmt.significant(row["mean"]),
            f"most {fmt.count(row['maximum'])}",
        )
        for kind, row in training["writes"].items()
        if kind.startswith(".")
    ]
    kept = (
        f"trace in {result['activity_file']}"
        if result["activity_file"]
        else "not kept: --out DIR writes its trace"
    )
    rows.append(("Activity", view.text("activity"), kept))
    return rows


def _subtitle(view: View, result: Mapping) -> str:
    settings = result["training"]["settings"]
    device = f", device {result['device']}" if result["device"] else ""
    return (
        f"{result['dataset']} · scheme {view.text('scheme')}{device} · learning rate "
        f"{fmt.plain(settings['learning_rate'])} · "
        f"batch {view.text('batch')} · seed {view.text('seed')} · {fmt.plain(view.number('node_nm'))} nm"
    )


def _accuracy(epochs: Sequence[Mapping]) -> str:
    if not epochs:
        return "no epoch was finished"
    last = epochs[-1]
    text = (
        f"test error {last['test_error_percent']:.2f} % after {last['epoch']} "
        f"epoch{'s' if last['epoch'] > 1 else ''}"
    )
    if len(epochs) >= 5:
        text += f", mean of the last five {sum(row['test_error_percent'] for row in epochs[-5:]) / 5:.2f} %"
    return text + f"; training error {last['train_error_percent']:.2f} %"


def _busiest(writes: Mapping[str, Mapping]) -> str:
    """The layer whose weights were written most; further arrays have rows of their own."""
    further = tuple(kind for kind in writes if kind.startswith("."))
    return max(
        (name for name in writes if name and not name.endswith(further)),
        key=lambda name: writes[name]["maximum"],
    )


def _epochs(rows: Sequence[Mapping], training: Mapping):
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    for heading in ("Epoch", "Training error", "Test error", "Images/s"):
        table.add_column(heading, justify="right", no_wrap=True)
    shown = list(rows) if len(rows) <= _MOST_EPOCHS else [rows[0], None, *rows[1 - _MOST_EPOCHS :]]
    for row in shown:
        if row is None:
            table.add_row("…", "", "", "")
            continue
        table.add_row(
            str(row["epoch"]),
            f"{row['train_error_percent']:.2f} %",
            f"{row['test_error_percent']:.2f} %",
            fmt.significant(row["images_per_second"], 3),
        )
    return table
