"""Does what a run names as its limit hold it up: is its bound what no order of the work goes below?"""

import archsim
from archsim.chip import load_architecture
from archsim.chip.cores.network_of import BUFFER, OFF_CHIP, layout_on
from archsim.run.document import limited_by


def limit_of(network, chip, **settings):
    changes = {name.replace("__", "."): value for name, value in settings.items()}
    return archsim.simulate(network, load_architecture(chip, changes)).to_dict()


def test_layers_that_run_one_by_one_are_limited_by_the_tiles_of_all():
    # a read takes 10 cycles (two conversions of five): 24 x 24, 8 x 8 and one vector
    result = limit_of("lenet1", "cores40")
    assert result["limited_by"] == {"resource": "tiles", "at_least_cycles": 10 * (576 + 64 + 1)}
    assert result["limited_by"]["at_least_cycles"] <= result["cycles"]


def test_layers_of_a_pipeline_are_limited_by_one_of_them():
    result = limit_of("lenet1", "cores40", execution__mode="pipelined")
    assert result["limited_by"] == {"resource": "tiles:conv1", "at_least_cycles": 5760}


def row(name, kind, busy, total=100):
    return {"name": name, "kind": kind, "busy_cycles": busy, "total_cycles": total}


def test_what_is_shared_by_layers_limits_where_it_works_longer_than_their_tiles():
    tiles = [row("tiles:a", "tile", 60, 200), row("tiles:b", "tile", 30)]
    for busy, named in ((61, "buffer"), (59, "tiles")):
        rows = [*tiles, row("buffer", "buffer", busy)]
        assert limited_by(rows, 100, "layer_by_layer")["resource"] == named
        assert limited_by(rows, 100, "pipelined")["resource"] == "buffer"


def test_a_port_in_the_middle_lies_at_the_router_nearest_to_all():
    # routers 0 1 2 / 3 4 5 / 6 7 8; of four in a square all are, and the first is taken
    for cores, middle in ((9, 4), (4, 0), (25, 12)):
        chip = load_architecture("cores40", {"network.off_chip_port": cores - 1})
        terminals = layout_on(chip, cores).terminals
        assert terminals[cores + BUFFER] == middle
        assert terminals[cores + OFF_CHIP] == cores - 1
