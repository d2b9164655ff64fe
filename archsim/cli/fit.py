"""`archsim fit MEASURED.csv`: a device law, with its spreads, out of measured conductances."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from archsim.basics.files import refuse_other_file, write_files
from archsim.cli.options import add_output_options, add_set_option, number_or_word, settings_table
from archsim.cli.output import console, print_json, say
from hwlib.errors import InputError, is_finite

if TYPE_CHECKING:
    from archsim.run.fitting import FittedDevice


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
        help="a law to try (archsim list devices); repeatable; auto (the default) tries all",
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
        "--out",
        metavar="DIR|DEVICE.toml",
        help="write NAME.toml, fit.json and the figure of the residuals; or the device file alone",
    )
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    from archsim.run.fitting import fit

    fixed = {}
    for key, text in settings_table(arguments.settings).items():
        value = number_or_word(text)
        # A word is a number that was mistyped: parameters of a law are numbers alone.
        if not is_finite(value):
            raise InputError("a number", where=f"--set {key}", got=text)
        fixed[key] = float(value)
    out = Path(arguments.out) if arguments.out else None
    # By the ending, since neither a folder nor a file need be there yet.
    alone = out is not None and out.suffix == ".toml"
    if out and alone:
        # Written over only where a fit wrote it: a device file of somebody's own stays.
        refuse_other_file(out, 'place = "fitted to ')
    fitted = fit(
        arguments.measured,
        arguments.law or "auto",
        name=arguments.name or (out.stem if out and alone else None),
        fixed=fixed,
        reading_noise=arguments.reading_noise,
    )
    document = fitted.to_dict()
    if out and alone:
        write_files(out.parent, {out.name: fitted.toml()})
        say(f"written: {out}", arguments.quiet)
    elif out:
        for path in _write(fitted, document, out):
            say(f"written: {path}", arguments.quiet)
    if arguments.json:
        print_json(document)
    else:
        _draw(fitted.name, document)
    return 0


def _write(fitted: FittedDevice, document: dict, folder: Path) -> list[Path]:
    from archsim.report.drawing.palette import colours
    from archsim.report.drawing.raster import save_raster
    from archsim.report.drawing.svg import to_svg
    from archsim.report.plots.device_fit import draw_fit

    light = colours("light")
    drawing = draw_fit(f"{fitted.name}: {fitted.law}", document["curves"])
    files = {**fitted.files(), "fit.svg": to_svg(drawing, light)}
    target = write_files(folder, files)
    save_raster(drawing, target / "fit.png", light)
    return [target / file for file in (*files, "fit.png")]


def _draw(name: str, document: dict) -> None:
    from rich.table import Table
    from rich.text import Text

    from archsim.cli.parameter_table import table_box

    output = console()
    laws = Table(
        "Law",
        "Residual",
        "Not seen",
        "Parameters",
        box=table_box(),
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
    device = Table(
        "Parameter", "Value", box=table_box(), title=f"Device {name}", title_justify="left"
    )
    for table in (document["parameters"], document["electrical"]):
        for key, value in table.items():
            device.add_row(key, value if isinstance(value, str) else f"{value:.5g}")
    output.print(device)
    zero = document["zero_us"]
    unit = document["unit_us"]
    output.print(Text(f"weight = (conductance - {zero:.4g} µS) / {unit:.4g} µS"))
    for note in document["notes"]:
        output.print(Text(f"note: {note}", style="dim"))
