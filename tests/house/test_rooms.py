"""Does each room say in a few lines what lives there, what goes in and out, where to begin?"""

import ast
import re
from pathlib import Path

from tests.members import every

ROOT = Path(__file__).parents[2]
ROOMS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("hwlib", "workloads", "archsim")
    for path in (ROOT / folder).rglob("__init__.py")
)


def lines_of(text):
    told = ast.get_docstring(ast.parse(text)) or ""
    return [line for line in told.splitlines() if line.strip()]


def begins_with(text):
    """Files and names that a reader is sent to."""
    told = " ".join(lines_of(text))
    return [
        name
        for part in re.split(r"[Bb]egin (?:reading )?with|, then", told)[1:]
        for name in re.findall(r"^[^`]{0,3}`([\w./]+)`", part)
    ]


@every("room", ROOMS)
def test_a_room_says_what_lives_there_and_where_to_begin(room):
    text = (ROOT / room).read_text(encoding="utf-8")
    assert 3 <= len(lines_of(text)) <= 13, "about five lines"
    first, *_ = begins_with(text)
    module = first.removesuffix(".py").split(".")[0]  # of `loop.train`: loop.py
    here = (ROOT / room).parent
    candidates = (here / f"{module}.py", here / first, ROOT / first)
    assert f"def {first}(" in text or any(path.is_file() for path in candidates), first


def test_a_room_that_says_nothing_is_seen():
    assert lines_of("") == [] and begins_with('"""A room."""') == []
    assert begins_with('"""Begin with `a.py`, then `b`."""') == ["a.py", "b"]
