"""Does a study that is priced again, without training, get the silicon that training it again would
give?
"""

import json
import shutil
import sys

import pytest

import archsim
from archsim.cli.main import main
from archsim.cost import estimate
from archsim.exploration import explore
from archsim.exploration.store.kept import reprice_sweep
from archsim.studies import low_rank_costs
from archsim.studies.moved import differences
from archsim.studies.reprice import PAGE, reprice
from archsim.studies.study_file import load_study
from archsim.studies.training import run_row
from archsim.validation.stored_results import verify
from hwlib.errors import InputError

SILICON = {
    "buffer.width_bits": 64,
    "read.columns_per_adc": 16,
    "vector_unit.lanes": 4,
}  # a training reads none of them
NUMBERS = (
    "cycles",
    "latency_s",
    "area_mm2",
    "energy_j",
    "power_uw",
    "tiles",
    "by_phase",
    "by_layer",
    "by_component",
    "ledger",
    "boundaries",
    "setup",
    "notes",
    "unused",
    "extra_memory_bits",
)
SCHEMES = ["rpu", "hic"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A comparison and a training on few images, with what they keep."""
    place = tmp_path_factory.mktemp("kept")
    archsim.compare(
        "digits_cnn", SCHEMES, "cim40", "digits", images=60, seed=4, folder=place / "compare"
    )
    trained = archsim.train("digits_cnn", "cim40", "digits", "rpu", epochs=1, images=60, seed=4)
    trained.result.save(place / "train")
    return place


@pytest.fixture
def untrained(monkeypatch):
    """Whoever trains now fails."""

    def train(*_, **__):
        raise AssertionError("a training was started")

    monkeypatch.setattr("archsim.training.loop.train", train)
    return monkeypatch


def copy_of(folders, tmp_path, name):
    shutil.copytree(folders / name, tmp_path / name)
    return tmp_path / name


def silicon(document):
    return {name: document[name] for name in NUMBERS if name in document}


def test_nothing_moves_where_nothing_has_changed(folders, tmp_path, untrained):
    folder = copy_of(folders, tmp_path, "compare")
    before = (folder / "compare.json").read_text()
    repriced = reprice(folder)
    assert repriced.rows() == [] and repriced.missing == [] and repriced.cells["compare.csv"] > 20
    assert (folder / "compare.json").read_text() == before
    assert "numbers are as they were" in (folder / PAGE).read_text()


def test_another_chip_gives_the_silicon_of_training_on_it(folders, tmp_path):
    folder = copy_of(folders, tmp_path, "compare")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("archsim.training.loop.train", None)
        repriced = reprice(folder, settings={name: str(value) for name, value in SILICON.items()})
    anew = archsim.compare(
        "digits_cnn",
        SCHEMES,
        archsim.load_architecture("cim40", SILICON),
        "digits",
        images=60,
        seed=4,
    )
    kept = {
        entry["label"]: entry
        for entry in json.loads((folder / "compare.json").read_text())["schemes"]
    }
    told = "its activity was measured on the chip cim40 with other settings"
    for document in anew.results:
        again = kept[document["label"]]
        own = [note for note in again["notes"] if note.startswith(told)]
        assert len(own) == 1  # a reader is told; a training on the chip itself has no such note
        again["notes"] = [note for note in again["notes"] if note not in own]
        assert silicon(again) == json.loads(json.dumps(silicon(document)))
        assert again["accuracy_percent"] == document["accuracy_percent"]
        assert again["training"]["seconds"] == document["training"]["seconds"]
    assert {row["quantity"] for row in repriced.rows()} >= {
        "area_mm2",
        "energy_per_image_j",
        "latency_per_image_s",
    }
    assert verify(folder).good
    assert (folder / "report.html").is_file() and (
        folder / "figures" / "error_over_energy.svg"
    ).is_file()


def test_another_price_moves_energy_and_no_cycle(folders, tmp_path, untrained):
    folder = copy_of(folders, tmp_path, "train")
    before = json.loads((folder / "result.json").read_text())
    price = estimate.price
    untrained.setattr(
        estimate, "price", lambda part, parameters=None, node_nm=None: price(part, parameters, 65.0)
    )
    estimate._unit_prices.cache_clear()
    try:
        reprice(folder)
    finally:
        estimate._unit_prices.cache_clear()
    after = json.loads((folder / "result.json").read_text())
    assert after["energy_j"] > 1.1 * before["energy_j"] and after["cycles"] == before["cycles"]
    assert after["epochs"] == before["epochs"]


def test_a_chip_on_which_the_training_would_differ_is_refused(folders, tmp_path, untrained, capsys):
    folder = copy_of(folders, tmp_path, "train")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert main(["report", str(folder), "--reprice", "--set", "read.adc_bits=5"]) == 2
    assert "read.output_bits: 5, trained with 8" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda training: training.pop("activities"), "the measured activity was not kept"),
        (lambda training: training["activities"].pop("conv1.forward"), "were not measured"),
        (
            lambda training: training["activities"].update(
                {"conv9.forward": training["activities"]["conv1.forward"]}
            ),
            "no matrix",
        ),
        (
            lambda training: training["activities"]["conv1.forward"].update(input_density=2.0),
            "not a number in range",
        ),
        (
            lambda training: training["activities"]["conv1.forward"].update(density=0.5),
            "unknown field",
        ),
        (
            lambda training: training["inputs"].update(network="0" * 16),
            "not the one that was trained",
        ),
    ],
)
def test_what_was_not_kept_is_never_assumed(folders, tmp_path, untrained, change, words):
    folder = copy_of(folders, tmp_path, "compare")
    document = json.loads((folder / "compare.json").read_text())
    for entry in document["schemes"]:
        entry.pop("digest")
    document.pop("digest")
    change(document["schemes"][0]["training"])
    (folder / "compare.json").write_text(json.dumps(document))
    repriced = reprice(folder, settings={"buffer.width_bits": "64"})
    first, second = json.loads((folder / "compare.json").read_text())["schemes"]
    assert (
        len(repriced.missing) == 1
        and words in repriced.missing[0]
        and repriced.missing[0].startswith(first["label"])
    )
    assert (
        first["cycles"] == document["schemes"][0]["cycles"]
        and second["cycles"] != document["schemes"][1]["cycles"]
    )
    assert any("not priced again" in note for note in first["notes"])
    for entry in document["schemes"]:
        entry["training"].pop("activities", None)
        entry["training"].pop("inputs")
    (folder / "compare.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match="not kept"):
        reprice(folder)


SPACE = {
    "schema": 1,
    "name": "small",
    "network": "digits_cnn",
    "architecture": "cim40",
    "phase": "training",
    "scheme": "rpu",
    "axes": {"tile.rows": [64, 128]},
    "objectives": {"area_mm2": "minimise", "accuracy_percent": "maximise"},
    "rungs": [
        {"kind": "price"},
        {"kind": "timing"},
        {"kind": "training", "points": 1, "epochs": 1, "images": 60, "test_images": 60},
    ],
}


def test_a_sweep_prices_its_trained_designs_again(tmp_path, untrained):
    untrained.undo()
    before = explore(SPACE, out=tmp_path)
    untrained.setattr("archsim.training.loop.train", None)
    for module in ("sweep", "ladder", "work.stored_runs"):
        untrained.setattr(
            sys.modules[f"archsim.exploration.{module}"], "code_version", lambda: "another"
        )
    after, missing = reprice_sweep(tmp_path)
    assert missing == [] and after.counts["new"] == 5  # both designs on two rungs, one trained
    assert list(after.top.rows()) == list(before.top.rows())
    again, _ = reprice_sweep(tmp_path)
    assert again.counts["new"] == 0


STUDY = """title = "small"
network = "digits_cnn"
data = "digits"
mean_of_last = 1
[settings]
epochs = 1
images_per_epoch = 60
learning_rate = 0.01
[[row]]
name = "rpu"
title = "pulses"
published_text = "none"
[[priced]]
table = "silicon"
row = "rpu"
arch = "cim40"
[[priced]]
table = "activity"
arch = "rpu"
"""


def test_a_study_makes_its_priced_tables_again(tmp_path, untrained, capsys):
    untrained.undo()
    (tmp_path / "study.toml").write_text(STUDY)
    study = load_study(tmp_path / "study.toml")
    run_row(study, study.rows[0], 1)
    untrained.setattr("archsim.training.loop.train", None)
    assert main(["report", str(tmp_path), "--reprice", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["now"] for row in told["moved"]} == {"new"} and told["missing"] == []
    table = (tmp_path / "silicon.csv").read_text()
    assert main(["report", str(tmp_path), "--reprice", "--json"]) == 0
    assert (
        json.loads(capsys.readouterr().out)["moved"] == []
        and (tmp_path / "silicon.csv").read_text() == table
    )
    (tmp_path / "history" / "rpu-1.json").write_text("{}")
    assert main(["report", str(tmp_path), "--reprice"]) == 2


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("table = 'silicone'", "silicon"),
        ("table = 'silicon'\nrow = 'rpu'", "arch"),
        ("table = 'activity'\narch = 'rpu'\nrow = 'x'", "row"),
    ],
)
def test_a_wrong_entry_of_a_priced_table_is_refused(tmp_path, entry, words):
    (tmp_path / "study.toml").write_text(
        STUDY[: STUDY.index("[[priced]]")] + f"[[priced]]\n{entry}\n"
    )
    with pytest.raises(InputError, match=words):
        load_study(tmp_path / "study.toml")


def test_a_table_of_costs_is_made_again_from_what_it_kept(folders, tmp_path, untrained):
    document = json.loads((folders / "train" / "result.json").read_text())
    low_rank_costs.write(tmp_path / "costs.csv", {"pulses": document})
    table = (tmp_path / "costs.csv").read_text()
    low_rank_costs.write_again(tmp_path / "costs.csv")
    assert (tmp_path / "costs.csv").read_text() == table
    (tmp_path / "costs.json").unlink()
    with pytest.raises(InputError):
        low_rank_costs.write_again(tmp_path / "costs.csv")


def test_differences_match_rows_by_their_texts():
    before = [
        {"name": "a", "x": "1", "y": 2.0},
        {"name": "b", "x": "3", "y": None},
        {"name": "c", "x": 1},
    ]
    now = [
        {"name": "b", "x": 3, "y": 1.0},
        {"name": "a", "x": 1.0, "y": 3.0},
        {"name": "d", "x": 1},
    ]
    moved, compared = differences(before, now)
    told = {(row["row"], row["quantity"]): (row["before"], row["now"]) for row in moved}
    assert told == {
        ("b", "y"): (None, 1.0),
        ("a", "y"): (2.0, 3.0),
        ("d", ""): (None, "new"),
        ("c", ""): ("there", None),
    }
    assert compared == 4


@pytest.mark.parametrize("options", [["--out", "x"], ["--gallery"], ["--rung", "timing"]])
def test_reprice_rewrites_its_folder_only(folders, tmp_path, options):
    assert main(["report", str(folders / "train"), "--reprice", *options]) == 2


@pytest.mark.parametrize(
    "options",
    [["--arch", "rpu"], ["--set", "tile.rows=64"], ["--network", "x.toml"], ["--jobs", "2"]],
)
def test_options_of_reprice_do_nothing_silently_without_it(folders, options):
    assert main(["report", str(folders / "train"), *options]) == 2
