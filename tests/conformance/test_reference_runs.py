"""Is a reference run, exact weights on arrays, shown without any price, wherever it is shown?"""

import copy
import json

import pytest

import archsim
from archsim.cli.main import main
from archsim.cost.unpriced import NOTE
from archsim.run.result import Result
from archsim.validation.stored_results import verify
from hwlib.errors import InputError

PRICES = (
    "area_mm2",
    "area_mm2_range",
    "energy_j",
    "energy_per_image_j",
    "power_uw",
    "power_uw_range",
    "static_power_uw",
    "dynamic_power_uw",
)


def left_over(value, path=""):
    """Paths of numbers in a document that are in J, mm² or µW."""
    if path.startswith(".settings"):  # what the chip is made of, not what this run took
        return []
    if isinstance(value, dict):
        return [p for key, item in value.items() for p in left_over(item, f"{path}.{key}")]
    if isinstance(value, list):
        return [p for item in value for p in left_over(item, path)]
    priced = path.rsplit(".", 1)[-1].split("_range")[0].endswith(("_j", "_mm2", "_uw"))
    return [path] if priced and value is not None else []


@pytest.fixture(scope="module")
def reference():
    return archsim.train("digits_cnn", "cim40", scheme="sgd", epochs=1, images=16, device="exact")


def test_a_reference_run_counts_and_has_no_price(reference):
    document = reference.result.document
    assert {document[name] for name in PRICES} == {None} and not left_over(document)
    assert document["by_component"] == {} and document["figures"] == document["ledger"] == []
    assert "setup" not in document and NOTE in document["notes"]
    # what was counted, and what was trained, stays
    assert document["cycles"] > 0 and document["tiles"] > 0 and document["accuracy_percent"] > 0
    assert "–" in reference._repr_html_()
    with pytest.raises(AttributeError, match="a reference run has no area_mm2"):
        float(reference.result.area_mm2)
    assert getattr(reference.result, "power_uw", None) is None and reference.result.cycles > 0


def test_on_a_device_the_same_training_has_its_prices():
    document = archsim.train(
        "digits_cnn", "cim40", scheme="sgd", epochs=1, images=16
    ).result.document
    assert document["area_mm2"] > 0 and document["reference"] is False


def test_it_is_stored_read_and_verified(reference, tmp_path):
    reference.result.save(tmp_path)
    assert Result.load(tmp_path) == reference.result
    assert verify(tmp_path).good


@pytest.mark.parametrize("field", [("area_mm2",), ("by_phase", "update", "energy_j"), ("ledger",)])
def test_a_price_that_was_put_back_is_refused(field, reference, tmp_path):
    document = copy.deepcopy(reference.result.document)
    *above, last = field
    table = document
    for name in above:
        table = table[name]
    table[last] = (
        [{"component": "a", "action": "b", "layer": "", "phase": "", "count": 1}]
        if last == "ledger"
        else 1.0
    )
    (tmp_path / "result.json").write_text(json.dumps(document))
    with pytest.raises(InputError):
        Result.load(tmp_path)


def test_what_asks_for_its_prices_is_refused(reference, tmp_path, capsys):
    reference.result.save(tmp_path)
    for ask in (reference.result.estimate, lambda: reference.result.reprice(28.0)):
        with pytest.raises(InputError, match="a reference run has no price"):
            ask()
    assert main(["explain", str(tmp_path), "area_mm2"]) == 2
    assert "a reference run has no price" in capsys.readouterr().err


def test_the_folder_of_a_training_shows_dashes(tmp_path, capsys):
    line = ["train", "digits_cnn", "--device", "exact", "--epochs", "1", "--images", "16"]
    assert main([*line, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "mm²" not in printed and "µW" not in printed and " nJ" not in printed
    page = (tmp_path / "report.html").read_text()
    assert "mm²" not in page.split("<table", 1)[0] and NOTE in page
    assert not (tmp_path / "activity.md").exists()  # it compares costs
    assert main(["report", str(tmp_path)]) == 0 and main(["verify", str(tmp_path)]) == 0
    assert main(["report", str(tmp_path), "--reprice"]) == 0
    assert Result.load(tmp_path).document["area_mm2"] is None


def test_in_a_comparison_it_has_a_row_of_dashes_and_no_place_in_plots(
    tmp_path, capsys, in_this_process
):
    line = [
        "compare",
        "digits_cnn",
        "--arch",
        "cim40",
        "--schemes",
        "sgd:device=exact,sgd",
        "--epochs",
        "1",
    ]
    assert main([*line, "--images", "16", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "exact" in printed and "–" in printed
    document = json.loads((tmp_path / "compare.json").read_text())
    exact, held = document["rows"]
    assert exact["device"] == "exact" and not left_over(exact["seeds"])
    assert {band["label"] for band in document["bands"]} == {held["label"]}
    assert "reference" in document["guards"][exact["label"]][0]
    assert exact["label"] not in json.dumps(document["provisional"] + document["verdicts"])
    table = (tmp_path / "compare.csv").read_text().splitlines()
    columns = dict(zip(table[0].split(","), table[1].split(",")))
    assert columns["device"] == "exact" and columns["area_mm2"] == columns["power_uw"] == ""
    assert main(["report", str(tmp_path)]) == 0 and main(["verify", str(tmp_path)]) == 0


def test_in_a_sweep_it_is_a_point_without_price_on_no_front(tmp_path):
    space = {
        "schema": 1,
        "name": "references",
        "network": "digits_cnn",
        "architecture": "cim40",
        "phase": "training",
        "scheme": "sgd",
        "axes": {"device": ["exact", "bulk_rram"]},
        "objectives": {"area_mm2": "minimise", "accuracy_percent": "maximise"},
        "rungs": [{"kind": "training", "epochs": 1, "images": 16, "test_images": 20}],
    }
    sweep = archsim.explore(space, out=tmp_path)
    exact, held = sweep.to_dict()["points"]
    assert exact["area_mm2"] is exact["power_uw"] is exact["energy_per_image_j"] is None
    assert held["area_mm2"] > 0 and "reference" in exact["held_back"]
    assert main(["verify", str(tmp_path)]) == 0
