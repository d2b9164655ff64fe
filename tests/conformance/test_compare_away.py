"""Does it matter where a comparison trains? A cluster's workers give the table of one process, and keep
nothing; the results lie here.
"""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import archsim
from archsim.comparison.cluster import run_remote
from archsim.comparison.run import ComparisonOptions, _spread_of
from archsim.comparison.terms import Terms
from archsim.comparison.variants import Variant, chosen_variants
from archsim.comparison.worker import Order
from archsim.run.exported import export_onnx
from archsim.schemes import load_scheme
from tests.physics.test_inference import random_weights
from workloads.adapters import with_adapters

FEW = {"images": 30, "tune": 2, "seeds": 2}


def timeless(comparison):
    rows = json.loads(json.dumps(comparison.seed_rows))
    for row in rows:
        for run in row["seeds"]:
            del run["images_per_second"]
    return rows


def test_a_cluster_gives_the_table_of_one_process(tmp_path):
    distributed = pytest.importorskip("distributed")
    alone = archsim.compare("digits_cnn", ["sgd", "rpu"], **FEW)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, processes=False
    ) as cluster:
        away = archsim.compare(
            "digits_cnn", ["sgd", "rpu"], cluster=cluster.scheduler_address, folder=tmp_path, **FEW
        )
    assert timeless(away) == timeless(alone)
    assert len(list(tmp_path.glob("*/trial.json"))) == 4
    assert len(list(tmp_path.glob("*/result.json"))) == 4
    assert (tmp_path / "rpu--seed-1" / "measured.json").exists()
    # a later call goes on from what was kept, without a cluster
    again = archsim.compare("digits_cnn", ["sgd", "rpu"], folder=tmp_path, resume=True, **FEW)
    assert timeless(again) == timeless(away)
    assert archsim.verify(tmp_path)


def test_a_worker_with_other_data_is_refused():
    (variant,) = chosen_variants("sgd")
    chip = archsim.load_architecture("cim40")
    network = archsim.load_network("digits_cnn")
    order = Order(variant, network, chip, "digits", Terms(images=20), 0, None)
    outcome = run_remote(order, "0123456789abcdef")
    assert outcome.kind == "refused" and "data set of a worker" in outcome.reason


def test_a_scheme_that_a_cluster_cannot_know_is_refused():
    own = type("Own", (type(load_scheme("sgd")),), {"__module__": "__main__", "name": "own"})
    with pytest.raises(archsim.InputError, match="cluster do not know this scheme"):
        _spread_of(ComparisonOptions(cluster="tcp://nowhere:1"), [Variant("own", own())])


def test_a_cluster_that_does_not_answer_is_an_error(monkeypatch):
    pytest.importorskip("distributed")
    from archsim.basics import cluster

    monkeypatch.setattr(cluster, "_ANSWER_S", 0.2)
    with pytest.raises(archsim.InputError, match="no dask scheduler answers"):
        archsim.compare("digits_cnn", ["sgd"], "cim40", images=20, cluster="tcp://127.0.0.1:9")


def test_files_of_a_comparison_are_none_that_its_workers_miss(tmp_path, monkeypatch):
    """A network file, weights and a device, by paths that mean nothing in the folder of a worker."""
    distributed = pytest.importorskip("distributed")
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    network = archsim.load_network("digits_cnn")
    weights = random_weights(network, 1)
    monkeypatch.chdir(tmp_path)
    export_onnx(network, weights, "net.onnx")
    np.savez("weights.npz", **weights)
    shutil.copy(Path(__file__).parents[2] / "docs" / "examples" / "my_reram.toml", "device.toml")
    asked = {"weights": "weights.npz", "device": "device.toml", "data": "digits", "images": 20}
    plain = archsim.load_network("net.onnx")
    own = with_adapters(plain, 2)
    here = [archsim.compare(net, ["sgd", "rpu"], **asked) for net in (plain, own)]
    (tmp_path / "elsewhere").mkdir()
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        dashboard_address=None,
        local_directory=str(tmp_path / "elsewhere"),
    ) as cluster:
        address = cluster.scheduler_address
        with distributed.Client(address) as client:
            client.run(os.chdir, tmp_path / "elsewhere")
        away = [
            archsim.compare(net, ["sgd", "rpu"], cluster=address, **asked) for net in (plain, own)
        ]
    for ours, theirs in zip(here, away):
        assert theirs.refused == {}
        assert timeless(theirs) == timeless(ours)
