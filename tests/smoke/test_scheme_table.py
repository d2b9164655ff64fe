"""The table of update schemes in the documentation is the one that the schemes declare today."""

from pathlib import Path

import pytest

from archsim.schemes import list_schemes
from archsim.studies import scheme_table
from hwlib.errors import InputError

DOCUMENT = Path(__file__).parents[2] / "docs" / "schemes.md"


def rows():
    lines = [line for line in scheme_table.scheme_table().splitlines() if line.startswith("| `")]
    return {
        line.split("`")[1]: [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in lines
    }


def test_the_documentation_holds_the_table_of_today():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert scheme_table.with_table(text, "") == text, (
        "run python -m archsim.studies.scheme_table docs/schemes.md"
    )


def test_the_table_says_what_the_schemes_do():
    table = rows()
    assert list(table) == list(list_schemes()) and {len(row) for row in table.values()} == {
        len(scheme_table.HEAD)
    }
    counted = {name: row[4] for name, row in table.items()}
    assert counted["mixed_precision"].startswith("backward: vector unit") and counted[
        "rpu"
    ].startswith("backward: transposed reads")
    assert (
        "random pulse trains on the weights" in counted["rpu"]
        and "verified writes of the weights" in counted["sgd"]
    )
    assert (
        "reads of a line of the fast array" in counted["tiki_taka"]
        and "blind writes of the weights" in counted["hic"]
    )
    assert "stream_multiplier" in counted["essop"]
    assert (
        table["rpu"][5] == "none"
        and "moments 2" in table["mixed_precision"][5]
        and "0.00208" in table["mixed_precision"][6]
    )


def test_the_table_is_written_between_its_marks(tmp_path, capsys):
    document = tmp_path / "d.md"
    document.write_text(f"before\n{scheme_table.BEGIN}\nof yesterday\n{scheme_table.END}\nafter\n")
    assert scheme_table.main([str(document)]) == 0
    text = document.read_text()
    assert (
        text.startswith("before\n")
        and text.endswith("\nafter\n")
        and "of yesterday" not in text
        and "| `rpu`" in text
    )
    with pytest.raises(InputError, match="no marks"):
        scheme_table.with_table("nothing", "d.md")
    assert (
        scheme_table.main([str(tmp_path / "none.md")]) == 2
        and "no such file" in capsys.readouterr().err
    )
    assert scheme_table.main([]) == 0 and capsys.readouterr().out == scheme_table.scheme_table()
