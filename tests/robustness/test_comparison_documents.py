"""Broken compare.json files: a clear message and exit code 2, nothing half-written; odd ones still
make a report.
"""

import copy
import json

import pytest

from archsim.cli.main import main
from archsim.report.comparison.page import load_comparison, render_comparison
from archsim.report.comparison.view import ComparisonView
from hwlib.errors import InputError
from tests.data_comparison import as_read, make_comparison

GOOD = make_comparison(("sgd", "rpu", "hic"))


def changed(*path, value):
    """The good document with one field replaced; the value `...` removes it."""
    document = copy.deepcopy(GOOD)
    within = document
    for key in path[:-1]:
        within = within[key]
    if value is ...:
        del within[path[-1]]
    else:
        within[path[-1]] = value
    return document


BROKEN = {
    "no JSON": ("{", "cannot read the comparison"),
    "a list": ("[]", "a comparison is a JSON object"),
    "NaN": (
        json.dumps(changed("schemes", 0, "area_mm2", value=float("nan"))),
        "not a number of JSON",
    ),
    "another document": ('{"kind": "sweep"}', "field 'schemes' is missing"),
    "no schemes": ('{"schemes": [], "refused": {}}', "without a scheme"),
    "no refusals": (json.dumps(changed("refused", value=...)), "field 'refused'"),
    "a refusal without words": (json.dumps(changed("refused", value={"rpu": 3})), "refused"),
    "a field gone": (
        json.dumps(changed("schemes", 1, "area_mm2", value=...)),
        "schemes[1]: field 'area_mm2'|'area_mm2' is missing",
    ),
    "a text as a number": (
        json.dumps(changed("schemes", 1, "energy_per_image_j", value="much")),
        "energy_per_image_j",
    ),
    "a label of a number": (
        json.dumps(changed("schemes", 2, "label", value=7)),
        "schemes[2].label",
    ),
    "not trained": (json.dumps(changed("schemes", 2, "training", value=...)), "was not trained"),
    "an epoch without error": (
        json.dumps(changed("schemes", 0, "epochs", 0, "test_error_percent", value=None)),
        "epochs[0]",
    ),
    "a deep nest": ("[" * 200_000, "cannot read the comparison"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_is_refused_and_nothing_is_written(name, tmp_path, capsys):
    text, message = BROKEN[name]
    (tmp_path / "compare.json").write_text(text)
    assert main(["report", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert any(part in told for part in message.split("|")) and "compare.json" in told
    assert [path.name for path in tmp_path.iterdir()] == ["compare.json"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "compare.json").write_text(json.dumps(GOOD))
    (tmp_path / "file").write_text("")
    assert main(["report", str(tmp_path), "--out", str(tmp_path / "file" / "out")]) == 2
    assert "cannot write here" in capsys.readouterr().err


def test_what_helpers_may_add_is_not_needed(tmp_path):
    document = copy.deepcopy(GOOD)
    for entry in document["schemes"]:
        for key in ("label", "scheme_title", "extra_memory_bits", "images_per_second"):
            del entry[key]
        entry["training"]["settings"] = {}
    (tmp_path / "compare.json").write_text(json.dumps(document))
    view = ComparisonView(load_comparison(tmp_path / "compare.json"))
    assert {row["label"] for row in view.rows} == {"sgd", "rpu", "hic"} and view.rows[0][
        "extra_memory_kib"
    ] is None
    render_comparison(view.document)


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": [], "accuracy_percent": None},
        {"accuracy_percent": 100.0},
        {"writes_per_device": 0.0},
        {"power_uw_range": None},
        {"energy_per_image_j": 0.0},
        {"area_mm2": 0.0, "area_mm2_range": [0.0, 0.0]},
        {"notes": []},
        {"figures": []},
        {"latency_per_image_s": None, "power_uw": None, "power_uw_range": None, "cycles": None},
    ],
    ids=lambda change: ",".join(change),
)
@pytest.mark.parametrize("schemes", ["one", "all"])
def test_extremes_still_make_a_page(change, schemes):
    document = copy.deepcopy(GOOD)
    for entry in document["schemes"][: 1 if schemes == "one" else None]:
        entry.update(copy.deepcopy(change))
        if "energy_per_image_j" in change:
            for part in (*entry["by_component"].values(), *entry["by_phase"].values()):
                part["energy_j"] = 0.0
    page = render_comparison(as_read(document))
    assert page.count('class="scheme"') == 3 and "nan" not in page.lower().split("<main>")[
        1
    ].replace("nand", "")


def test_no_document_is_no_comparison(tmp_path):
    with pytest.raises(InputError, match="cannot read the comparison"):
        load_comparison(tmp_path / "compare.json")
