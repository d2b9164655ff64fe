"""Which networks of PyTorch are imported, exactly, and with which counts: `python -m
docs.from_code.measure_imports` makes them, exports them twice, reads them, and writes imports.json
and docs/imported.md.

Needs torch, transformers, onnxscript and onnxruntime. Names make only those again; `--files FOLDER`
keeps the exported files, and takes those that are there.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch

import archsim
from archsim.operators.array_forward import network_forward
from archsim.soc.data.request import exact_tensors
from docs.from_code import imported_page
from docs.from_code.zoo import NETWORKS
from docs.from_code.zoo.counting import count
from docs.from_code.zoo.exporting import NEWER, OLDER, program_of, write_newer, write_older
from workloads import load_network

FILE = Path(__file__).with_name("imports.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks; all without one")
    parser.add_argument("--files", metavar="FOLDER", help="where the exported files stay")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    measured = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen.names or NETWORKS:
            measured[name] = measure(name, Path(chosen.files or folder))
            ordered = {item: measured[item] for item in NETWORKS if item in measured}
            FILE.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")
            print(name, measured[name], flush=True)
    imported_page.write(json.loads(FILE.read_text(encoding="utf-8")))


def measure(name: str, folder: Path) -> dict[str, Any]:
    """What PyTorch counts of a network, and what the importer makes of its two files."""
    torch.manual_seed(0)
    module, inputs = NETWORKS[name]()
    module.eval()
    facts: dict[str, Any] = {}
    try:
        program = program_of(module, inputs)
        facts["macs"], facts["weights"] = count(program)
        exporters = {
            NEWER: lambda path: write_newer(program, inputs, path),
            OLDER: lambda path: write_older(module, inputs, path),
        }
    except Exception as fault:  # it runs the module's own code, which may raise anything
        facts["fault"] = _first_line(fault)
        exporters = {OLDER: lambda path: write_older(module, inputs, path)}
    stem = "".join(letter if letter.isalnum() else "_" for letter in name)
    for exporter, write in exporters.items():
        path = folder / f"{stem}.{'new' if exporter == NEWER else 'old'}.onnx"
        try:
            if not path.exists():
                write(path)
        except Exception as fault:  # what an exporter raises is its own choice
            path.unlink(missing_ok=True)
            facts[exporter] = {"exporter": _first_line(fault)}
            continue
        facts[exporter] = imported(path, inputs)
    return facts


def imported(path: Path, inputs: tuple[Any, ...]) -> dict[str, Any]:
    """What a file is read as, and how far its outputs are from onnxruntime's."""
    try:
        checked = archsim.check(path)
    except archsim.InputError as fault:
        return {"refused": _first_line(fault).replace(str(path.parent), "")}
    if not checked.loads:
        return {"refused": "; ".join(sorted({item.operator for item in checked.unsupported}))}
    facts: dict[str, Any] = {
        "macs": checked.macs,
        "weights": checked.weights,
        "trains": trains(path, checked.untrained),
    }
    if checked.carries_data:
        facts["difference"] = difference(path, inputs)
    elif checked.without_values:
        facts["no_values"] = checked.without_values[0].replace(str(path.parent), "")[:160]
    return facts


def trains(path: Path, untrained: Mapping[str, str]) -> str:
    """`yes`, with which option, or why not."""
    if not untrained:
        return "yes"
    try:
        if archsim.check(path, tables="arrays").trains:
            return "with `--tables arrays`"
    except archsim.InputError:  # it has no such table
        pass
    return next(iter(untrained.values())).replace(path.stem, "")


def difference(path: Path, inputs: tuple[Any, ...]) -> float:
    """The largest difference between the importer's exact outputs and onnxruntime's, as a share of
    the largest output.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    feed = {item.name: value.numpy() for item, value in zip(session.get_inputs(), inputs)}
    wanted = np.asarray(session.run(None, feed)[0]).reshape(-1)
    network = load_network(path)
    layers = [layer for layer in network.layers if layer.operator == "input"]
    images = {
        layer.name: value.numpy().astype(np.float32).reshape(layer.output_shape)
        for layer, value in zip(layers, inputs)
    }
    outputs = network_forward(network, images, exact_tensors(network))
    got = outputs[network.layers[-1].name].reshape(-1)
    largest = float(np.abs(wanted).max()) or 1.0  # a network may answer with zeros
    return float(np.abs(got - wanted).max()) / largest


def _first_line(fault: Exception) -> str:
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    kind = "" if isinstance(fault, archsim.InputError) else f"{type(fault).__name__}: "
    return f"{kind}{lines[0] if lines else ''}"[:160]


if __name__ == "__main__":
    main()
