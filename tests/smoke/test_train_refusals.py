"""Is a bad line of `archsim train` or `archsim data` one message, and nothing trained?"""

import json

import pytest

from archsim.training.settings import read_settings
from hwlib.errors import InputError

BAD_LINES = [
    ("train", "NETWORK"),
    ("train lenet2", "did you mean 'lenet1'"),
    ("train lenet1", "built-in networks for such images: digits_cnn"),
    ("train digits_cnn --data mnits", "did you mean 'mnist'"),
    ("train digits_cnn --data nothing.npz", "no such file"),
    ("train digits_cnn --scheme rpuu", "did you mean 'rpu'"),
    (
        "train digits_cnn --scheme sgd --set scheme.weights_in=memory --device idealized",
        "no device law",
    ),
    ("train digits_cnn --arch rpv", "did you mean 'rpu'"),
    ("train digits_cnn --epochs 0", "allowed: 1 to"),
    ("train digits_cnn --epochs 2.5", "not a whole number"),
    ("train digits_cnn --batch 0", "allowed: 1 to"),
    ("train digits_cnn --images 99999", "1 to 1437"),
    ("train digits_cnn --seed -1", "allowed: 0 to"),
    ("train digits_cnn --node 3", "7 to 180"),
    ("train digits_cnn --early-stop 0", "allowed: 1 to"),
    ("train digits_cnn --set training.learning_rat=1", "did you mean 'learning_rate'"),
    ("train digits_cnn --set training.learning_rate=-1", "training.learning_rate"),
    ("train digits_cnn --set training.learning_rate=nan", "training.learning_rate"),
    ("train digits_cnn --set training.read.input_bitz=5", "did you mean 'input_bits'"),
    ("train digits_cnn --set training.read.input_bits=99", "training.read.input_bits"),
    ("train digits_cnn --set tile.rowz=3", "did you mean 'rows'"),
    ("train digits_cnn --set read.transposed=false", "read.transposed"),
    ("train digits_cnn --set scheme.update_managment=true", "did you mean 'update_management'"),
    ("train digits_cnn --set training", "field.path=value"),
    ("train digits_cnn --resume", "--out"),
    ("train digits_cnn --out file", "not a folder"),
    ("train digits_cnn --out old", "holds a training already"),
    ("train digits_cnn --epoch 3", "did you mean '--epochs'"),
    ("data", "fetch"),
    ("data get mnist", "fetch"),
    ("data fetch mnits", "did you mean 'mnist'"),
    ("show dataset mnits", "did you mean 'mnist'"),
    ("show dataset digits --toml", "only an architecture"),
]


@pytest.mark.parametrize("line, message", BAD_LINES, ids=[line for line, _ in BAD_LINES])
def test_a_bad_line_gives_one_message_and_trains_nothing(call, core, tmp_path, line, message):
    (tmp_path / "file").write_text("")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "checkpoint.json").write_text("{}")
    code, out, err = call(*line.split())
    assert (code, out) == (2, "") and message in err and err.count("\n") == 1
    assert core.asked == {} and {path.name for path in tmp_path.iterdir()} == {"file", "old"}


def test_data_sets_are_listed_shown_and_fetched(call):
    assert "digits" in call("list", "datasets")[1]
    shown = json.loads(call("show", "dataset", "digits", "--json")[1])
    assert (shown["image_shape"], shown["train_images"], shown["classes"], shown["here"]) == (
        [1, 8, 8],
        1437,
        10,
        True,
    )
    assert "CC BY 4.0" in call("show", "dataset", "digits")[1]
    code, out, err = call("data", "fetch", "digits", "--json")
    assert code == 0 and json.loads(out)["files"][0].endswith("digits.npz") and "checked" in err


def test_a_set_that_is_not_here_is_shown_all_the_same(call, monkeypatch, tmp_path):
    monkeypatch.setenv("ARCHSIM_CACHE", str(tmp_path / "empty"))
    monkeypatch.delenv("ARCHSIM_DATA", raising=False)
    shown = json.loads(call("show", "dataset", "mnist", "--json")[1])
    assert (
        shown["train_images"] == 60000
        and shown["files"] is None
        and "archsim data fetch mnist" in shown["notes"][0]
    )


@pytest.mark.parametrize("section, known", [("tiles", "inputs_together"), ("cores", "output_bits")])
def test_a_field_of_a_layer_is_told_among_those_that_a_layer_has(section, known):
    with pytest.raises(InputError) as fault:
        read_settings({section: {"fc": {f"{known}z": 2}}})
    told = fault.value.message
    assert f"training.{section}.fc.{known}z: unknown field" in told
    assert f"did you mean '{known}'" in told and "learning_rate" not in told
