"""The figures keep their promises: lengths are proportional, sums close, ticks are round, colours
can be told from the page.
"""

import pytest

from archsim.report.drawing.axes import linear_axis, log_axis
from archsim.report.drawing.drawing import Boxes, Circle, Line, Rect, Text, fit_text, text_width
from archsim.report.drawing.palette import colours, contrast, token
from archsim.report.plots import RUN_PLOTS
from archsim.report.plots.boundaries import draw_boundaries
from archsim.report.plots.components import draw_area, draw_energy
from archsim.report.plots.layers import draw_layers, shown_layers
from archsim.report.plots.roofline import draw_roofline
from archsim.report.plots.timeline import draw_timeline
from archsim.report.run.view import View
from tests.data_results import LENET, long_network, make_result
from tests.near import near

TRAINING = ("forward", "backward", "update")


def bars(drawing, fill):
    return [
        mark for mark in drawing.marks if isinstance(mark, Rect) and mark.fill == fill and mark.tip
    ]


def test_bar_lengths_are_proportional_to_area_and_energy():
    view = View(make_result())
    parts = {row.role: row for row in view.chip_components}
    drawing = draw_area(view, 500)
    scale = bars(drawing, "role-buffer")[0].width / parts["buffer"].area_mm2
    assert bars(drawing, "role-adc")[0].width == near(scale * parts["adc"].area_mm2)
    dynamic, static = bars(draw_energy(view, 500), "role-adc")
    assert dynamic.width / static.width == near(
        parts["adc"].dynamic_energy_j / parts["adc"].static_energy_j
    )
    assert static.opacity < dynamic.opacity


def test_boundaries_add_up_to_the_result():
    result = make_result()
    drawing = draw_boundaries(View(result), 500)
    lengths = {}
    for mark in drawing.marks:
        if isinstance(mark, Rect) and mark.tip:
            lengths[mark.y] = lengths.get(mark.y, 0.0) + mark.width
    macro, chip, system = list(lengths.values())[3:]
    energies = {name: entry["energy_j"] for name, entry in result["boundaries"].items()}
    assert chip / macro == near(energies["chip"] / energies["macro"])
    assert system / macro == near(energies["system"] / energies["macro"])


def test_layers_put_together_lose_nothing():
    view = View(make_result(long_network(450)))
    rows = shown_layers(view, 200)
    assert len(rows) == 150 + 1  # three neighbours a row, and `shared`
    assert sum(row.total_energy_j for row in rows) == near(view.number("energy_j"), rel=1e-9)
    assert draw_layers(view, 1000).height < 1100


@pytest.mark.parametrize("spans", [5, 200])
def test_timeline_shows_every_busy_cycle(spans):
    result = make_result(LENET[:1], TRAINING, spans=spans)
    last = max(row["end"] for row in result["timeline"])
    drawing = draw_timeline(View(result), 1000)
    axis = 1000 - 14 - min(mark.x1 for mark in drawing.marks if isinstance(mark, Line))
    length = sum(bar.width for phase in TRAINING for bar in bars(drawing, token("phase", phase)))
    boxes = [box for mark in drawing.marks if isinstance(mark, Boxes) for box in mark.boxes]
    # a lane is 26 pixels, 20 of them its bars
    length += sum(width * height for _, _, width, height in boxes) / 20.0
    assert bool(boxes) == (spans == 200)
    assert length / axis == near(
        sum(row["end"] - row["start"] for row in result["timeline"]) / last, rel=0.01
    )


def test_overlapping_images_never_overfill_a_lane():
    result = make_result(LENET, TRAINING, spans=100)
    for row in result["timeline"]:
        row["start"], row["end"] = row["start"] // 3, row["start"] // 3 + 30_000
    drawing = draw_timeline(View(result), 1000)
    tops = {}
    for mark in drawing.marks:
        if isinstance(mark, Boxes):
            assert all(width > 0 and height > 0 for _, _, width, height in mark.boxes)
            tops.setdefault(mark.tip.split(":")[0], []).extend(
                (y, y + height) for _, y, _, height in mark.boxes
            )
    for edges in tops.values():
        assert max(bottom for _, bottom in edges) - min(top for top, _ in edges) <= 20 + 1.3


def test_roofline_points_stand_where_the_numbers_say():
    result = make_result()
    result["roofline"]["points"] = [
        {"layer": "a", "phase": "forward", "macs": 1e6, "bits": 1e5, "seconds": 1e-3},
        {"layer": "b", "phase": "forward", "macs": 1e6, "bits": 1e6, "seconds": 1e-2},
    ]
    first, second = (
        mark for mark in draw_roofline(View(result), 500).marks if isinstance(mark, Circle)
    )
    assert first.x > second.x and first.y < second.y  # ten times the intensity, ten times the rate


def test_marks_and_names_stay_inside_the_drawing():
    for layers in (LENET, long_network(160), (("a_very_long_layer_name_" * 6, 9, 9, 9),)):
        view = View(make_result(layers, TRAINING))
        for figure in (item for item in RUN_PLOTS if item.name != "floor"):  # of chips of cores
            for width in (350.0, 500.0, 1048.0):
                drawing = figure.draw(view, width)
                for mark in drawing.marks:
                    if isinstance(mark, Text) and not mark.turned:
                        shift = {"start": 0, "middle": 0.5, "end": 1}[mark.anchor] * text_width(
                            mark.text, mark.size
                        )
                        assert mark.x - shift >= -2, (figure.name, width, mark)
                        assert mark.x - shift + text_width(mark.text, mark.size) <= width + 12, (
                            figure.name,
                            width,
                            mark,
                        )
                        assert mark.y <= drawing.height


@pytest.mark.parametrize("largest", [1e-18, 3.2e-9, 0.99, 1, 7, 4711, 2.5e14])
def test_ticks_are_round_and_inside(largest):
    axis = linear_axis(largest, 400, "J")
    assert axis.ticks[0] == 0 and axis.ticks[-1] <= largest * 1.001
    assert 3 <= len(axis.ticks) <= 8
    assert float(axis.label(axis.ticks[1]).replace(",", "")) == near(axis.ticks[1] * axis.factor)
    assert axis.place(largest) == near(400)


def test_log_axis_holds_its_values():
    axis = log_axis([3e-4, 20.0], 300)
    assert 0 <= axis.place(3e-4) < axis.place(20.0) <= 300
    assert axis.place(10.0**axis.high) == near(300)


def test_long_names_keep_both_ends():
    text = fit_text("stage4_block2_convolution_3x3", 100)
    assert text.startswith("stage") and text.endswith("3x3") and text_width(text) <= 100


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_stand_out_from_the_card(theme):
    table = colours(theme)
    assert contrast(table["ink"], table["card"]) > 12
    assert contrast(table["soft"], table["card"]) > 6  # small text
    assert contrast(table["accent"], table["page"]) > 4.5
    for name, colour in table.items():
        if name.startswith(("role-", "phase-", "state-", "kind-")):
            assert contrast(colour, table["card"]) > (3.5 if theme == "dark" else 1.8), name


def test_unknown_roles_have_a_colour_of_their_own():
    assert token("role", "novel_unit") == token("role", "novel_unit")
    assert token("role", "novel_unit") in colours("light")
