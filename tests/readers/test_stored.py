"""Is a stored number ever accepted that is not the one that was written? No: it proves itself, or
it is refused.
"""

import json
import random
import warnings
from pathlib import Path

import pytest

import archsim
from archsim.cli.main import main
from archsim.exploration import explore
from archsim.exploration.store.store import Store
from archsim.exploration.sweep import load_sweep
from archsim.readers.digest import seal
from archsim.validation.stored_results import verify
from hwlib.errors import InputError, StoredNote

SPACE = {
    "schema": 1,
    "name": "tiny",
    "network": "digits_cnn",
    "architecture": "cim40",
    "axes": {"tile.rows": [64, 128], "node_nm": [28, 40]},
    "objectives": {"area_mm2": "minimise", "energy_per_image_j": "minimise"},
    "rungs": [{"kind": "price"}, {"kind": "timing", "points": 2}],
}


def contains(stored, good):
    """Whether everything of the good document is in the one that was found; a damaged name of the
    digest may stand beside it.
    """
    if isinstance(good, dict):
        return isinstance(stored, dict) and all(
            name in stored and contains(stored[name], value) for name, value in good.items()
        )
    if isinstance(good, list):
        return len(stored) == len(good) and all(map(contains, stored, good))
    return stored == good and type(stored) is type(good)


@pytest.mark.parametrize(
    "kind", ["result", "comparison", "sweep", "rows", "points", "space", "checkpoint", "arrays"]
)
def test_a_flipped_bit_is_never_accepted_with_a_changed_number(kind, folders):
    folder, name, read = folders[kind]
    path = folder / name
    choice = random.Random(7)
    content = path.read_bytes()
    good = read(folder)
    refused = 0
    bits = range(8 * len(content))
    bits = choice.sample(bits, 150) if len(bits) > 150 else bits
    try:
        for bit in bits:
            damaged = bytearray(content)
            damaged[bit // 8] ^= 1 << bit % 8
            path.write_bytes(damaged)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", StoredNote)
                try:
                    stored = read(folder)
                except InputError as fault:
                    refused += 1
                    assert "\n" not in fault.message
                    continue
            if kind == "rows":  # a damaged line is passed over, and counted
                left = [row for rows in good for row in rows]
                assert all(row in left for rows in stored for row in rows), bit
            else:
                assert contains(stored, good), bit
    finally:
        path.write_bytes(content)
    assert refused > (20 if kind in ("rows", "points") else 100)


def test_what_is_whole_is_verified(folders, capsys):
    for folder in {folder for folder, _, _ in folders.values()}:
        assert main(["verify", str(folder)]) == 0
    verified = verify(folders["result"][0].parent)
    assert verified.good and {finding.kind for finding in verified.findings} >= {
        "result",
        "sweep",
        "rows of a sweep",
        "space",
        "checkpoint",
    }
    assert archsim.verify(folders["rows"][0]).findings[0].rows == 4 + 2
    capsys.readouterr()
    assert main(["verify", str(folders["result"][0]), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"][0]["verdict"] == "good"


def test_the_reports_of_this_repository_are_still_read():
    """Documents of earlier versions lack what came later; none is refused for that."""
    verified = verify(Path(__file__).parents[2] / "reports")
    assert [
        finding.message for finding in verified.findings if finding.verdict == "bad"
    ] == [] and len(verified.findings) >= 3


def test_nothing_to_verify_is_said(tmp_path, capsys):
    assert main(["verify", str(tmp_path)]) == 2 and main(["verify", str(tmp_path / "none")]) == 2
    (tmp_path / "x.txt").write_text("")
    assert main(["verify", str(tmp_path / "x.txt")]) == 2
    assert "nothing stored here" in capsys.readouterr().err


def test_a_sweep_is_held_against_its_rows(folders, tmp_path):
    folder = folders["sweep"][0]
    for name in ("points.jsonl", "space.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    document = json.loads((folder / "sweep.json").read_text())
    point = document["points"][0]
    for name in [name for name in point if name.startswith("energy_per_image_j")]:
        point[name] *= 2
    (tmp_path / "sweep.json").write_text(json.dumps(seal(document)))
    bad = [finding for finding in verify(tmp_path).findings if finding.verdict == "bad"]
    assert [finding.kind for finding in bad] == ["sweep"] and "not what its row says" in bad[
        0
    ].message


def test_a_row_is_priced_again_from_the_run_that_it_keeps(folders, tmp_path):
    folder = folders["sweep"][0]
    (tmp_path / "space.json").write_bytes((folder / "space.json").read_bytes())
    with Store(folder, writable=False) as old, Store(tmp_path) as new:
        for head, facts in enumerate(old.heads):
            rows = list(old.rows(head))
            column = facts["metrics"].index("energy_per_image_j")
            changed = list(rows)
            if facts["rung"] == "timing":
                first = changed[0]
                numbers = tuple(
                    2 * number if index == column else number
                    for index, number in enumerate(first.metrics)
                )
                changed[0] = type(first)(first.key, first.values, numbers, first.extra)
            new.add(new.head(**facts), changed)
    bad = [finding for finding in verify(tmp_path).findings if finding.verdict == "bad"]
    assert len(bad) == 1 and ("its own run" in bad[0].message or "own range" in bad[0].message)


def test_rows_of_earlier_versions_are_read_with_a_note(tmp_path):
    explore(SPACE, out=tmp_path)
    lines = (tmp_path / "points.jsonl").read_bytes().splitlines()
    plain = [json.loads(line) for line in lines]
    for line in plain:
        line.pop("digest") if isinstance(line, dict) else line.pop()
    (tmp_path / "points.jsonl").write_text(
        "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in plain)
    )
    with pytest.warns(StoredNote, match="rows stored without digest"):
        assert len(list(load_sweep(tmp_path).rows())) == 4
    # a row that lost its digest where others have one is damaged
    plainer = json.dumps(plain[1], separators=(",", ":")).encode()
    (tmp_path / "points.jsonl").write_bytes(b"\n".join([lines[0], plainer, *lines[2:]]) + b"\n")
    with pytest.raises(InputError, match="damaged row"):
        load_sweep(tmp_path)
