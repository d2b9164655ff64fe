"""Is the device that trains the device that is priced?"""

import pytest

import archsim
from archsim.chip import load_architecture
from archsim.chip.of_device import chip_of_device, endurance_note

LAB = """
[lab]
law = "soft_bounds"
title = "t"
source = "a lab"
place = "p"
confidence = "measured"
[lab.parameters]
pulse_step = 0.01
[lab.electrical]
"""
VALUES = {
    "lowest_conductance_us": 2.0,
    "highest_conductance_us": 18.0,
    "read_voltage_v": 0.2,
    "set_voltage_v": 1.5,
    "reset_voltage_v": 1.2,
    "pulse_width_ns": 95.0,
}


def device_file(folder, **values):
    lines = [f"{key} = {value}" for key, value in values.items()]
    (folder / "lab.toml").write_text(LAB + "\n".join(lines) + "\n")
    return str(folder / "lab.toml")


def trained(device, folder=None):
    return archsim.train(
        "digits_cnn", "rpu", "digits", "rpu", epochs=1, images=10, device=device, batch=1
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return trained(device_file(tmp_path_factory.mktemp("plain")))


def test_the_cells_of_the_chip_are_those_of_the_device():
    chip, notes = chip_of_device(load_architecture("cim40"), "lab", VALUES)
    cell = chip.components["array"].parameters
    assert cell["conductance_us"] == 10 and cell["update_voltage_v"] == 1.5
    assert chip.physics.conductance_us == (2, 18) and chip.physics.read_voltage_v == 0.2
    # 95 ns end with a cycle
    assert chip.update.pulse_cycles == -(-95 * chip.clock_mhz // 1000)
    assert "lab" in notes[0] and "10 (was" in notes[0]


def test_a_device_without_values_changes_nothing():
    chip = load_architecture("cim40")
    assert chip_of_device(chip, "gokmen2016", {}) == (chip, [])


def test_higher_voltage_takes_more_energy_and_trains_to_the_same_bits(plain, tmp_path):
    driven = trained(device_file(tmp_path, set_voltage_v=2.0))
    losses = [row["train_loss"] for each in (plain, driven) for row in each.epochs]
    assert losses[0] == losses[1]
    array = [
        next(
            row["energy_j"] for row in each.result.rows("component") if row["component"] == "array"
        )
        for each in (plain, driven)
    ]
    assert array[1] > array[0]
    assert any("lab" in note and "update_voltage_v 2" in note for note in driven.result.notes)
    assert not any("update_voltage_v" in note for note in plain.result.notes)


def test_a_device_that_wears_out_says_when(tmp_path):
    worn = trained(device_file(tmp_path, endurance_pulses=2))
    assert any("worn out after" in note for note in worn.result.notes)
    assert endurance_note("lab", {"endurance_pulses": 10.0}, 10, 100) == []
    note = endurance_note("lab", {"endurance_pulses": 10.0}, 40, 100)
    assert "worn out after 25 of 100 images" in note[0]
