"""Does the floor of a chip show its cores and links by their use, the hottest link among them?"""

import re

import pytest

import archsim
from archsim.report.drawing.drawing import Line, Rect
from archsim.report.plots.floor import draw_floor, floor_use
from archsim.report.run.captions import caption
from archsim.report.run.page import render_report
from archsim.report.run.view import View
from tests.near import near

SMALL = {
    "tile.rows": 16,
    "tile.columns": 16,
    "core.tiles": 4,
    "placement.copies": "auto",
    "execution.mode": "pipelined",
}


def run(topology):
    chip = archsim.load_architecture("cores40", {**SMALL, "network.topology": topology})
    return archsim.simulate("digits_cnn", chip).to_dict()


@pytest.mark.parametrize("topology", ["mesh", "ring", "h_tree", "bus"])
def test_every_core_and_link_is_drawn_by_its_use(topology):
    document = run(topology)
    use = floor_use(View(document))
    marks = draw_floor(View(document), 500).marks
    rows = {row["name"]: row for row in document["resources"]}
    hottest = rows[f"link {use.hottest}"]
    assert all(
        row["busy_cycles"] <= hottest["busy_cycles"]
        for name, row in rows.items()
        if row["kind"] == "link" and not re.search("core|buffer|off", name)
    )
    warned = [mark for mark in marks if isinstance(mark, Rect) and mark.fill == "warn"]
    assert len(warned) == 1 and use.hottest in warned[0].tip and warned[0].opacity == near(1)
    tips = "\n".join(mark.tip for mark in marks if isinstance(mark, Rect))
    assert all(f"core {core}" in tips for core in range(min(4, use.cores)))
    assert len([mark for mark in marks if isinstance(mark, Line)]) == len(use.layout.between)
    assert use.hottest in caption("floor", View(document))


def test_a_page_of_cores_has_a_floor_and_one_of_a_flat_chip_none():
    heading = "Floor of the chip"
    assert heading in render_report(run("mesh"))
    assert heading not in render_report(archsim.simulate("digits_cnn", "cim40").to_dict())


def test_a_result_that_was_edited_has_no_floor():
    document = run("mesh")
    for core in ({"tiles": "four"}, {"tiles": 0}, None, {"tiles": 1, "lanes": -1}):
        assert draw_floor(View(document | {"settings": {"core": core}}), 500) is None
    assert draw_floor(View(document | {"settings": None}), 500) is None
    assert draw_floor(View(document | {"cycles": None}), 500) is None


@pytest.mark.parametrize("topology", ["mesh", "h_tree", "bus"])
def test_marks_stay_inside_the_drawing(topology):
    view = View(run(topology))
    for width in (350.0, 1048.0):
        drawing = draw_floor(view, width)
        for mark in drawing.marks:
            if isinstance(mark, Rect):
                assert mark.x >= -2 and mark.x + mark.width <= width + 2
                assert mark.y >= -2 and mark.y + mark.height <= drawing.height
