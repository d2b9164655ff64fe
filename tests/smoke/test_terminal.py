"""The terminal view: says the numbers, fits the width, works in a pipe, leaves no layer out."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

import archsim
from archsim.report.drawing import format as fmt
from archsim.report.progress import make_progress
from archsim.report.run.terminal import print_result
from archsim.report.run.view import View
from tests.data_results import LENET, long_network, make_result
from tests.near import near

TRAINING = ("forward", "backward", "update")


def shown(result, width=80, full=False, terminal=False):
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=terminal,
        highlight=False,
        markup=False,
        emoji=False,
    )
    print_result(result, console, full=full)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("phases", [("forward",), TRAINING])
def test_fits_the_width_and_cuts_no_number(width, phases):
    text = shown(make_result(long_network(30), phases), width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    if width >= 80:
        assert "…" not in text


def test_says_every_headline_number():
    result = make_result(LENET, TRAINING, batch=8)
    text = shown(result)
    expected = (
        fmt.area(result["area_mm2"]),
        fmt.power(result["power_uw"]),
        fmt.si(result["energy_per_image_j"], "J"),
        fmt.si(result["latency_per_image_s"], "s"),
        f"{result['cycles']:,} cycles",
        fmt.area(result["area_mm2_range"][0], 3),
        "41.2 % utilised",
        "40 nm",
        "100 MHz",
        "2 measured, 1 simulated, 1 scaled, 2 assumed",
        "archsim explain",
        *result["notes"],
    )
    for words in expected:
        assert words in text, words
    for boundary in result["boundaries"].values():
        assert fmt.si(boundary["energy_j"], "J") in text


def test_long_network_is_short_unless_full():
    result = make_result(long_network(160), TRAINING)
    assert len(shown(result, 120).splitlines()) < 75
    full = shown(result, 120, full=True)
    assert all(name in full for name, *_ in long_network(160))


def test_shortened_layers_still_add_up():
    result = make_result(long_network(40))
    rows = [
        line.split()
        for line in shown(result, 120).splitlines()
        if line.startswith(("layer", "28 more"))
    ]
    assert len(rows) == 13
    cycles = sum(
        int(
            next(word for word in row if "," in word or word.isdigit() and len(word) > 3).replace(
                ",", ""
            )
        )
        for row in rows
    )
    assert cycles == sum(row["cycles"] for row in result["by_layer"])


def test_plain_text_where_there_is_no_terminal():
    assert "\x1b" not in shown(make_result())
    assert "\x1b" in shown(make_result(), terminal=True)


def test_untimed_run_claims_no_time():
    text = shown(make_result(timing=False))
    assert "not timed" in text
    assert "Stalls" not in text
    assert " 0 cycles" not in text


def test_components_come_largest_first_and_off_chip_memory_is_not_the_chips():
    view = View(make_result())
    areas = [row.area_mm2 for row in view.chip_components]
    assert areas == sorted(areas, reverse=True)
    assert "off_chip_memory" not in {row.role for row in view.chip_components}
    assert sum(row.energy_j for row in view.chip_components) == near(
        view.number("energy_j"), rel=1e-9
    )


def test_a_component_without_area_but_with_much_energy_is_named():
    result = make_result()
    for name in ("input_register", "dac2", "level_shifter", "bit_line_driver", "tile_clock"):
        result["by_component"][name] = {
            **result["by_component"]["column_mux"],
            "area_mm2": 0.0,
            "energy_j": 1e-12,
        }
    result["by_component"]["tile_clock"]["energy_j"] = 1e-6
    text = shown(result)
    assert "tile clock" in text
    assert "6 more" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.66e-9, "2.660 nJ"),
        (0, "0 J"),
        (None, "–"),
        (float("nan"), "–"),
        (999.99996, "1.000 kJ"),
        (1e-20, "0.01000 aJ"),
        (65.8, "65.80 J"),
        (-3.2e-6, "-3.200 µJ"),
        (True, "–"),
    ],
)
def test_prefixes(value, text):
    assert fmt.si(value, "J") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (123456, "123,500"),
        (0.5, "0.5000"),
        (99999, "100,000"),
        (9.9999, "10.00"),
        (1e30, "1.000×10³⁰"),
        (3e-7, "3.000×10⁻⁷"),
    ],
)
def test_significant_digits(value, text):
    assert fmt.significant(value) == text


def test_progress_is_silent_in_a_pipe_and_for_short_runs():
    with make_progress(Console(file=io.StringIO())) as progress:
        assert progress is None
    console = Console(file=io.StringIO(), force_terminal=True, width=60)
    with make_progress(console) as progress:
        progress(1, 10)
    assert console.file.getvalue() == ""


def test_progress_shows_a_long_run(monkeypatch):
    monkeypatch.setattr("archsim.report.progress._PATIENCE", -1.0)
    console = Console(file=io.StringIO(), force_terminal=True, width=70)
    with make_progress(console) as progress:
        progress(5, 10, "layer [bold]conv1")
    assert "layer [bold]conv1" in console.file.getvalue()
    assert "50 %" in console.file.getvalue()


def test_shows_a_simulated_run():
    result = archsim.simulate(archsim.load_network("lenet1"), archsim.load_architecture("wu2023"))
    text = shown(result)
    assert f"{result.cycles:,} cycles" in text
    assert all(layer in text for layer in ("conv1", "conv2", "fc", "shared"))
    assert max(cell_len(line) for line in text.splitlines()) <= 80
