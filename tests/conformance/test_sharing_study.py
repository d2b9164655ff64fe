"""Does the study of shared streams train every machine once, price what it trained, and compare it with
independent bits seed by seed?
"""

import json

import pytest

from archsim.readers.files import read_bytes
from archsim.studies.bitstream_sharing import kept_rows, main, train_missing, write_tables
from archsim.studies.sharing_grid import load_grid
from archsim.studies.sharing_tables import MEANS, mean_rows, sharing_page
from hwlib.errors import InputError
from tests.near import near

GRID = """
network = "digits_cnn"
data = "digits"
images = 60
seeds = [1, 2]

[[machine]]
scheme = "rpu"
arch = "rpu"
epochs = 1
words = "chip"
sources = ["lfsr"]
sharings = ["line", "tile"]
resolutions = [5]
alone = [{ source = "ideal" }]

[[machine]]
scheme = "dsc"
arch = "cim40"
epochs = 1
words = "scheme"
sources = ["sobol"]
sharings = ["element"]
resolutions = [6]
alone = []
"""
NAMES = ["rpu-lfsr-line-5", "rpu-lfsr-tile-5", "rpu-ideal", "dsc-sobol-element-6"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sharing")
    (folder / "grid.toml").write_text(GRID)
    assert train_missing(load_grid(folder), most=3) == 3
    return folder


def test_a_study_goes_on_where_it_was_and_trains_the_first_seed_of_all_first(folder):
    grid = load_grid(folder)
    before = {path: path.stat().st_mtime_ns for path in (folder / "runs").iterdir()}
    assert train_missing(grid, most=1) == 1
    assert {path.stem for path in (folder / "runs").iterdir()} == {f"{name}-1" for name in NAMES}
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())


def test_the_words_reach_the_machine_that_is_trained_and_priced(folder):
    runs = folder / "runs"
    chip = json.loads(read_bytes(runs / "rpu-lfsr-tile-5-1.json", 10**6))["settings"]["bitstream"]
    assert (chip["sharing"], chip["resolution"]) == ("tile", 5)
    line, tile, ideal = kept_rows(load_grid(folder), priced_again=False)[:3]
    # a comparator a line and one generator a tile take less than a generator a line; none takes nothing
    assert line["stream_area_mm2"] > tile["stream_area_mm2"] > ideal["stream_area_mm2"] == 0
    rest = [row["area_mm2"] - row["stream_area_mm2"] for row in (line, tile, ideal)]
    # wires and clock of a smaller chip are a little smaller too
    assert rest[0] == near(rest[1], rel=2e-3) == near(rest[2], rel=2e-3)
    assert rest[0] > rest[1] > rest[2]


def test_priced_again_a_run_has_the_silicon_that_it_had(folder):
    grid = load_grid(folder)
    assert kept_rows(grid, priced_again=True) == kept_rows(grid, priced_again=False)


def test_tables_and_plot_are_made_of_what_there_is(folder):
    write_tables(folder)
    names = {path.name for path in folder.iterdir()}
    assert names >= {"runs.csv", "sharing.csv", "sharing.md", "sharing.png", "sharing.svg"}


def run(source, seed, accuracy, **other):
    words = {"scheme": "rpu", "source": source, "sharing": "", "resolution": ""}
    return words | {"seed": seed, "accuracy_percent": accuracy} | dict.fromkeys(MEANS, 2.0) | other


def test_differences_are_those_of_the_same_seed():
    rows = mean_rows(
        [
            run("ideal", 1, 90.0),
            run("ideal", 2, 96.0),
            run("lfsr", 1, 89.0, area_mm2=3.0),
            run("lfsr", 2, 92.0, area_mm2=5.0),
            run("lfsr", 3, 70.0, area_mm2=1.0),
        ]
    )
    # -1 and -4: mean -2.5, deviation 3/sqrt(2); the third seed has no partner
    lfsr = rows[1]
    assert lfsr["difference"] == -2.5
    assert lfsr["difference_deviation"] == near(3 / 2**0.5)
    assert (lfsr["seeds"], lfsr["area_mm2"]) == (3, 3.0)
    assert lfsr["accuracy_percent"] == near(251 / 3)
    page = sharing_page(rows)
    assert "-2.50 ± 2.12" in page
    # independent bits have no price
    assert page.splitlines()[4].count("|  ") == 8


def test_a_grid_with_an_unknown_word_is_refused_with_the_nearest(tmp_path, capsys):
    (tmp_path / "grid.toml").write_text(GRID.replace('words = "chip"', 'words = "chips"'))
    with pytest.raises(InputError, match="chip"):
        load_grid(tmp_path)
    assert main([str(tmp_path)]) == 2
    assert "did you mean 'chip'" in capsys.readouterr().err
    (tmp_path / "grid.toml").write_text(GRID)
    with pytest.raises(InputError, match="no design of this grid has been trained"):
        kept_rows(load_grid(tmp_path), priced_again=False)
