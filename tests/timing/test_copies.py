"""Does the slowest layer get the next copy, as long as there are tiles for it?"""

import pytest

import archsim
from archsim.chip import load_architecture
from archsim.chip.copies import copies_of
from archsim.trace import LayerMatrix


def copies(chip, *layers):
    """Copies of layers of (vectors, tiles of a copy)."""
    matrices = [
        LayerMatrix(f"layer{n}", 8, 8, vectors=vectors) for n, (vectors, _) in enumerate(layers)
    ]
    tiles = {matrix.layer: each for matrix, (_, each) in zip(matrices, layers)}
    counts = copies_of(matrices, chip, lambda matrix: tiles[matrix.layer])
    return [counts[matrix.layer] for matrix in matrices]


def chip(**settings):
    changes = {key.replace("__", "."): value for key, value in settings.items()}
    return load_architecture("cim40", changes)


def test_without_a_word_there_is_one_copy_of_each():
    assert copies(chip(), (100, 1), (40, 1)) == [1, 1]


def test_the_slowest_gets_the_next_copy():
    # 100 and 40 vectors on 4 tiles: 50 and 40, then 33 and 40
    assert copies(chip(placement__balance=2.0), (100, 1), (40, 1)) == [3, 1]
    # on 6: then 33 and 20, then 25 and 20
    assert copies(chip(placement__balance=3.0), (100, 1), (40, 1)) == [4, 2]


def test_a_bottleneck_without_room_ends_it():
    # a copy of the second would be of no use, as the first stays the slowest
    assert copies(chip(placement__balance=1.5), (100, 9), (40, 1)) == [1, 1]


def test_no_more_copies_than_vectors():
    assert copies(chip(placement__balance=64.0), (2, 1), (1, 1)) == [2, 1]


def test_named_copies_stay_as_they_are():
    named = chip(placement__balance=3.0, placement__copies={"layer0": 2})
    assert copies(named, (100, 1), (40, 1)) == [2, 4]


def test_a_chip_has_no_more_tiles_than_it_has():
    assert copies(chip(placement__balance=4.0, tile__count=3), (100, 1), (40, 1)) == [2, 1]


@pytest.mark.parametrize("name", ["cim40", "cores40"])
def test_auto_doubles_the_tiles_at_most_and_is_faster(name):
    settings = {"execution.mode": "pipelined", "placement.copies": "auto"}
    auto = load_architecture(name, settings)
    assert auto.placement.balance == 2.0 and auto.placement.copies == {}
    plain = load_architecture(name, {"execution.mode": "pipelined"})
    one, two = (archsim.simulate("lenet1", item, images=3) for item in (plain, auto))
    assert two.cycles < one.cycles
    assert two.document["ledger"] != one.document["ledger"]
    used = [sum(row["tile_count"] for row in item.document["placement"]) for item in (one, two)]
    assert used[0] <= used[1] <= 2 * used[0]  # small copies share a tile of a flat chip
