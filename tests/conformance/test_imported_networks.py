"""Does every network of the table in docs/imported.md compute what onnxruntime computes: float32 within
1e-4 of the largest output, floats of 16 bits and quantised files within two of their own steps?

A network and an exporter is a test of its own: -k "ViT" asks a few of them, -n 2 takes two cores.
"""

import importlib
import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import archsim

pytestmark = pytest.mark.study

ROOT = Path(archsim.__file__).parents[1]
NAMES = list(json.loads((ROOT / "docs" / "from_code" / "imports.json").read_text("utf-8")))
EXPORTERS = ("torch.export", "TorchScript")
EXACT = 1e-4
FADED = 1e-12
STEP_BITS = {"float16": 10, "bfloat16": 7}  # of a float of 16 bits, behind its first one
# Narrow ones that PyTorch writes, and onnxruntime runs, in floats of 16 bits.
SHORT = ("LeNet-5", "SE-ResNet")
# Networks whose products and convolutions onnxruntime writes in whole numbers of 8 bits.
QUANTISED = ("LeNet-5", "SE-ResNet", "MLP-Mixer")
STORED = 20  # calibration inputs of a quantised file
NEEDED = ("onnx", "onnxruntime", "onnxscript", "torch", "transformers", "tokenizers")


@pytest.fixture(scope="module")
def zoo():
    """The makers of the networks, and the ways to write one; they take seconds to load."""
    for package in NEEDED:
        pytest.importorskip(package, reason="networks of PyTorch are exported and run")
    networks = importlib.import_module("docs.from_code.zoo").NETWORKS
    return networks, importlib.import_module("docs.from_code.zoo.exporting")


def made(networks, name):
    importlib.import_module("torch").manual_seed(0)
    module, inputs = networks[name]()
    return module.eval(), inputs


def exported(zoo, name, exporter, path):
    """Write a network, and give its inputs; skipped where the exporter cannot."""
    networks, exporting = zoo
    module, inputs = made(networks, name)
    try:
        if exporter == exporting.NEWER:
            exporting.write_newer(exporting.program_of(module, inputs), inputs, path)
        else:
            exporting.write_older(module, inputs, path)
    except Exception as fault:  # what an exporter raises is its own choice
        pytest.skip(f"PyTorch does not export it: {type(fault).__name__}")
    return [value.numpy() for value in inputs]


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize("name", NAMES)
def test_its_outputs_are_those_of_onnxruntime(zoo, name, exporter, tmp_path):
    from onnx_runs import imported_output, runtime_output

    path = tmp_path / "net.onnx"
    inputs = exported(zoo, name, exporter, path)
    if not archsim.check(path).loads:
        pytest.skip("refused, as the table says")
    wanted = runtime_output(path, inputs)
    got = imported_output(path, inputs)
    largest = np.abs(wanted).max()
    # Weights drawn too small fade layer by layer, and zero equals zero whatever the layers are.
    assert largest > FADED
    assert np.abs(got - wanted).max() <= EXACT * largest


@pytest.mark.parametrize("name", SHORT)
def test_floats_of_16_bits_are_within_two_of_their_steps(zoo, name, tmp_path):
    from onnx_runs import imported_output, runtime_output

    networks, exporting = zoo
    module, inputs = made(networks, name)
    inputs = tuple(value.half() if value.is_floating_point() else value for value in inputs)
    path = tmp_path / "net.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exporting.write_older(module.half(), inputs, path)
    given = [value.numpy() for value in inputs]
    wanted = runtime_output(path, given)
    assert within_steps(imported_output(path, given), wanted, "float16")


def within_steps(got, wanted, kind):
    step = 2.0 ** (np.floor(np.log2(np.abs(wanted).max())) - STEP_BITS[kind])
    return np.abs(got - wanted).max() <= 2 * step


@pytest.mark.parametrize("name", SHORT)
def test_brain_floats_are_within_two_of_their_steps_of_pytorch(zoo, name, tmp_path):
    # onnxruntime multiplies no floats of that form on a CPU; PyTorch, which wrote the file, does
    import torch
    from onnx_runs import imported_output

    networks, exporting = zoo
    module, inputs = made(networks, name)
    inputs = tuple(item.bfloat16() if item.is_floating_point() else item for item in inputs)
    module = module.bfloat16()
    path = tmp_path / "net.onnx"
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        exporting.write_older(module, inputs, path)
        wanted = module(*inputs)
    got = imported_output(path, [item.float().numpy() for item in inputs])
    assert within_steps(got, wanted.double().numpy().reshape(-1), "bfloat16")


class Inputs:
    """Calibration inputs, as onnxruntime asks for them."""

    def __init__(self, names, shapes):
        random = np.random.default_rng(4)
        self.left = [
            {
                name: random.normal(size=shape).astype(np.float32)
                for name, shape in zip(names, shapes)
            }
            for _ in range(STORED)
        ]

    def get_next(self):
        return self.left.pop() if self.left else None


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("each_channel", [False, True])
@pytest.mark.parametrize("name", QUANTISED)
def test_quantised_files_are_within_two_of_their_steps(zoo, name, each_channel, signed, tmp_path):
    import onnx
    from onnx_runs import imported_output, runtime_output
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    path = tmp_path / "net.onnx"
    quantised = tmp_path / "quantised.onnx"
    inputs = exported(zoo, name, EXPORTERS[1], path)
    names = [item.name for item in onnx.load(path).graph.input]
    quantize_static(
        path,
        quantised,
        Inputs(names, [value.shape for value in inputs]),
        quant_format=QuantFormat.QDQ,
        per_channel=each_channel,
        activation_type=QuantType.QInt8 if signed else QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    wanted = runtime_output(quantised, inputs)
    step = np.diff(np.unique(wanted)).min()  # outputs are whole numbers of it
    assert np.abs(imported_output(quantised, inputs) - wanted).max() <= 2.01 * step
