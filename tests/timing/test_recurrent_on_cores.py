"""Does a recurrent layer on a chip of cores wait for its own last result, and fetch it from where it
lies?
"""

import numpy as np
import pytest
from core_chips import core_chip, run_on_cores
from small_chips import DRAIN, READ, read, trace_of

import archsim
from archsim.soc.data.tile_data import TileData

# 16 features from the port of the buffer: 2 flits of 64 bits and a head
FEATURES = 16
STATE = 16
FLITS = 3
HOP = 3
BUFFER = 2


def test_a_step_waits_for_the_one_before():
    cell = {
        "sequential": True,
        "input_elements": FEATURES + STATE,
        "fresh_elements": FEATURES,
        "output_elements": STATE,
        "map_elements": 3 * (FEATURES + STATE),
    }
    after = {"after": ("a.forward",), "input_elements": STATE, "map_elements": 3 * STATE}
    trace = trace_of(read("a", 3, **cell), read("b", 1, **after), rows=32, columns=16)
    chip = core_chip(execution__mode="layer_by_layer", tile__rows=32, tile__columns=32)
    machine, jobs = run_on_cores(trace, chip)
    # the state is in the output buffer of the same core, a cycle away, while the features come
    step = HOP + FLITS + BUFFER + READ + DRAIN
    first = HOP + FLITS + BUFFER
    assert jobs.begins("a") == [first, step + first, 2 * step + first]
    flits = {link.name: link.flits for link in machine.links()}
    assert flits["buffer>0"] == 3 * FLITS
    free, _ = run_on_cores(
        trace_of(read("a", 3, **cell | {"sequential": False}), rows=32, columns=16), chip
    )
    assert free.spans[0].end < 3 * step


def test_another_core_fetches_the_state_over_the_network():
    # 64 rows on two cores of one tile: the second finishes all sums and sends the state to the first
    cell = {
        "sequential": True,
        "input_elements": 64,
        "fresh_elements": 32,
        "output_elements": 32,
        "map_elements": 2 * 64,
    }
    after = {"after": ("a.forward",), "input_elements": 32, "map_elements": 2 * 32}
    trace = trace_of(read("a", 2, **cell), read("b", 1, **after), rows=64, columns=16)
    chip = core_chip(
        execution__mode="layer_by_layer",
        tile__rows=32,
        tile__columns=32,
        placement__arrange="in_order",
    )
    machine, _ = run_on_cores(trace, chip)
    links = {link.name: link.flits for link in machine.links()}
    # half of the state, 16 values of 8 bits, at each of two steps; then half of the inputs of b, whose
    # first core lies behind core 0
    assert links["1>0"] == 2 * FLITS + FLITS


@pytest.mark.parametrize("scheme", ["sgd", "rpu"])
def test_both_engines_agree(scheme):
    call = ("lstm", "cores40", scheme, "training")
    results = [archsim.simulate(*call, engine=engine) for engine in ("simpy", "compiled")]
    told = [{**result.document, "engine": None} for result in results]
    assert told[0] == told[1]


def test_the_numbers_are_those_of_a_flat_chip(monkeypatch):
    given = []
    finish = TileData.finish
    monkeypatch.setattr(TileData, "finish", lambda self: given.append(finish(self)) or given[-1])
    tile = {"tile.rows": 128, "tile.columns": 128, "read.columns_per_adc": 8}
    for chip in ("cim40", "cores40"):
        archsim.simulate("lstm", archsim.load_architecture(chip, tile), data="random", seed=3)
    assert np.array_equal(*given) and not np.isnan(given[0]).any()
