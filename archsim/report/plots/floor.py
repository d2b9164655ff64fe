"""The floor of a chip of cores: routers with their cores coloured by use, links by traffic."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from archsim.chip.cores.network_of import BUFFER, OFF_CHIP, layout_on
from archsim.chip.load import validate
from archsim.chip.network.layout import NetworkLayout, Position
from archsim.report.drawing import format as fmt
from archsim.report.drawing.drawing import Drawing, Line, Rect, Text, fit_text
from archsim.report.drawing.palette import SPARE
from archsim.report.run.view import View
from hwlib.errors import InputError

MOST_CORES = 1024
_PORTS = {BUFFER: "global buffer", OFF_CHIP: "off chip"}
_TALLEST = 900.0


class FloorUse(NamedTuple):
    """The layout of a run's cores, the share of the time that the busiest part of each core works, that
    of each link by its name, and the kind of each core where they are of several."""

    layout: NetworkLayout
    cores: int
    parts: Mapping[int, tuple[float, str]]
    links: Mapping[str, float]
    kinds: Mapping[int, str] = {}

    @property
    def hottest(self) -> str:
        """The busiest link between routers, empty where nothing passed one."""
        between = {link.name for link in self.layout.links if link.kind not in ("inject", "eject")}
        used = [name for name in self.links if name in between]
        return max(used, key=self.links.__getitem__, default="")


def floor_use(view: View) -> FloorUse | None:
    """What is drawn; None for a flat chip, for one that was not timed, and for too many cores."""
    settings = view.result.get("settings")
    tiles = view.number("tiles")
    if not isinstance(settings, Mapping):
        return None
    core = settings.get("core")
    each = core.get("tiles") if isinstance(core, Mapping) else None
    if not view.timed or not tiles or not isinstance(each, int) or each < 1:
        return None
    cores = int(tiles) // each
    if not 1 <= cores <= MOST_CORES:
        return None
    try:
        # From the settings in the document, so that a stored result can be drawn again.
        layout = layout_on(validate(dict(settings), "the chip of this result"), cores)
    except InputError:  # a result of an older version, or one that was edited
        return None
    parts: dict[int, tuple[float, str]] = {}
    links: dict[str, float] = {}
    for row in view.rows("resources"):
        total = row.get("total_cycles") or 0
        share = row.get("busy_cycles", 0) / total if total else 0.0
        name = str(row.get("name", ""))
        if row.get("kind") == "link":
            links[name.removeprefix("link ")] = share
        elif named := re.match(r"core (\d{1,6}) (.+)", name):
            number = int(named[1])
            # The busiest part of a core decides how fast it is.
            parts[number] = max(parts.get(number, (0.0, "")), (share, named[2]))
    return FloorUse(layout, cores, parts, links, _kinds(view))


def _kinds(view: View) -> dict[int, str]:
    """The kind of each core; nothing where all are alike."""
    rows = view.result.get("kinds")
    if not isinstance(rows, Mapping):
        return {}
    return {core: str(kind) for kind, row in rows.items() for core in row["cores"]}


def draw_floor(view: View, width: float) -> Drawing | None:
    """Routers at their positions. None for a run without a floor."""
    use = floor_use(view)
    if use is None:
        return None
    positions = use.layout.routers.positions
    across = max(position.x for position in positions) - min(p.x for p in positions)
    along = max(position.y for position in positions) - min(p.y for p in positions)
    # A ring of hundreds of cores is one row: no taller than a page, no pitch larger than needed.
    pitch = min((width - 40) / (across + 1), _TALLEST / (along + 1), 90.0)
    left = (width - pitch * (across + 1)) / 2 - min(p.x for p in positions) * pitch
    drawing = Drawing(width, 0, f"Floor of {view.title}: use of cores and links")

    def at(position: Position) -> Position:
        return Position(
            left + (position.x + 0.5) * pitch,
            8 + (position.y - min(p.y for p in positions) + 0.5) * pitch,
        )

    centres = [at(position) for position in positions]
    _add_links(drawing, use, centres, pitch)
    _add_routers(drawing, use, centres, pitch)
    bottom = 8 + (along + 1) * pitch
    legend = "darker: busier; of a core its busiest part"
    if use.kinds:
        legend += (
            f"; edges tell kinds of cores: {', '.join(dict.fromkeys(sorted(use.kinds.values())))}"
        )
    if use.hottest:
        legend += f"; hottest link {use.hottest}, {fmt.percent(use.links[use.hottest])}"
    drawing.add(Text(10, bottom + 18, fit_text(legend, width - 20, 11), size=11, fill="soft"))
    drawing.height = bottom + 28
    return drawing


def _add_links(drawing: Drawing, use: FloorUse, centres: list[Position], pitch: float) -> None:
    """Two bars between neighbours, one a direction."""
    busiest = use.links.get(use.hottest, 0.0) or 1.0
    thick = max(1.5, pitch * 0.09)
    for (source, target), number in use.layout.between.items():
        link = use.layout.links[number]
        here, there = centres[source], centres[target]
        share = use.links.get(link.name, 0.0)
        # The one link that more width would help first.
        fill = "warn" if link.name == use.hottest else "accent"
        tip = f"link {link.name}: {fmt.percent(share)} of the time"
        # A bus has no ends: it lies under all of its cores.
        if link.kind == "bus":
            here, there = Position(20, here.y), Position(drawing.width - 20, here.y)
        drawing.add(Line(here.x, here.y, there.x, there.y, "line"))
        if not share:
            continue
        # the two directions lie beside each other
        side = thick * (0.15 if (source < target) else -1.15)
        x, y = min(here.x, there.x), min(here.y, there.y)
        wide = abs(here.x - there.x)
        high = abs(here.y - there.y)
        flat = wide >= high
        box = (x, y + side, wide, thick) if flat else (x + side, y, thick, high)
        drawing.add(Rect(*box, fill, tip, 0.15 + 0.85 * share / busiest))


def _add_routers(drawing: Drawing, use: FloorUse, centres: list[Position], pitch: float) -> None:
    """A square for each router, with the cores and ports at it."""
    side = pitch * 0.56
    routers = use.layout.terminals
    for router, centre in enumerate(centres):
        cores = [core for core in range(use.cores) if routers[core] == router]
        ports = [word for port, word in _PORTS.items() if routers[use.cores + port] == router]
        share, part = max((use.parts.get(core, (0.0, "")) for core in cores), default=(0.0, ""))
        x, y = centre.x - side / 2, centre.y - side / 2
        words = [*(_core_words(core, use) for core in cores[:4]), *ports]
        busy = f"\n{part}: {fmt.percent(share)} of the time" if part else ""
        tip = f"{', '.join(words) or f'router {router}'}{busy}"
        drawing.add(Rect(x, y, side, side, "idle", tip))
        _add_kind(drawing, use, cores, Rect(x, y, side, side, "idle"))
        if share:
            # A core that worked at all differs from one that stood still.
            drawing.add(Rect(x, y, side, side, "accent", tip, max(0.08, share)))
        if side >= 16 and cores:
            number = str(cores[0]) if len(cores) == 1 else f"{cores[0]}…"
            drawing.add(Text(centre.x, centre.y + 4, number, "middle", 11, halo=True))
        if ports and side >= 16:
            mark = " + ".join(ports)
            drawing.add(
                Text(centre.x, y + side + 11, fit_text(mark, pitch * 1.6, 10), "middle", 10, "soft")
            )


def _core_words(core: int, use: FloorUse) -> str:
    kind = use.kinds.get(core)
    return f"core {core} ({kind})" if kind else f"core {core}"


def _add_kind(drawing: Drawing, use: FloorUse, cores: list[int], square: Rect) -> None:
    """A bar along the upper edge in the colour of the kind of a router's first core."""
    kinds = sorted(set(use.kinds.values()))
    if not cores or cores[0] not in use.kinds:
        return
    # By its number among the names in order, so that a kind keeps its colour in every drawing of it.
    fill = f"spare-{kinds.index(use.kinds[cores[0]]) % SPARE}"
    thick = max(2.0, square.height * 0.1)
    drawing.add(Rect(square.x, square.y - thick, square.width, thick, fill))
