"""What do `archsim list` and `archsim show` print?"""

import json
import math
import re

import pytest


@pytest.mark.parametrize(
    "kind, name",
    [
        ("networks", "lenet1"),
        ("architectures", "wu2023"),
        ("schemes", "mixed_precision"),
        ("components", "adc_sar"),
    ],
)
def test_list(call, kind, name):
    code, out, _ = call("list", kind)
    assert code == 0 and name in out
    code, out, _ = call("list", kind, "--json")
    rows = json.loads(out)[kind]
    assert code == 0 and name in [row["name"] for row in rows] and all(row["title"] for row in rows)


def test_every_component_shows_its_price_and_sources(call):
    for row in json.loads(call("list", "components", "--json")[1])["components"]:
        code, out, _ = call("show", "component", row["name"], "--json")
        shown = json.loads(out)
        assert code == 0
        for spread in (
            shown["area_um2"],
            shown["leakage_w"],
            *(action["energy_j"] for action in shown["actions"]),
        ):
            assert 0 <= spread["low"] <= spread["value"] <= spread["high"] < math.inf, row["name"]
        assert shown["actions"] and all(
            figure["source"] and figure["place"] for figure in shown["figures"]
        ), row["name"]


def test_show_component_tables(call):
    code, out, _ = call("show", "component", "adc_sar", "--set", "bits=6")
    assert code == 0
    for text in (
        "bits",
        "area",
        "µm²",
        "leakage",
        "convert",
        "pJ",
        "murmann2025",
        "measured",
        "one conversion",
    ):
        assert text in out
    six = json.loads(call("show", "component", "adc_sar", "--set", "bits=6", "--json")[1])
    eight = json.loads(call("show", "component", "adc_sar", "--json")[1])
    assert six["area_um2"]["value"] < eight["area_um2"]["value"]


def test_show_component_at_another_node(call):
    at = {
        node: json.loads(call("show", "component", "adder", "--node", node, "--json")[1])[
            "area_um2"
        ]["value"]
        for node in (65, 40, 28)
    }
    assert at[65] > at[40] > at[28]
    assert "scaled from 40 nm" in call("show", "component", "adder", "--node", "28")[1]


def test_show_network(call):
    code, out, _ = call("show", "network", "lenet1")
    assert code == 0 and "25×4" in out and "576" in out and "136,320" in out
    assert json.loads(call("show", "network", "lenet1", "--json")[1])["weights"] == 3220


def test_show_architecture_and_its_file(call, tmp_path):
    code, out, _ = call("show", "architecture", "wu2023", "--set", "tile.rows=128")
    assert code == 0 and "tile.rows" in out and "128" in out and "adc" in out
    copy = tmp_path / "mine.toml"
    copy.write_text(call("show", "architecture", "wu2023", "--toml")[1])
    mine, theirs = (
        json.loads(call("show", "architecture", name, "--json")[1]) for name in (copy, "wu2023")
    )
    assert mine == theirs


def test_show_scheme_and_figure(call):
    code, out, _ = call("show", "scheme", "mixed_precision")
    assert code == 0 and "optimiser" in out and "adam" in out
    code, out, _ = call("show", "figure", "layout.utilisation")
    assert code == 0 and "assumed" in out


def test_show_device_draws_its_staircase(call, all_dots, tmp_path):
    code, out, _ = call(
        "show", "device", "reram_soft_bounds", "--set", "pulse_step=0.05", "--out", tmp_path
    )
    assert code == 0 and "●" in out and "░" in out
    image = (tmp_path / "staircase_reram_soft_bounds.png").read_bytes()
    drawn = re.search(
        r'width="([0-9.]+)"', (tmp_path / "staircase_reram_soft_bounds.svg").read_text()
    )
    # three times the pixels of the screen; the width stands behind the head of the first chunk
    assert len(image) > 5000
    assert int.from_bytes(image[16:20]) == pytest.approx(3 * float(drawn[1]), abs=1)
    document = json.loads(call("show", "device", "reram_soft_bounds", "--json")[1])
    low, middle, high = document["staircase"]["quantiles"]
    assert (
        all(a <= b <= c for a, b, c in zip(low, middle, high))
        and middle[document["staircase"]["pulses"]] > middle[0] + 1
    )
    assert "gokmen2016" in call("list", "devices")[1]
