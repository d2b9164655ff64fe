"""Schemes side by side: equal terms, numbers that belong together, refusals with a reason, results taken again."""

import json
import sys

import pytest

import archsim
from archsim.compare import COLUMNS, chosen_schemes
from hwlib.errors import InputError


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    return folder, archsim.compare("digits_cnn", ["sgd", "rpu"], epochs=1, images=200, folder=folder)


def test_rows_hold_what_the_results_hold(compared):
    _, found = compared
    assert [row["scheme"] for row in found.rows] == ["sgd", "rpu"]
    for row, document in zip(found.rows, found.results):
        assert tuple(row) == COLUMNS
        assert row["energy_per_image_j"] == document["energy_j"] / document["images"]
        assert row["update_energy_per_image_j"] < row["energy_per_image_j"]
        assert document["activity"] == "measured" and 0 <= row["accuracy_percent"] <= 100
        assert document["training"]["images"] == 200
    digital, pulsed = found.rows
    assert digital["extra_memory_kib"] > 0 == pulsed["extra_memory_kib"]
    assert pulsed["area_mm2"] > digital["area_mm2"]  # its bit-stream generators


def test_finished_schemes_are_taken_again(compared, monkeypatch):
    folder, found = compared
    # the package's attribute of this name is the function, so the module is taken from where modules live
    monkeypatch.setattr(sys.modules["archsim.compare"], "train", lambda *a, **k: pytest.fail("trained again"))
    again = archsim.compare("digits_cnn", ["sgd", "rpu"], epochs=1, images=200, folder=folder, resume=True)
    assert again.rows == found.rows
    assert set(json.loads((found.save(folder) / "compare.json").read_text())) == {"schemes", "refused"}


def test_a_scheme_that_cannot_run_is_named_with_its_reason():
    chip = archsim.load_architecture("cim40", {"read.transposed": False})
    found = archsim.compare("digits_cnn", ["rpu", "mixed_precision"], chip, epochs=1, images=64)
    assert [row["scheme"] for row in found.rows] == ["mixed_precision"]
    assert "transposed" in found.refused["rpu"]
    with pytest.raises(InputError, match="no scheme could be run"):
        archsim.compare("digits_cnn", ["rpu"], chip, epochs=1, images=64)


def test_names():
    assert chosen_schemes("all") == list(archsim.list_schemes()) and chosen_schemes("rpu, sgd,rpu") == ["rpu", "sgd"]
    with pytest.raises(InputError, match="did you mean 'rpu'"):
        chosen_schemes(["rpuu"])
