"""Do random chips of cores lose nothing and never stand still: are counts of events those of the plans,
does the ledger hold what links carried, are sums of shares whole?
"""

import math
import random

import pytest

import archsim
from archsim.chip.clocks import block_clocks
from archsim.chip.cores.core_map import CoreMap
from archsim.chip.place import place
from archsim.chip.plan.counts import ledger_of_plans, plans_of
from archsim.soc.collect import check_conservation, ledger_of_machine, resources
from archsim.soc.cores.core_machine import CoreMachine
from archsim.soc.engine import PlacedTrace
from archsim.trace import LayerMatrix, Operation, Trace
from archsim.trace.row_window import RowWindow

SEEDS = range(24)
TIMED = {"clock_tree", "controller", *block_clocks()}


def random_chip(draw):
    """A chip of cores with narrow parts, so that everything is waited for."""
    topology = draw.choice(["mesh", "mesh", "ring", "h_tree", "bus"])
    settings = {
        "execution.mode": draw.choice(["pipelined", "layer_by_layer"]),
        "tile.rows": draw.choice([8, 16]),
        "tile.columns": draw.choice([8, 16]),
        "read.columns_per_adc": draw.choice([1, 4, 8]),
        "core.tiles": draw.randint(1, 6),
        "core.input_buffer_kib": draw.choice([0.0625, 1.0]),
        "core.output_buffer_kib": draw.choice([0.0625, 0.125, 4.0]),
        "core.buffer_bits": draw.choice([8, 64]),
        "core.lanes": draw.choice([1, 16]),
        "core.port_bits": draw.choice([8, 40, 64]),
        "accumulator.kind": draw.choice(["tree", "chain"]),
        "accumulator.adders": draw.choice([1, 8]),
        "interconnect.kind": draw.choice(["bus", "h_tree"]),
        "interconnect.width_bits": draw.choice([8, 64]),
        "network.topology": topology,
        "network.flit_bits": draw.choice([8, 32]),
        "network.packet_flits": draw.choice([2, 5, 17]),
        "network.slots": draw.choice([1, 2]),
        "network.hop_cycles": draw.choice([1, 3]),
        "network.outstanding": draw.choice([1, 3]),
        "buffer.capacity_kib": draw.choice([0.0625, 256.0]),
        "package.chips": 1 if topology == "bus" else draw.choice([1, 1, 2, 3]),
    }
    return archsim.load_architecture("cores40", settings)


def random_trace(draw):
    """Layers one behind the other, some with a window, some joined to an earlier one."""
    operations, matrices = [], []
    for number in range(draw.randint(2, 5)):
        name = f"layer{number}"
        after = tuple(
            f"layer{other}.forward"
            for other in sorted({number - 1, draw.randrange(max(1, number))})
            if 0 <= other < number
        )
        side = draw.choice([1, 2, 4])
        outputs = draw.choice([4, 12, 20])
        windowed = side > 1 and draw.random() < 0.7
        inputs = draw.choice([8, 20, 40])
        digital = number > 0 and draw.random() < 0.3
        operations.append(
            Operation(
                f"{name}.forward",
                name,
                "forward",
                "digital" if digital else "read",
                side * side,
                after=after,
                input_elements=inputs,
                fresh_elements=inputs / 2 if windowed else 0.0,
                output_elements=outputs,
                map_elements=side * side * outputs + draw.choice([16, 200, 700]),
                vector_work={"add": outputs, "divide": 1.0},
                steps_per_row=side,
                rows_out=side,
                window=RowWindow(min(3, side), 1, 1) if windowed else None,
            )
        )
        if not digital:
            groups = draw.choice([1, 1, 3])
            matrices.append(LayerMatrix(name, draw.choice([8, 20, 40]), outputs, groups))
    return Trace(
        "random", None, "inference", 1, tuple(matrices), tuple(operations), input_elements=32
    )


def machine_of(seed):
    draw = random.Random(seed)
    chip, trace = random_chip(draw), random_trace(draw)
    if trace.matrices:
        copies = {trace.matrices[0].layer: draw.randint(1, 3)}
        chip = archsim.load_architecture(chip, {"placement.copies": copies})
    machine = CoreMachine(PlacedTrace(trace, chip, place(trace.matrices, chip), draw.randint(1, 3)))
    machine.run()
    return machine


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_of_events_are_those_of_plans(seed):
    machine = machine_of(seed)
    check_conservation(resources(machine))
    plans = plans_of(machine.trace, machine.chip, machine.placement)
    foreseen, _ = ledger_of_plans(machine.trace, machine.chip, plans, machine.images)
    counted = ledger_of_machine(machine)
    timed = {(role, "cycle") for role in TIMED}
    keys = {key for key in (*foreseen.counts, *counted.counts) if key[:2] not in timed}
    for key in keys:
        assert counted.counts.get(key, 0) == pytest.approx(foreseen.counts.get(key, 0), rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_ledger_holds_what_links_carried(seed):
    machine = machine_of(seed)
    counted, layout = ledger_of_machine(machine), machine.map.layout
    flit = machine.chip.network.flit_bits
    carried = list(zip(layout.links, machine.network.links))
    for role, weight in (
        ("network_router", lambda link: link.enters is not None),
        ("network_link", lambda link: link.pitches),
        ("package_link", lambda link: link.kind == "package"),
    ):
        bits = math.fsum(weight(link) * done.flits * flit for link, done in carried)
        assert counted.total(role, "transfer") == pytest.approx(bits, rel=1e-9), role


@pytest.mark.parametrize("seed", SEEDS)
def test_shares_of_a_step_are_whole(seed):
    draw = random.Random(seed)
    chip, trace = random_chip(draw), random_trace(draw)
    cores = CoreMap.of(trace, chip, place(trace.matrices, chip))
    for operation in trace.image_operations:
        for unit in cores.units[operation.name]:
            shares = unit.cores
            assert math.fsum(core.outputs for core in shares) == pytest.approx(1)
            assert math.fsum(group.share for group in unit.groups) == pytest.approx(1)
            if operation.kind == "read":
                assert math.fsum(core.partials for core in shares) == pytest.approx(1)
                splits = place(trace.matrices, chip).layers[operation.layer].row_splits
                adds = math.fsum(core.inner + core.outer for core in shares)
                assert adds == pytest.approx(splits - 1)
        sources = cores.sources[operation.name]
        assert math.fsum(source.share for source in sources) == pytest.approx(1)
        for source in sources:
            for copy in source.copies:
                assert math.fsum(holding.share for holding in copy) == pytest.approx(1)
