"""A drawing as SVG text: with CSS variables inside the page, with plain colours as a file of its
own.
"""

from __future__ import annotations

from collections.abc import Callable
from xml.sax.saxutils import escape, quoteattr

from archsim.report.drawing.drawing import (
    EDGE,
    Boxes,
    Circle,
    Dots,
    Drawing,
    Line,
    Mark,
    Rect,
    Text,
    printable,
)

FONTS = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"


def to_svg(drawing: Drawing, colours: dict[str, str] | None = None) -> str:
    """SVG text of a drawing. `colours` maps tokens to colours; None leaves them as CSS variables of
    the page.

    Tips become <title> elements: browsers show them without any script.
    """
    paint: Callable[[str], str] = _variable if colours is None else colours.__getitem__
    title = printable(drawing.title)
    # a page gives a drawing room, a file brings its own
    edge = 0 if colours is None else EDGE
    width, height = drawing.width + 2 * edge, drawing.height + 2 * edge
    size = f'viewBox="{-edge:g} {-edge:g} {width:g} {height:g}"'
    if colours is not None:
        # On the page the style sets the width and the view box the rest; a file stands alone.
        size += f' width="{width:g}" height="{height:g}" xmlns="http://www.w3.org/2000/svg"'
    head = f'<svg {size} role="img" aria-label={quoteattr(title)} font-family="{FONTS}">'
    if colours is not None:
        head += (
            f"<title>{escape(title)}</title>"
            + f'<rect x="{-edge:g}" y="{-edge:g}" width="100%" height="100%" fill="{paint("card")}"/>'
        )
    return head + "".join(_written(mark, paint) for mark in drawing.marks) + "</svg>"


def _variable(token: str) -> str:
    """A colour of the page, which its theme chooses."""
    return f"var(--{token})"


def _written(mark: Mark, paint: Callable[[str], str]) -> str:
    match mark:
        case Rect():
            return _rect(mark, paint)
        case Line():
            return _line(mark, paint)
        case Text():
            return _text(mark, paint)
        case Circle():
            return _circle(mark, paint)
        case Dots():
            return _dots(mark, paint)
        case Boxes():
            return _boxes(mark, paint)


def _number(value: float) -> str:
    # A hundredth of a pixel: further digits nobody sees, and a page has thousands of numbers.
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _tip(tip: str) -> str:
    return f"<title>{escape(printable(tip))}</title>" if tip else ""


def _rect(mark: Rect, paint: Callable[[str], str]) -> str:
    faded = f' fill-opacity="{_number(mark.opacity)}"' if mark.opacity < 1 else ""
    where = (
        f'x="{_number(mark.x)}" y="{_number(mark.y)}" width="{_number(mark.width)}" '
        f'height="{_number(mark.height)}"'
    )
    body = f'<rect {where} fill="{paint(mark.fill)}"{faded}'
    return f"{body}>{_tip(mark.tip)}</rect>" if mark.tip else f"{body}/>"


def _line(mark: Line, paint: Callable[[str], str]) -> str:
    dash = ' stroke-dasharray="4 4"' if mark.dashed else ""
    ends = f'x1="{_number(mark.x1)}" y1="{_number(mark.y1)}" x2="{_number(mark.x2)}" y2="{_number(mark.y2)}"'
    return (
        f'<line {ends} stroke="{paint(mark.stroke)}" stroke-width="{_number(mark.width)}"{dash}/>'
    )


def _text(mark: Text, paint: Callable[[str], str]) -> str:
    weight = ' font-weight="600"' if mark.bold else ""
    turn = f' transform="rotate(-90 {_number(mark.x)} {_number(mark.y)})"' if mark.turned else ""
    anchor = f' text-anchor="{mark.anchor}"' if mark.anchor != "start" else ""
    halo = (
        f' stroke="{paint("card")}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'
        if mark.halo
        else ""
    )
    where = (
        f'x="{_number(mark.x)}" y="{_number(mark.y)}" font-size="{_number(mark.size)}" '
        f'fill="{paint(mark.fill)}"'
    )
    return f"<text {where}{anchor}{weight}{turn}{halo}>{escape(printable(mark.text))}</text>"


def _circle(mark: Circle, paint: Callable[[str], str]) -> str:
    where = f'cx="{_number(mark.x)}" cy="{_number(mark.y)}" r="{_number(mark.radius)}"'
    return (
        f'<circle {where} fill="{paint(mark.fill)}" stroke="{paint("card")}" '
        f'stroke-width="0.8">{_tip(mark.tip)}</circle>'
    )


def _dots(mark: Dots, paint: Callable[[str], str]) -> str:
    # one path whose strokes have round ends and no length: a cloud of thousands is one element
    path = "".join(f"M{x:.1f} {y:.1f}h.01" for x, y in mark.points)
    names = f" data-dots={quoteattr(' '.join(mark.names))}" if mark.names else ""
    return (
        f'<path class="dots"{names} d="{path}" fill="none" stroke="{paint(mark.fill)}" '
        f'stroke-width="{_number(2 * mark.radius)}" '
        'stroke-linecap="round"/>'
    )


def _boxes(mark: Boxes, paint: Callable[[str], str]) -> str:
    path = "".join(
        f"M{_number(x)} {_number(y)}h{_number(w)}v{_number(h)}h{_number(-w)}z"
        for x, y, w, h in mark.boxes
    )
    return f'<path d="{path}" fill="{paint(mark.fill)}">{_tip(mark.tip)}</path>'
