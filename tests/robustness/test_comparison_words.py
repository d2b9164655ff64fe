"""Are labels, names and totals of a comparison shown whole and apart?"""

import copy
import html.parser

import pytest

from archsim.comparison.scheme_row import most_writes
from archsim.report.comparison.captions import tradeoff_caption
from archsim.report.comparison.page import render_comparison
from archsim.report.comparison.rows import short_name
from archsim.report.comparison.scatter import COSTS, draw_tradeoff
from archsim.report.comparison.tables import comparison_tables
from archsim.report.comparison.view import ComparisonView
from archsim.report.drawing.drawing import Circle
from archsim.report.drawing.labels import place_names
from tests.data_comparison import as_read, make_comparison
from tests.near import near

GOOD = make_comparison(("sgd", "rpu", "hic"))


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("sgd", "sgd"),
        ("tiki_taka:version=agad", "tiki_taka agad"),
        ("sbpca:rank=3:training.learning_rate=0.1", "sbpca rank 3, learning rate 0.1"),
        ("rpu:device=reram_es:update_management=false", "rpu reram_es, update management false"),
        (":", ""),
        ("a:b", "a b"),
    ],
)
def test_labels_in_few_words(label, name):
    assert short_name(label) == name


def test_labels_that_would_look_alike_stay_whole():
    names = {
        row["name"]
        for row in ComparisonView(
            as_read(make_comparison(("rpu:device=a", "rpu:training.x=a", "sgd")))
        ).rows
    }
    assert names == {"rpu:device=a", "rpu:training.x=a", "sgd"}


def test_the_command_names_every_label_and_is_quoted():
    document = make_comparison(("sgd", "tiki_taka:version=agad"))
    words = ComparisonView(as_read(document)).command.split()
    assert set(words[words.index("--schemes") + 1].split(",")) == {"sgd", "tiki_taka:version=agad"}
    # one batch for both, two rates
    assert words[words.index("--batch") + 1] == "8" and "--rate" not in words
    for entry in document["schemes"]:
        entry["network"] = "my net; rm x"
    assert "archsim compare 'my net; rm x' --schemes" in ComparisonView(as_read(document)).command
    assert (
        ComparisonView(as_read({**document, "command": "archsim compare a"})).command
        == "archsim compare a"
    )


def test_a_scheme_that_writes_nothing_stands_left_of_the_axis():
    view = ComparisonView(as_read(GOOD))
    assert [row["writes_per_device"] for row in view.rows].count(0.0) == 1
    drawing = draw_tradeoff(view, "error_over_writes", 900.0)
    marks = {mark.tip.split("\n")[0]: mark.x for mark in drawing.marks if isinstance(mark, Circle)}
    least = min(marks, key=marks.get)
    assert least.endswith("hic") and sorted(marks.values())[1] - marks[least] > 20
    assert "At 0: no device is written." in tradeoff_caption(view, "error_over_writes")


def test_the_array_that_is_written_most_counts():
    document = make_comparison()
    entry = document["schemes"][0]
    entry["writes_per_device"] = 3.0
    means = {"": 3.0, "fc": 9.0, ".fast": 500.0, "fc.fast": 700.0, ".reference": 1.0}
    entry["training"]["writes"] = {name: {"mean": mean} for name, mean in means.items()}
    view = ComparisonView(as_read(document))
    row = next(row for row in view.rows if row["label"] == entry["label"])
    assert (row["writes_per_device"], row["most_writes_per_device"]) == (3.0, 500.0)
    assert f"not the weights in {row['name']}." in tradeoff_caption(view, "error_over_writes")
    entry["training"]["writes"] = {}
    assert most_writes(entry) == 3.0 and most_writes({"training": {}}) is None


def test_the_front_holds_what_no_other_beats():
    view = ComparisonView(as_read(make_comparison()))
    rows = {row["number"]: row for row in view.rows}
    for cost in COSTS.values():
        front = view.front(cost.key)
        for number, row in rows.items():
            better = [
                other
                for other in rows.values()
                if other["test_error_percent"] <= row["test_error_percent"]
                and other[cost.key] <= row[cost.key]
                and (other["test_error_percent"], other[cost.key])
                != (row["test_error_percent"], row[cost.key])
            ]
            assert (number in front) == (not better)


def test_the_breakdown_adds_up_to_the_totals():
    view = ComparisonView(as_read(make_comparison()))
    for row, energy, phases, area in zip(
        view.rows, view.parts("component"), view.parts("phase"), view.parts("area")
    ):
        assert sum(energy.values()) == near(row["energy_per_image_j"])
        assert sum(phases.values()) == near(row["energy_per_image_j"])
        assert sum(area.values()) == near(row["area_mm2"])


def test_figures_are_listed_once_with_how_many_schemes_use_them():
    document = copy.deepcopy(GOOD)
    extra = document["schemes"][1]["figures"].pop()
    rows = {
        row["name"]: row["schemes"]
        for row in comparison_tables(ComparisonView(as_read(document)))["figures"].rows
    }
    assert (
        rows[extra["name"]] == 2
        and set(rows.values()) == {2, 3}
        and len(rows) == len(GOOD["schemes"][0]["figures"])
    )


def test_names_from_files_stay_text():
    names = (
        "<script>alert('x')</script>",
        '"><img src=x onerror=alert(1)>',
        "</title></style></svg><b>",
        "{{ 7*7 }}",
        "a\x00b",
        "=cmd|' /C'!A0",
    )
    document = make_comparison(names, refused={name: name for name in names})

    class Elements(html.parser.HTMLParser):
        counts: dict = {}

        def handle_starttag(self, tag, attributes):
            self.counts[tag] = self.counts.get(tag, 0) + 1
            assert not [name for name, _ in attributes if name.startswith("on")]

    reader = Elements()
    reader.feed(render_comparison(as_read(document)))
    # the page has a script, the house style and one of its own each
    assert (
        reader.counts["script"] == 2 and reader.counts["style"] == 2 and "img" not in reader.counts
    )
    csv = comparison_tables(ComparisonView(as_read(document)))["schemes"].to_csv()
    assert "\n'=cmd" not in csv and ",'=cmd" in csv  # a leading quote: no formula


def test_names_of_a_crowd_do_not_cover_each_other():
    points = [(200 + 9 * (i % 5), 150 + 9 * (i // 5)) for i in range(20)]
    labels_placed = place_names(
        points, [f"scheme number {i}" for i in range(20)], 11.0, (0.0, 0.0, 600.0, 400.0)
    )
    boxes = [label.box for label in labels_placed]
    for i, one in enumerate(boxes):
        assert one[0] >= 0 and one[1] >= 0 and one[2] <= 600 and one[3] <= 400
        for two in boxes[:i]:
            assert not (one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3])
