"""The store of a sweep: what was finished survives kill -9, a full disk and a second process;
damage is recognised.
"""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import archsim
from archsim.exploration.space.samplers import points as points_of
from archsim.exploration.store.rows import PointRow
from archsim.exploration.store.store import Store
from archsim.exploration.sweep import load_sweep
from archsim.readers.digest import seal
from tests.explore_points import LADDER, SPACE

ROOT = Path(__file__).parents[2]
# hundreds of price-only points: a second of work to be killed in
LONG = SPACE | {
    "axes": {
        "tile.rows": [64, 128, 256, 512],
        "read.adc_bits": {"from": 4, "to": 9},
        "node_nm": [28, 32, 40, 45, 65],
        "clock_mhz": {"from": 100.0, "to": 400.0, "step": 100.0},
    }
}
HEAD = {"rung": "price", "axes": ["a"], "metrics": ["m"], "code": "c", "figures": "f"}


def start(space, folder, jobs=1, **limits):
    code = (
        "import json, sys, archsim; archsim.explore(json.loads(sys.argv[1]), "
        "jobs=int(sys.argv[3]), out=sys.argv[2], resume=True)"
    )
    with open(f"{folder}.errors", "wb") as errors:
        return subprocess.Popen(
            [sys.executable, "-c", code, json.dumps(space), str(folder), str(jobs)],
            cwd=ROOT,
            stderr=errors,
            start_new_session=True,
            **limits,
        )


def size(folder):
    path = folder / "points.jsonl"
    return path.stat().st_size if path.exists() else 0


def kill_at(process, folder, wanted):
    """Kill the process, not its workers, once its store has `wanted` bytes; False where it ended
    before that.
    """
    end = time.monotonic() + 60
    while size(folder) < wanted:
        if process.poll() is not None:
            return False
        assert time.monotonic() < end, Path(f"{folder}.errors").read_text()
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return True


@pytest.fixture(scope="module")
def whole():
    """The table of LONG as one undisturbed process makes it."""
    return list(archsim.explore(LONG).rows())


def kill_and_resume(folder, kills, seed, jobs, whole):
    generator, killed = random.Random(seed), 0
    for _ in range(kills):
        process = start(LONG, folder, jobs)
        grown = size(folder) + generator.randrange(1, 160_000 // kills)
        before = size(folder)
        killed += kill_at(process, folder, grown)
        assert size(folder) >= min(before, grown) - 1000  # at most a torn line is taken back
    sweep = archsim.explore(LONG, out=folder, resume=True)
    assert killed
    assert sweep.counts["reused"] > 0
    assert list(sweep.rows()) == whole
    assert list(load_sweep(folder).rows()) == whole


def test_killed_parents_lose_nothing(tmp_path, whole):
    kill_and_resume(tmp_path / "sweep", 2, 1, 1, whole)


@pytest.mark.study
def test_a_parent_killed_twenty_times_loses_nothing(tmp_path, whole):
    kill_and_resume(tmp_path / "sweep", 20, 2, 2, whole)


def workers_of(process):
    children = [
        int(pid)
        for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    ]
    return [pid for pid in children if b"LokyProcess" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_killed_workers_cost_nothing_and_none_outlives_its_parent(tmp_path, whole):
    folder = tmp_path / "sweep"
    process = start(LONG, folder, 2)
    while size(folder) < 20_000:
        assert process.poll() is None, Path(f"{folder}.errors").read_text()
        time.sleep(0.01)
    before, workers = size(folder), workers_of(process)
    assert len(workers) == 2
    os.kill(workers[-1], signal.SIGKILL)
    assert kill_at(process, folder, before + 40_000) or process.returncode == 0, (
        "the sweep did not go on"
    )
    workers += workers_of(process) if process.poll() is None else []
    end = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < end:
        time.sleep(0.05)
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    assert list(archsim.explore(LONG, out=folder, resume=True).rows()) == whole


def test_a_full_disk_ends_in_a_message_and_a_whole_store(tmp_path, whole):
    folder = tmp_path / "sweep"

    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    process = start(LONG, folder, preexec_fn=little_room)
    assert process.wait(60) == 1
    error = Path(f"{folder}.errors").read_text()
    assert "cannot write the store" in error and "--resume" in error
    text = (folder / "points.jsonl").read_bytes()
    assert 2_000 < len(text) <= 60_000 and text.endswith(b"]\n")
    sweep = archsim.explore(LONG, out=folder, resume=True)
    assert sweep.counts["reused"] > 0 and not sweep.notes
    assert list(sweep.rows()) == whole


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/archsim")):
        with pytest.raises(archsim.InputError, match="cannot write here|not a folder"):
            archsim.explore(SPACE, out=folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(tmp_path):
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(archsim.InputError, match="Permission denied"):
            archsim.explore(SPACE, out=tmp_path)
    finally:
        tmp_path.chmod(0o755)


def test_two_processes_on_one_store_are_refused(tmp_path):
    with (
        Store(tmp_path),
        pytest.raises(archsim.InputError, match=f"another process.*{os.getpid()}"),
    ):
        archsim.explore(SPACE, out=tmp_path)
    archsim.explore(SPACE, out=tmp_path)


def test_a_second_sweep_needs_resume(tmp_path):
    archsim.explore(SPACE, out=tmp_path)
    with pytest.raises(archsim.InputError, match="--resume"):
        archsim.explore(SPACE, out=tmp_path)
    assert archsim.explore(SPACE, out=tmp_path, resume=True).counts == {
        "new": 0,
        "reused": 36,
        "repriced": 0,
    }


@pytest.mark.parametrize("cut", [1, 2, 40, 150])
def test_a_torn_last_line_is_cut_off(tmp_path, cut):
    whole = list(archsim.explore(SPACE, out=tmp_path).rows())
    path = tmp_path / "points.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    sweep = archsim.explore(SPACE, out=tmp_path, resume=True)
    assert sweep.counts["new"] == 1
    assert "torn" in sweep.notes[0]
    assert list(sweep.rows()) == whole
    assert path.read_bytes().endswith(b"]\n")


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"garbage\n",
        b'[9,"0123456789abcdef",[],[]]\n',
        b'[0,"zz",[1],[2]]\n',
        b"{}\n",
        b"\xff\xfe\n",
    ],
)
def test_damaged_lines_are_passed_over(tmp_path, line):
    whole = list(archsim.explore(SPACE, out=tmp_path).rows())
    path = tmp_path / "points.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:5], line, *lines[5:]]))
    sweep = archsim.explore(SPACE, out=tmp_path, resume=True)
    assert sweep.notes == ["1 damaged lines of the store were passed over"]
    assert list(sweep.rows()) == whole


@pytest.mark.parametrize("damage", ["[64,4,28],[1.0],{}]", '1,"]', "]", "[64,4,28],[1.0 2.0]]"])
def test_a_row_that_is_damaged_within_is_told_by_its_place(tmp_path, damage):
    archsim.explore(SPACE, out=tmp_path)
    path = tmp_path / "points.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    place, key = sum(map(len, lines[:7])), lines[7][:22]
    path.write_bytes(b"".join([*lines[:7], key + damage.encode() + b"\n", *lines[8:]]))
    with pytest.raises(archsim.InputError, match=f"byte {place}: a damaged row"):
        load_sweep(tmp_path)


def test_a_row_is_read_back_as_it_was_written(tmp_path):
    rows = [
        PointRow("00000000000000ff", (1, 2.5, True, 'é\n"x'), (0.1 + 0.2, 3, None)),
        PointRow("0000000000000001", (), None, {"reason": "x" * 5000}),
    ]
    three = HEAD | {"metrics": ["a", "b", "c"]}
    with Store(tmp_path) as store:
        head = store.head(**three)
        store.add(head, rows)
        assert [store.find(row.key, [head])[1] for row in rows] == rows
    with Store(tmp_path, writable=False) as store:
        assert [store.find(row.key, [head])[1] for row in rows] == rows
        assert store.find("0000000000000002", [head]) is None
        assert store.head(**three) == head
        assert list(store.rows(head)) == rows


def test_failed_points_are_tried_again_on_resume(tmp_path):
    with Store(tmp_path) as store:
        store.add(
            store.head(**HEAD),
            [
                PointRow("0000000000000001", (1,), None, {"status": "failed", "reason": "x"}),
                PointRow("0000000000000002", (1,), None, {"status": "refused", "reason": "x"}),
            ],
        )
    with Store(tmp_path) as store:
        assert [store.has(key, [0]) for key in (1, 2)] == [False, True]
    with Store(tmp_path, writable=False) as store:
        assert [store.has(key, [0]) for key in (1, 2)] == [True, True]


def test_rows_of_other_code_or_figures_are_not_used(tmp_path, monkeypatch):
    archsim.explore(LADDER, out=tmp_path)
    ladder_module, repricing_module = (
        sys.modules[f"archsim.exploration.{name}"] for name in ("ladder", "work.stored_runs")
    )
    monkeypatch.setattr(ladder_module, "figures_version", lambda: "other")
    sweep = archsim.explore(LADDER, out=tmp_path, resume=True)
    assert sweep.counts == {
        "new": 36,
        "reused": 0,
        "repriced": 8,
    }  # timed points are priced from their stored runs
    monkeypatch.setattr(ladder_module, "code_version", lambda: "other")
    monkeypatch.setattr(repricing_module, "code_version", lambda: "other")
    assert archsim.explore(LADDER, out=tmp_path, resume=True).counts["reused"] == 0


def test_an_export_holds_every_row_in_both_formats(tmp_path):
    import pandas

    from archsim.exploration.store.export import export_rows

    rows = [
        {"point": index, "tile.rows": 64 * (index + 1), "area_mm2": 0.5 * index, "state": "done"}
        for index in range(3)
    ]
    for suffix, read in ((".csv", pandas.read_csv), (".parquet", pandas.read_parquet)):
        table = read(export_rows(iter(rows), tmp_path / f"points{suffix}"))
        assert table.to_dict("records") == rows


@pytest.mark.parametrize("inputs", [[], 3, "x"])
def test_a_head_whose_inputs_are_no_table_counts_as_damaged(tmp_path, inputs):
    archsim.explore(SPACE, out=tmp_path)
    path = tmp_path / "points.jsonl"
    first, *rest = path.read_text().splitlines(keepends=True)
    head = json.loads(first)
    head.pop("digest", None)
    path.write_text(json.dumps(head | {"inputs": inputs}) + "\n" + "".join(rest))
    assert archsim.explore(SPACE, out=tmp_path, resume=True).counts["reused"] == 0


@pytest.mark.parametrize(
    ("axes", "points", "most"),
    [
        # new designs: the first that the store lacks ends the walk
        ({"tile.rows": {"from": 16, "to": 512}}, 3, 4),
        # two designs again and again: the walk ends when none is left to draw
        ({"tile.rows": [64, 128]}, 8, 100),
    ],
)
def test_a_stored_space_that_was_edited_to_a_million_points_is_not_drawn_to_its_end(
    axes, points, most, tmp_path, monkeypatch
):
    from archsim.exploration.space import walk

    space = {
        "schema": 1,
        "network": "digits_cnn",
        "axes": axes,
        "objectives": {"area_mm2": "minimise"},
        "sampler": {"kind": "random", "points": points, "seed": 3},
    }
    archsim.explore(space, out=tmp_path)
    edited = {**space, "sampler": {**space["sampler"], "points": 1_000_000}}
    (tmp_path / "space.json").write_text(json.dumps(seal(edited)))
    drawn = []
    monkeypatch.setattr(
        walk, "points", lambda given: map(lambda p: drawn.append(p) or p, points_of(given))
    )
    if most == 4:
        with pytest.raises(archsim.InputError, match="a point of this sweep is missing"):
            load_sweep(tmp_path)
    else:
        assert len(list(load_sweep(tmp_path).rows())) == 2
    assert len(drawn) <= most
