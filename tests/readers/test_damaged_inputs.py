"""Does any reader fail otherwise than by one message? A few hundred damaged inputs here; a million
by `python -m tests.fuzz`.
"""

import os
import resource
import time
from pathlib import Path

import pytest

from hwlib.errors import InputError
from tests.fuzz import harness, mutate
from tests.fuzz.harness import mutated, run
from tests.fuzz.reader import Reader


def test_no_reader_fails_on_a_damaged_input():
    outcome = run(seed=11, count=4)
    assert outcome.faults == []
    assert (
        outcome.inputs > 300
        and outcome.refused > outcome.inputs / 2
        and len(outcome.by_reader) == 37
    )


@pytest.mark.study
def test_no_reader_fails_on_many_damaged_inputs():
    assert run(seed=2, count=1000).faults == []


def test_the_same_seed_makes_the_same_input():
    reader = Reader({"x.toml": b"a = 1\nb = 2\n"}, "x.toml", lambda path: None, mutate.of_text)
    assert [mutated(reader, "x", 1, number) for number in range(50)] == [
        mutated(reader, "x", 1, number) for number in range(50)
    ]
    assert len({mutated(reader, "x", 1, number) for number in range(50)}) > 30


def test_the_harness_sees_what_goes_wrong(tmp_path, monkeypatch):
    """Faults, hangs, deaths and peaks are each found, once, and the other inputs are read all the
    same.
    """

    def read(path: Path) -> None:
        number = int(path.read_bytes())
        if number == 3:
            raise KeyError("x")
        if number == 5:
            time.sleep(60)
        if number == 7:
            os._exit(3)
        if number == 9:
            held = []
            while resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 <= here + 20:
                held.append(b"x" * 10_000_000)
        if number == 11:
            raise InputError("refused")

    monkeypatch.setattr(harness, "mutated", lambda reader, name, seed, number: str(number).encode())
    reader = Reader({"x": b"0"}, "x", read, mutate.of_bytes)
    here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    # a process that was large before has to grow as large again, on a machine that may be busy
    outcome = harness.run_reader(
        "x", reader, 0, range(13), tmp_path, limit_s=3.0, limit_mb=here + 20
    )
    assert outcome.inputs == 13 and outcome.by_reader == {"x": 13}
    assert [(number, what.split()[0].rstrip(":")) for _, _, number, what in outcome.faults] == [
        (3, "KeyError"),
        (5, "hang"),
        (7, "the"),
        (9, "a"),
    ]
