"""Does the page of nodes count every part of the chip once, with the exponent that its numbers have?"""

import pytest

import archsim
from archsim.studies.node_slopes import CHIP, GROUPS, AtNode, between_marks, slope, table
from hwlib import InputError
from tests.near import near

ROWS = [
    AtNode(40.0, {**{group.title: 1.6 for group in GROUPS}, "all": 8.0}, {}),
    AtNode(7.0, {**{group.title: 1.6 for group in GROUPS}, "all": 8.0 * (7 / 40) ** 2}, {}),
]


def test_every_part_of_the_chip_is_in_one_group():
    roles = [role for group in GROUPS for role in group.roles]
    components = archsim.load_architecture(CHIP).components
    on_chip = {role for role, entry in components.items() if entry.boundary != "system"}
    assert len(roles) == len(set(roles)) and set(roles) == on_chip


def test_an_exponent_of_two_is_the_square_of_the_node():
    assert slope(ROWS, "all", "area") == near(2)
    assert slope(ROWS, "cells", "area") == 0
    lines = table(ROWS, "area").splitlines()
    assert lines[0].startswith("| mm² | 40 nm | 7 nm | exponent")
    assert lines[-1].startswith("| all | 8 | 0.245 | 2.00 |")


def test_a_table_stands_between_its_marks_alone():
    begin, end = "<!-- begin: x, written by archsim.studies.node_slopes -->", "<!-- end: x -->"
    page = f"before\n{begin}\nold\n{end}\nafter\n"
    assert between_marks(page, "x", "new") == f"before\n{begin}\nnew\n{end}\nafter\n"
    with pytest.raises(InputError, match="no marks"):
        between_marks(page, "y", "new")
