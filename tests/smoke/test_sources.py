"""What names a source has it in sources.bib: figures and presets when they are read, device laws
and update schemes here.
"""

import re

from archsim.devices import LAWS, load_law
from archsim.devices.presets import load_presets
from archsim.schemes import list_schemes, load_scheme
from hwlib import load_figures, load_sources
from hwlib.part_documents import read_part_documents
from tests.members import every

YEAR = re.compile(r"(?<![\d.])(?:19|20)\d\d(?!\.?\d)")  # not those of arXiv numbers


def years_of(key):
    from importlib import resources

    text = (resources.files("hwlib") / "sources.bib").read_text(encoding="utf-8")
    # A part in a file of its own may bring its source along.
    for document in read_part_documents().values():
        text += "\n" + str(document.get("bibtex", ""))
    # A part in a file of its own may bring its source along.
    for document in read_part_documents().values():
        text += "\n" + str(document.get("bibtex", ""))
    return set(
        re.findall(r"year = \{(\d{4})\}", text[text.index("{" + key + ",") :].split("\n}")[0])
    )


@every("name", list_schemes())
def test_every_paper_that_a_scheme_names_is_a_source(name):
    kind = type(load_scheme(name))
    assert kind.references and not [key for key in kind.references if key not in load_sources()]
    known = set().union(*map(years_of, kind.references))
    assert set(YEAR.findall(kind.source)) <= known, (
        "a year of `source` that none of `references` has"
    )


def test_every_device_names_a_source():
    unknown = {name for name in LAWS if load_law(name).source not in load_sources()}
    # presets and figures are refused where theirs is unknown
    assert not unknown and load_presets() and load_figures()


def test_every_source_has_a_title_and_is_there_once():
    from importlib import resources

    text = (resources.files("hwlib") / "sources.bib").read_text(encoding="utf-8")
    # A part in a file of its own may bring its source along.
    for document in read_part_documents().values():
        text += "\n" + str(document.get("bibtex", ""))
    keys = re.findall(r"^@\w+\{([^,\s]+),", text, flags=re.M)
    assert len(keys) == len(set(keys)) == len(load_sources()) and all(load_sources().values())


def test_years_are_told_from_numbers_of_papers():
    assert YEAR.findall(
        "Kim et al., arXiv 1907.10228 (2019); arXiv 2003.11256, Nature 521 (2015)"
    ) == ["2019", "2015"]
