"""Do random chips of cores lose nothing and never stand still: are counts of events those of the plans,
does the ledger hold what links carried, are sums of shares whole?
"""

import math
import os
from dataclasses import replace
from functools import cache

import pytest

from archsim.chip.clocks import block_clocks
from archsim.chip.cores.core_map import CoreMap
from archsim.chip.plan.counts import ledger_of_plans, plans_of
from archsim.soc.collect import check_conservation, ledger_of_machine, resources
from archsim.soc.cores.core_machine import CoreMachine
from archsim.studies.random_cores import core_case
from tests.members import every
from tests.near import near

SEED = int(os.environ.get("ARCHSIM_SEED", "1"))
NUMBERS = range(12)
TIMED = {"clock_tree", "controller", *block_clocks()}


@cache
def machine_of(number):
    case = core_case(SEED, number)
    # reads that are repeated now and then are whole in events, and a mean in plans
    once = tuple(
        replace(op, activity=replace(op.activity, retries=0.0))
        for op in case.trace.image_operations
    )
    case = replace(case, trace=replace(case.trace, image_operations=once))
    machine = CoreMachine(case.work())
    machine.run()
    return machine


@pytest.mark.parametrize("number", NUMBERS)
def test_counts_of_events_are_those_of_plans(number):
    machine = machine_of(number)
    check_conservation(resources(machine))
    plans = plans_of(machine.trace, machine.chip, machine.placement)
    foreseen, _ = ledger_of_plans(machine.trace, machine.chip, plans, machine.images)
    counted = ledger_of_machine(machine)
    timed = {(role, "cycle") for role in TIMED}
    keys = {key for key in (*foreseen.counts, *counted.counts) if key[:2] not in timed}
    for key in keys:
        assert counted.counts.get(key, 0) == near(foreseen.counts.get(key, 0), rel=1e-9)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_ledger_holds_what_links_carried(number):
    machine = machine_of(number)
    counted = ledger_of_machine(machine)
    layout = machine.map.layout
    flit = machine.chip.network.flit_bits
    carried = list(zip(layout.links, machine.network.links))
    for role, weight in (
        ("network_router", lambda link: link.enters is not None),
        ("network_link", lambda link: link.pitches),
        ("package_link", lambda link: link.kind == "package"),
    ):
        bits = math.fsum(weight(link) * done.flits * flit for link, done in carried)
        assert counted.total(role, "transfer") == near(bits, rel=1e-9), role


@every("number", NUMBERS)
def test_shares_of_a_step_are_whole(number):
    trace, chip, placement, _ = core_case(SEED, number).work()
    cores = CoreMap.of(trace, chip, placement)
    for operation in trace.image_operations:
        for unit in cores.units[operation.name]:
            shares = unit.cores
            assert math.fsum(core.outputs for core in shares) == near(1)
            assert math.fsum(group.share for group in unit.groups) == near(1)
            if operation.kind not in ("digital", "stream"):
                assert math.fsum(core.partials for core in shares) == near(1)
            if operation.kind.startswith("read"):
                layer = placement.layers[operation.matrix_name]
                back = operation.kind == "read_transposed"
                splits = layer.column_splits if back else layer.row_splits
                adds = math.fsum(core.inner + core.outer for core in shares)
                assert adds == near(splits - 1)
        sources = cores.sources[operation.name]
        assert math.fsum(source.share for source in sources) == near(1)
        for source in sources:
            for copy in source.copies:
                assert math.fsum(holding.share for holding in copy) == near(1)
