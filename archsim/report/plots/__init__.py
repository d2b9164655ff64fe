"""The plots of a run, each drawn from a `View` at any width, and those of device files.

In: the rows of a result as `report/run/view.py` gives them. Out: a `Drawing` of plain marks, or
None where the run has nothing to show; RUN_PLOTS is the catalogue, in the order of the page. Begin
with `components.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from archsim.report.drawing.drawing import Drawing
from archsim.report.plots.boundaries import draw_boundaries
from archsim.report.plots.components import draw_area, draw_energy
from archsim.report.plots.floor import draw_floor
from archsim.report.plots.layers import draw_layers
from archsim.report.plots.resources import draw_resources, draw_stalls
from archsim.report.plots.roofline import draw_roofline
from archsim.report.plots.timeline import draw_timeline
from archsim.report.run.view import View


@dataclass(frozen=True, slots=True)
class RunPlot:
    """A plot of the catalogue: its file name, heading, drawing function, and whether it takes
    half a page's width.
    """

    name: str
    heading: str
    draw: Callable[[View, float], Drawing | None]
    half: bool


RUN_PLOTS = (
    RunPlot("area_by_component", "Area by component", draw_area, True),
    RunPlot("energy_by_component", "Energy by component", draw_energy, True),
    RunPlot("boundaries", "What counts: macro, chip, system", draw_boundaries, True),
    RunPlot("roofline", "Roofline", draw_roofline, True),
    RunPlot("layers", "Energy and time by layer and phase", draw_layers, False),
    RunPlot("timeline", "Timeline", draw_timeline, False),
    RunPlot("resources", "Where the time goes", draw_resources, False),
    RunPlot("floor", "Floor of the chip", draw_floor, False),
    RunPlot("stalls", "Stalls by cause", draw_stalls, True),
)
