"""Does a study that is priced again, without training, get the silicon that training it again would
give?
"""

import json
import shutil

import pytest

import archsim
from archsim.cli.main import main
from archsim.cost import standing
from archsim.studies.reprice import PAGE, reprice
from archsim.validation.stored_results import verify
from hwlib.errors import InputError

# a training reads none of them
SILICON = {"buffer.width_bits": 64, "read.columns_per_adc": 16, "vector_unit.lanes": 4}
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


def copy_of(folders, tmp_path, name):
    shutil.copytree(folders / name, tmp_path / name)
    return tmp_path / name


def silicon(document):
    return {name: document[name] for name in NUMBERS if name in document}


def told(folder):
    """A stored comparison but for the engine that timed it, which is the compiled one as soon as its
    machine code is there, and the digests over it.
    """

    def without(entry):
        if isinstance(entry, dict):
            kept = entry.keys() - {"engine", "digest"}
            return {name: without(entry[name]) for name in kept}
        return [without(item) for item in entry] if isinstance(entry, list) else entry

    return without(json.loads((folder / "compare.json").read_text()))


def test_nothing_moves_where_nothing_has_changed(folders, tmp_path, untrained):
    folder = copy_of(folders, tmp_path, "compare")
    before = told(folder)
    repriced = reprice(folder)
    assert repriced.rows() == [] and repriced.missing == [] and repriced.cells["compare.csv"] > 20
    assert told(folder) == before
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


def forget_prices():
    standing._unit_prices.cache_clear()
    standing._standing_at.cache_clear()


def test_another_price_moves_energy_and_no_cycle(folders, tmp_path, untrained):
    folder = copy_of(folders, tmp_path, "train")
    before = json.loads((folder / "result.json").read_text())
    price = standing.price
    untrained.setattr(
        standing, "price", lambda part, parameters=None, node_nm=None: price(part, parameters, 65.0)
    )
    forget_prices()
    try:
        reprice(folder)
    finally:
        forget_prices()
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


@pytest.mark.parametrize("options", [["--out", "x"], ["--gallery"], ["--rung", "timing"]])
def test_reprice_rewrites_its_folder_only(folders, tmp_path, options):
    assert main(["report", str(folders / "train"), "--reprice", *options]) == 2


@pytest.mark.parametrize(
    "options",
    [["--arch", "rpu"], ["--set", "tile.rows=64"], ["--network", "x.toml"], ["--jobs", "2"]],
)
def test_options_of_reprice_do_nothing_silently_without_it(folders, options):
    assert main(["report", str(folders / "train"), *options]) == 2
