"""The gallery of studies in a real headless Chromium: the committed studies, and a made-up one
whose names bite.
"""

import shutil
from pathlib import Path

import pytest

from archsim.cli.main import main
from archsim.report.gallery.gallery import write_gallery

REPORTS = Path(__file__).parents[2] / "reports"
BITE = '<img src=x onerror="document.documentElement.dataset.taken=1">'

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """A copy of the committed studies with their pages made anew (checkpoints left out)."""
    root = tmp_path_factory.mktemp("studies") / "reports"
    shutil.copytree(REPORTS, root, ignore=shutil.ignore_patterns("*.npz", "index.html"))
    assert main(["report", str(root), "--gallery", "--quiet"]) == 0
    return root


@pytest.fixture(scope="module")
def nasty(tmp_path_factory):
    root = tmp_path_factory.mktemp("a folder with # & spaces")
    one, two = root / "x & <b> 100%", root / "only a page"
    (one / "sub folder").mkdir(parents=True)
    two.mkdir()
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60"><rect width="90" '
        'height="60" fill="#08c"/></svg>'
    )
    (one / "fig #1.svg").write_text(svg)
    (one / "sub folder" / "more.svg").write_text(svg)
    links = "[up](../README.md) [pic](more.svg) [page](../r%20&.html)"
    (one / "sub folder" / "table.md").write_text(f"# T {BITE}\n\n{links}\n\n|a|\n|-|\n|{BITE}|\n")
    (one / "r &.html").write_text(f"<!doctype html><title>R &lt;b&gt; {BITE}</title>")
    (one / "README.md").write_text(
        f"# Title {BITE}\n\nFirst *paragraph* `data.csv` "
        f"{BITE}\n\n<script>document.documentElement.dataset.taken=2</script>\n\n"
        "![p](fig%20%231.svg) [j](javascript:document.documentElement.dataset.taken=3) "
        "[t](sub%20folder/table.md) [gone](gone.csv)\n\n"
        f"## Part {BITE}\n\n`data.csv` `no.csv`\n"
    )
    (one / "data.csv").write_text("a\n1\n")
    (two / "report.html").write_text("<title>Only a report</title>")
    (root / "no study").mkdir()
    return root, *write_gallery(root)


def pages_of(root):
    return [root / "index.html", *sorted(root.glob("*/index.html"))]


LINKS = """[...document.querySelectorAll('a[href], img[src]')].map(e => e.href || e.src)
    .filter(address => address.startsWith('file:') && !address.startsWith(location.href.split('#')[0] + '#'))"""
BROKEN = """[...document.querySelectorAll('a[href^="#"]')].map(a => decodeURIComponent(a.getAttribute('href').slice(1)))
    .filter(name => !document.getElementById(name))"""
PICTURES = """Promise.all([...document.images].map(image => image.decode().then(() => image.naturalWidth > 0 && image.width > 60,
    () => image.src)))"""


def check_page(browser, path, width, phone, dark):
    browser.open(path, width, dark=dark, phone=phone)
    assert browser.messages == []
    assert browser.evaluate("document.documentElement.scrollWidth") <= width, path
    assert browser.evaluate("document.documentElement.dataset.taken") is None
    assert set(browser.evaluate(PICTURES)) <= {True}, path
    assert browser.evaluate(BROKEN) == []
    return browser.evaluate(LINKS)


def exists(address):
    from urllib.parse import unquote, urlsplit

    return Path(unquote(urlsplit(address).path)).exists()


@pytest.mark.parametrize(
    ("width", "phone", "dark"),
    [(1280, False, False), (390, True, True)],
    ids=["desk light", "phone dark"],
)
def test_committed_studies_open_clean_and_every_link_resolves(
    browser, committed, width, phone, dark
):
    pages = pages_of(committed)
    assert len(pages) == 1 + len(
        [folder for folder in REPORTS.iterdir() if (folder / "README.md").exists()]
    )
    for path in pages:
        assert [
            address
            for address in check_page(browser, path, width, phone, dark)
            if not exists(address) and ".npz" not in address
        ] == []


def test_the_committed_gallery_shows_studies_that_are_there(browser):
    browser.open(REPORTS / "index.html")
    shown = browser.evaluate(
        "[...document.querySelectorAll('article')].map(card => card.id.slice('study-'.length))"
    )
    assert len(shown) >= 6 and set(shown) <= {
        folder.name for folder in REPORTS.iterdir() if (folder / "README.md").exists()
    }
    assert (
        browser.evaluate(
            "[...document.querySelectorAll('article')].filter(card => !card.querySelector('img')).length"
        )
        == 0
    )
    assert [address for address in browser.evaluate(LINKS) if not exists(address)] == []


@pytest.mark.parametrize("number", [0, 1, 2])
def test_names_that_bite_are_shown_as_text(browser, nasty, number):
    root, written, broken = nasty
    assert written == [
        root / "index.html",
        root / "only a page" / "index.html",
        root / "x & <b> 100%" / "index.html",
    ]
    links = check_page(browser, written[number], 1280, False, False)
    assert [Path(address).name for address in links if not exists(address)] == (
        ["gone.csv"] if number == 2 else []
    )
    assert broken == [f"{root / 'x & <b> 100%'}: README.md: gone.csv"]
    assert browser.evaluate("document.querySelectorAll('a[href^=javascript]').length") == 0
    if number == 2:
        assert browser.evaluate("document.querySelector('h1').textContent") == f"Title {BITE}"
        assert (
            browser.evaluate("document.querySelector('#readme h2').textContent") == f"Part {BITE}"
        )
        assert browser.evaluate(
            "[...document.querySelectorAll('#readme code')].map(code => code.parentNode.tagName)"
        ) == ["A", "A", "P"]
        assert browser.evaluate("document.querySelector('#pages a').textContent") == f"R <b> {BITE}"
        assert "sub folder/more.svg" in browser.evaluate(
            "document.querySelector('#figures').textContent"
        )


def test_paper_is_white_and_pictures_keep_their_colours_on_it(browser, committed):
    browser.open(committed / "index.html", dark=True)
    colour = "getComputedStyle(document.body).backgroundColor"
    tint = "getComputedStyle(document.images[0]).filter"
    assert browser.evaluate(colour) != "rgb(255, 255, 255)" and "invert" in browser.evaluate(tint)
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.evaluate(colour) == "rgb(255, 255, 255)" and browser.evaluate(tint) == "none"
    browser.call("Emulation.setEmulatedMedia", media="")


def test_a_page_of_another_hand_is_kept(tmp_path, capsys):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "README.md").write_text("# A study\n")
    (tmp_path / "index.html").write_text("mine")
    assert main(["report", str(tmp_path), "--gallery"]) == 2
    assert "another hand" in capsys.readouterr().err
    assert (tmp_path / "index.html").read_text() == "mine" and not (
        tmp_path / "study" / "index.html"
    ).exists()
    (tmp_path / "index.html").unlink()
    assert (
        main(["report", str(tmp_path), "--gallery"])
        == main(["report", str(tmp_path), "--gallery"])
        == 0
    )
    assert main(["report", str(tmp_path / "study"), "--gallery"]) == 2
    assert "no study here" in capsys.readouterr().err
    assert main(["report", str(tmp_path), "--gallery", "--out", str(tmp_path)]) == 2
