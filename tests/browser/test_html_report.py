"""The report in a real headless Chromium: quiet console, no network, working tables, visible
figures, phone width, both themes.
"""

import pytest

import archsim
from archsim.report.plots import RUN_PLOTS
from archsim.report.run.page import write_report
from tests.data_results import LENET, long_network, make_result

TRAINING = ("forward", "backward", "update")

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("a folder with spaces & #")
    name = '<img src=x onerror="document.documentElement.dataset.taken=1">'
    results = {
        "training": make_result(LENET, TRAINING, batch=8),
        "long": make_result(long_network(160), TRAINING, network="deep", spans=60),
        "untimed": make_result(timing=False),
        "one": make_result(LENET[:1], static=False),
        "nasty": make_result(
            (
                (name, 25, 4, 9),
                ("слой_" * 40, 9, 9, 9),
                ("</script><script>throw 1</script>", 9, 9, 9),
            ),
            network=name,
        ),
    }
    results["simulated"] = archsim.simulate(
        archsim.load_network("lenet1"), archsim.load_architecture("cim40")
    )
    return {name: write_report(result, folder / f"{name}.html") for name, result in results.items()}


@pytest.mark.parametrize("name", ["training", "long", "untimed", "one", "nasty", "simulated"])
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
@pytest.mark.parametrize("name", ["training", "long", "one", "simulated"])
def test_every_figure_is_visible_and_inside_its_card(browser, pages, name, phone):
    browser.open(pages[name], 390 if phone else 1280, phone=phone)
    drawn = browser.evaluate("""[...document.querySelectorAll('figure')].map(figure => {
        const seen = [...figure.querySelectorAll('svg')].map(svg => svg.getBoundingClientRect()).filter(box => box.width && box.height);
        const marks = [...figure.querySelectorAll('svg text')].map(mark => mark.getBoundingClientRect()).filter(box => box.width);
        const card = figure.getBoundingClientRect();
        const outside = marks.filter(box => box.left < card.left || box.right > card.right || box.bottom > card.bottom).length;
        return {name: figure.id.slice(7), drawings: seen.length, width: seen.length && seen[0].width, texts: marks.length, outside}; })""")
    # a chip without cores has no floor to show
    expected = {figure.name for figure in RUN_PLOTS} - {"floor"}
    assert {item["name"] for item in drawn} == expected
    for item in drawn:
        assert item["drawings"] == 1, item  # the wide or the narrow one, never both
        assert item["width"] > 250 and item["texts"] >= 3, item
        assert item["outside"] == 0, item


def test_text_of_figures_is_readable_on_a_phone(browser, pages):
    browser.open(pages["training"], 390, phone=True)
    heights = browser.evaluate("""[...document.querySelectorAll('.narrow svg text')].map(mark => mark.getBoundingClientRect().height)
        .filter(height => height)""")
    assert min(heights) > 9


@pytest.mark.parametrize(
    ("table", "column", "numeric"),
    [("components", 4, True), ("layers", 2, True), ("layers", 0, False), ("figures", 1, True)],
)
def test_tables_sort_on_click(browser, pages, table, column, numeric):
    browser.open(pages["training"])
    read = (
        f"[...document.querySelectorAll('#table-{table} tbody tr')].map(row => "
        f"row.cells[{column}].dataset.sort)"
    )
    press = f"document.querySelectorAll('#table-{table} thead button')[{column}].click()"
    before = browser.evaluate(read)
    browser.evaluate(press)
    first = browser.evaluate(read)
    browser.evaluate(press)
    second = browser.evaluate(read)
    ordered = sorted(before, key=float if numeric else str)
    assert first == (ordered[::-1] if numeric else ordered)  # numbers start with the largest
    assert second == (ordered if numeric else ordered[::-1])
    assert first != before or second != before
    state = f"document.querySelectorAll('#table-{table} thead th')[{column}].ariaSort"
    assert browser.evaluate(state) == ("ascending" if numeric else "descending")


def test_filter_hides_rows(browser, pages):
    browser.open(pages["long"])
    browser.evaluate("""(() => { const box = document.querySelector('#table-layers input'); box.value = 'layer2.45.';
        box.dispatchEvent(new Event('input')); })()""")
    assert (
        browser.evaluate(
            "[...document.querySelectorAll('#table-layers tbody tr')].filter(row => row.offsetHeight).length"
        )
        == 3
    )


def test_links_resolve_and_csv_downloads_hold_the_table(browser, pages):
    browser.open(pages["training"])
    broken = browser.evaluate("""[...document.querySelectorAll('a[href^="#"]')]
        .map(a => decodeURIComponent(a.getAttribute('href').slice(1))).filter(name => !document.getElementById(name))""")
    assert broken == []
    assert browser.evaluate("document.querySelectorAll('a[href^=\"#source-\"]').length") == 6
    text = browser.evaluate(
        "atob(document.querySelector('#table-layers a[download]').href.split('base64,')[1])"
    )
    assert text.splitlines()[0] == "layer,phase,cycles,stall_cycles,energy_j,tile_operations"
    assert len(text.splitlines()) == 1 + browser.evaluate(
        "document.querySelectorAll('#table-layers tbody tr').length"
    )


def test_tip_follows_the_pointer(browser, pages):
    browser.open(pages["training"])
    box = browser.evaluate("""(() => { const bar = document.querySelector('#figure-area_by_component .wide [data-tip]');
        bar.scrollIntoView({block: 'center', behavior: 'instant'}); const box = bar.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2]; })()""")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0], y=box[1])
    assert browser.evaluate("!document.getElementById('tip').hidden")
    assert "of the chip" in browser.evaluate("document.getElementById('tip').textContent")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=2, y=2)
    assert browser.evaluate("document.getElementById('tip').hidden")


def test_themes_and_print_differ_as_they_should(browser, pages):
    background = "getComputedStyle(document.body).backgroundColor"
    bar = "getComputedStyle(document.querySelector('#figure-area_by_component rect[fill*=role-adc]')).fill"
    browser.open(pages["training"])
    light = browser.evaluate(background), browser.evaluate(bar)
    browser.open(pages["training"], dark=True)
    dark = browser.evaluate(background), browser.evaluate(bar)
    assert light[0] != dark[0] and light[1] != dark[1]
    browser.evaluate("document.getElementById('theme').click()")
    assert browser.evaluate(background) == light[0]
    # dark by choice now: paper stays white all the same
    browser.evaluate("document.getElementById('theme').click()")
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.evaluate(background) == "rgb(255, 255, 255)"
    assert browser.evaluate(bar) == light[1]
    browser.call("Emulation.setEmulatedMedia", media="")


def test_figures_can_be_saved(browser, pages):
    browser.open(pages["training"])
    browser.evaluate("""(() => { window.saved = []; URL.createObjectURL = blob => { saved.push(blob); return 'blob:none'; };
        HTMLAnchorElement.prototype.click = () => {}; URL.revokeObjectURL = () => {};
        const [svg, png] = document.querySelectorAll('#figure-roofline .save button'); svg.click(); png.click(); })()""")
    text = browser.evaluate("saved[0].text()")
    assert text.startswith("<svg") and "var(" not in text and "stroke-dasharray" in text
    size = browser.evaluate(
        "new Promise(done => { const wait = () => saved[1] ? done(saved[1].size) : "
        "setTimeout(wait, 20); wait(); })"
    )
    assert size > 10_000


def test_without_script_the_page_still_shows_everything(browser, pages):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(pages["one"])
        shown = browser.call("DOM.getDocument", depth=0)["root"]["nodeId"]
        titles = browser.call("DOM.querySelectorAll", nodeId=shown, selector="figure svg title")[
            "nodeIds"
        ]
        assert len(titles) > 20  # the browser's own tips
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
