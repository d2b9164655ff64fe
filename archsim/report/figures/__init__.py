"""The figures of a run, each drawn from a `View` at any width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from archsim.report.drawing.drawing import Drawing
from archsim.report.figures.boundaries import draw_boundaries
from archsim.report.figures.components import draw_area, draw_energy
from archsim.report.figures.layers import draw_layers
from archsim.report.figures.resources import draw_resources, draw_stalls
from archsim.report.figures.roofline import draw_roofline
from archsim.report.figures.timeline import draw_timeline
from archsim.report.run.view import View


@dataclass(frozen=True, slots=True)
class RunFigure:
    """A figure of the catalogue: its file name, heading, drawing function, and whether it takes
    half a page's width.
    """

    name: str
    heading: str
    draw: Callable[[View, float], Drawing | None]
    half: bool


RUN_FIGURES = (
    RunFigure("area_by_component", "Area by component", draw_area, True),
    RunFigure("energy_by_component", "Energy by component", draw_energy, True),
    RunFigure("boundaries", "What counts: macro, chip, system", draw_boundaries, True),
    RunFigure("roofline", "Roofline", draw_roofline, True),
    RunFigure("layers", "Energy and time by layer and phase", draw_layers, False),
    RunFigure("timeline", "Timeline", draw_timeline, False),
    RunFigure("resources", "Where the time goes", draw_resources, False),
    RunFigure("stalls", "Stalls by cause", draw_stalls, True),
)
