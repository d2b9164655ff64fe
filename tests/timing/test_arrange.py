"""Do cores that send each other much lie close, is the cost the one that a run counts, and is it the
same for a seed?
"""

import pytest

import archsim
from archsim.chip.built import build_chip
from archsim.chip.cores import arrange
from archsim.chip.placement import Arrangement
from archsim.trace import LayerMatrix, Operation, Trace
from tests.near import near

CORES = {
    "core.tiles": 1,
    "tile.rows": 8,
    "tile.columns": 16,
    "read.columns_per_adc": 8,
    "network.flit_bits": 128,
    "network.buffer_port": 0,
}


def layer(name, after=(), outputs=8):
    return Operation(
        f"{name}.forward",
        name,
        "forward",
        "read",
        4,
        after=tuple(f"{one}.forward" for one in after),
        input_elements=8,
        output_elements=outputs,
        map_elements=64,
    )


def trace_of(*operations):
    matrices = tuple(LayerMatrix(operation.layer, 8, 8) for operation in operations)
    return Trace("test", None, "inference", 1, matrices, operations)


def built(trace, **settings):
    changes = {f"placement.{name}": value for name, value in settings.items()}
    return build_chip(trace, archsim.load_architecture("cores40", {**CORES, **changes}))


def star():
    """Nine layers, of which the last is fed by all others."""
    names = [f"layer{number}" for number in range(8)]
    return trace_of(*(layer(name) for name in names), layer("sum", names))


def cores_of(chip):
    return [placed.tiles[0] for placed in chip.placement.layers.values()]


def test_layers_lie_in_their_order_where_nothing_is_arranged():
    assert cores_of(built(star(), arrange="in_order")) == list(range(9))


@pytest.mark.parametrize("settings", [{"arrange": "in_order"}, {"swaps": 0}, {}, {"swap_seed": 3}])
def test_the_cost_is_what_the_plans_count(settings):
    chip = built(star(), **settings)
    counted = chip.counts.total("network_link", "transfer")
    assert chip.placement.arrangement.arranged == near(counted, rel=1e-9)


def test_what_all_others_feed_moves_to_the_middle():
    # in order it lies in the corner of 3 x 3, four steps from the first
    before, after = built(star(), arrange="in_order"), built(star())
    cost = after.placement.arrangement
    assert cost.in_order == before.placement.arrangement.arranged
    assert cost.arranged < 0.85 * cost.in_order
    assert cores_of(after)[-1] != 8 and sorted(cores_of(after)) == list(range(9))


def test_swaps_never_make_it_dearer():
    costs = [built(star(), swaps=swaps).placement.arrangement.arranged for swaps in (0, 10, 1000)]
    assert costs == sorted(costs, reverse=True)


def test_one_seed_gives_one_arrangement(monkeypatch):
    kept = cores_of(built(star(), swap_seed=5))
    # searched anew, not what is kept
    monkeypatch.setattr(arrange, "_order", arrange._order.__wrapped__)
    assert cores_of(built(star(), swap_seed=5)) == kept


def test_a_chain_goes_round_a_square():
    # From the port at router 0 and back to it: 0 + 1 + 2 + 1 + 2 pitches in the order of the layers,
    # since core 2 lies below core 0, and 0 + 1 + 1 + 1 + 1 round the square.
    trace = trace_of(layer("a"), layer("b", "a"), layer("c", "b"), layer("d", "c"))
    bits = 128 * 4 * 2  # four steps, a flit and its head
    chip = built(trace)
    assert chip.placement.arrangement == Arrangement(6.0 * bits, 4.0 * bits)
    assert cores_of(chip)[0] == 0 and cores_of(chip)[2] == 3


def test_a_flat_chip_has_no_arrangement():
    assert build_chip(star(), archsim.load_architecture("cim40")).placement.arrangement is None


def test_more_cores_than_are_arranged_say_so(monkeypatch):
    monkeypatch.setattr(arrange, "MAX_CORES", 8)
    chip = archsim.load_architecture("cores40", {**CORES, "placement.swaps": 5})
    result = archsim.simulate(star(), chip, timing=False)
    assert "placement.swaps" in result.unused
    assert any("more than 8 are not arranged" in note for note in result.document["notes"])
    monkeypatch.setattr(arrange, "MAX_CORES", 9)
    assert "placement.swaps" not in archsim.simulate(star(), chip, timing=False).unused
