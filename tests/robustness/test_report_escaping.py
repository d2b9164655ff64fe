"""Names from users' files cannot break or take over a report, and extreme results still make one."""

import csv
import html.parser
import io
import json
import re
import xml.etree.ElementTree

import pytest
from rich.console import Console

from archsim.report.drawing.palette import colours
from archsim.report.drawing.raster import save_raster
from archsim.report.plots.roofline import draw_roofline
from archsim.report.run.export import write_csv, write_plots
from archsim.report.run.page import render_report, write_report
from archsim.report.run.terminal import print_result
from archsim.report.run.view import View
from archsim.run.result_schema import check_document
from hwlib.errors import InputError
from tests.data_results import LENET, long_network, make_result
from tests.members import every

NASTY = (
    "<script>alert('x')</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style></svg><b>",
    "{{ 7*7 }}{% raw %}",
    "[red]:smile:[/red]",
    "слой_" * 30,
    "卷积层",
    "a\x00b\x1bc\x07\nd",
    "=cmd|' /C calc'!A0",
    "\ud800half",
    "",
    "$x^2$ & co",
)
ALLOWED = {"script": 1, "style": 1, "img": 0, "iframe": 0, "object": 0, "link": 1, "b": 0}


def nasty_result(**more):
    layers = tuple((name, 25, 4, 64) for name in NASTY)
    result = make_result(layers, network=NASTY[0], architecture=NASTY[1], **more)
    result["notes"] = list(NASTY)
    result["settings"] = {name: {name: [name, {name: name}]} for name in NASTY}
    result["figures"] = [
        {**row, "name": name, "source": name, "title": name, "note": name, "place": name}
        for row, name in zip(result["figures"] * 2, NASTY)
    ]
    result["resources"] = [{**row, "name": name} for row, name in zip(result["resources"], NASTY)]
    result["scheme"] = result["version"] = result["activity"] = NASTY[2]
    return result


class Elements(html.parser.HTMLParser):
    """Counts elements and keeps attributes that could run or load something."""

    def __init__(self, text):
        super().__init__()
        self.counts = {}
        self.handlers = []
        self.targets = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.handlers += [name for name, _ in attributes if name.startswith("on")]
        self.targets += [
            value or ""
            for name, value in attributes
            if name in ("src", "href", "xlink:href", "action")
        ]


def test_names_stay_text_in_html():
    page = Elements(render_report(nasty_result()))
    assert {tag: page.counts.get(tag, 0) for tag in ALLOWED} == ALLOWED
    assert page.handlers == []
    assert all(path.startswith(("#", "data:text/csv", "data:,")) for path in page.targets)


def test_templates_in_names_are_not_run():
    text = render_report(nasty_result())
    assert "{{ 7*7 }}" in text
    assert ">49<" not in text


def test_nothing_is_loaded_from_anywhere():
    text = render_report(make_result())
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text
    assert "@import" not in text and "url(" not in text


def test_figures_are_well_formed_xml_whatever_the_names(tmp_path):
    for path in write_plots(nasty_result(), tmp_path, ("svg",)):
        root = xml.etree.ElementTree.parse(path).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert not [
            node for node in root.iter() if node.tag.endswith(("script", "image", "foreignObject"))
        ]
        assert "var(" not in path.read_text(encoding="utf-8")


def test_spreadsheets_run_no_name(tmp_path):
    for path in write_csv(nasty_result(), tmp_path):
        for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")):
            assert not [cell for cell in row if cell[:1] in ("=", "@", "+")], path.name


def test_terminal_takes_no_markup_and_no_control_codes_from_names():
    console = Console(file=io.StringIO(), width=100, highlight=False)
    print_result(nasty_result(), console)
    text = console.file.getvalue()
    assert "\x1b" not in text and "\x00" not in text and "\x07" not in text
    assert "[red]:smile:[/red]" in text


@pytest.mark.parametrize(
    "result",
    [
        make_result(LENET[:1]),
        make_result(long_network(160), spans=3),
        make_result(timing=False),
        make_result(static=False),
        make_result((("one", 1, 1, 1),)),
        make_result((("vast", 10**6, 10**5, 10**9),)),
        make_result(phases=("program", "verify & retry")),
    ],
    ids=[
        "one layer",
        "160 layers",
        "untimed",
        "no leakage",
        "one weight",
        "vast",
        "strange phases",
    ],
)
def test_extreme_results_make_reports(result, tmp_path):
    path = write_report(result, tmp_path / "new" / "report.html")
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"\b(?:nan|inf|None)\b", re.sub('base64,[^"]*', "", text))
    assert len(text) < 1_500_000
    print_result(result, Console(file=io.StringIO(), width=80))
    assert write_csv(result, tmp_path)


def test_run_without_any_energy_or_area():
    result = make_result()
    for table in ("by_component", "by_component_off_chip"):
        for entry in result[table].values():
            entry.update(
                area_mm2=0.0,
                energy_j=0.0,
                dynamic_energy_j=0.0,
                static_energy_j=0.0,
                static_power_uw=0.0,
            )
    for row in result["by_layer"]:
        row["energy_j"] = 0.0
    result.update(
        ledger=[],
        timeline=[],
        resources=[],
        stalls={},
        placement=[],
        figures=[],
        notes=[],
        settings={},
        roofline={},
    )
    assert "no data for this figure" in render_report(result)
    print_result(result, Console(file=io.StringIO(), width=80))


def test_same_result_same_bytes(tmp_path):
    assert render_report(make_result()) == render_report(make_result())
    first, second = (
        write_plots(make_result(), tmp_path / name, ("svg",)) for name in ("one", "two")
    )
    assert [path.name for path in first] == [path.name for path in second] and len(first) == 8
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(first, second))
    drawing = draw_roofline(View(make_result()), 500)
    for suffix, start in (("png", b"\x89PNG"), ("pdf", b"%PDF")):
        for name in ("one", "two"):
            save_raster(drawing, tmp_path / f"{name}.{suffix}", colours("light"))
        content = (tmp_path / f"one.{suffix}").read_bytes()
        assert content.startswith(start) and content == (tmp_path / f"two.{suffix}").read_bytes()


def test_what_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write_report(make_result(), tmp_path / "file" / "report.html")
    with pytest.raises(InputError, match="figure format"):
        write_plots(make_result(), tmp_path, ("gif",))


ODD = (
    None,
    "text",
    -1,
    1e308,
    [],
    {},
    [[1]],
    {"points": 3},
    {"points": [1, {"macs": "x"}]},
    [{"tiles": "x", "rows": {}, "layer": 3}],
)


@every("odd", ODD)
@every(
    "path",
    [
        ("roofline",),
        ("roofline", "points"),
        ("roofline", "peak_macs_per_s"),
        ("placement",),
        ("settings",),
        ("settings", "tile"),
        ("inventory", 0, "parameters", "bits"),
        ("by_layer", 0, "note"),
        ("figures", 0, "note"),
        ("figures", 0, "place"),
        ("command",),
        ("placement", 0, "tiles"),
        ("roofline", "points", 0, "macs"),
    ],
)
def test_what_the_result_check_lets_through_makes_a_report(path, odd):
    document = json.loads(json.dumps(make_result()))
    target = document
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = odd
    try:
        check_document(document, "result.json")
    except InputError:
        return  # refused before any report
    assert render_report(document).endswith("</html>")
    print_result(document, Console(file=io.StringIO(), width=80))
