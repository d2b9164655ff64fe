"""`archsim fit MEASURED.csv`: a device law, with its spreads, out of measured conductances."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from archsim.cli.options import add_output_options, add_set_option, number_or_word, settings_table
from archsim.cli.output import console, print_json, say
from hwlib.errors import InputError, is_finite


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "measured",
        metavar="MEASURED.csv",
        help="columns device, cycle, direction (up, down, hold), pulse, time_s, conductance_us; "
        "facts before them as `# pulse_width_ns = 100`",
    )
    parser.add_argument(
        "--law",
        action="append",
        default=[],
        metavar="NAME",
        help="a law to try (archsim list devices); repeatable; all without it",
    )
    parser.add_argument(
        "--name", metavar="NAME", help="name of the device (default: that of the file)"
    )
    parser.add_argument(
        "--reading-noise",
        choices=("instrument", "device"),
        default="instrument",
        help="whose the noise of the readings is (default instrument: left out of the device)",
    )
    add_set_option(parser, "a parameter of the law that is known and not fitted, pulse_step=0.01")
    parser.add_argument(
        "--out", metavar="DIR", help="write NAME.toml, fit.json and the figure of the residuals"
    )
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    from archsim.devices.fit.document import device_file, fit_document, measured_curves
    from archsim.devices.fit.fit import fit_device
    from archsim.devices.fit.measured import read_measured

    name = arguments.name or re.sub(r"[^A-Za-z0-9_-]+", "_", Path(arguments.measured).stem)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name):
        raise InputError(
            "not a name of a device",
            where="--name",
            got=name,
            allowed="letters, digits, _ and -, up to 80",
        )
    fixed = {}
    for key, text in settings_table(arguments.settings).items():
        value = number_or_word(text)
        if not is_finite(value):
            raise InputError("a number", where=f"--set {key}", got=text)
        fixed[key] = float(value)
    measured = read_measured(arguments.measured)
    _need_scipy()
    fit = fit_device(measured, arguments.law, fixed=fixed, reading_noise=arguments.reading_noise)
    curves = measured_curves(fit)
    document = fit_document(fit, curves)
    if arguments.out:
        for path in _write(name, document, device_file(fit, name, curves), arguments.out):
            say(f"written: {path}", arguments.quiet)
    if arguments.json:
        print_json(document)
    else:
        _draw(name, document)
    return 0


def _need_scipy() -> None:
    try:
        import scipy.optimize  # noqa: F401
    except ImportError:
        raise InputError("fitting needs scipy", hint="pip install 'archsim[fit]'") from None


def _write(name: str, document: dict, device: str, folder: str) -> list[Path]:
    from archsim.basics.files import write_files
    from archsim.report.drawing.palette import colours
    from archsim.report.drawing.raster import save_raster
    from archsim.report.drawing.svg import to_svg
    from archsim.report.plots.device_fit import draw_fit

    light = colours("light")
    drawing = draw_fit(f"{name}: {document['law']}", document["curves"])
    text = json.dumps(document, indent=1, allow_nan=False) + "\n"
    files = {f"{name}.toml": device, "fit.json": text, "fit.svg": to_svg(drawing, light)}
    target = write_files(folder, files)
    save_raster(drawing, target / "fit.png", light)
    return [target / file for file in (*files, "fit.png")]


def _draw(name: str, document: dict) -> None:
    from rich.table import Table
    from rich.text import Text

    from archsim.cli.show_component import _box

    output = console()
    laws = Table(
        "Law",
        "Residual",
        "Not seen",
        "Parameters",
        box=_box(),
        title="Laws, best first: residual in % of the window, on all cycles and on cycles not seen",
        title_justify="left",
    )
    for row in document["laws"]:
        unseen = "" if row["held_out"] is None else f"{100 * row['held_out']:.2f}"
        marked = "bold" if row["law"] == document["law"] else ""
        law = row["law"] + (" (up pulses only)" if row["up_only"] else "")
        laws.add_row(
            Text(law, style=marked),
            f"{100 * row['residual']:.2f}",
            unseen,
            str(len(row["parameters"])),
        )
    output.print(laws)
    device = Table("Parameter", "Value", box=_box(), title=f"Device {name}", title_justify="left")
    for table in (document["parameters"], document["electrical"]):
        for key, value in table.items():
            device.add_row(key, value if isinstance(value, str) else f"{value:.5g}")
    output.print(device)
    zero, unit = document["zero_us"], document["unit_us"]
    output.print(Text(f"weight = (conductance - {zero:.4g} µS) / {unit:.4g} µS"))
    for note in document["notes"]:
        output.print(Text(f"note: {note}", style="dim"))
