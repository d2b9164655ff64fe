"""The tables behind a comparison: figures, components, epochs of each scheme."""

from __future__ import annotations

from dataclasses import replace

from archsim.report.comparison.cells import in_unit, key_of, text_column
from archsim.report.comparison.view import ComparisonView
from archsim.report.drawing import format as fmt
from archsim.report.drawing.palette import label, token
from archsim.report.run.tables import component_table, figure_table
from archsim.report.run.view import View
from archsim.report.table import Column, ShownTable


def used_figures(view: ComparisonView) -> ShownTable:
    """The figures of all schemes, with how many of them rest on each."""
    table = figure_table(View({"figures": view.figures}))
    count = len(view.views)
    used = Column(
        "schemes",
        "Schemes",
        key_of("schemes"),
        lambda v: "all" if v == count else f"{v} of {count}",
    )
    # Before the place in the source, which is wide.
    return replace(table, columns=(*table.columns[:6], used, *table.columns[6:]))


def detail_tables(view: ComparisonView, number: int) -> tuple[ShownTable, ShownTable]:
    """Components and phases of one scheme, for all simulated images."""
    own = view.views[number - 1]
    images = own.result["images"]
    of = f"of {fmt.count(images)} image{'' if images == 1 else 's'}"
    phases = [{"phase": name, **part} for name, part in own.result["by_phase"].items()]
    columns = (
        Column("phase", "Phase", key_of("phase"), str, numeric=False),
        Column("cycles", "Cycles", key_of("cycles"), fmt.count, share=True),
        Column("energy_j", "Energy", key_of("energy_j"), lambda v: fmt.si(v, "J"), share=True),
    )
    return (
        replace(
            component_table(own), name=f"components-{number}", heading=f"Components, energy {of}"
        ),
        ShownTable(
            f"phases-{number}",
            f"Phases {of}",
            columns,
            phases,
            lambda row: token("phase", row["phase"]),
        ),
    )


def breakdown_table(view: ComparisonView) -> ShownTable:
    """Every component and phase of every scheme, for a spreadsheet."""
    rows = []
    for row, energy, area, phases in zip(
        view.rows, view.parts("component"), view.parts("area"), view.parts("phase")
    ):
        rows += [
            {
                "label": row["label"],
                "kind": "component",
                "part": role,
                "area_mm2": area[role],
                "energy_per_image_j": value,
            }
            for role, value in energy.items()
        ]
        rows += [
            {"label": row["label"], "kind": "phase", "part": name, "energy_per_image_j": value}
            for name, value in phases.items()
        ]
    columns = (
        text_column("label", "Scheme"),
        text_column("kind", "Kind"),
        Column("part", "Part", key_of("part"), label, numeric=False),
        Column("area_mm2", "Area", key_of("area_mm2"), fmt.area),
        Column("energy_per_image_j", "Energy / image", key_of("energy_per_image_j"), in_unit("J")),
    )
    return ShownTable("breakdown", "Breakdown of every scheme", columns, rows)


def epoch_table(view: ComparisonView) -> ShownTable:
    """The epochs of every scheme, for a spreadsheet."""
    names = ("epoch", "train_error_percent", "test_error_percent", "images_per_second")
    rows = [
        {"label": row["label"]} | {name: epoch[name] for name in names}
        for row, own in zip(view.rows, view.views)
        for epoch in own.rows("epochs")
    ]
    return ShownTable(
        "epochs",
        "Epochs",
        (
            text_column("label", "Scheme"),
            *(Column(name, name, key_of(name), str) for name in names),
        ),
        rows,
    )
