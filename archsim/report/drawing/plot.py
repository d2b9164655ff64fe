"""A plot of a page: a drawing at any width, with its heading and its caption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from archsim.report.drawing.drawing import Drawing

WIDTH_HALF = 500.0
WIDTH_FULL = 900.0
"""Pixels of a plot that is a file of its own."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot of a page.

    Args:
        name: of its file.
        heading: what stands above it.
        draw: the drawing at a width in pixels; None where there is nothing to draw.
        caption: what it shows, asked for only where there is a drawing.
        missing: why it is not there, where it is not.
        half: whether it takes half a page's width.
    """

    name: str
    heading: str
    draw: Callable[[float], Drawing | None]
    caption: Callable[[], str]
    missing: str
    half: bool = False

    def file(self) -> Drawing | None:
        """The drawing as a file of its own holds it."""
        return self.draw(WIDTH_HALF if self.half else WIDTH_FULL)
