"""Is a chip of cores whose weights lie in memory priced for the cores that it has, and without tiles?"""

import pytest

import archsim
from archsim.chip import load_architecture
from archsim.schemes import load_scheme
from hwlib.errors import InputError
from tests.near import near

IN_MEMORY = load_scheme("sgd", {"weights_in": "memory"})
# parts that stand in every core, and those that stand in every tile
OF_A_CORE = ("vector_unit", "matrix_unit", "input_buffer", "output_buffer", "accumulator")
OF_A_TILE = ("array", "adc", "front_end", "input_register", "tile_control", "tile_clock")


def step(scheme=IN_MEMORY, **changes):
    fields = {name.replace("__", "."): value for name, value in changes.items()}
    chip = load_architecture("cores40", fields)
    return archsim.simulate("digits_cnn", chip, scheme=scheme, phase="training", batch=2)


def count(result, role):
    return next(row["count"] for row in result.document["inventory"] if row["component"] == role)


@pytest.mark.parametrize("cores", [1, 6])
def test_each_core_that_is_stated_is_paid_for(cores):
    result = step(core__count=cores)
    on_arrays = step("sgd", core__count=cores)
    for role in OF_A_CORE:
        # the same cores as with tiles in them
        assert count(result, role) == count(on_arrays, role)
        assert result.by_component[role]["area_mm2"] == near(
            cores * step(core__count=1).by_component[role]["area_mm2"]
        )
    assert result.tiles == 0 and not any(count(result, role) for role in OF_A_TILE)
    assert not [row for row in result.resources if row["name"].startswith("tiles")]


def test_a_core_nobody_counts_is_one_a_chip():
    assert count(step(), "accumulator") == count(step(core__count=1), "accumulator")
    two = step(package__chips=2)
    assert count(two, "accumulator") == 2 * count(step(), "accumulator")


def test_it_is_priced_again_with_its_cores(tmp_path):
    result = step(core__count=6)
    again = type(result).load(result.save(tmp_path))
    assert again.reprice(28.0).reprice(40.0).area_mm2 == near(result.area_mm2)


def test_kinds_of_cores_without_tiles_are_refused():
    kinds = {"core.kinds.fine.tile.rows": 64, "core.kinds.coarse.tile.rows": 128}
    chip = load_architecture("cores40", kinds)
    with pytest.raises(InputError, match=r"core\.kinds: cores of several kinds .*coarse"):
        archsim.simulate("digits_cnn", chip, scheme=IN_MEMORY, phase="training")
