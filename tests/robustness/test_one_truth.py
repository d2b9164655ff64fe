"""Does a chip have one read voltage and one kind of cell, whichever of its sections states them?"""

import pytest

import archsim
from hwlib.errors import InputError
from tests.near import near

PRICED = "components.array.parameters.read_voltage_v"
OF_DATA = "physics.read_voltage_v"


def voltages(chip):
    """Of the data, and of the price (V^2 G t: in proportion to the square)."""
    return chip.physics.read_voltage_v, archsim.simulate(
        "digits_cnn", chip, timing=False
    ).by_component["array"]["dynamic_energy_j"]


@pytest.mark.parametrize("name", ["cim40", "wu2023", "rpu_512"])
@pytest.mark.parametrize("path", [PRICED, OF_DATA])
def test_either_voltage_moves_both(name, path):
    volts, joules = voltages(archsim.load_architecture(name, {path: 0.3}))
    once, base = voltages(archsim.load_architecture(name))
    assert volts == 0.3 and joules == near(base * (0.3 / once) ** 2)
    again, same = voltages(
        archsim.load_architecture(
            archsim.load_architecture(name, {path: 0.3}), {"clock_mhz": 100.0}
        )
    )
    assert again == 0.3 and same > 0


def test_two_voltages_are_refused():
    with pytest.raises(InputError, match="two read voltages.*got 0.2; allowed: 0.3 V"):
        archsim.load_architecture("wu2023", {PRICED: 0.3, OF_DATA: 0.2})
    assert (
        archsim.load_architecture("wu2023", {PRICED: 0.3, OF_DATA: 0.3}).physics.read_voltage_v
        == 0.3
    )


def test_a_file_that_states_two_voltages_is_refused(tmp_path):
    from archsim.chip import architecture_path

    text = architecture_path("wu2023").read_text()
    path = tmp_path / "chip.toml"
    path.write_text(text.replace("[write]", "[physics]\nread_voltage_v = 0.2\n\n[write]"))
    with pytest.raises(InputError, match="two read voltages"):
        archsim.load_architecture(path)


@pytest.mark.parametrize(
    "settings",
    [
        {"physics.conductance_us": [30.0, 50.0]},
        {"physics.model": "dual_column", "components.array.parameters.conductance_us": 40.0},
    ],
)
def test_a_mean_conductance_outside_the_range_of_the_cells_is_refused(settings):
    with pytest.raises(InputError, match="mean conductance"):
        archsim.load_architecture("wu2023", settings)


@pytest.mark.parametrize(
    "name, noted", [("cim40", True), ("wu2023", True), ("rpu", False), ("isaac32", False)]
)
def test_a_weight_that_its_cells_cannot_hold_is_noted(name, noted):
    notes = archsim.simulate("digits_cnn", name, timing=False).notes
    assert (
        any("weights of 8 bits are priced in a pair of cells of 4 bits" in note for note in notes)
        == noted
    )


@pytest.mark.parametrize("settings", [{}, {PRICED: 0.3}, {OF_DATA: 0.3}])
@pytest.mark.parametrize("name", ["cim40", "wu2023", "rpu"])
def test_a_chip_that_is_loaded_again_is_the_same(name, settings):
    chip = archsim.load_architecture(name, settings)
    assert archsim.load_architecture(chip).model_dump_json() == chip.model_dump_json()
