"""Does a command write over a file that is none of its own? No: it names the file and leaves it; one
of its own kind is written anew.
"""

import pytest

from archsim.basics.files import refuse_other_file
from archsim.cli.main import main
from hwlib.errors import InputError

MINE = "[tile]\nrows = 64  # measured last week\n"
LINES = {
    "a trace": ("trace lenet1 --out", "mine.json"),
    "events for Perfetto": ("run lenet1 --trace-out", "mine.json"),
    "events as a dump": ("run lenet1 --vcd", "mine.vcd"),
    "events as a table": ("run lenet1 --events-csv", "mine.csv"),
}


@pytest.mark.parametrize("line, name", LINES.values(), ids=LINES)
def test_a_file_of_another_kind_stays(line, name, tmp_path, capsys):
    if "--vcd" in line:
        pytest.importorskip("vcd")
    path = tmp_path / name
    path.write_text(MINE)
    words = [*line.split(), str(path), "--quiet"]
    assert main(words) == 2
    assert path.read_text() == MINE
    assert "another file has this name" in capsys.readouterr().err
    path.unlink()
    assert main(words) == 0
    written = path.read_text()
    assert main(words) == 0 and path.read_text() == written
    assert [item.name for item in tmp_path.iterdir()] == [name]


def test_a_device_file_of_ones_own_is_not_fitted_over(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    path.write_text(MINE)
    # refused before the measurements are looked at
    assert main(["fit", "no_measurements.csv", "--out", str(path)]) == 2
    assert path.read_text() == MINE
    assert "another file has this name" in capsys.readouterr().err


def test_a_trace_has_the_name_by_which_run_knows_it(tmp_path, capsys):
    assert main(["trace", "lenet1", "--out", str(tmp_path / "step.toml")]) == 2
    assert "a trace is a .json file" in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []


def test_an_empty_file_and_one_of_the_kind_may_be_written_over(tmp_path):
    path = tmp_path / "a"
    refuse_other_file(path, "mark")
    path.write_text("")
    refuse_other_file(path, "mark")
    path.write_text("a mark")
    refuse_other_file(path, "mark")
    with pytest.raises(InputError, match="another file has this name"):
        refuse_other_file(path, "another mark")
