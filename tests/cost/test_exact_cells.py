"""Do chips of SRAM and magnetic cells store what their cells can hold, at the price of published cells?"""

from __future__ import annotations

import pytest

import archsim
from archsim.schemes import load_scheme
from archsim.training.settings import read_settings
from archsim.training.setup import settings_of
from hwlib import InputError, figure, find_part, price
from tests.near import near

SRAM = {
    "components.array.part": "cell_sram_8t",
    "components.array.parameters": {"swing_v": 0.3},
    "weights.mapping": "bit_slices",
    "weights.cell_bits": 1,
    "weights.device": "bit_cell",
}
MAGNETIC = {
    **SRAM,
    "components.array.part": "cell_1t1mtj",
    "components.array.parameters": {"slot_ns": "=derived.slot_ns"},
}


def chip(base=SRAM, **changes):
    return archsim.load_architecture("cim40", {**base, **changes})


def test_cells_take_the_area_of_published_ones():
    # 6T as printed at each node; 8T by the rules of logic, twice that; 8T1C 41 % over a 6T cell
    for node, printed in ((130, 1.99), (40, 0.242), (28, 0.122), (7, 0.02515)):
        assert price("cell_sram_6t", {}, node).area.value == near(printed)
        assert price("cell_sram_8t1c", {}, node).area.value == near(1.41 * printed)
    assert price("cell_sram_8t").area.value == near(0.242 * 2)
    # 10.9 x 13.9 over 6.8 x 9.2
    assert price("cell_sram_10t").area.value == near(0.242 * 151.51 / 62.56, rel=2e-3)


def test_a_read_by_current_charges_its_share_of_the_line():
    # 40 nm: drain 0.15 fF and a side of sqrt(0.242) um at 0.2 fF/um, at 1.1 V over a swing of 0.3 V
    share = 0.15e-15 + 0.242**0.5 * 0.2e-15
    one = price("cell_sram_6t", {"swing_v": 0.3}).energy["read"].value
    assert one == near(2 * share * 1.1 * 0.3)
    assert price("cell_sram_8t", {"swing_v": 0.6}).energy["read"].value == near(
        (0.15e-15 + (0.242 * 2) ** 0.5 * 0.2e-15) * 1.1 * 0.6
    )


def test_a_read_by_charge_is_that_of_its_capacitor():
    # 1.2 fF at 1.1 V; twice the capacitor at twice the price; at 28 nm the supply alone falls
    one = price("cell_sram_8t1c").energy["read"].value
    assert one == near(1.2e-15 * 1.21)
    assert price("cell_sram_8t1c", {"capacitors": 2}).energy["read"].value == near(2 * one)


def test_a_cell_leaks_as_a_bit_of_a_memory_by_its_transistors():
    bit = figure("sram.leakage_64_w64").value / (64 * 1024 * 8)
    assert price("cell_sram_6t").leakage.value == near(bit)
    assert price("cell_sram_10t").leakage.value == near(bit * 10 / 6)
    assert price("cell_1t1mtj").leakage.value == price("cell_nor_flash").leakage.value == 0


def test_magnetic_and_flash_cells_are_presets_of_a_resistive_cell():
    # V^2 G t: 0.17 V, 8.8 uS, 10 ns; 1 V, 1 uS, 10 ns
    assert price("cell_1t1mtj").energy["read"].value == near(0.17**2 * 8.8e-6 * 1e-8)
    assert price("cell_nor_flash").energy["read"].value == near(1e-6 * 1e-8)
    assert price("cell_1t1mtj", {}, 40).area.value == near(50 * 0.04**2)


def test_an_inference_counts_one_bit_a_cell():
    # 8 bits a weight in slices of one: eight columns, and the offset column where there is one
    priced = archsim.simulate("digits_cnn", chip=chip())
    entry = next(item for item in priced.document["inventory"] if item["component"] == "array")
    assert entry["part"] == "cell_sram_8t"
    assert priced.document["by_component"]["array"]["energy_j"] > 0


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"weights.device": "bulk_rram"}, "weights.device.*holds its bits exactly.*'bulk_rram'"),
        ({"weights.mapping": "differential"}, "weights.bits.*got 8.*up to 2.*bit_slices"),
        ({"weights.mapping": "reference_column"}, "weights.bits.*got 8.*up to 1.*bit_slices"),
        ({"weights.cell_bits": 2}, "weights.cell_bits.*got 2.*up to 1"),
    ],
)
def test_more_than_a_cell_holds_is_refused(changes, message):
    for base in (SRAM, MAGNETIC):
        with pytest.raises(InputError, match=message):
            archsim.build("digits_cnn", chip=chip(base, **changes))


def test_a_pair_of_cells_holds_a_ternary_weight():
    ternary = {"weights.mapping": "differential", "weights.bits": 2, "weights.cell_bits": 1}
    assert archsim.build("digits_cnn", chip=chip(**ternary)).tiles > 0


def test_rules_that_pulse_are_refused_and_those_that_rewrite_are_not():
    with pytest.raises(InputError, match=r"cell_sram_8t.*array.update.*read, write"):
        archsim.build("digits_cnn", chip=chip(), scheme="rpu", phase="training")
    assert archsim.build("digits_cnn", chip=chip(), scheme="sgd", phase="training").tiles > 0


def trained(device, changes=None):
    rule = load_scheme("mixed_precision")
    return settings_of(chip(), rule, epochs=1, batch=1, seed=1, device=device, changes=changes)[0]


def test_a_training_on_an_analogue_device_is_refused_on_exact_cells():
    with pytest.raises(InputError, match="training.device.*'bulk_rram_2bit'.*bit_cell"):
        trained(None)  # the rule's own device
    settings = trained("bit_cell")
    assert settings.device == "bit_cell" and settings.read.weight_bits == 8
    with pytest.raises(InputError, match="training.device.*'pcm'"):
        trained(None, read_settings({"rule": "mixed_precision", "device": "pcm"}))


def test_an_all_digital_cell_is_refused_with_the_reason():
    with pytest.raises(InputError, match="all-digital.*adder tree.*cell_sram_8t1c"):
        find_part("cell_sram_digital")
    with pytest.raises(InputError, match="components.array.*all-digital"):
        archsim.build("digits_cnn", chip=chip(**{"components.array.part": "cell_sram_digital"}))
