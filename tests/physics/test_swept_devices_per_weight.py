"""Does a sweep over the devices of a weight find their price?"""

import pytest

import archsim
from archsim.cli.main import main
from archsim.exploration.space.design import resolve
from archsim.exploration.space.fields import check_field
from hwlib.errors import InputError


def test_a_sweep_prices_what_it_trains():
    design = {
        "network": "digits_cnn",
        "architecture": "rpu",
        "scheme": "rpu",
        "phase": "training",
        "batch": 1,
        "images": None,
        "device": None,
        "training.devices_per_weight.conv1": 13,
    }
    assert resolve(design).chip.weights.layer_replicas == {"conv1": 13}
    check_field("training.devices_per_weight.conv1", "axes")
    check_field("training.devices_per_weight", "axes")
    with pytest.raises(InputError, match="no such field"):
        check_field("training.devices_per_weigh.conv1", "axes")


SPACE = """
schema = 1
name = "devices"
network = "digits_cnn"
architecture = "rpu"
scheme = "rpu"
phase = "training"
[axes]
{axis}
[settings]
tile.rows = 64
tile.columns = 64
read.columns_per_adc = 8
[objectives]
area_mm2 = "minimise"
[[rungs]]
kind = "price"
"""


@pytest.mark.parametrize(
    "axis, words",
    [
        ("training.devices_per_weight.conv2 = [1, 13]", "did you mean 'conv1'?"),
        ("training.devices_per_weight = [1, 65]", "at most 64"),
        ("training.device_settings.pulse_stepp = [0.1, 0.2]", "did you mean 'pulse_step'?"),
    ],
)
def test_axes_that_find_nothing_are_refused(axis, words, capsys, tmp_path):
    (tmp_path / "space.toml").write_text(SPACE.format(axis=axis))
    assert main(["explore", str(tmp_path / "space.toml"), "--dry-run"]) == 2
    assert words in capsys.readouterr().err


def test_a_sweep_over_devices_per_weight_finds_their_price(tmp_path):
    (tmp_path / "space.toml").write_text(
        SPACE.format(axis="training.devices_per_weight.conv1 = [1, 4, 13]")
    )
    sweep = archsim.explore(str(tmp_path / "space.toml"), jobs=1, out=tmp_path / "out")
    table = sweep.table().sort_values("training.devices_per_weight.conv1")
    assert (
        list(table["training.devices_per_weight.conv1"]) == [1, 4, 13]
        and table["area_mm2"].is_monotonic_increasing
    )
    assert (
        table["area_mm2"].iloc[2] > table["area_mm2"].iloc[0]
        and table["energy_per_image_j"].is_monotonic_increasing
    )
