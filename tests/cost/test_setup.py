"""What a training needs once: counted, timed and priced by hand, apart from the images, and shown
where it is there.
"""

import json
import math

import pytest

import archsim
from archsim.chip import load_architecture
from archsim.cost.deciding import decided
from archsim.cost.explain import explain, paid_once
from archsim.cost.why import times_of, why
from archsim.readers.digest import seal
from archsim.report.run.headline import headline
from archsim.report.run.view import View
from archsim.run.result import Result
from archsim.schemes import list_schemes, load_scheme
from hwlib import price
from hwlib.errors import InputError
from tests.near import near

# digits_cnn: 10 x 16 and 145 x 10 weights with biases; one cell a weight on rpu_512, on one tile
# each.
CELLS = {"conv1": 160, "fc": 1450}
ROWS = {"conv1": 10, "fc": 145}
# of rpu_512, in cycles
PULSES = 4
PULSE = 1
VERIFY = 16


def once(scheme, chip="rpu_512", **more):
    return archsim.simulate("digits_cnn", chip, scheme=scheme, phase="training", **more)


def counts(result):
    totals = {}
    for row in result.setup["ledger"]:
        key = row["component"], row["action"]
        totals[key] = totals.get(key, 0) + row["count"]
    return totals


def test_initial_weights_by_hand():
    result = once("rpu")
    counted = counts(result)
    setup = result.setup
    assert (
        counted["array", "write"]
        == near(PULSES * sum(CELLS.values()))
        == near(counted["adc", "convert"])
    )
    assert setup["pulses"] == {"conv1": PULSES, "fc": PULSES}
    # row after row of 16 and of 10 devices, each until its slowest is right, and what the first row
    # waits for
    slowest = {
        layer: sum(
            (-1) ** (j + 1) * math.comb(n, j) / (1 - (1 - 1 / PULSES) ** j) for j in range(1, n + 1)
        )
        for layer, n in (("conv1", 16), ("fc", 10))
    }
    programming = (PULSE + VERIFY) * sum(ROWS[layer] * slowest[layer] for layer in ROWS)
    assert 0 <= setup["cycles"] - programming < 100
    assert setup["seconds"] == near(setup["cycles"] / 200e6)


def test_energy_is_the_sum_of_count_times_price_and_leakage():
    result = once("tiki_taka")
    inventory = {item["component"]: item for item in result.inventory}
    inside = outside = 0.0
    for (component, action), count in counts(result).items():
        energy = (
            count
            * price(inventory[component]["part"], inventory[component]["parameters"], 40.0)
            .energy[action]
            .value
        )
        inside, outside = (
            (inside, outside + energy)
            if inventory[component]["boundary"] == "system"
            else (inside + energy, outside)
        )
    inside += result.static_power_uw * 1e-6 * result.setup["seconds"]
    assert result.setup["energy_j"] == near(inside, rel=1e-9) and result.setup[
        "off_chip_energy_j"
    ] == near(outside)
    low, high = result.setup["energy_j_range"]
    assert low < inside < high


@pytest.mark.parametrize("name", sorted(list_schemes()))
def test_every_scheme_has_a_setup_that_no_image_pays(name):
    scheme = load_scheme(name)
    whole, images = (once(scheme, batch=2, setup=setup) for setup in (True, False))
    assert whole.setup["energy_j"] > 0 and whole.setup["cycles"] > 0
    assert {"conv1", "fc"} <= set(whole.setup["pulses"])
    one, other = whole.to_dict(), images.to_dict()
    # a result keeps the prices of what it counts, and the digest of all
    for document in (one, other):
        document.pop("digest", None)
        document["inventory"] = [
            {key: value for key, value in part.items() if key != "unit_prices"}
            for part in document["inventory"]
        ]
    assert {key: value for key, value in one.items() if key != "setup"} == other
    assert "setup" not in archsim.simulate("digits_cnn", "rpu_512", scheme=scheme).to_dict()


def test_zero_shift_pays_for_pulses_reads_and_its_reference():
    few, more, none = (
        once(load_scheme("zero_shift", {"pulses": pulses})) for pulses in (20, 21, 0)
    )
    counted = counts(few)
    devices = sum(CELLS.values())
    assert (
        counted["array", "update"] == 20 * devices and ("bitstream_generator", "bit") not in counted
    )
    # the reference and the initial weights
    assert counted["array", "write"] == near(2 * PULSES * devices)
    assert few.setup["pulses"] == {
        "conv1": 20 + PULSES,
        "conv1.reference": PULSES,
        "fc": 20 + PULSES,
        "fc.reference": PULSES,
    }
    looks = counted["dac", "convert"]
    assert looks == sum(ROWS.values())  # a line at a time
    assert counted["adc", "convert"] == near(
        2 * PULSES * devices + ROWS["conv1"] * (16 + 1) + ROWS["fc"] * (10 + 1)
    )
    # one more pulse on either layer: a cycle each
    assert more.setup["cycles"] - few.setup["cycles"] == 2
    assert (
        counts(none)["array", "write"] == near(PULSES * devices)
        and "conv1.reference" not in none.setup["pulses"]
    )


def test_tiki_taka_brings_its_arrays_to_their_points_and_agad_has_no_reference():
    chopped, agad = (
        once(load_scheme("tiki_taka", {"version": version})).setup
        for version in ("chopped", "agad")
    )
    # each line is read twice for the reference, with one pulse of all lines between
    assert chopped["pulses"]["fc.fast"] == 100 + ROWS["fc"]
    assert agad["pulses"]["fc.fast"] == 100 and chopped["pulses"]["fc.reference"] == PULSES
    assert "fc.reference" not in agad["pulses"] and agad["energy_j"] < chopped["energy_j"]


def test_what_was_paid_once_is_decided_by_its_own_prices():
    # with the chip's wires, once: energy on the chip, and what lies off it
    result = once("zero_shift")
    document, estimate = paid_once(result)
    for path in ("setup.energy_j", "setup.off_chip_energy_j"):
        times = times_of(document, estimate, path.split("."))
        assert decided(times, estimate).value == near(result.setup[path.split(".")[1]])
        assert why(result, path).path == path
    assert why(result, "setup.energy_j").figures
    with pytest.raises(InputError, match="no sum of prices"):
        why(result, "setup.cycles")


def test_untimed_and_pipelined_setups():
    untimed = once("zero_shift", timing=False).setup
    piped = once("zero_shift", load_architecture("rpu_512", {"execution.mode": "pipelined"}))
    assert untimed["cycles"] is None and untimed["seconds"] is None
    assert untimed["energy_j"] < once("zero_shift").setup["energy_j"]  # dynamic only
    assert piped.setup["cycles"] < once("zero_shift").setup["cycles"]  # layers side by side


def test_it_is_explained_repriced_saved_and_shown(tmp_path):
    result = once("zero_shift")
    for path in (
        "setup.energy_j",
        "setup.off_chip_energy_j",
        "setup.seconds",
        "setup.cycles",
        "setup.pulses.fc",
    ):
        value = result.setup[path.split(".")[1]]
        node = explain(result, path)
        assert node.value == (value["fc"] if isinstance(value, dict) else value) and node.how
    trail = explain(result, "setup.energy_j")
    assert math.fsum(child.value for child in trail.children) == near(result.setup["energy_j"])
    assert (
        result.reprice(28.0).setup["energy_j"]
        < result.setup["energy_j"]
        == result.reprice(40.0).setup["energy_j"]
    )
    assert Result.load(result.save(tmp_path)) == result
    item = headline(View(result.to_dict()))[-1]
    assert item.name == "Once" and "4,004 pulses" in item.detail
    assert headline(View(once("zero_shift", setup=False).to_dict()))[-1].name == "Tiles"


@pytest.mark.parametrize(
    "path, value",
    [
        ("energy_j", "much"),
        ("pulses", {"fc": None}),
        ("ledger", [{"component": "adc"}]),
        ("cycles", -1),
    ],
)
def test_a_broken_setup_in_a_file_is_refused(tmp_path, path, value):
    document = json.loads(once("rpu").to_json())
    document["setup"][path] = value
    (tmp_path / "result.json").write_text(json.dumps(seal(document)))
    with pytest.raises(InputError, match=f"setup.*{path}|{path}"):
        Result.load(tmp_path)
