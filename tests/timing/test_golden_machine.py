"""What the machine adds to single operations: overlap, stalls, queues, shared tiles. Small cases, by
hand.
"""

from golden.chip import Chip
from golden.comparison import by_place
from golden.machine import TILE, A, B, column, cycles, ends
from golden.networks import DENSE, image, linear, simple
from golden.steps import forward

import archsim
from archsim.schemes import load_scheme
from tests.near import near
from workloads.network import Layer, Network


def test_the_hand_agrees_with_itself():
    assert [forward(Chip(), layer).cycles for layer in DENSE[1]] == [A, B]


def test_layer_by_layer_and_pipelined():
    assert cycles(DENSE[0], images=2) == 6 + 2 * (A + B)
    result = archsim.simulate(DENSE[0], Chip().built(execution__mode="pipelined"), images=2)
    # issued at 6, 12, 18 and 24. b begins when a is through, at 41; the second a finds its tile
    # free at 34 and is through at 34 + 33; the second b is fed by 68, in which cycle its tile,
    # taken at 42, is free again
    assert sorted(ends(result)) == [6 + A, 34 + TILE + 5 + 2, 41 + B, 68 + TILE + 15 + 2]
    assert result.cycles == 111
    # half of the images: from the end of the first to that of the second
    assert result.interval_per_image_s == near((111 - 85) * 10e-9)
    tiles = {row["name"]: row for row in result.resources}
    assert tiles["tiles:a"]["busy_cycles"] == tiles["tiles:b"]["busy_cycles"] == 2 * TILE
    # a waits for its instruction and its input, b for a, from the instruction at 12 to 41, then for
    # its input
    assert tiles["tiles:a"]["stalls"] == {"input": 2} and tiles["tiles:b"]["stalls"] == {
        "dependency": 41 - 12,
        "input": 1,
    }
    assert tiles["vector_unit"]["busy_cycles"] == 2 * (5 + 15) and tiles["interconnect"][
        "busy_cycles"
    ] == 2 * (2 + 1)
    assert {
        tiles[name]["requests"]
        for name in ("controller", "interconnect", "vector_unit", "tiles:a", "buffer")
    } == {4, 2}
    for row in result.resources:
        assert (
            row["idle_cycles"] == row["total_cycles"] - row["busy_cycles"] - row["stalled_cycles"]
            and row["total_cycles"] == 111
        )
        assert row["stalled_cycles"] == sum(row["stalls"].values())
    assert result.utilisation == near(2 * 2 * TILE / (2 * 111))
    assert tiles["controller"]["busy_cycles"] == 4 * 6 and tiles["buffer"]["busy_cycles"] == 2 * (
        1 + 1
    )
    assert tiles["interconnect_up"]["busy_cycles"] == 2 * (2 + 1) and tiles["buffer_write"][
        "busy_cycles"
    ] == 2 * (1 + 1)


def test_stalls_layer_by_layer():
    result = archsim.simulate(DENSE[0], Chip().built())
    tiles = {row["name"]: row for row in result.resources}
    # the first instruction is waited for; b's was fetched meanwhile
    assert tiles["tiles:a"]["stalls"] == {"input": 2, "instruction": 6} and tiles["tiles:b"][
        "stalls"
    ] == {"input": 1}
    assert tiles["tiles:a"]["idle_cycles"] == 6 + A + B - TILE - 8
    assert result.by_phase["forward"]["cycles"] == A + B
    assert [
        (row["layer"], row["cycles"], row["stall_cycles"], row["tile_operations"])
        for row in result.by_layer[:2]
    ] == [("a", A, 8, 1), ("b", B, 1, 1)]
    assert result.stalls == {"input": 3, "output": 0, "dependency": 0, "instruction": 6}


def test_few_operations_in_flight():
    settings = {"execution__mode": "pipelined", "controller__in_flight": 1}
    # b is issued with a: its instruction waits, until a ends; so does the next image's
    assert cycles(DENSE[0], images=2, **settings) == 6 + 2 * (A + B)


def test_full_output_queues_stop_the_tile():
    # 16 tokens of 2 values to 4 with a division each: softmax takes (4 + 8 + 4 + 4 x 9 + 4) / 2 =
    # 28 cycles a token, the tile 26
    network = Network(
        "tokens",
        (image(16, 2), linear("a", "input", (16, 2), 4), simple("s", "softmax", "a", (16, 4))),
    )
    result = archsim.simulate(network, Chip(issue=0).built())
    assert result.cycles == 1 + TILE + 16 * 28 + 2
    row = next(row for row in result.resources if row["name"] == "tiles:a")
    assert row["busy_cycles"] == 16 * TILE
    # the queue holds two beside the one under work: a tile that is faster by 2 cycles a token is 28
    # ahead, two tokens, at the end
    assert set(row["stalls"]) == {"input"} and row["stalls"]["input"] == 1
    slow = archsim.simulate(network, Chip(issue=0, divide=19).built())  # 48 cycles a token
    row = next(row for row in slow.resources if row["name"] == "tiles:a")
    assert slow.cycles == 1 + TILE + 16 * 48 + 2
    # token k is worked on from 27 + 48 (k - 1); the next two have the places of the queue, so that
    # the tile is rid of the 16th when the 14th begins: what it did not work since cycle 1 it stood
    # still
    assert row["stalls"]["output"] == 1 + TILE + 48 * 13 - 1 - 16 * TILE


def test_requests_wait_for_a_resource():
    # two branches of one input, one after the other on the wires: four values in a cycle each, four
    # results of 7 bits in two
    layers = (
        image(4),
        linear("a", "input", (4,), 4),
        linear("b", "input", (4,), 4),
        Layer("s", "add", ("a", "b"), ((4,), (4,)), (4,)),
    )
    result = archsim.simulate(
        Network("two", layers), Chip(issue=0).built(execution__mode="pipelined")
    )
    # a: fed 0 to 1, tile to 27, the tree to 29, the lanes to 31; b comes to the tree at 28 and
    # waits a cycle; the sum of 8 values: 32 bits and 4 sums, whose 20 bits take a cycle
    assert sorted(ends(result)) == [31, 33, 33 + 1 + 2]
    rows = {row["name"]: row for row in result.resources}
    # b's input waits for the port, and finds the wires free behind it; its result waits for the
    # tree
    assert rows["buffer"]["queue_max"] == 1 and rows["buffer"]["queue_mean"] == near(1 / 36)
    assert rows["interconnect"]["queue_max"] == 0
    assert rows["interconnect_up"]["queue_max"] == 1 and rows["interconnect_up"][
        "queue_mean"
    ] == near(1 / 36)
    # a layer's operations are under way at the same time in one phase
    assert result.by_phase["forward"]["cycles"] == 36 == result.cycles
    assert {row["layer"]: row["cycles"] for row in result.by_layer if row["layer"] != "shared"} == {
        "a": 31,
        "b": 33,
        "s": 36,
    }


def test_clocks_that_are_not_gated():
    result = archsim.simulate(DENSE[0], Chip(gating=False).built())
    total = sum(row["count"] for row in result.ledger if row["component"] == "tile_clock")
    assert total == 2 * (6 + A + B)
    assert by_place(result.ledger)["a", "forward"]["tile_clock.cycle"] == TILE


def test_a_shared_tile_is_taken_in_turn():
    settings = {"placement__pack": True, "execution__mode": "pipelined"}
    result = archsim.simulate(DENSE[0], Chip(issue=0).built(**settings), images=2)
    assert result.tiles == 1
    # both layers lie on one tile: a, a of the next image, then b and b, each 26 cycles
    assert sorted(ends(result)) == [A, 28 + TILE + 7, 54 + TILE + 17, 80 + TILE + 17]


def test_results_before_inputs():
    settings = {"interconnect__kind": "bus", "execution__mode": "pipelined"}
    chip = Chip(issue=0)
    for order in ("fifo", "drain_first"):
        result = archsim.simulate(
            column(4, kernel=2), chip.built(interconnect__arbitration=order, **settings)
        )
        # a tile of 26 cycles leaves the bus free: rows of c at 30, 56, 82, 108 as with two trees
        assert ends(result)[-1] == 109 + TILE + 1 + 2, order


def test_chips_with_a_number_of_tiles_have_everything_on_each():
    free = archsim.simulate(DENSE[0], Chip().built(), scheme="tiki_taka", phase="training", batch=2)
    alike = archsim.simulate(
        DENSE[0], Chip().built(tile__count=8), scheme="tiki_taka", phase="training", batch=2
    )
    assert free.tiles_without["adc"] == 4 and alike.tiles_without == {} and alike.tiles == 6
    # the fast array has converters: the weights' tile stands by; the reference has a clock
    one, two = (
        by_place(result.ledger)["a", "update"]["tile_control.cycle"] for result in (free, alike)
    )
    assert one == two == 2 * 2 * 5 * 3 + 2 * TILE + 2 * 3


def test_lenders_and_partners_are_taken():
    rule = load_scheme("tiki_taka", {"transfer_every": 1})
    result = archsim.simulate(DENSE[0], Chip().built(), scheme=rule, phase="training")
    busy = {row["name"]: row["busy_cycles"] for row in result.resources if row["kind"] == "tile"}
    # the weights: forward, a line of the fast array through their converters, a pulse in two
    # phases; the fast array: five slots in two phases, and its line, which the reference is read
    # with
    assert (
        busy["tiles:a"] == TILE + TILE + 2 * 3
        and busy["tiles:a.fast"] == 5 * 2 * 3 + TILE
        and busy["tiles:a.reference"] == TILE
    )


def test_two_batches():
    result = archsim.simulate(
        DENSE[0], Chip().built(), scheme="sgd", phase="training", batch=2, images=4
    )
    half = archsim.simulate(DENSE[0], Chip().built(), scheme="sgd", phase="training", batch=2)
    # what is left of a cycle after the rows of both layers is spent in the second batch
    assert 0 <= result.cycles - 2 * half.cycles <= 2
    once = by_place(half.ledger)["a", "update"]
    assert by_place(result.ledger)["a", "update"] == near(
        {name: 2 * count for name, count in once.items()}
    )
    assert result.interval_per_image_s == near(result.cycles / 4 * 10e-9)


def test_counts_without_events_are_those_of_the_events():
    for rule in ("sgd", "tiki_taka", "hic"):
        for images in (3, 4):
            timed, counted = (
                archsim.simulate(
                    DENSE[0],
                    Chip(always_on=False).built(),
                    scheme=rule,
                    phase="training",
                    batch=2,
                    images=images,
                    timing=timing,
                )
                for timing in (True, False)
            )
            ledger = by_place(timed.ledger)
            without = by_place(counted.ledger)
            for clock in ("clock_tree", "vector_unit_clock"):
                ledger["", ""].pop(f"{clock}.cycle")
            assert set(ledger) == set(without)
            for key, table in ledger.items():
                assert table == near(without[key]), key
            assert timed.tile_operations == counted.tile_operations
