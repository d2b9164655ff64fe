"""Do the pages that a visitor sees first keep what they promise?"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))


def test_the_readme_is_under_two_screens_and_shows_a_report():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 80
    picture = re.search(r'<img src="([^"]+)"[^>]*alt="([^"]+)"', text)
    assert (ROOT / picture[1]).stat().st_size < 200_000 and "report" in picture[2]


def test_the_readme_has_its_two_set_up_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    begin = "python3 -m venv .venv && . .venv/bin/activate && pip install "
    assert f"{begin}. && archsim run lenet1 --arch wu2023\n" in text
    assert f"{begin}'.[test]' && python -m pytest\n" in text


def test_every_version_of_the_changelog_begins_with_what_it_breaks():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = text.split("\n## ")[1:]
    assert versions
    for version in versions:
        assert re.findall(r"^### (\w+)$", version, re.MULTILINE)[0] == "Breaks", version[:40]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_an_issue_template_is_a_form(path):
    import yaml  # comes with dask

    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.stem == "config":
        return
    assert form["name"] and form["description"]
    names = [field["id"] for field in form["body"]]
    assert len(set(names)) == len(names)
    assert all(field["attributes"]["label"] for field in form["body"])


def test_there_is_a_form_for_each_kind_of_issue():
    stems = {path.stem for path in TEMPLATES}
    assert stems >= {"wrong_number", "crash", "new_model", "question"}
