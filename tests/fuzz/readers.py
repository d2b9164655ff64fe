"""Every reader with a small good input of its format, and the first step that a command takes with
what was read.
"""

from __future__ import annotations

import gzip
import json
import warnings
from pathlib import Path

import numpy as np

import archsim
from archsim.comparison.document import sealed_comparison
from archsim.training.checkpoints import load_checkpoint, save_checkpoint
from tests.fuzz import mutate, mutate_files
from tests.fuzz.reader import Reader, one
from tests.fuzz.readers_of_others import readers_of_others
from tests.fuzz.small_inputs import (
    ACTIVITY,
    CONVOLUTIONS,
    DEVICE,
    LAYERS,
    PRODUCTS,
    SPACE,
    npz_of,
    small_comparison,
    small_onnx,
    small_result,
)


def _network(path: Path) -> None:
    from archsim.chip.place import place
    from archsim.trace import build_trace

    network = archsim.load_network(path)
    place(build_trace(network, None, "inference", 1).matrices, CHIP)


def _weights(path: Path) -> None:
    from workloads.onnx_file import load_weights

    _network(path)
    load_weights(path)


def _shown(path: Path) -> None:
    from archsim.cli.show_workload import describe_network, draw_network

    list(draw_network(describe_network(str(path), None, {})))


def _chip(path: Path) -> None:
    archsim.simulate(TRACE, archsim.load_architecture(path), timing=False)


def _trace(path: Path) -> None:
    from archsim.run.recorded_trace import load_trace

    archsim.simulate(load_trace(path), CHIP, timing=False)


def _activity(path: Path) -> None:
    from archsim.trace.activity_file import with_activity_file

    with_activity_file(TRACE, path)


def _device(path: Path) -> None:
    from archsim.devices.presets import load_device

    load_device(str(path))


def _space(path: Path) -> None:
    from archsim.exploration import load_space
    from archsim.exploration.space.samplers import most_points, points

    space = load_space(path)
    most_points(space)
    for _, point in zip(range(3), points(space)):
        space.design(point)


def _result(path: Path) -> None:
    from archsim.cost.explain import explain
    from archsim.run.result import Result

    explain(Result.load(path), "area_mm2")


def _page(path: Path) -> None:
    from archsim.report.run.page import render_report
    from archsim.run.result import Result

    render_report(Result.load(path).to_dict())


def _comparison(path: Path) -> None:
    from archsim.report.comparison.page import load_comparison
    from archsim.report.comparison.view import ComparisonView

    ComparisonView(load_comparison(path))


def _sweep_document(path: Path) -> None:
    from archsim.report.sweep.captions import headline
    from archsim.report.sweep.page import load_document
    from archsim.report.sweep.tables import sweep_tables
    from archsim.report.sweep.view import SweepView

    view = SweepView(load_document(path))
    headline(view)
    sweep_tables(view)


def _sweep(path: Path) -> None:
    from archsim.exploration.sweep import load_sweep

    list(load_sweep(path.parent).rows())


def _verified(path: Path) -> None:
    archsim.verify(path)


def _checkpoint(path: Path) -> None:
    load_checkpoint(path.parent)


def _run_data(path: Path) -> None:
    from archsim.cli.run_inputs import images_in

    archsim.simulate(NETWORK, CHIP, data=images_in(str(path)))


def _dataset(path: Path) -> None:
    from workloads.datasets import fit_dataset

    fit_dataset(NETWORK, archsim.load_dataset(path))


def _idx(path: Path) -> None:
    from workloads.datasets.catalogue import IdxFile
    from workloads.datasets.idx import read_idx

    read_idx(path, IdxFile("x", (3, 4, 4), 1, "", ""))


def make_readers(folder: Path) -> dict[str, Reader]:
    """The readers by name. Their good inputs are made by the product itself, in `folder`."""
    global CHIP, NETWORK, TRACE
    from archsim.chip.load import architecture_path
    from archsim.exploration import explore
    from archsim.report.sweep.files import write_sweep
    from archsim.trace import build_trace, save_trace

    warnings.simplefilter("ignore")
    (folder / "tiny.toml").write_text(LAYERS)
    (folder / "space.toml").write_text(SPACE)
    CHIP = archsim.load_architecture("cim40")
    NETWORK = archsim.load_network(folder / "tiny.toml")
    TRACE = build_trace(NETWORK, None, "inference", 1)
    save_trace(TRACE, folder / "trace.json")
    result = small_result(NETWORK, CHIP)
    result.save(folder / "run")
    comparison = json.dumps(sealed_comparison(small_comparison(result))).encode()
    sweep = explore(folder / "space.toml", out=folder / "sweep")
    write_sweep(sweep, None)
    save_checkpoint(
        folder / "checkpoint",
        {"images": 8, "history": []},
        {"weights": np.arange(12.0).reshape(3, 4)},
    )
    random = np.random.default_rng(0)
    images = random.random((6, 1, 8, 8)).astype(np.float32)
    data = npz_of(
        train_images=images, train_labels=np.arange(6), test_images=images, test_labels=np.arange(6)
    )
    idx = bytes([0, 0, 8, 3]) + b"".join(size.to_bytes(4, "big") for size in (3, 4, 4)) + bytes(48)
    rows, space, document = (
        (folder / "sweep" / name).read_bytes()
        for name in ("points.jsonl", "space.json", "sweep.json")
    )
    stored_result = (folder / "run" / "result.json").read_bytes()
    state = {path.name: path.read_bytes() for path in (folder / "checkpoint").iterdir()}
    arrays = next(name for name in state if name.endswith(".npz"))
    chip = Path(architecture_path("cim40")).read_bytes()

    model = small_onnx()
    stored = {"points.jsonl": rows, "space.json": space, "sweep.json": document}
    return {
        "network": one("x.toml", LAYERS.encode(), _network, mutate.of_text),
        "network_shown": one("x.toml", LAYERS.encode(), _shown, mutate.of_text),
        "onnx": one("x.onnx", model, _network, mutate_files.of_model),
        "onnx_weights": one("x.onnx", model, _weights, mutate_files.of_model),
        "scalesim": one("x.csv", CONVOLUTIONS.encode(), _network, mutate.of_text),
        "scalesim_gemm": one("x.csv", PRODUCTS.encode(), _network, mutate.of_text),
        "chip": one("x.toml", chip, _chip, mutate.of_text),
        "device": one("x.toml", DEVICE.encode(), _device, mutate.of_text),
        "trace": one("x.json", (folder / "trace.json").read_bytes(), _trace, mutate.of_json),
        "activity": one("x.csv", ACTIVITY.encode(), _activity, mutate.of_text),
        "activity_json": one(
            "x.json", b'{"conv1": {"forward": {"input_density": 0.3}}}', _activity, mutate.of_json
        ),
        "space": one("x.toml", SPACE.encode(), _space, mutate.of_text),
        "result": one("result.json", stored_result, _result, mutate.of_json),
        "page": one("result.json", stored_result, _page, mutate.of_json, 1),
        "comparison": one("compare.json", comparison, _comparison, mutate.of_json),
        "sweep_document": one("sweep.json", document, _sweep_document, mutate.of_json),
        "rows": Reader(stored, "points.jsonl", _sweep, mutate.of_lines, 2),
        "stored_space": Reader(stored, "space.json", _sweep, mutate.of_json),
        "verified_rows": Reader(stored, "points.jsonl", _verified, mutate.of_lines, 1),
        "verified_sweep": Reader(stored, "sweep.json", _verified, mutate.of_json, 1),
        "checkpoint": Reader(state, "checkpoint.json", _checkpoint, mutate.of_json),
        "checkpoint_arrays": Reader(state, arrays, _checkpoint, mutate_files.of_arrays),
        "run_data": one("x.npz", npz_of(images=images[:1]), _run_data, mutate_files.of_arrays, 1),
        "dataset": one("x.npz", data, _dataset, mutate_files.of_arrays),
        "idx": one("x.idx", idx, _idx, mutate.of_bytes),
        "idx_gz": one("x.idx.gz", gzip.compress(idx), _idx, mutate.of_bytes),
    } | readers_of_others(NETWORK)
