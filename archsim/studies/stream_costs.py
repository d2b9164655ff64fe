"""Area and power of the stream units of `cbram_sc` over stream length, source, sharing, clock and
pulse: the table and figure of a study.

    python -m archsim.studies.stream_costs reports/lammie2021

LeNet-1 is trained on the built-in chip cim40; the units are those that the scheme adds to it.
Nothing is fitted.
"""

from __future__ import annotations

import csv
import functools
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import archsim
from archsim.cost.spread import Spread
from archsim.schemes import load_scheme
from archsim.schemes.streams.cbram_sc import CbramStochastic
from hwlib import price
from hwlib.quantity import Quantity

PUBLISHED = {"area_mm2": 1.55, "power_uw": 167.0}
FIELDS = ("source", "length", "sharing", "block", "clock_mhz", "pulse_ns")
VALUES = ("area_mm2", "leakage_uw", "dynamic_uw", "power_uw")


class UnitCosts(NamedTuple):
    """Of the stream units while LeNet-1 is trained; `seconds` an image."""

    area_mm2: Spread
    leakage_uw: Spread
    dynamic_uw: Spread
    power_uw: Spread
    seconds: float


def spread_of(item: Quantity, times: float = 1.0) -> Spread:
    """So many times a price, with its range."""
    return Spread(item.value, item.low, item.high).times(times)


def sum_of(items: Iterable[Spread]) -> Spread:
    """Prices added up, all at their low, all at their high."""
    return functools.reduce(Spread.plus, items)


def cbram_scheme(settings: Mapping[str, Any] | None = None) -> CbramStochastic:
    """The scheme whose units are counted. Raises InputError for settings that are not allowed."""
    scheme = load_scheme("cbram_sc", settings)
    if not isinstance(scheme, CbramStochastic):
        raise RuntimeError("cbram_sc is another scheme here")
    return scheme


def unit_costs(settings: Mapping[str, Any], clock_mhz: float = 200.0) -> UnitCosts:
    """What the stream units of these settings take and burn."""
    chip = archsim.load_architecture("cim40", {"read.transposed": True, "clock_mhz": clock_mhz})
    scheme = cbram_scheme(settings)
    result = archsim.simulate("lenet1", chip, scheme=scheme, phase="training", batch=8)
    if result.latency_s is None:
        raise RuntimeError("this run has no time")
    seconds = result.latency_s
    prices = {
        role: (price(entry["part"], entry["parameters"], 40.0), entry["count"])
        for role, entry in scheme.parts(chip).items()
    }
    # from W to uW, and areas from um2 to mm2
    leakage = sum_of([spread_of(item.leakage, count * 1e6) for item, count in prices.values()])
    dynamic = sum_of(
        [
            spread_of(
                prices[row["component"]][0].energy[row["action"]], row["count"] / seconds * 1e6
            )
            for row in result.ledger
            if row["component"] in prices
        ]
    )
    return UnitCosts(
        area_mm2=sum_of([spread_of(item.area, count * 1e-6) for item, count in prices.values()]),
        leakage_uw=leakage,
        dynamic_uw=dynamic,
        power_uw=leakage.plus(dynamic),
        seconds=seconds / result.images,
    )


def cases() -> list[tuple[dict[str, Any], float]]:
    """(settings, clock in MHz) of the table: one thing at a time away from the default."""
    chosen: list[tuple[dict[str, Any], float]] = [
        ({"length": length}, 200.0) for length in (4, 16, 64, 256)
    ]
    chosen += [({"pulse_ns": pulse}, 200.0) for pulse in (2.5, 10.0, 1000.0, 10000.0)]
    chosen += [({"stream_source": "lfsr", "length": length}, 200.0) for length in (4, 16, 64, 256)]
    chosen += [
        ({"stream_source": "lfsr", "sharing": "element"}, 200.0),
        ({"stream_source": "sobol"}, 200.0),
        ({"stream_source": "sobol", "sharing": "element"}, 200.0),
    ]
    chosen += [({"stream_source": "lfsr"}, clock) for clock in (1.0, 10.0, 400.0)]
    chosen += [
        ({"inputs_parallel": side, "errors_parallel": side // 2}, 200.0) for side in (16, 32, 128)
    ]
    return chosen


def rows() -> list[dict[str, Any]]:
    """The table: settings and costs of every case."""
    table = []
    for settings, clock in cases():
        scheme = cbram_scheme(settings)
        costs = unit_costs(settings, clock)
        row = {
            "source": scheme.stream_source,
            "length": scheme.length,
            "sharing": scheme.sharing,
            "block": f"{scheme.inputs_parallel} x {scheme.errors_parallel}",
            "clock_mhz": clock,
            # the other sources have no devices to switch
            "pulse_ns": scheme.pulse_ns if scheme.stream_source == "cbram" else "",
        }
        for name in VALUES:
            cost: Spread = getattr(costs, name)
            row |= {name: cost.value, f"{name}_low": cost.low, f"{name}_high": cost.high}
        table.append(
            row
            | {
                "us_an_image": costs.seconds * 1e6,
                # uW times seconds are uJ.
                "uj_an_image": costs.power_uw.value * costs.seconds,
            }
        )
    return table


def write(folder: Path) -> None:
    """costs.csv, costs.md, costs.png and costs.svg in a folder."""
    table = rows()
    with open(folder / "costs.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {
                key: f"{value:.5g}" if isinstance(value, float) else value
                for key, value in row.items()
            }
            for row in table
        )
    lines = [
        "| source | L | sharing | block | clock (MHz) | pulse (ns) | area (mm²), low to high | "
        "leakage (µW) | dynamic (µW) | "
        "µs an image | µJ an image |",
        "|---|---:|---|---|---:|---:|---|---:|---:|---:|---:|",
    ]
    for row in table:
        lines.append(
            "| "
            + " | ".join(
                [
                    *(
                        f"{row[name]:g}" if isinstance(row[name], float) else str(row[name])
                        for name in FIELDS
                    ),
                    f"{row['area_mm2']:.3g} ({row['area_mm2_low']:.2g} to {row['area_mm2_high']:.2g})",
                    f"{row['leakage_uw']:.3g}",
                    f"{row['dynamic_uw']:.3g}",
                    f"{row['us_an_image']:.4g}",
                    f"{row['uj_an_image']:.3g}",
                ]
            )
            + " |"
        )
    (folder / "costs.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _draw(table, folder)


def _draw(table: list[dict[str, Any]], folder: Path) -> None:
    import matplotlib
    from matplotlib.figure import Figure

    plot = Figure(figsize=(6.4, 4.6), layout="constrained")
    axes = plot.add_subplot()
    for source, colour, mark in (
        ("cbram", "#0072b2", "o"),
        ("lfsr", "#d55e00", "s"),
        ("sobol", "#009e73", "^"),
    ):
        some = [row for row in table if row["source"] == source]
        axes.scatter(
            [row["area_mm2"] for row in some],
            [row["power_uw"] for row in some],
            color=colour,
            marker=mark,
            s=28,
            label={"cbram": "CBRAM devices", "lfsr": "LFSR", "sobol": "Sobol"}[source],
        )
    # The second of the lengths, 16 slots, is the default of the scheme.
    default = table[1]
    spans = [
        [[default[name] - default[f"{name}_low"]], [default[f"{name}_high"] - default[name]]]
        for name in ("area_mm2", "power_uw")
    ]
    axes.errorbar(
        [default["area_mm2"]],
        [default["power_uw"]],
        xerr=spans[0],
        yerr=spans[1],
        color="#0072b2",
        linewidth=1,
        capsize=3,
        label="default, range of the prices",
    )
    axes.scatter(
        [PUBLISHED["area_mm2"]],
        [PUBLISHED["power_uw"]],
        color="black",
        marker="*",
        s=110,
        label="published totals",
    )
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="area of the stream units (mm²)",
        ylabel="power while LeNet-1 is trained (µW)",
    )
    axes.grid(True, which="major", color="#dddddd", linewidth=0.6)
    axes.legend(fontsize=8, frameon=False)
    plot.savefig(folder / "costs.png", dpi=160)
    with matplotlib.rc_context({"svg.hashsalt": "archsim"}):  # the same file for the same numbers
        plot.savefig(folder / "costs.svg", metadata={"Date": None})


def main(arguments: list[str]) -> int:
    """Command line: the folder to write."""
    write(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
