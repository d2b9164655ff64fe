"""One folder of each kind that is stored."""

import json

import numpy as np
import pytest

import archsim
from archsim.cli.main import main
from archsim.comparison.document import sealed_comparison
from archsim.exploration.store.store import Store
from archsim.exploration.sweep import load_sweep
from archsim.report.comparison.page import load_comparison
from archsim.report.sweep.page import load_document
from archsim.run.result import Result
from archsim.training.checkpoints import load_checkpoint, save_checkpoint
from tests.data_comparison import make_comparison


def all_rows(folder):
    with Store(folder, writable=False) as store:
        return [list(store.rows(head)) for head in range(len(store.heads))]


def whole_sweep(folder):
    sweep = load_sweep(folder)
    return [list(table.rows()) for table in sweep.tables]


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """One folder of each kind, by name: (folder, the document's file, what reads its numbers)."""
    top = tmp_path_factory.mktemp("stored")
    archsim.simulate("digits_cnn", "cim40", images=2).save(top / "run")
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
        'schema = 1\nname = "tiny"\nnetwork = "digits_cnn"\narchitecture = "cim40"\n'
        "[axes]\ntile.rows = [64, 128]\nnode_nm "
        "= [28, 40]\n[objectives]\n"
        'area_mm2 = "minimise"\nenergy_per_image_j = "minimise"\n[[rungs]]\nkind = "price"\n'
        '[[rungs]]\nkind = "timing"\npoints = 2\n'
    )
    return path


def _checkpoint(folder):
    facts, arrays = load_checkpoint(folder)
    return [facts, {name: array.tolist() for name, array in arrays.items()}]
