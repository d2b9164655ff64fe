"""Does the report of published chips hold every figure, its scores and what is left out?"""

import pytest

from archsim.validation.chips.facts import read_left_out
from archsim.validation.chips.figures import chip_rows
from archsim.validation.published_chips import of_table, table_of
from archsim.validation.published_chips_plot import draw


@pytest.fixture(scope="module")
def rows():
    return chip_rows(["correll2022", "deaville2021", "isaac2016", "jiang2018"])


def test_the_table_has_every_figure_and_what_is_left_out(rows):
    text = table_of(rows)
    assert all(f"| {row['name']} |" in text for row in rows)
    assert len(read_left_out()) == 10
    assert all(left.title in text and left.reason in text for left in read_left_out())
    assert "chips.yoon2021.area: the density is printed as 0.01" in text
    assert "| energy, all | 4 |" in text and "| area, magnetic | 1 |" in text


def test_studies_that_are_no_silicon_are_outside_of_the_scores_of_the_collection(rows):
    assert {row["chip"] for row in of_table(rows)} == {"correll2022", "deaville2021", "jiang2018"}


def test_the_plot_is_the_same_for_the_same_numbers(rows, tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        draw(rows, folder)
    first, second = ((folder / "predicted.svg").read_bytes() for folder in folders)
    assert first == second
