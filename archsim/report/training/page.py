"""The training of a run on its page: curves, epochs and device writes."""

from __future__ import annotations

from archsim.report.drawing import format as fmt
from archsim.report.drawing.drawing import Drawing
from archsim.report.plots.errors import draw_errors
from archsim.report.run.view import View
from archsim.report.table import Column, ShownTable
from hwlib.text import counted


def draw_training(view: View, width: float) -> Drawing | None:
    """Error over epochs of a trained network; None where nothing was trained."""
    if not view.rows("epochs"):
        return None
    return draw_errors(
        {view.text("scheme"): view.rows("epochs")}, width, f"Error over epochs of {view.title}"
    )


def training_caption(view: View) -> str:
    """What the curves say, in numbers."""
    rows = view.rows("epochs")
    training = view.result["training"]
    best = min(rows, key=lambda row: row["test_error_percent"])
    priced = training["energy_j"] is not None  # a reference run is not
    cost = f"{fmt.si(training['energy_j'], 'J')} and " if priced else ""
    cost += fmt.si(training["seconds"], "s")
    device = view.text("device")
    held = f"on devices {device}" if device else "on weights that no device holds"
    return (
        f"Trained {held}. "
        f"Test error {rows[-1]['test_error_percent']:.2f} % after {counted(len(rows), 'epoch')} on "
        f"{view.text('dataset')}, lowest "
        f"{best['test_error_percent']:.2f} % after epoch {best['epoch']}. Training went through "
        f"{fmt.count(training['images'])} "
        f"images; on this chip that takes {cost}, tests not counted."
    )


def training_tables(view: View) -> list[ShownTable]:
    """The epochs, and the pulses that the devices of each layer received."""
    percent = _percent
    epochs = ShownTable(
        "epochs",
        "Epochs",
        (
            Column("epoch", "Epoch", lambda row: row["epoch"], fmt.count),
            Column(
                "train_error_percent",
                "Training error",
                lambda row: row["train_error_percent"],
                percent,
            ),
            Column(
                "test_error_percent", "Test error", lambda row: row["test_error_percent"], percent
            ),
            Column(
                "images_per_second",
                "Images/s trained",
                lambda row: row["images_per_second"],
                lambda value: fmt.significant(value, 3),
            ),
        ),
        view.rows("epochs"),
    )
    rows = [
        # Keys of the document: "" all weights, ".KIND" all arrays of a kind, else an array.
        {"layer": f"all {layer[1:] or 'weights'}" if layer[:1] in ("", ".") else layer, **row}
        for layer, row in view.result["training"]["writes"].items()
    ]
    writes = ShownTable(
        "writes",
        "Device writes",
        (
            Column("layer", "Layer", lambda row: row["layer"], str, numeric=False),
            Column("mean", "Writes a device, mean", lambda row: row["mean"], fmt.significant),
            Column("maximum", "Most", lambda row: row["maximum"], fmt.significant),
        ),
        rows,
    )
    return [epochs, writes]


def _percent(value: object) -> str:
    return f"{value:.2f} %" if fmt.is_number(value) else fmt.NONE
