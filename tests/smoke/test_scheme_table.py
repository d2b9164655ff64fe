"""The table of update schemes in the documentation is the one that the schemes declare today."""

from archsim.schemes import list_schemes
from archsim.studies import scheme_table
from docs.from_code.schemes import schemes_page


def rows():
    lines = [line for line in scheme_table.scheme_table().splitlines() if line.startswith("| `")]
    return {
        line.split("`")[1]: [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in lines
    }


def test_the_manual_holds_the_table_of_today():
    assert scheme_table.scheme_table() in schemes_page()


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


def test_the_table_is_printed(capsys):
    assert scheme_table.main() == 0
    assert capsys.readouterr().out == scheme_table.scheme_table()
