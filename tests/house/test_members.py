"""Does one test over all members of a family fail as each member's own would, and name them?"""

import pytest

from tests.members import every


def test_every_member_that_fails_is_named():
    @every("number, word", zip(range(5), "abcde"))
    def question(number, word):
        assert number not in (1, 3), f"{word} is odd"
        with pytest.raises(ValueError, match=word):
            int("1" if number == 4 else word)

    with pytest.raises(AssertionError) as told:
        question()
    said = str(told.value)
    assert said.startswith("3 of 5:") and "b is odd" in said and "d is odd" in said
    assert "number=4, word=e" in said and f"{__file__}:" in said
    assert "number=0" not in said and "number=2" not in said


@every("sign", [-1, 1])
@every("number", range(3))
def test_each_goes_with_each_of_another_list_and_all_with_fixtures(sign, number, tmp_path):
    (tmp_path / f"{sign * number}").touch()
    if (sign, number) == (1, 2):
        assert {path.name for path in tmp_path.iterdir()} == {"0", "-1", "-2", "1", "2"}


def test_an_empty_family_is_no_test():
    with pytest.raises(AssertionError, match="nobody"):
        every("number", [])
