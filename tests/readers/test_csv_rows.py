"""Is a fault of the form of a CSV told at its line, in whatever file it stands?"""

import pytest

from archsim.cli.main import main
from archsim.readers.csv_rows import csv_rows
from archsim.studies.moved import read_table
from hwlib.errors import InputError
from tests.members import every

# Python's reader takes cells of 131,072 characters
LONG = "x" * 200_000
MEASURED = "device,cycle,direction,pulse,conductance_us\n"
LINES = {
    "fit.csv": (f"{MEASURED}1,1,up,0,5\n{LONG},1,up,1,5\n", ("fit", "{}", "--law", "auto")),
    "head.csv": (f"# title = a\n{LONG}\n1\n", ("fit", "{}", "--law", "auto")),
    "net.csv": (f"Layer,M,N,K\na,1,2,3\n{LONG},1,2,3\n", ("check", "{}")),
    "activity.csv": (
        f"layer,phase\nconv1,forward\n{LONG},1\n",
        ("run", "lenet1", "--activity", "{}"),
    ),
}
AT = {"fit.csv": 3, "head.csv": 2, "net.csv": 3, "activity.csv": 3}


@every("name", LINES)
def test_a_cell_that_is_too_long_is_refused_at_its_line(name, tmp_path, capsys):
    text, line = LINES[name]
    path = tmp_path / name
    path.write_text(text)
    assert main([word.format(path) for word in line]) == 2
    said = capsys.readouterr().err
    assert f"{name}: line {AT[name]}: is not CSV (field larger than field limit" in said


def test_a_kept_table_of_a_study_is_refused_too(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(f"a,b\n{LONG},1\n")
    with pytest.raises(InputError, match="rows.csv: is not CSV"):
        read_table(path)


def test_a_row_has_the_number_of_the_line_on_which_it_begins():
    text = 'a,b\n"1\n2",x\n\nlast, y'
    rows = list(csv_rows(text.splitlines(), "table", first=5))
    assert rows == [(5, ["a", "b"]), (6, ["12", "x"]), (8, []), (9, ["last", "y"])]
