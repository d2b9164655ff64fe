"""A device preset or law: its parameters and sources, and its staircase with the device-to-device
spread.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from archsim.cli.options import number_or_word

if TYPE_CHECKING:
    from archsim.devices.presets import Preset
from archsim.cli.output import Described
from archsim.cli.parameter_table import parameter_rows, plain, span_of, table_box

_DEVICES = 200
_COLUMNS = 64
_LINES = 13


def describe_device(name: str, node_nm: float | None, settings: dict[str, str]) -> Described:
    """Parameters, sources and staircase of a preset, a law or a device file. Raises InputError for
    unknown names and values.
    """
    from archsim.devices import load_law
    from archsim.devices.presets import find_preset
    from archsim.devices.staircase import staircase

    changes = {key: number_or_word(text) for key, text in settings.items()}
    preset = find_preset(name)
    device = preset.device(changes) if preset else load_law(name)(**changes)
    measured = _measured(preset, device.paired)
    # As far as the measurement goes, so that both lie on one axis; 0 leaves the length to the
    # device.
    longest = int(max((curve["pulses"][-1] for curve in measured.values()), default=0))
    start = measured["up"]["median"][0] if "up" in measured else None
    steps = staircase(device, devices=_DEVICES, pulses=min(longest, 2000), start=start)
    return {
        "name": name,
        "law": device.name,
        "title": preset.title if preset else device.title,
        "source": preset.source if preset else device.source,
        "place": preset.place if preset else "",
        "confidence": preset.confidence if preset else "",
        "note": preset.note if preset else "",
        "parameters": parameter_rows(device.parameters, device.values),
        "granularity": float(device.granularity()),
        "staircase": {
            "pulses": steps.pulses,
            "devices": _DEVICES,
            "quantiles": [row.tolist() for row in steps.quantiles()],
        },
        "electrical": dict(preset.electrical) if preset else {},
        "measured": measured,
    }


def _measured(preset: Preset | None, paired: bool) -> dict[str, dict[str, list[float]]]:
    """The measurement of a fitted device, by direction. A pair's staircase goes down by its other
    device, so that there only the up pulses are of one device.
    """
    if preset is None:
        return {}
    return {
        direction: {key: list(values) for key, values in vars(curve).items()}
        for direction, curve in preset.measured.items()
        if direction == "up" or not paired
    }


def draw_device(document: Described) -> Iterator[object]:
    """Text, table and a plot of characters for the terminal."""
    from rich.table import Table
    from rich.text import Text

    head = Text(document["name"], style="bold")
    head.append(f"  {document['title']}\n", style="default")
    origin = ", ".join(
        filter(None, (document["source"], document["place"], document["confidence"]))
    )
    head.append(f"law {document['law']}; {origin}", style="dim")
    yield head
    if document["note"]:
        yield Text(document["note"], style="dim")
    table = Table(
        "Parameter",
        "Value",
        "Default",
        "Range",
        "Note",
        box=table_box(),
        title="Parameters (--set NAME=VALUE)",
        title_justify="left",
    )
    for row in document["parameters"]:
        span = span_of(row)
        changed = row["value"] != row["default"]
        table.add_row(
            row["name"],
            Text(plain(row["value"]), style="bold" if changed else ""),
            plain(row["default"]),
            span,
            row["note"],
        )
    yield table
    stairs = document["staircase"]
    yield Text(
        f"Staircase: {stairs['pulses']} pulses up, {stairs['pulses']} down; {stairs['devices']} devices "
        f"(● median, ░ 5 % to 95 %{', × measured' if document['measured'] else ''}); "
        "--out DIR draws it as SVG and PNG"
    )
    marks = laid_over(document["measured"], stairs["pulses"])
    low, middle, high = stairs["quantiles"]
    yield Text("\n".join(_plot(low, middle, high, marks)))


def laid_over(measured: Described, pulses: int) -> list[tuple[float, float]]:
    """Measured medians on the axis of the staircase: (pulse, weight), down pulses after the up."""
    return [
        (pulse + (0 if direction == "up" else pulses), weight)
        for direction, curve in measured.items()
        for pulse, weight in zip(curve["pulses"], curve["median"])
        if pulse <= pulses
    ]


def _plot(
    low: list[float],
    middle: list[float],
    high: list[float],
    marks: list[tuple[float, float]] | None = None,
) -> list[str]:
    """Lines of characters with the weight axis on the left; `marks` are (pulse, weight)."""
    marks = marks or []
    floor = min([*low, *(weight for _, weight in marks)])
    span = max(1e-12, max([*high, *(weight for _, weight in marks)]) - floor)
    lines = [[" "] * _COLUMNS for _ in range(_LINES)]
    for column in range(_COLUMNS):
        # The first column shows the first pulse and the last one the last.
        pulse = round(column * (len(middle) - 1) / (_COLUMNS - 1))
        bottom, centre, top = (
            round((values[pulse] - floor) / span * (_LINES - 1)) for values in (low, middle, high)
        )
        for line in range(bottom, top + 1):
            lines[_LINES - 1 - line][column] = "░"
        lines[_LINES - 1 - centre][column] = "●"
    # Last, on top of the band: what was measured must not be hidden by what was fitted.
    for at, weight in marks:
        column = round(at * (_COLUMNS - 1) / (len(middle) - 1))
        line = round((weight - floor) / span * (_LINES - 1))
        lines[_LINES - 1 - line][column] = "×"
    marked = (0, _LINES // 2, _LINES - 1)
    labels = [
        f"{floor + span * (1 - line / (_LINES - 1)):8.3g} " if line in marked else " " * 9
        for line in range(_LINES)
    ]
    return [label + "│" + "".join(line).rstrip() for label, line in zip(labels, lines)]


def write_staircase(document: Described, folder: str) -> list[Path]:
    """The staircase as SVG and PNG files in a folder; returns the paths. Raises InputError where it
    cannot be written.
    """
    from archsim.basics.files import write_files
    from archsim.report.drawing.palette import colours
    from archsim.report.drawing.raster import save_raster
    from archsim.report.drawing.svg import to_svg
    from archsim.report.plots.staircase import draw_staircase

    stairs = document["staircase"]
    light = colours("light")
    drawing = draw_staircase(
        f"Staircase of {document['name']}",
        stairs["quantiles"],
        stairs["pulses"],
        laid_over(document["measured"], stairs["pulses"]),
    )
    name = f"staircase_{Path(document['name']).stem}"
    target = write_files(folder, {f"{name}.svg": to_svg(drawing, light)})
    save_raster(drawing, target / f"{name}.png", light)
    return [target / f"{name}.svg", target / f"{name}.png"]
