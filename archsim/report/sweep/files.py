"""What a sweep's folder holds besides its store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from archsim.readers.digest import seal

if TYPE_CHECKING:
    from archsim.exploration.sweep import Sweep


def write_sweep(sweep: Sweep, export: str | None) -> dict:
    """Write what a sweep's folder holds besides its store: sweep.json, front.csv, report.html, all
    points; returns the document.
    """
    from archsim.basics.files import csv_text, write_files
    from archsim.exploration.store.export import export_rows
    from archsim.report.sweep.page import render_sweep

    document = sweep.to_dict()
    write_files(
        sweep.folder,
        {
            "sweep.json": json.dumps(seal(document), allow_nan=False) + "\n",
            "front.csv": csv_text(sweep.front()),
            "report.html": render_sweep(document),
        },
    )
    if export:
        export_rows(sweep.rows(), sweep.folder / f"points.{export}")
    return document
