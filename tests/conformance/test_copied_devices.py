"""Can a device be copied as a file, and is a setting without a device refused?"""

import pytest

from archsim.cli.main import main
from archsim.devices import LAWS
from archsim.devices.presets import find_preset, load_device, load_presets
from archsim.devices.unread import check_swept
from hwlib.errors import InputError


@pytest.mark.parametrize(
    "without", [["--device", "exact"], ["--scheme", "sgd", "--set", "scheme.weights_in=memory"]]
)
def test_settings_of_a_device_need_one(without, capsys):
    assert (
        main(
            [
                "train",
                "digits_cnn",
                *without,
                "--images",
                "8",
                "--epochs",
                "1",
                "--set",
                "device.pulse_step=0.1",
            ]
        )
        == 2
    )
    assert "exact weights have no device" in capsys.readouterr().err


def test_a_sweep_over_what_no_law_has_is_refused():
    check_swept("pulse_step")
    with pytest.raises(InputError, match="did you mean 'pulse_step'"):
        check_swept("pulse_stepp")


@pytest.mark.parametrize("name", [*LAWS, *load_presets()])
def test_a_device_can_be_copied_as_a_file(name, capsys, tmp_path):
    assert main(["show", "device", name, "--toml"]) == 0
    path = tmp_path / "copy.toml"
    path.write_text(capsys.readouterr().out)
    assert load_device(str(path)).values == load_device(name).values and type(
        load_device(str(path))
    ) is type(load_device(name))
    assert main(["show", "device", str(path), "--toml", "--set", "upper_bound=0.75"]) == 0
    path.write_text(capsys.readouterr().out)
    assert load_device(str(path)).values == load_device(name).values | {"upper_bound": 0.75}


def test_no_control_character_of_a_file_is_printed(capsys, tmp_path):
    path = tmp_path / "odd.toml"
    path.write_text(
        '["my \\u001b[31mdevice"]\nlaw = "soft_bounds"\ntitle = "a\\u009b31m\\u007f"\nsource = '
        '"me"\nplace = "ä 😀"\n'
        'confidence = "measured"\nparameters = {}\n',
        encoding="utf-8",
    )
    assert main(["show", "device", str(path), "--toml"]) == 0
    text = capsys.readouterr().out
    assert (
        not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text.replace("\n", ""))
        and "ä 😀" in text
    )
    (tmp_path / "copy.toml").write_text(text, encoding="utf-8")
    assert load_device(str(tmp_path / "copy.toml")).values == load_device(str(path)).values


def test_a_copy_of_a_device_file_keeps_its_cell_and_its_measurement(capsys, tmp_path):
    path = tmp_path / "lab.toml"
    copy = tmp_path / "copy.toml"
    path.write_text(
        '[lab]\nlaw = "soft_bounds"\ntitle = "t"\nsource = "me"\nplace = "p"\n'
        'confidence = "measured"\n[lab.parameters]\n[lab.electrical]\nread_voltage_v = 0.2\n'
        "lowest_conductance_us = 1.0\nhighest_conductance_us = 9.0\n[lab.measured.up]\n"
        "pulses = [0, 5]\nlow = [0, 1]\nmedian = [0, 1]\nhigh = [0, 1]\n"
    )
    assert main(["show", "device", str(path), "--toml"]) == 0
    copy.write_text(capsys.readouterr().out)
    before, after = find_preset(str(path)), find_preset(str(copy))
    assert after.electrical == before.electrical and len(after.electrical) == 3
    assert after.measured == before.measured and after.measured["up"].high == (0.0, 1.0)
