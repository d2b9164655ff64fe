"""Does a reader see who wins what, how sure that is and what decides? The head of a comparison's page in
a real headless Chromium.
"""

import json

import pytest

from archsim.report.comparison.page import render_comparison
from archsim.run.comparison_schema import check_comparison
from tests.data_comparison import make_comparison

pytestmark = pytest.mark.browser
ENERGY = ("energy_per_image_j", "chip"), ("energy_per_image_j", "system")
GUARD = "not settled: 1 epoch, at least 3 are needed"


def won(quantity, boundary, label, share, before, figure=""):
    return {
        "quantity": quantity,
        "boundary": boundary,
        "label": label,
        "equals": [],
        "share_of_draws": share,
        "runner_up": before,
        "decided_by": figure,
    }


def pair(a, b, quantity, boundary, share, figure=""):
    return {
        "a": a,
        "b": b,
        "quantity": quantity,
        "boundary": boundary,
        "share_of_draws": share,
        "decided_by": figure,
        "explained": 0.6 if figure else None,
        "basis": "figures",
        "difference": 1e-9,
        "verdict": "decided" if share >= 0.95 else "undecided",
    }


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    figure = "clock.capacitance_density"
    document = check_comparison(
        json.loads(json.dumps(make_comparison(("sgd", "rpu", "hic"), refused={}))), "made"
    )
    # the order turns with the boundary, and what holds hic back keeps it out
    verdicts = {
        "draws": 200,
        "best": [
            won(*ENERGY[0], "sgd", 0.97, "rpu", figure),
            won(*ENERGY[1], "rpu", 0.62, "sgd", figure),
        ],
        "verdicts": [
            pair("sgd", "rpu", *ENERGY[0], 0.97, figure),
            pair("rpu", "sgd", *ENERGY[1], 0.62, figure),
        ],
        "guards": {"hic": [GUARD]},
    }
    early = {
        "draws": 200,
        "provisional_best": verdicts["best"],
        "provisional": verdicts["verdicts"],
        "guards": {name: [GUARD] for name in ("sgd", "rpu", "hic")},
    }
    folder = tmp_path_factory.mktemp("verdicts")
    made = {"judged": document | verdicts, "early": document | early, "older": document}
    for name, entry in made.items():
        (folder / f"{name}.html").write_text(render_comparison(entry), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in made}


def text(browser, selector):
    return browser.evaluate(
        f"[...document.querySelectorAll({json.dumps(selector)})].map(one => "
        "one.innerText.trim().replace(/\\s+/g, ' '))"
    )


@pytest.mark.parametrize(("width", "phone", "dark"), [(1280, False, False), (390, True, True)])
@pytest.mark.parametrize("name", ["judged", "early", "older"])
def test_the_head_opens_clean_and_fits(browser, pages, name, width, phone, dark):
    browser.open(pages[name], width, dark=dark, phone=phone)
    assert browser.messages == []
    assert browser.requests == [pages[name].resolve().as_uri()]
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


def test_the_chip_stands_beside_its_memory_with_share_and_figure(browser, pages):
    browser.open(pages["judged"])
    chip, system = text(browser, ".strip .win")
    assert chip.startswith("sgd ") and "97 % of draws" in chip and "(open)" not in chip
    assert "decided by clock.capacitance_density" in chip
    # open is told in words, not by the look of the bar alone
    assert system.startswith("rpu ") and "62 % of draws (open)" in system
    widths = browser.evaluate(
        "[...document.querySelectorAll('.strip .meter')].map(m => "
        "m.firstElementChild.getBoundingClientRect().width / m.clientWidth)"
    )
    assert widths == pytest.approx([0.97, 0.62], abs=0.01)
    labels = browser.evaluate(
        "[...document.querySelectorAll('.strip .meter')].map(m => m.getAttribute('aria-label'))"
    )
    assert labels == ["97 % of draws", "62 % of draws"]


def test_every_scheme_is_held_to_the_best_and_what_is_held_back_to_nobody(browser, pages):
    browser.open(pages["judged"])
    rows = {row.split()[0]: row for row in text(browser, ".matrix tbody tr")}
    assert "★" in rows["sgd"] and "best, 97 % of draws" in rows["sgd"]
    assert "open: ahead in 38 %" in rows["sgd"]  # with the memory, rpu leads in 62 %
    assert "behind: ×" in rows["rpu"]
    assert GUARD[:30] in rows["hic"] and not {"★", "≈"} & set(rows["hic"])
    assert any(GUARD in line for line in text(browser, "#verdict .notes li"))
    assert "sgd takes less energy than rpu in 97 % of draws" in " ".join(
        text(browser, "#table-verdicts td")
    )


def test_nothing_settled_is_called_no_verdict(browser, pages):
    browser.open(pages["early"])
    assert text(browser, "#verdict h2") == ["How it stands so far"]
    assert text(browser, ".provisional")[0].startswith("No verdict.")


def test_an_older_comparison_says_that_it_has_none(browser, pages):
    browser.open(pages["older"])
    assert "holds no verdicts" in text(browser, "#verdict")[0]
