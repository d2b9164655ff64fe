"""A point that kills its worker, hangs, raises or fills the memory costs that point only."""

import json

import pytest

from archsim.exploration import load_space
from archsim.exploration.space.walk import keyed
from archsim.exploration.store.rows import PointRow
from archsim.exploration.work.engine import Engine
from archsim.exploration.work.worker import RungJob
from archsim.readers.digest import seal_line
from tests.explore_points import SPACE, faulty, stuck, unstorable

BITS = 1


def split(lines):
    """The JSON of each line of a batch, which its sizes, keys and digests must agree with; without
    the digests.
    """
    texts = lines.text.splitlines(keepends=True)
    assert [len(text) for text in texts] == list(lines.sizes)
    rows = [json.loads(text) for text in texts]
    assert [int(row[1], 16) for row in rows] == list(lines.keys)
    contents = [row[:-1] for row in rows]
    assert texts == [
        seal_line(json.dumps(content, separators=(",", ":")).encode()) for content in contents
    ]
    return contents


def run(engine, evaluate=faulty, **options):
    space = load_space(SPACE)
    job = RungJob(space, evaluate, ("area_mm2",), tuple(options.items()))
    lines_split = [line for lines in engine.run(job, keyed(space)) for line in split(lines)]
    rows = [
        PointRow(key, tuple(values), metrics, *extra)
        for _, key, values, metrics, *extra in lines_split
    ]
    assert len({row.key for row in rows}) == len(rows) == 36  # every point once, none lost
    return rows


def test_every_kind_of_fault_costs_its_points_only():
    rows = run(Engine(jobs=2, timeout_s=0.4))
    reasons = {row.values[BITS]: row.extra["reason"] for row in rows if row.status == "failed"}
    assert sorted(row.values for row in rows if row.status == "failed") == [
        (64, bits, 40) for bits in (5, 7, 8, 9)
    ]
    assert "worker died twice" in reasons[5]
    assert reasons[7] == "took longer than 0.4 s"
    assert reasons[8] == "RuntimeError: no such luck"
    assert reasons[9] == "ran out of memory"


@pytest.mark.parametrize("bits", [5, 7, 9], ids=["death", "hang", "memory"])
def test_a_fault_that_happens_once_is_retried(tmp_path, bits):
    rows = run(Engine(jobs=2, timeout_s=1.0), only=bits, once=str(tmp_path / "seen"))
    assert {row.status for row in rows} == {"done"}
    assert [row.metrics[0] for row in rows if row.values == (64, bits, 40)] == [float(bits)]
    assert (tmp_path / f"seen-{bits}").exists()


def test_a_hang_in_one_process_is_a_failed_point_too():
    rows = run(Engine(jobs=1, timeout_s=0.05), only=7)
    assert [row.values for row in rows if row.status == "failed"] == [(64, 7, 40)]


def test_a_worker_that_no_alarm_reaches_is_killed():
    rows = run(Engine(jobs=2, timeout_s=0.2), stuck)
    lost = [row for row in rows if row.status == "failed"]
    assert [row.values for row in lost] == [(64, 5, 40)]
    assert "died twice" in lost[0].extra["reason"]


def test_what_cannot_be_stored_costs_its_point_only():
    rows = run(Engine(jobs=1), unstorable)
    assert [row.values for row in rows if row.status == "failed"] == [(64, 4, 28)]
    assert "cannot be stored" in rows[0].extra["reason"]


def test_points_are_drawn_as_workers_ask_for_them():
    space = load_space(SPACE)
    drawn = 0
    most = 0

    def points():
        nonlocal drawn
        for number in range(100_000):
            drawn += 1
            yield f"{number:016x}", (64, 4, 40)

    done = 0
    for lines in Engine(jobs=1).run(RungJob(space, faulty, ("area_mm2",)), points()):
        done += len(lines)
        most = max(most, drawn - done)
        if done > 20_000:
            break
    assert most < 10_000
