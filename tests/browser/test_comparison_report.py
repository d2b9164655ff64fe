"""The report of a comparison in a real headless Chromium: quiet console, no network, names apart,
click and sort, phone width, print.
"""

import json
from pathlib import Path

import pytest

from archsim.cli.main import main
from archsim.report.comparison.page import comparison_plots, render_comparison
from archsim.report.comparison.rows import short_name
from archsim.report.comparison.view import ComparisonView
from archsim.run.comparison_schema import check_comparison
from tests.data_comparison import as_read, make_comparison
from tests.near import near

NASTY = (
    "<img src=x "
    'onerror="document.documentElement.dataset.taken=1"></script>'
    "<script>document.documentElement.dataset.taken=2</script>"
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def documents():
    nasty = make_comparison((NASTY, f"{NASTY}2", "слой_" * 30, "1. sgd"), refused={NASTY: NASTY})
    for entry in nasty["schemes"]:
        entry |= {
            "network": NASTY,
            "dataset": NASTY,
            "device": NASTY,
            "scheme_title": NASTY,
            "notes": [NASTY],
        }
        entry["training"]["settings"][NASTY] = {NASTY: NASTY}
    made = {
        "many": make_comparison(),
        "once": make_comparison(epochs=1),
        "nasty": nasty,
        "one": make_comparison(("sgd",), refused={}),
    }
    return {
        name: check_comparison(json.loads(json.dumps(document)), name)
        for name, document in made.items()
    }


@pytest.fixture(scope="module")
def pages(documents, tmp_path_factory):
    folder = tmp_path_factory.mktemp("a comparison & #")
    for name, document in documents.items():
        (folder / f"{name}.html").write_text(render_comparison(as_read(document)), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in documents}


@pytest.mark.parametrize("name", ["many", "once", "nasty", "one"])
@pytest.mark.parametrize(
    ("width", "phone", "dark"),
    [(1280, False, False), (390, True, True)],
    ids=["desk light", "phone dark"],
)
def test_opens_clean_and_fits(browser, pages, name, width, phone, dark):
    browser.open(pages[name], width, dark=dark, phone=phone)
    assert browser.messages == []
    assert browser.requests == [pages[name].resolve().as_uri()]
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate("document.documentElement.dataset.taken") is None


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
@pytest.mark.parametrize("name", ["many", "once"])
def test_figures_are_visible_and_no_text_lies_on_another(browser, pages, documents, name, phone):
    browser.open(pages[name], 390 if phone else 1280, phone=phone)
    drawn = browser.evaluate("""[...document.querySelectorAll('figure')].map(figure => {
        const seen = [...figure.querySelectorAll('svg')].filter(svg => svg.getBoundingClientRect().width);
        const marks = [...seen[0].querySelectorAll('text')].map(mark => [mark.textContent, mark.getBoundingClientRect()]);
        const card = figure.getBoundingClientRect(), on = [];
        const outside = marks.filter(([, box]) => box.left < card.left || box.right > card.right || box.bottom > card.bottom).length;
        marks.forEach(([a, one], i) => marks.slice(i + 1).forEach(([b, two]) => {
            const wide = Math.min(one.right, two.right) - Math.max(one.left, two.left);
            const high = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
            if (wide > 1 && high > 3) on.push(a + ' on ' + b); }));
        return {name: figure.id.slice(7), drawings: seen.length, width: seen[0].getBoundingClientRect().width, outside, on}; })""")
    assert [item["name"] for item in drawn] == list(
        comparison_plots(ComparisonView(as_read(documents[name])))
    )
    for item in drawn:
        assert (
            item["drawings"] == 1
            and item["width"] > 250
            and item["outside"] == 0
            and item["on"] == []
        ), item


def test_every_number_of_the_table_is_that_of_the_document(browser, pages, documents):
    browser.open(pages["many"])
    cells = browser.evaluate(
        "[...document.querySelectorAll('#table-schemes tbody tr')].map(r => [...r.cells].map(c => "
        "c.dataset.sort))"
    )
    heads = browser.evaluate(
        "[...document.querySelectorAll('#table-schemes thead th')].map(head => head.textContent)"
    )
    shown = {row[1]: dict(zip(heads, row)) for row in cells}
    assert len(shown) == len(documents["many"]["schemes"]) == 18
    for entry in documents["many"]["schemes"]:
        row = shown[short_name(entry["label"])]
        expected = {
            "Batch": entry["batch"],
            "Rate": entry["training"]["settings"]["learning_rate"],
            "Accuracy": entry["accuracy_percent"],
            "Area": entry["area_mm2"],
            "Power": entry["power_uw"],
            "Energy / image": entry["energy_per_image_j"],
            "of it update": entry["by_phase"]["update"]["energy_j"] / entry["images"],
            "Time / image": entry["latency_per_image_s"],
            "Writes / device": entry["writes_per_device"],
            "Extra memory": entry["extra_memory_bits"] / 8192,
            "Tiles": entry["tiles"],
            "Images/s a core": entry["images_per_second"],
        }
        assert {name: float(row[name]) for name in expected} == near(expected)
    ranked = sorted(-entry["accuracy_percent"] for entry in documents["many"]["schemes"])
    assert [-float(row["Accuracy"]) for row in shown.values()] == ranked


def test_table_sorts_and_links_resolve(browser, pages):
    browser.open(pages["many"])
    box = browser.evaluate(
        "[...document.querySelectorAll('#table-schemes thead th')].findIndex(h => h.textContent "
        "=== 'Energy / image')"
    )
    browser.evaluate(f"document.querySelectorAll('#table-schemes thead button')[{box}].click()")
    values = browser.evaluate(
        "[...document.querySelectorAll('#table-schemes tbody tr')].map(r => "
        f"Number(r.cells[{box}].dataset.sort))"
    )
    assert values == sorted(values, reverse=True) and len(set(values)) == 18
    links = browser.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => decodeURIComponent(a.hash.slice(1)))"
    )
    assert [
        name
        for name in links
        if not browser.evaluate(f"!!document.getElementById({json.dumps(name)})")
    ] == []
    assert sum(name.startswith("scheme-") for name in links) == 18


def test_a_point_and_a_row_open_the_breakdown(browser, pages):
    browser.open(pages["many"])
    opened = "[...document.querySelectorAll('details.scheme[open]')].map(one => one.id)"
    assert browser.evaluate(opened) == []
    browser.evaluate("document.querySelectorAll('#table-schemes tbody tr')[4].click()")
    assert browser.evaluate(opened) == ["scheme-5"]
    # the page scrolls softly to what was opened: a point would move under the pointer
    browser.open(pages["many"])
    box = browser.evaluate("""(() => { const mark = document.querySelector('#figure-error_over_energy .wide circle[data-scheme="3"]');
        mark.scrollIntoView({block: 'center', behavior: 'instant'}); const box = mark.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2]; })()""")
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        browser.call(
            "Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1
        )
    assert browser.evaluate(opened) == ["scheme-3"]
    assert (
        browser.evaluate(
            "document.querySelector('#table-schemes tr.chosen').cells[0].textContent.trim()"
        )
        == "3"
    )
    assert browser.evaluate("document.getElementById('table-components-3').offsetHeight") > 200


def test_nasty_names_stay_text(browser, pages):
    browser.open(pages["nasty"])
    assert browser.evaluate("document.querySelector('h1').textContent").startswith("<img")
    assert browser.evaluate("document.querySelectorAll('img, iframe, object').length") == 0
    assert NASTY[:20] in browser.evaluate("document.querySelector('#table-refused td').textContent")


def test_without_script_every_scheme_opens_by_its_title(browser, pages):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(pages["many"])
        root = browser.call("DOM.getDocument", depth=0)["root"]["nodeId"]
        count = {
            name: len(browser.call("DOM.querySelectorAll", nodeId=root, selector=name)["nodeIds"])
            for name in (
                "details.scheme > summary",
                "figure svg title",
                "#table-schemes a[href^='#scheme-']",
            )
        }
        assert (
            count["details.scheme > summary"] == count["#table-schemes a[href^='#scheme-']"] == 18
        )
        assert count["figure svg title"] > 200  # the browser's own tips
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)


def test_paper_is_white_and_holds_the_table(browser, pages):
    browser.open(pages["many"], dark=True)
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert (
        browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    )
    # A4 less its margins
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        width=688,
        height=970,
        deviceScaleFactor=1,
        mobile=False,
    )
    wide = browser.evaluate(
        "document.querySelector('#table-schemes table').getBoundingClientRect().right"
    )
    assert wide <= 688
    browser.call("Emulation.setEmulatedMedia", media="")


def test_the_report_command_finds_a_comparison(documents, tmp_path, capsys):
    (tmp_path / "compare.json").write_text(json.dumps(documents["one"]))
    assert (
        main(["report", str(tmp_path / "compare.json"), "--out", str(tmp_path / "out"), "--json"])
        == 0
    )
    files = json.loads(capsys.readouterr().out)["files"]
    assert all(Path(file).is_file() for file in files) and files[0] == str(
        tmp_path / "out" / "report.html"
    )
    names = {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()}
    figures = comparison_plots(ComparisonView(as_read(documents["one"])))
    assert names == {
        "report.html",
        "schemes.csv",
        "breakdown.csv",
        "epochs.csv",
        "figures.csv",
        *(f"{name}.{suffix}" for name in figures for suffix in ("svg", "png")),
    }
    assert len((tmp_path / "out" / "schemes.csv").read_text().splitlines()) == 2
