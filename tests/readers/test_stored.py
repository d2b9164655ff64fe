"""Is a stored number ever accepted that is not the one that was written? No: it proves itself, or
it is refused.
"""

import json
import random
import warnings
from pathlib import Path

import numpy as np
import pytest

import archsim
from archsim.cli.main import main
from archsim.comparison.document import sealed_comparison
from archsim.cost.added_up import check_sums
from archsim.exploration import explore
from archsim.exploration.store.store import Store
from archsim.exploration.sweep import load_sweep
from archsim.readers.digest import digest_of, seal
from archsim.report.comparison.page import load_comparison
from archsim.report.sweep.page import load_document
from archsim.run.result import Result
from archsim.training.checkpoints import load_checkpoint, save_checkpoint
from archsim.validation.stored_results import verify
from hwlib.errors import InputError, StoredNote
from tests.data_comparison import make_comparison

SPACE = {
    "schema": 1,
    "name": "tiny",
    "network": "digits_cnn",
    "axes": {"tile.rows": [64, 128], "node_nm": [28, 40]},
    "objectives": {"area_mm2": "minimise", "energy_per_image_j": "minimise"},
    "rungs": [{"kind": "price"}, {"kind": "timing", "points": 2}],
}


def all_rows(folder):
    with Store(folder, writable=False) as store:
        return [list(store.rows(head)) for head in range(len(store.heads))]


def whole_sweep(folder):
    sweep = load_sweep(folder)
    return [list(table.rows()) for table in sweep.tables]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """One folder of each kind, by name: (folder, the document's file, what reads its numbers)."""
    top = tmp_path_factory.mktemp("stored")
    archsim.simulate("digits_cnn", images=2).save(top / "run")
    main(["explore", str(_space(top)), "--out", str(top / "sweep"), "--jobs", "1", "--quiet"])
    (top / "comparison").mkdir()
    document = sealed_comparison(make_comparison(("sgd", "rpu")))
    (top / "comparison" / "compare.json").write_text(json.dumps(document))
    save_checkpoint(
        top / "checkpoint",
        {"images": 12, "history": [{"error": 0.125}]},
        {"weights": np.linspace(-1, 1, 40)},
    )
    return {
        "result": (top / "run", "result.json", lambda folder: Result.load(folder).document),
        "comparison": (
            top / "comparison",
            "compare.json",
            lambda folder: load_comparison(folder / "compare.json"),
        ),
        "sweep": (top / "sweep", "sweep.json", lambda folder: load_document(folder / "sweep.json")),
        "rows": (top / "sweep", "points.jsonl", all_rows),
        "points": (top / "sweep", "points.jsonl", whole_sweep),
        "space": (top / "sweep", "space.json", whole_sweep),
        "checkpoint": (top / "checkpoint", "checkpoint.json", _checkpoint),
        "arrays": (top / "checkpoint", "arrays-000000000012.npz", _checkpoint),
    }


def _space(folder):
    path = folder / "space.toml"
    path.write_text(
        'schema = 1\nname = "tiny"\nnetwork = "digits_cnn"\n[axes]\ntile.rows = [64, 128]\nnode_nm '
        "= [28, 40]\n[objectives]\n"
        'area_mm2 = "minimise"\nenergy_per_image_j = "minimise"\n[[rungs]]\nkind = "price"\n'
        '[[rungs]]\nkind = "timing"\npoints = 2\n'
    )
    return path


def _checkpoint(folder):
    facts, arrays = load_checkpoint(folder)
    return [facts, {name: array.tolist() for name, array in arrays.items()}]


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
    path, choice = folder / name, random.Random(7)
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


def edited(document, change):
    """A stored document with a change, its digest left away: what an earlier version, or a hand,
    would have written.
    """
    document = json.loads(json.dumps(document))
    document.pop("digest", None)
    change(document)
    return document


def scaled(*path, by=10.0):
    def change(document):
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] *= by

    return change


CHANGES = [
    scaled("area_mm2"),
    scaled("energy_j"),
    scaled("energy_per_image_j"),
    scaled("power_uw"),
    scaled("static_power_uw"),
    scaled("dynamic_power_uw"),
    scaled("latency_s"),
    scaled("latency_per_image_s"),
    scaled("utilisation", by=0.5),
    scaled("boundaries", "system", "energy_j"),
    scaled("boundaries", "macro", "area_mm2"),
    scaled("by_component", "adc", "area_mm2"),
    scaled("by_component", "adc", "energy_j"),
    scaled("by_layer", 0, "energy_j"),
    scaled("by_phase", "forward", "energy_j"),
    scaled("inventory", 3, "area_mm2"),
    scaled("cycles", by=2),
    scaled("images", by=2),
    scaled("clock_mhz"),
    scaled("resources", 0, "busy_cycles", by=2),
    scaled("area_mm2_range", 0, by=1000),
]


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_a_result_without_digest_still_has_to_add_up(number, folders, tmp_path, capsys):
    document = json.loads((folders["result"][0] / "result.json").read_text())
    (tmp_path / "result.json").write_text(json.dumps(edited(document, CHANGES[number])))
    for line in (
        ["report", str(tmp_path)],
        ["explain", str(tmp_path), "area_mm2"],
        ["verify", str(tmp_path)],
    ):
        assert main(line) == 2
    assert "internal" not in capsys.readouterr().err and not (tmp_path / "report.html").exists()


def test_counts_and_prices_belong_together(folders, tmp_path):
    """With its own prices a result is added up from its ledger: no count and no price can change
    alone.
    """
    document = json.loads((folders["result"][0] / "result.json").read_text())
    rows = [number for number, row in enumerate(document["ledger"]) if row["count"]]
    changes = [
        scaled("ledger", rows[0], "count", by=2),
        scaled("ledger", rows[-1], "count", by=2),
        scaled("inventory", 2, "unit_prices", "area_mm2", 0),
        scaled("inventory", 2, "count", by=2),
    ]
    for change in changes:
        with pytest.raises(InputError, match="does not follow from"):
            check_sums(edited(document, change), "x")


def test_figures_of_another_day_do_not_matter(folders, tmp_path):
    """A result whose prices are all twice those of today agrees with itself, and is read."""
    document = edited(
        json.loads((folders["result"][0] / "result.json").read_text()), lambda _: None
    )
    for row in document["inventory"]:
        row["area_mm2"] *= 2
        row["unit_prices"]["area_mm2"] = [2 * value for value in row["unit_prices"]["area_mm2"]]
        document["by_component_off_chip" if row["boundary"] == "system" else "by_component"][
            row["component"]
        ]["area_mm2"] *= 2
    for row in (document, *document["boundaries"].values()):
        row["area_mm2"] *= 2
        row["area_mm2_range"] = [2 * value for value in row["area_mm2_range"]]
    (tmp_path / "result.json").write_text(json.dumps(seal(document)))
    assert Result.load(tmp_path).area_mm2 == document["area_mm2"]
    assert verify(tmp_path).findings[0].verdict == "good"


def test_what_was_stored_without_digest_is_read_with_a_note(folders, tmp_path, capsys):
    document = edited(
        json.loads((folders["result"][0] / "result.json").read_text()), lambda _: None
    )
    (tmp_path / "result.json").write_text(json.dumps(document))
    with pytest.warns(StoredNote, match="without digest"):
        Result.load(tmp_path)
    assert main(["explain", str(tmp_path), "area_mm2"]) == 0 and "note: " in capsys.readouterr().err
    assert (
        main(["explain", str(tmp_path), "area_mm2", "--quiet"]) == 0
        and "note: " not in capsys.readouterr().err
    )
    assert main(["verify", str(tmp_path)]) == 0 and "noted" in capsys.readouterr().out


def test_the_digest_is_of_the_content_not_of_the_form():
    document = {"b": [1, 2.5, None], "a": {"x": "µ"}, 3: (True,)}
    sealed = seal(document)
    assert (
        json.loads(json.dumps(sealed, indent=7, sort_keys=True))["digest"]
        == sealed["digest"]
        == seal(sealed)["digest"]
    )
    assert digest_of({"a": 1}) != digest_of({"a": 1.0}) != digest_of({"a": "1"})


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
            place = facts["metrics"].index("energy_per_image_j")
            changed = list(rows)
            if facts["rung"] == "timing":
                first = changed[0]
                numbers = tuple(
                    2 * number if index == place else number
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
