"""The same plots and tables as files for papers and spreadsheets: SVG, PNG, PDF and CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from archsim.basics.files import csv_text, write_files
from archsim.report.drawing.drawing import Drawing
from archsim.report.drawing.palette import colours
from archsim.report.drawing.plot import WIDTH_FULL, WIDTH_HALF
from archsim.report.drawing.raster import save_raster
from archsim.report.drawing.svg import to_svg
from archsim.report.plots import RUN_PLOTS
from archsim.report.run.tables import page_tables
from archsim.report.run.view import View
from hwlib.errors import InputError

FORMATS = ("svg", "png", "pdf")


def write_plots(
    result: Mapping[str, Any], folder: str | Path, formats: Sequence[str] = ("svg", "png")
) -> list[Path]:
    """Write every plot the run has data for, light theme on white; returns the paths.

    PNG is 3 times the screen's pixels (288 dots an inch). Raises InputError for an unknown format
    or where the folder cannot be written.
    """
    for name in formats:
        if name not in FORMATS:
            raise InputError("unknown figure format", got=name, allowed=FORMATS)
    view = View(result)
    drawings = {
        entry.name: entry.draw(view, WIDTH_HALF if entry.half else WIDTH_FULL)
        for entry in RUN_PLOTS
    }
    return write_drawings(drawings, folder, formats)


def write_drawings(
    drawings: Mapping[str, Drawing | None],
    folder: str | Path,
    formats: Sequence[str] = ("svg", "png"),
) -> list[Path]:
    """Write drawings by name into a folder, light theme on white; those that are None are left out.
    Returns the paths.
    """
    written = []
    light = colours("light")
    folder = write_files(folder, {})
    for name, drawing in drawings.items():
        if drawing is None:
            continue
        for suffix in formats:
            path = folder / f"{name}.{suffix}"
            if suffix == "svg":
                write_files(folder, {path.name: to_svg(drawing, light)})
            else:
                save_raster(drawing, path, light)
            written.append(path)
    return written


def write_csv(result: Mapping[str, Any], folder: str | Path) -> list[Path]:
    """Write every table of the run as CSV, with the whole ledger and timeline; returns the paths.
    Raises InputError.
    """
    view = View(result)
    raw: dict[str, Sequence[Mapping[str, Any]]] = {
        "ledger": view.rows("ledger"),
        "timeline": view.rows("timeline"),
        "roofline": view.roofline_points,
    }
    files = {
        f"{name}.csv": table.to_csv() for name, table in page_tables(view).items() if table.rows
    }
    # The page has sums of these three; a spreadsheet gets every line.
    files |= {f"{name}.csv": csv_text(rows) for name, rows in raw.items() if rows}
    folder = write_files(folder, files)
    return [folder / name for name in files]
