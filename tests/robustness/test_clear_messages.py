"""Faults that were once answered in silence or with the wrong place: each names the field and what is allowed."""

import numpy
import pytest

import archsim
from archsim.cli.main import main
from hwlib.errors import InputError


@pytest.mark.parametrize("settings, message", [
    ({"interconnect.width_bits": 5000}, "cim40: interconnect.width_bits: "),
    ({"tile.count": 0}, "cim40: tile.count: "),
    ({"notes": 5}, "cim40: notes: "),
    ({"physics.conductance_us": [5.0, 1.0]}, "the low conductance (5) must be below the high one (1)"),
])
def test_the_place_of_a_wrong_setting(settings, message):
    with pytest.raises(InputError) as caught:
        archsim.load_architecture("cim40", settings)
    assert message in str(caught.value)


@pytest.mark.parametrize("table", ["follows", "takes"])
@pytest.mark.parametrize("source", ["dac.conver", "dack.convert", "dac"])
def test_a_follower_of_nothing(table, source):
    chip = archsim.load_architecture("cim40", {f"components.adc.{table}": {"convert": [source]}})
    with pytest.raises(InputError, match=f"components.adc.{table}.convert: .*; got '{source}'.*did you mean"):
        archsim.simulate("lenet1", chip, timing=False)


def test_no_advice_to_unpickle(tmp_path, capsys):
    (tmp_path / "text.npz").write_text("no archive")
    numpy.savez(tmp_path / "objects.npz", images=numpy.array([{}], dtype=object))
    for name in ("text.npz", "objects.npz", "missing.npz"):
        assert main(["run", "lenet1", "--data", str(tmp_path / name)]) == 2
        message = capsys.readouterr().err.partition(name)[2]
        assert "cannot read" in message and "pickle" not in message and "Errno" not in message


def test_an_update_rule_without_training_is_told():
    result = archsim.simulate("lenet1", scheme="sgd", timing=False)
    assert any("sgd is not used" in note for note in result.notes)
    assert not any("is not used" in note for note in archsim.simulate("lenet1", timing=False).notes)


def test_a_tall_tile_has_wide_multiplexers():
    result = archsim.simulate("lenet1", archsim.load_architecture("cim40", {"tile.rows": 1024}), timing=False)
    mux = next(row for row in result.inventory if row["component"] == "column_mux")
    assert mux["parameters"]["inputs"] == 8 + 64
