"""Does a result name all that it rests on: figures, update rule, device, and files of the user's
own?
"""

import json

import pytest

import archsim
from archsim.run.citations import cite
from hwlib.bibliography import load_bibliography, load_entries, load_sources


@pytest.fixture(scope="module")
def step():
    return archsim.simulate("digits_cnn", "rpu", scheme="rpu", phase="training", timing=False)


def test_every_source_of_a_figure_is_cited_with_the_figures_it_stands_behind(step):
    rows = step.document["figures"]
    citations = cite(step)
    cited = {citation.key: citation for citation in citations.citations}
    assert {row["source"] for row in rows} - {"archsim_assumption"} <= set(cited)
    for row in rows:
        where = (
            citations.assumed_figures
            if row["source"] == "archsim_assumption"
            else cited[row["source"]].used_for
        )
        assert row["name"] in where


def test_the_papers_of_the_update_rule_are_cited_too(step):
    from archsim.schemes import load_scheme

    used = {citation.key: citation.used_for for citation in cite(step).citations}
    references = type(load_scheme("rpu")).references
    assert references and all("update rule rpu" in used[key] for key in references)
    assert not any(
        "update rule" in use
        for citation in cite(archsim.simulate("lenet1", "cim40", timing=False)).citations
        for use in citation.used_for
    )


def test_a_device_is_cited_by_key_or_in_its_own_words(step):
    document = dict(step.document)
    document["device"] = "gokmen2016"
    document["training"] = {"inputs": {"device": {"law": "constant_step", "source": "gokmen2016"}}}
    used = {citation.key: citation.used_for for citation in cite(document).citations}
    assert "device gokmen2016" in used["gokmen2016"]
    document["training"] = {
        "inputs": {"device": {"law": "constant_step", "source": "our lab, 2026"}}
    }
    assert cite(document).own["device gokmen2016"] == "our lab, 2026"


def test_bibtex_holds_each_entry_once_and_whole(step):
    text = cite(step).bibtex()
    for citation in cite(step).citations:
        assert text.count("{" + citation.key + ",") == 1
    assert text.count("\n}") == len(cite(step).citations)


def test_every_entry_of_the_bibliography_can_be_given_whole():
    entries = load_entries()
    assert set(entries) == set(load_sources())
    assert all(
        entry.startswith("@") and entry.endswith("\n}") and entry.count("{") == entry.count("}")
        for entry in entries.values()
    )


def test_the_command_reads_a_stored_result(call, step):
    step.save("out")
    code, out, _ = call("cite", "out", "--json")
    assert code == 0 and {row["key"] for row in json.loads(out)["citations"]} == {
        c.key for c in cite(step).citations
    }
    assert call("cite", "out", "--bibtex")[1].startswith("@")
    assert call("cite", "nowhere")[0] == 2


def test_a_source_says_where_it_was_published_whatever_kind_of_publication_it_is():
    sources = load_bibliography()
    assert sources["prezioso2015"].venue == "Nature"
    fields = ("journal", "booktitle", "howpublished")
    for source in sources.values():
        assert bool(source.venue) is any(f"{name} = {{" in source.bibtex for name in fields)
