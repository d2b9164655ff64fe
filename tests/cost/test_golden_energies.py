"""Does a training step cost what its counts, worked out by hand, cost at round prices, by
component, layer and phase?
"""

from collections import defaultdict

import pytest
from golden.chip import Chip
from golden.comparison import run_step
from golden.counts import one_by_one, rows_of, shared_counts
from golden.networks import CONV, LSTM
from golden.schemes import sgd
from golden.schemes_pulsed import rpu, tiki_taka
from golden.schemes_streams import dsc
from golden.steps import expected

from archsim.cost.estimate import price_run
from archsim.cost.spread import Spread, UnitPrice
from archsim.ledger.ledger import Ledger
from hwlib import find_part
from tests.near import near

RULES = {"sgd": sgd("adam"), "rpu": rpu(), "tiki-taka": tiki_taka("chopped"), "dsc": dsc()}
CASES = [(rule, network) for rule in RULES for network in ("conv", "lstm")]
NETWORKS = {"conv": CONV, "lstm": LSTM}


def round_prices(parts):
    """Of every part: 1 pJ for its first action, 2 for its second, three more for each part before
    it; 0.01 mm2 and 0.5 uW of leakage.
    """
    prices = {}
    for position, part in enumerate(parts):
        actions = sorted(find_part(part.part).actions)
        energy = {
            action: (3 * position + 1 + number) * 1e-12 for number, action in enumerate(actions)
        }
        prices[part.name] = energy, 1e-2, 0.5
    return prices


@pytest.mark.parametrize(("rule", "network"), CASES)
def test_counts_times_prices(rule, network):
    net, layers = NETWORKS[network]
    rule = RULES[rule]
    chip = Chip()
    images = 2
    result = run_step(net, rule, chip, images)
    parts = result.inventory_components()
    prices = round_prices(parts)
    units = {
        name: UnitPrice(
            Spread(area, area, area),
            Spread(leak, leak, leak),
            {a: Spread(e, e, e) for a, e in energy.items()},
        )
        for name, (energy, area, leak) in prices.items()
    }
    priced = price_run(
        parts,
        Ledger.from_rows(result.ledger),
        node_nm=40.0,
        clock_mhz=100.0,
        cycles=result.cycles,
        images=images,
        units=units,
    )
    hand = expected(chip, layers, rule, images)
    groups = [item for image in hand.images for item in image], hand.batch
    work = [*groups[0], *groups[1]]
    cycles = one_by_one(chip, *groups)
    counts = rows_of(work) | {
        ("shared", "shared"): shared_counts(chip, work, cycles, images * layers[0].before)
    }
    off_chip = {part.name for part in parts if part.boundary == "system"}
    by_part = defaultdict(float)
    by_place = defaultdict(float)
    for position, actions in counts.items():
        for name, count in actions.items():
            role, action = name.split(".")
            joules = float(count) * prices[role][0][action]
            by_part[role] += joules
            if role not in off_chip:
                by_place[position] += joules
    seconds = cycles * 10e-9  # 100 MHz
    for item in priced.components:
        name = item.component.name
        number = item.component.count
        assert item.dynamic_energy_j.value == near(by_part[name], rel=1e-9), name
        assert item.static_energy_j.value == near(number * 0.5e-6 * seconds)
        assert item.area_mm2.value == near(number * 1e-2)
    for position, energy in by_place.items():
        assert priced.rows[position][0] == near(energy, rel=1e-9), position
    on_chip = sum(joules for role, joules in by_part.items() if role not in off_chip)
    leaking = sum(part.count for part in parts if part.name not in off_chip) * 0.5e-6 * seconds
    assert priced.energy_j("chip").value == near(on_chip + leaking)
    assert priced.energy_j("system").value == near(
        sum(by_part.values()) + sum(part.count for part in parts) * 0.5e-6 * seconds
    )


@pytest.mark.parametrize(("rule", "network"), CASES[:4])
def test_the_result_prices_the_same_counts_with_its_own_parts(rule, network):
    net, layers = NETWORKS[network]
    rule = RULES[rule]
    chip = Chip()
    result = run_step(net, rule, chip, 2)
    hand = expected(chip, layers, rule, 2)
    units = result.estimate().units
    work = [*(item for image in hand.images for item in image), *hand.batch]
    for phase in ("forward", "backward", "update"):
        energy = sum(
            float(count) * units[name.split(".")[0]].energy_j[name.split(".")[1]].value
            for item in work
            if item.phase == phase
            for name, count in item.counts.items()
            if "off_chip" not in name
        )
        assert result.by_phase[phase]["energy_j"] == near(energy, rel=1e-9)
