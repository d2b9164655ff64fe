"""Does `archsim docs` find the manual that came with the package, and open it without a network?"""

import webbrowser
from pathlib import Path

import pytest

from archsim import documentation
from archsim.cli.main import main


@pytest.fixture
def opened(monkeypatch):
    """What a browser was asked to open, on a machine with a display."""
    taken = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", lambda address: taken.append(address) or True)
    return taken


def test_it_opens_the_first_page(opened, capsys):
    assert main(["docs"]) == 0
    assert opened == [documentation.find_page().as_uri()]
    assert capsys.readouterr().out == ""


def test_it_opens_a_page_by_its_name(opened):
    assert main(["docs", "my_chip"]) == 0
    assert main(["docs", "learn/my_chip"]) == 0
    assert opened == [documentation.find_page("learn/my_chip").as_uri()] * 2


def test_it_prints_the_path_where_that_is_asked_for(opened, capsys):
    assert main(["docs", "commands", "--path"]) == 0
    printed = Path(capsys.readouterr().out.strip())
    assert printed.name == "commands.html" and printed.is_file()
    assert opened == []


def test_it_prints_the_path_where_there_is_no_display(opened, capsys, monkeypatch):
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert main(["docs"]) == 0
    out, errors = capsys.readouterr()
    assert Path(out.strip()).is_file() and "no browser" in errors
    assert opened == []


def test_it_prints_the_path_where_no_browser_takes_it(opened, capsys, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    assert main(["docs", "--quiet"]) == 0
    out, errors = capsys.readouterr()
    assert Path(out.strip()).is_file() and errors == ""


def test_it_refuses_an_unknown_page_with_the_nearest(opened, capsys):
    assert main(["docs", "my_chipp"]) == 2
    assert "did you mean 'my_chip'?" in capsys.readouterr().err
    assert opened == []


def test_it_lists_the_pages(capsys):
    assert main(["docs", "--list"]) == 0
    assert {"index", "start", "reference/commands"} <= set(capsys.readouterr().out.split())


def test_a_list_of_all_pages_takes_no_page(capsys):
    assert main(["docs", "--list", "my_chip"]) == 2
    assert "--list names all pages; got 'my_chip'" in capsys.readouterr().err


def test_it_says_where_no_manual_came(opened, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(documentation, "PAGES", tmp_path)
    assert main(["docs"]) == 2
    assert "did not come" in capsys.readouterr().err
