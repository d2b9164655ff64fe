"""Is damage in the store of a sweep recognised, and nothing of it taken for a result?"""

import json
import sys

import pytest

import archsim
from archsim.exploration.space.samplers import points as points_of
from archsim.exploration.store.rows import PointRow
from archsim.exploration.store.store import Store
from archsim.exploration.sweep import load_sweep
from archsim.readers.digest import seal
from tests.explore_points import LADDER, SPACE

HEAD = {"rung": "price", "axes": ["a"], "metrics": ["m"], "code": "c", "figures": "f"}


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
    offset = sum(map(len, lines[:7]))
    key = lines[7][:22]
    path.write_bytes(b"".join([*lines[:7], key + damage.encode() + b"\n", *lines[8:]]))
    with pytest.raises(archsim.InputError, match=f"byte {offset}: a damaged row"):
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
    # timed points are priced from their stored runs
    assert sweep.counts == {"new": 36, "reused": 0, "repriced": 8}
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
        "architecture": "cim40",
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
