"""Schemes side by side: equal terms, suggested settings, variants, refusals with a reason, results
taken again, any number of jobs.
"""

import json
import sys

import pytest

import archsim
from archsim.comparison import COLUMNS, Variant, chosen_variants
from archsim.comparison.requests import REQUEST
from archsim.schemes import load_scheme
from hwlib.errors import InputError
from tests.members import every
from tests.near import near

VARIANT = "sbpca:rank=1:training.batch=25"


def timeless(rows):
    return [
        {key: value for key, value in row.items() if key != "images_per_second"} for row in rows
    ]


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    return folder, archsim.compare(
        "digits_cnn", ["sgd", "rpu", VARIANT], "cim40", epochs=1, images=200, folder=folder
    )


def test_rows_hold_what_the_results_hold(compared):
    _, comparison = compared
    assert [row["label"] for row in comparison.rows] == ["sgd", "rpu", VARIANT]
    assert [row["scheme"] for row in comparison.rows] == ["sgd", "rpu", "sbpca"]
    for row, document in zip(comparison.rows, comparison.results):
        assert tuple(row) == COLUMNS
        assert row["energy_per_image_j"] == document["energy_j"] / document["images"]
        assert row["update_energy_per_image_j"] < row["energy_per_image_j"]
        assert document["activity"] == "measured" and 0 <= row["accuracy_percent"] <= 100
        assert document["training"]["images"] == 200
        assert (
            row["images_per_second"] == near(document["epochs"][0]["images_per_cpu_second"])
            and row["images_per_second"] > 0
        )
    digital, pulsed, low_rank = comparison.rows
    # 16 and 10 biases in 16-bit words: `rpu` has no other state
    assert digital["extra_memory_kib"] > pulsed["extra_memory_kib"] == 26 * 2 / 1024
    assert pulsed["area_mm2"] > digital["area_mm2"]  # its bit-stream generators
    assert (low_rank["batch"], comparison.results[2]["scheme_settings"]["rank"]) == (25, 1)


def test_each_trains_with_what_it_suggests_and_says_so(compared):
    for document in compared[1].results:
        suggested = load_scheme(document["scheme"]).suggested
        if document["label"] == VARIANT:
            suggested.pop("batch")
        training = document["training"]
        assert training["suggested"] == suggested
        assert {name: training["settings"][name] for name in suggested} == suggested
        notes = [note for note in document["notes"] if "suggested by scheme" in note]
        assert len(notes) == 1 and all(f"{value:.6g}" in notes[0] for value in suggested.values())


def test_finished_schemes_are_taken_again(compared, monkeypatch):
    folder, comparison = compared
    # the package's attribute of this name is the function, so the module is taken from where
    # modules live
    monkeypatch.setattr(
        sys.modules["archsim.comparison.spread"],
        "run_scheme",
        lambda *a: pytest.fail("trained again"),
    )
    again = archsim.compare(
        "digits_cnn",
        ["sgd", "rpu", VARIANT],
        "cim40",
        epochs=1,
        images=200,
        folder=folder,
        resume=True,
    )
    assert again.rows == comparison.rows
    document = json.loads((folder / "compare.json").read_text())
    judged = {"verdicts", "best", "provisional", "provisional_best", "guards", "bands", "draws"}
    told = {"schema", "schemes", "refused", "terms", "rows", "paired", "digest"}
    assert set(document) == told | judged
    assert set(document["guards"]) == {"sgd", "rpu", VARIANT}  # one epoch: nothing has settled
    assert document["verdicts"] == document["best"] == []
    assert [
        {key: value for key, value in row.items() if key != "digest"} for row in document["schemes"]
    ] == comparison.results
    with pytest.raises(InputError, match="holds a comparison already"):
        archsim.compare("digits_cnn", ["sgd"], "cim40", images=200, folder=folder)
    with pytest.raises(InputError, match=r"other settings \(training.batch\)"):
        archsim.compare(
            "digits_cnn", ["sgd"], "cim40", images=200, folder=folder, resume=True, batch=16
        )


def test_more_epochs_go_on_from_the_checkpoint(tmp_path):
    archsim.compare("digits_cnn", ["rpu"], "cim40", images=100, folder=tmp_path)
    request = (tmp_path / "rpu" / REQUEST).read_text()
    longer = archsim.compare(
        "digits_cnn", ["rpu"], "cim40", images=100, folder=tmp_path, epochs=2, resume=True
    )
    assert timeless(longer.rows) == timeless(
        archsim.compare("digits_cnn", ["rpu"], "cim40", images=100, epochs=2).rows
    )
    assert (tmp_path / "rpu" / REQUEST).read_text() != request
    with pytest.raises(InputError, match=r"other settings \(epochs\)"):
        archsim.compare(
            "digits_cnn", ["rpu"], "cim40", images=100, folder=tmp_path, epochs=1, resume=True
        )


def test_the_number_of_jobs_changes_nothing(compared):
    apart = archsim.compare(
        "digits_cnn", ["sgd", "rpu", VARIANT], "cim40", epochs=1, images=200, jobs=2
    )
    assert timeless(apart.rows) == timeless(compared[1].rows)
    for one, other in zip(apart.results, compared[1].results):
        for key in ("ledger", "by_component", "by_phase", "notes", "training"):
            assert one[key] == other[key], key


BASELINE_ON_A_DEVICE = "sgd:weights_in=memory:device=idealized"


def test_a_scheme_that_cannot_run_is_named_with_its_reason():
    chip = archsim.load_architecture("cim40", {"read.transposed": False})
    comparison = archsim.compare(
        "digits_cnn", ["rpu", "mixed_precision", BASELINE_ON_A_DEVICE], chip, epochs=1, images=64
    )
    assert [row["scheme"] for row in comparison.rows] == [
        "mixed_precision"
    ] and comparison.lost == []
    refused = dict(comparison.refused)
    assert "transposed" in refused.pop("rpu")
    assert all("no device law" in reason for reason in refused.values()) and len(refused) == 1
    # one reason, said once
    with pytest.raises(
        InputError, match="no scheme could be run: rpu, hic: cim40: read.transposed"
    ):
        archsim.compare("digits_cnn", ["rpu", "hic"], chip, epochs=1, images=64)
    with pytest.raises(InputError, match="^network 'rpu_cnn' and data set 'digits'"):
        archsim.compare("rpu_cnn", ["rpu", "sgd"], "cim40", epochs=1, images=64)


def test_names_and_labels():
    def labels(items):
        return [variant.label for variant in chosen_variants(items)]

    assert labels("all") == labels(None) == list(archsim.list_schemes()) and labels(
        "rpu, sgd,rpu"
    ) == ["rpu", "sgd"]
    assert labels("tiki_taka:version=agad,all")[0] == "tiki_taka:version=agad"
    assert labels("sbpca:update_mode=rank_sum: rank = 2") == ["sbpca:rank=2:update_mode=rank_sum"]
    assert labels(load_scheme("sbpca", {"rank": 2})) == ["sbpca:rank=2"]
    assert labels([Variant("mine", load_scheme("sgd"))]) == ["mine"]
    (own,) = chosen_variants(
        "rpu:update_management=false:device=idealized:device.pulse_step=0.002:training.learning_rate=0.5"
    )
    assert own.scheme.update_management is False and own.device == "idealized"
    assert own.training == {"learning_rate": 0.5, "device_settings.pulse_step": 0.002}


def test_folders_are_safe_and_apart():
    names = [
        "rpu",
        "sgd:optimiser=adam",
        "rpu:device=../a/b.toml",
        "rpu:device=.._a_b.toml",
        "x" * 300,
        "X" * 300,
        "sgd:optimiser=adam ",
    ]
    folders = [Variant(name, load_scheme("sgd")).folder for name in names]
    assert folders[:2] == ["rpu", "sgd--optimiser=adam"] and len(set(folders)) == len(names)
    assert all(len(folder) < 120 and not set(folder) & set('/\\:*?"<>| ') for folder in folders)


BAD_SCHEMES = [
    ("rpuu", "did you mean 'rpu'"),
    ("sgd,", "unknown scheme"),
    ("tiki_taka:versoin=agad", "did you mean 'version'"),
    ("tiki_taka:version=v9", "scheme.version"),
    ("rpu:learning_rate=1", "did you mean 'training.learning_rate'"),
    ("rpu:training.learning_rat=1", "did you mean 'learning_rate'"),
    ("rpu:training.epochs=3", "not a setting of one scheme"),
    ("rpu:device=idealised", "did you mean 'idealized'"),
    ("rpu:device.pulse_stp=1", "did you mean 'pulse_step'"),
    ("sgd:weights_in=memory:device.pulse_step=1", "name a device too"),
    ("sbpca:rank", "NAME:FIELD=VALUE"),
    ("sbpca:rank=1:rank=2", "set twice"),
    ("sbpca:rank=1000", "scheme.rank"),
    ("rpu:training.batch=0", "training.batch"),
    ("rpu:device=3", "a name or a file"),
]


@every("text, message", BAD_SCHEMES)
def test_bad_schemes_are_refused_before_anything_begins(text, message):
    with pytest.raises(InputError, match=message):
        chosen_variants(text)
    with pytest.raises(InputError, match=message):
        archsim.compare("digits_cnn", f"sgd,{text}", "cim40")
