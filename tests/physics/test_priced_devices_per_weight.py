"""Are the devices of a weight priced in a training, and given by layer?"""

import json

import pytest

import archsim
from archsim.cli.main import main

SMALL = {"tile.rows": 32, "tile.columns": 64, "read.columns_per_adc": 8}


def test_a_training_is_priced_with_the_devices_that_it_had():
    common = dict(
        chip=archsim.load_architecture("rpu", SMALL),
        data="digits",
        scheme="rpu",
        epochs=1,
        images=16,
    )
    one = archsim.train("digits_cnn", **common)
    many = archsim.train("digits_cnn", **common, settings={"devices_per_weight.conv1": 13})
    assert many.trained.settings.devices_per_weight == {"conv1": 13, "fc": 1}
    assert many.result.area_mm2 > one.result.area_mm2 and many.chip.weights.layer_replicas == {
        "conv1": 13
    }
    again = archsim.simulate(many.trace, many.chip, scheme="rpu", images=16)
    assert (again.area_mm2, again.energy_j) == (many.result.area_mm2, many.result.energy_j)
    whole = archsim.train("digits_cnn", **common, settings=many.trained.settings)
    assert (
        whole.result.area_mm2 == many.result.area_mm2
        and whole.accuracy_percent == many.accuracy_percent
    )
    table = archsim.train("digits_cnn", **common, settings={"devices_per_weight": {"conv1": 13}})
    chip = archsim.load_architecture("rpu", SMALL | {"weights.layer_replicas.conv1": 13})
    by_chip = archsim.train("digits_cnn", **common | {"chip": chip})
    assert table.result.energy_j == by_chip.result.energy_j == many.result.energy_j


def test_the_option_works_by_layer(capsys):
    line = ["train", "digits_cnn", "--images", "8", "--epochs", "1", "--json", "--quiet"]
    assert main([*line, "--set", "training.devices_per_weight.conv1=13"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["training"]["settings"]["devices_per_weight"] == {"conv1": 13, "fc": 1}
    assert document["settings"]["weights"]["layer_replicas"] == {"conv1": 13}
    assert (
        main(
            [
                "run",
                "digits_cnn",
                "--arch",
                "rpu",
                "--scheme",
                "rpu",
                "--phase",
                "training",
                "--json",
                "--quiet",
                "--set",
                "training.devices_per_weight.conv1=13",
            ]
        )
        == 0
    )
    assert json.loads(capsys.readouterr().out)["placement"][0]["columns"] == 13 * 16


@pytest.mark.parametrize(
    "line, words",
    [
        (
            [
                "train",
                "digits_cnn",
                "--images",
                "8",
                "--epochs",
                "1",
                "--set",
                "training.devices_per_weight.conv2=13",
            ],
            "did you mean 'conv1'?",
        ),
        (
            ["run", "digits_cnn", "--arch", "rpu", "--set", "training.devices_per_weight.con1=13"],
            "did you mean 'conv1'?",
        ),
        (["train", "digits_cnn", "--set", "training.devices_per_weight=65"], "at most 64"),
        (
            [
                "train",
                "digits_cnn",
                "--arch",
                "cim40",
                "--scheme",
                "hic",
                "--set",
                "training.devices_per_weight=2",
            ],
            "trains one device a weight",
        ),
        (
            [
                "train",
                "digits_cnn",
                "--arch",
                "cim40",
                "--scheme",
                "mixed_precision",
                "--set",
                "weights.replicas=2",
            ],
            "trains one device a weight",
        ),
        (
            [
                "train",
                "digits_cnn",
                "--set",
                "training.devices_per_weight=2",
                "--set",
                "weights.replicas=3",
            ],
            "set twice",
        ),
        (
            [
                "compare",
                "digits_cnn",
                "--arch",
                "cim40",
                "--schemes",
                "rpu:training.devices_per_weight.conv9=13",
                "--images",
                "8",
                "--epochs",
                "1",
            ],
            "conv1",
        ),
    ],
)
def test_what_cannot_be_is_refused(line, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(line) == 2
    assert words in capsys.readouterr().err
