"""The report of a sweep in a real headless Chromium: 2000 designs, quiet, quick, small; hover and
click show the design.
"""

import json

import pytest

from archsim.report.sweep.page import render_sweep, write_sweep_report
from tests.browser.large_sweep import large_document

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def document():
    return large_document()


@pytest.fixture(scope="module")
def page(document, tmp_path_factory):
    path = tmp_path_factory.mktemp("sweep & report") / "report.html"
    path.write_text(render_sweep(document), encoding="utf-8")
    return path


def test_two_thousand_designs_stay_small_and_open_clean(browser, page):
    assert page.stat().st_size < 5_000_000
    browser.open(page)
    assert browser.messages == []
    assert browser.requests == [page.resolve().as_uri()]
    # what makes a page slow to open
    assert browser.evaluate("document.querySelectorAll('*').length") < 12_000
    names = "document.querySelectorAll('#figure-pareto_1_2 .wide [data-dots]')"
    dots = browser.evaluate(f"[...{names}].flatMap(path => path.dataset.dots.split(' '))")
    marks = browser.evaluate(
        "[...document.querySelectorAll('#figure-pareto_1_2 .wide circle[data-point]')].map(c => "
        "c.dataset.point)"
    )
    assert len(dots) + len(marks) == len({*dots, *marks}) == 1960


@pytest.mark.parametrize(
    ("width", "phone", "dark"),
    [(1280, False, False), (390, True, True)],
    ids=["desk light", "phone dark"],
)
def test_fits_and_shows_every_figure(browser, page, document, width, phone, dark):
    browser.open(page, width, dark=dark, phone=phone)
    assert browser.messages == []
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    shown = browser.evaluate("""[...document.querySelectorAll('figure')].map(figure =>
        [figure.id.slice(7), [...figure.querySelectorAll('svg')].filter(svg => svg.getBoundingClientRect().width > 200).length])""")
    # else a line says that there is none
    strong = any(entry["interaction"] for entry in document["analysis"])
    assert dict(shown) == {
        "pareto_1_2": 1,
        "bands": 1,
        "sensitivity": 1,
        "effects": 1,
        "interactions": int(strong),
    }


def test_names_are_escaped(browser, page):
    browser.open(page)
    assert browser.evaluate("document.documentElement.dataset.taken") is None
    assert browser.evaluate("document.querySelector('h1').textContent").startswith("<img")


def test_hover_tells_the_design_and_click_its_breakdown(browser, page, document):
    browser.open(page)
    row = next(row for row in document["points"] if row["point"] == document["front"][0])
    point = browser.evaluate(f"""(() => {{ const mark = document.querySelector('#figure-pareto_1_2 .wide [data-point="{row["point"]}"]');
        mark.scrollIntoView({{block: 'center', behavior: 'instant'}}); const box = mark.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2]; }})()""")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=point[0], y=point[1])
    tip = browser.evaluate("document.getElementById('tip').textContent")
    assert f"tile.rows = {row['tile.rows']}" in tip and "on the front" in tip
    for kind in ("mousePressed", "mouseReleased"):
        browser.call(
            "Input.dispatchMouseEvent",
            type=kind,
            x=point[0],
            y=point[1],
            button="left",
            clickCount=1,
        )
    assert (
        browser.evaluate("document.getElementById('design-title').textContent")
        == f"Design #{row['point']}"
    )
    rows = browser.evaluate(
        "[...document.querySelectorAll('#design-body tbody tr')].map(row => row.cells.length)"
    )
    assert len(rows) == sum(part is not None for part in document["parts"][0]) and set(rows) == {3}


def test_a_dot_of_the_crowd_is_a_design_too(browser, page, document):
    browser.open(page)
    rows = {row["point"]: row for row in document["points"]}
    dot = browser.evaluate("""(() => { const path = document.querySelector('#figure-pareto_1_2 .wide [data-dots]');
        path.scrollIntoView({block: 'center', behavior: 'instant'}); const names = path.dataset.dots.split(' ');
        const places = path.getAttribute('d').slice(1).split('M').map(text => text.split(/[ h]/).slice(0, 2).map(Number));
        const last = places.reduce((best, place, i) => place[0] > places[best][0] ? i : best, 0);
        const place = new DOMPoint(...places[last]).matrixTransform(path.ownerSVGElement.getScreenCTM());
        return [names[last], place.x, place.y]; })()""")
    row = rows[int(dot[0])]  # the rightmost dot: the largest design of all
    assert row["area_mm2"] == max(row["area_mm2"] for row in document["points"])
    tip = "document.getElementById('tip')"
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=dot[1] + 3, y=dot[2])
    assert f"#{row['point']}, dominated" in browser.evaluate(
        f"{tip}.textContent"
    ) and not browser.evaluate(f"{tip}.hidden")
    assert browser.evaluate("document.querySelectorAll('circle.ring').length") == 1
    for kind in ("mousePressed", "mouseReleased"):
        browser.call(
            "Input.dispatchMouseEvent",
            type=kind,
            x=dot[1] + 3,
            y=dot[2],
            button="left",
            clickCount=1,
        )
    assert (
        browser.evaluate("document.getElementById('design-title').textContent")
        == f"Design #{row['point']}"
    )
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=dot[1] + 20, y=dot[2])
    assert (
        browser.evaluate(f"{tip}.hidden")
        and browser.evaluate("document.querySelectorAll('circle.ring').length") == 0
    )


def test_the_rest_of_a_long_table_comes_when_it_is_wanted(browser, page):
    count = "document.querySelectorAll('#table-designs tbody tr').length"
    for act in (
        "document.querySelector('#table-designs thead button').click()",
        "(() => { const box = document.querySelector('#table-designs input'); "
        "box.dispatchEvent(new Event('input')); })()",
        "document.querySelector('#table-designs .scroll').scrollTop = 1e6",
    ):
        browser.open(page)
        assert browser.evaluate(count) == 100
        browser.evaluate(act)
        browser.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        assert browser.evaluate(count) == 1960
        names = (
            "[...document.querySelectorAll('#table-designs tbody tr')].map(row => "
            "row.cells[0].textContent)"
        )
        assert len(set(browser.evaluate(names))) == 1960
        assert browser.evaluate("document.documentElement.dataset.taken") is None


def test_a_row_of_the_table_shows_its_design(browser, page):
    browser.open(page)
    browser.evaluate("document.querySelectorAll('#table-designs tbody tr')[3].click()")
    number = browser.evaluate(
        "document.querySelectorAll('#table-designs tbody tr')[3].cells[0].textContent.trim()"
    )
    assert (
        browser.evaluate("document.getElementById('design-title').textContent")
        == f"Design {number}"
    )
    assert browser.evaluate("document.querySelectorAll('#table-designs tr.chosen').length") >= 1


def test_tables_sort_and_links_resolve(browser, page):
    browser.open(page)
    browser.evaluate("document.querySelectorAll('#table-designs thead button')[5].click()")
    values = browser.evaluate(
        "[...document.querySelectorAll('#table-designs tbody tr')].map(row => "
        "Number(row.cells[5].dataset.sort))"
    )
    assert values == sorted(values, reverse=True) and len(set(values)) > 10
    broken = browser.evaluate("""[...document.querySelectorAll('a[href^="#"]')]
        .map(a => decodeURIComponent(a.getAttribute('href').slice(1))).filter(name => !document.getElementById(name))""")
    assert broken == []


def test_without_script_every_number_is_there(browser, page):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(page)
        text = page.read_text(encoding="utf-8")
        root = browser.call("DOM.getDocument", depth=0)["root"]["nodeId"]
        rows = browser.call(
            "DOM.querySelectorAll", nodeId=root, selector="#table-designs tbody tr"
        )["nodeIds"]
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert len(rows) == 1960 and "<title>#" in text


def test_the_report_command_remakes_page_figures_and_tables(document, tmp_path):
    (tmp_path / "sweep.json").write_text(json.dumps(document))
    names = {path.name for path in write_sweep_report(tmp_path, tmp_path / "out")}
    assert {
        "report.html",
        "designs.csv",
        "sensitivity.csv",
        "effects.csv",
        "pareto_1_2.svg",
        "pareto_1_2.png",
        "effects.svg",
    } <= names
    assert len((tmp_path / "out" / "designs.csv").read_text().splitlines()) == 1961
