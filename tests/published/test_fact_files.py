"""Is a file of facts of a published chip held to its words?"""

from pathlib import Path

import pytest

from archsim.validation import chips
from archsim.validation.chips.facts import parse_facts
from hwlib.errors import InputError

TEXT = (Path(chips.__file__).parent / "facts" / "neurram.toml").read_text(encoding="utf-8")


def test_a_file_is_read():
    assert parse_facts(TEXT, "mine.toml").name == "mine"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'converter = "slope"',
            'converter = "slop"',
            "mine.toml: converter: .*did you mean 'slope'",
        ),
        ("converter_bits =", "converter_bit =", "unknown field; .*did you mean 'converter_bits'"),
        ("energy_pj = ", "energy_pj = -", "energy_pj: .*more than 0"),
        ("invocation_ns = ", "invocation_ns = 1e300 #", "invocation_ns: .*at most"),
        ("rows_active = ", "rows_active = 1000000000000 #", "rows_active: .*at most"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(old, new, words):
    assert old in TEXT
    with pytest.raises(InputError, match=words):
        parse_facts(TEXT.replace(old, new, 1), "mine.toml")
