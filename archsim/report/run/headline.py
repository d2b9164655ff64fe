"""The few numbers of a run that a person wants first, each with its range and what it is made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from archsim.report.drawing import format as fmt
from archsim.report.run.view import View


@dataclass(frozen=True, slots=True)
class Headline:
    """One number: name, text, what stands below it, its range as text, and its position in its
    range (0 to 1, logarithmic).
    """

    name: str
    text: str
    detail: str
    spread: str = ""
    position: float | None = None


def headline(view: View) -> list[Headline]:
    """The numbers in their order: area, power, energy, latency, tiles."""
    untimed = "not timed"
    clock = view.number("clock_mhz")
    cycles = view.number("cycles")
    area = Headline(
        "Area",
        fmt.area(view.number("area_mm2")),
        "inside the chip boundary",
        *_spread(view, "area_mm2", fmt.area),
    )
    parts = (
        f"static {fmt.power(view.number('static_power_uw'), 3)} + dynamic "
        f"{fmt.power(view.number('dynamic_power_uw'), 3)}"
    )
    leak = f"leakage {fmt.power(view.number('static_power_uw'), 3)}; {untimed}"
    power = Headline(
        "Power",
        fmt.power(view.number("power_uw")),
        parts if view.timed else leak,
        *_spread(view, "power_uw", fmt.power),
    )
    whole = f"{fmt.si(view.number('energy_j'), 'J')} for {images(view)}" + (
        "" if view.timed else ", dynamic only"
    )
    energy = Headline("Energy per image", fmt.si(view.number("energy_per_image_j"), "J"), whole)
    timing = f"{fmt.count(cycles)} cycles at {fmt.plain(clock)} MHz" if view.timed else untimed
    latency = Headline(
        "Latency per image",
        fmt.si(view.number("latency_per_image_s"), "s"),
        timing,
        *_interval(view),
    )
    used = f"{fmt.percent(view.number('utilisation'))} utilised, " if view.timed else ""
    tiles = Headline(
        "Tiles",
        fmt.count(view.number("tiles")),
        used + counted(view.number("tile_operations"), "tile operation"),
    )
    return [*_accuracy(view), area, power, energy, latency, tiles, *once(view)]


def once(view: View) -> list[Headline]:
    """What a training needs once, before its first image: none of it is in the other numbers."""
    setup = view.result.get("setup")
    if not isinstance(setup, dict) or not fmt.is_number(setup.get("energy_j")):
        return []
    pulses = setup.get("pulses")
    most = (
        max((value for value in pulses.values() if fmt.is_number(value)), default=None)
        if isinstance(pulses, dict)
        else None
    )
    time = fmt.si(setup["seconds"], "s") if fmt.is_number(setup.get("seconds")) else "not timed"
    detail = f"before training, in no other number; {time}, up to {fmt.significant(most)} pulses a device"
    return [Headline("Once", fmt.si(setup["energy_j"], "J"), detail)]


def _accuracy(view: View) -> list[Headline]:
    """The accuracy of a run that trained its network, or tested trained weights."""
    accuracy = view.number("accuracy_percent")
    epochs = len(view.rows("epochs"))
    if accuracy is None:
        return []
    if "inference" in view.result:
        return [_tested(view, accuracy)]
    return [
        Headline(
            "Accuracy",
            f"{accuracy:.2f} %",
            f"{view.text('dataset')}, after {epochs} epoch{'s' if epochs > 1 else ''}",
        )
    ]


def _tested(view: View, accuracy: float) -> Headline:
    """The accuracy of trained weights on drawn chips."""
    tested = view.result.get("inference")
    count = tested.get("images") if isinstance(tested, dict) else None
    exact = view.number("reference_accuracy_percent")
    drawn = counted(view.number("seeds"), "drawn chip")
    detail = f"{view.text('dataset')}, {counted(count, 'image')}, {drawn}; exact {exact or 0:.2f} %"
    low, high = view.result.get("accuracy_range") or (None, None)
    known = fmt.is_number(low) and fmt.is_number(high)
    text = f"{low:.2f} to {high:.2f} %" if known else ""
    return Headline("Accuracy", f"{accuracy:.2f} %", detail, text)


def images(view: View) -> str:
    """The number of images in words."""
    return counted(view.number("images"), "image")


def counted(count: object, noun: str) -> str:
    """A number with its noun, which has an s unless the number is one."""
    return f"{fmt.count(count)} {noun}{'' if count == 1 else 's'}"


def subtitle(view: View) -> str:
    """What ran, in one line."""
    words = [view.text("phase")]
    if view.text("scheme") and view.text("scheme") not in words:
        words.append(f"scheme {view.text('scheme')}")
    words.append(f"batch {fmt.count(view.number('batch'))}, {images(view)}")
    if view.number("node_nm"):
        words.append(f"{fmt.plain(view.number('node_nm'))} nm")
    if view.number("clock_mhz"):
        words.append(f"{fmt.plain(view.number('clock_mhz'))} MHz")
    return " · ".join(word for word in words if word)


def facts(view: View) -> list[tuple[str, str]]:
    """Times and counts of the run as (name, text), without those the run does not know."""
    interval = view.number("interval_per_image_s") or view.number("latency_per_image_s")
    lines = [
        ("Cycles", fmt.count(view.number("cycles"))),
        ("Busiest resource", view.bound or fmt.NONE),
        ("Run", fmt.si(view.number("latency_s"), "s")),
        ("Latency per image", fmt.si(view.number("latency_per_image_s"), "s")),
        ("Interval between images", fmt.si(view.number("interval_per_image_s"), "s")),
        ("Images a second", fmt.significant(1 / interval) if interval else fmt.NONE),
        ("Images", fmt.count(view.number("images"))),
        ("Operations", fmt.count(view.number("operations"))),
        ("Tile operations", fmt.count(view.number("tile_operations"))),
        ("Utilisation of the tiles", fmt.percent(view.number("utilisation"))),
    ]
    return [(name, text) for name, text in lines if text != fmt.NONE]


def _spread(view: View, key: str, write: Callable[[object, int], str]) -> tuple[str, float | None]:
    value = view.number(key)
    spread = view.result.get(f"{key}_range")
    if (
        value is None
        or not isinstance(spread, list | tuple)
        or len(spread) != 2
        or not all(map(fmt.is_number, spread))
    ):
        return "", None
    low, high = spread
    # Logarithmic: prices spread by factors, and the middle of 1 to 100 is 10.
    position = (
        math.log(value / low) / math.log(high / low)
        if 0 < low < high and low <= value <= high
        else None
    )
    return f"{write(low, 3)} to {write(high, 3)}", position


def _interval(view: View) -> tuple[str, float | None]:
    # A single image has no interval: its latency stands for it.
    interval = view.number("interval_per_image_s")
    return (
        (f"one image every {fmt.si(interval, 's')}", None) if interval is not None else ("", None)
    )
