"""Stochastic-computing parts: sums against synthesis reports and published totals."""

import pytest

from hwlib import PARTS, InputError, figure, load_figures, price
from tests.near import near

USED = figure("layout.utilisation").value


def cells(name, **parameters):
    """Cell area in um2: silicon area times the utilisation."""
    return price(name, parameters).area.value * USED


def reports():
    return sorted({name.split(".")[0] for name in load_figures() if name.startswith("sc_")})


def test_all_reported_blocks_are_shipped_with_their_place():
    blocks = reports()
    assert len(blocks) == 78  # 84 reports less the 6 binary ones, which stand in digital.toml
    for block in blocks:
        for what in ("area", "energy", "leakage"):
            entry = figure(f"{block}.{what}")
            assert entry.source == "unarysim" and entry.place.startswith("hw/")


def test_leakage_density_is_the_range_of_the_reports():
    density = figure("logic.leakage_density")
    densities = sorted(figure(f"{b}.leakage").value / figure(f"{b}.area").value for b in reports())
    assert density.low * 0.98 <= densities[0] and densities[-1] <= density.high * 1.02
    assert densities[len(densities) // 2] == near(density.value, rel=0.03)


@pytest.mark.parametrize("bits", range(3, 11))
def test_sobol_generator_is_its_report(bits):
    assert cells("sobol_generator", bits=bits) == near(figure(f"sc_sobol_rng_{bits}.area").value)


@pytest.mark.parametrize("bits", [11, 13, 16])
def test_sobol_generator_follows_the_fitted_line_above_the_reports(bits):
    priced = price("sobol_generator", {"bits": bits})
    assert priced.area.value * USED == near(24.0 * bits - 13.4, rel=0.03)
    assert priced.energy["number"].value == near((4.57 * bits + 12.7) * 2.5e-15, rel=0.03)
    assert priced.leakage.value == near((2.67 * bits - 1.1) * 1e-9, rel=0.03)


def test_gaines_multiplier_is_two_generators_and_a_gate():
    generator = price("bitstream_generator", {"bits": 8, "source": "sobol"})
    gate = price("stream_and", {"output": "local"})
    whole = price("stream_multiplier", {"bits": 8, "kind": "gaines"})
    assert cells("stream_multiplier", bits=8, kind="gaines") == near(378.73)
    assert 2 * generator.area.value + gate.area.value == near(whole.area.value, rel=0.02)
    assert 2 * generator.energy["bit"].value + gate.energy["bit"].value == near(
        whole.energy["bit"].value, rel=0.12
    )


def test_ugemm_multiplier_is_one_generator_and_a_gate():
    generator = price("bitstream_generator", {"bits": 8, "source": "sobol"})
    gate = price("stream_and", {"output": "local"})
    whole = price("stream_multiplier", {"bits": 8, "kind": "ugemm"})
    assert generator.area.value + gate.area.value == near(whole.area.value, rel=0.1)
    assert generator.energy["bit"].value + gate.energy["bit"].value == near(
        whole.energy["bit"].value, rel=0.12
    )


@pytest.mark.parametrize(
    "gate, report", [("stream_and", "sc_and2_gate"), ("stream_mux", "sc_mux2_gate")]
)
def test_gate_and_driver_give_the_reported_gate(gate, report):
    priced = price(gate)
    assert priced.area.value * USED == near(figure(f"{report}.area").value, rel=0.01)
    assert priced.leakage.value == near(figure(f"{report}.leakage").value, rel=0.05)
    assert priced.energy["bit"].value == near(figure(f"{report}.energy").value, rel=0.01)


def test_gate_energies_without_a_clock_are_assumptions_that_hold_both_readings():
    for gate, low, high in (("stream_and", 7.3e-15, 18.2e-15), ("stream_mux", 11.1e-15, 27.7e-15)):
        energy = price(gate).energy["bit"]
        assert energy.low < low and energy.high >= high
        assert {f.kind for f in energy.figures()} == {"assumed"}


@pytest.mark.parametrize(
    "name, kind, bits, report",
    [
        ("stream_divider", "gaines", 4, "sc_div_gaines_unipolar_v2018_4"),
        ("stream_square_root", "gaines", 4, "sc_sqrt_gaines_unipolar_v2018_4"),
        ("stream_square_root", "gaines", 6, "sc_sqrt_gaines_unipolar_v2018_6"),
    ],
)
def test_linear_law_meets_reports_at_other_widths(name, kind, bits, report):
    assert cells(name, kind=kind, bits=bits) == near(figure(f"{report}.area").value, rel=0.15)


@pytest.mark.parametrize("kind, picojoule", [("ugemm", 39.0), ("gaines", 78.1)])
def test_full_length_product_costs_what_is_published(kind, picojoule):
    # uGEMM, Table IV: 8 bits, 256 cycles
    assert 256 * price("stream_multiplier", {"kind": kind}).energy["bit"].value == near(
        picojoule * 1e-12, rel=0.01
    )


@pytest.mark.parametrize(
    "kind, square_mm", [("gaines_unipolar_scaled", 1.57), ("gaines_bipolar_scaled", 1.56)]
)
def test_parallel_matrix_product_takes_the_published_area(kind, square_mm):
    # uGEMM, Table VI: 16 x 16 outputs of 16 products, 8 bits, 400 MHz, 0.50 W
    assert 256 * cells("stream_dot_product", kind=kind) * 1e-6 == near(square_mm, rel=0.01)
    assert 256 * price("stream_dot_product", {"kind": kind}).energy["bit"].value * 400e6 == near(
        0.50, rel=0.02
    )


def test_shared_generator_saves_area():
    shared = (cells("lfsr", bits=8) + 128 * cells("stream_converter", bits=8)) / 128
    assert shared < 0.6 * cells("bitstream_generator", bits=8)


@pytest.mark.parametrize("kind, cycles", [("iscb", 86), ("cordiv", 226), ("gaines", 158)])
def test_divider_convergence(kind, cycles):
    assert PARTS["stream_divider"](kind=kind).convergence().value == cycles


def test_convergence_of_an_unpublished_kind_is_refused():
    with pytest.raises(InputError, match="square_root_biso"):
        PARTS["stream_square_root"](kind="biso").convergence()


def test_threshold_accumulator_holds_its_parts():
    # Adder, register and comparator, and logic for the multiples and the rest: more than their sum,
    # less than twice it.
    parts = sum(cells(name, bits=16) for name in ("adder", "register", "comparator"))
    assert parts < cells("threshold_accumulator", bits=16) < 2 * parts
