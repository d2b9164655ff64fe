"""Small good inputs of every format that is read."""

from __future__ import annotations

import io

import numpy as np

import archsim
from archsim.chip.config import Architecture
from archsim.ledger.ledger import Ledger
from archsim.run.document import FACTS
from archsim.run.result import Result
from workloads.network import Network

LAYERS = """schema = 1
name = "tiny"
description = "a few layers"
source = "nobody"
input = [1, 8, 8]
[[layer]]
name = "conv1"
operator = "conv2d"
channels = 4
kernel = 3
padding = 1
[[layer]]
name = "relu1"
operator = "relu"
[[layer]]
name = "pool"
operator = "max_pool"
kernel = 2
stride = 2
[[layer]]
name = "flat"
operator = "flatten"
[[layer]]
name = "fc"
operator = "linear"
features = 10
bias = true
"""
SPACE = """schema = 1
name = "tiny"
network = "digits_cnn"
architecture = "cim40"
[axes]
tile.rows = [64, 128]
read.adc_bits = { from = 5, to = 7 }
node_nm = { from = 28.0, to = 65.0, count = 3, scale = "log" }
[settings]
read.columns_per_adc = 8
[derived]
"buffer.capacity_kib" = "tile.rows / 2"
[objectives]
area_mm2 = "minimise"
energy_per_image_j = "minimise"
[sampler]
kind = "random"
points = 5
seed = 3
"""
CONVOLUTIONS = """Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,
Conv1, 8, 8, 3, 3, 1, 4, 1,
Conv2, 6, 6, 3, 3, 4, 8, 1,
FC, 1, 1, 1, 1, 128, 10, 1,
"""
PRODUCTS = """Layer, M, N, K,
QKV, 16, 96, 32,
Out, 16, 32, 32,
"""
ACTIVITY = """layer, phase, input_density, bit_density
conv1, forward, 0.4, 0.5
fc, forward, 0.25, 0.5
"""
DEVICE = """[mine]
law = "soft_bounds"
title = "a device"
source = "measured here"
place = "bench 3"
confidence = "measured"
[mine.parameters]
pulse_step = 0.01
"""


def small_result(network: Network, chip: Architecture) -> Result:
    """A timed run of the tiny network with five of its components: every table of a result, and few
    rows.
    """
    whole = archsim.simulate(network, chip)
    components = whole.inventory_components()[:5]
    names = {component.name for component in components}
    facts = {name: whole.document[name] for name in FACTS if name in whole.document} | {
        "busy_fractions": {
            name: row["busy_fraction"] for name, row in whole.by_component.items() if name in names
        },
        "by_phase": {name: row["cycles"] for name, row in whole.by_phase.items()},
        "settings": {"tile": {"rows": 128}},
    }
    result = Result.from_run(
        facts,
        components,
        Ledger.from_rows([row for row in whole.ledger if row["component"] in names]),
    )
    result.document["figures"] = result.document["figures"][:3]
    return result


def small_comparison(result: Result) -> dict:
    """A comparison of one trained scheme, by arithmetic, with the silicon of a result."""
    training = {
        "finished": True,
        "reason": "",
        "images": 10,
        "energy_j": 1.0,
        "seconds": 1.0,
        "settings": {"learning_rate": 0.1, "batch": 1},
        "writes": {
            "": {"mean": 1.0, "maximum": 2.0, "histogram": {"edges": [0.0, 1.0], "counts": [3]}}
        },
    }
    epochs = [
        {
            "epoch": 1,
            "train_error_percent": 20.0,
            "test_error_percent": 25.0,
            "images_per_second": 100.0,
        }
    ]
    scheme = result.document | {
        "scheme": "sgd",
        "label": "sgd",
        "scheme_title": "a title",
        "dataset": "digits",
        "device": None,
        "accuracy_percent": 75.0,
        "writes_per_device": 1.0,
        "activity_file": None,
        "epochs": epochs,
        "extra_memory_bits": 0.0,
        "images_per_second": 100.0,
        "training": training,
    }
    return {"schemes": [scheme], "refused": {"hic": "no such device"}}


def small_onnx() -> bytes:
    """A convolution, a pool and a product, as an ONNX file."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = {
        "w": np.ones((4, 1, 3, 3), np.float32),
        "b": np.zeros(4, np.float32),
        "m": np.ones((64, 10), np.float32),
        "shape": np.array([1, 64]),
    }
    nodes = [
        helper.make_node(
            "Conv", ["x", "w", "b"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], name="conv"
        ),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Reshape", ["p", "shape"], ["f"]),
        helper.make_node("MatMul", ["f", "m"], ["y"]),
        helper.make_node("Softmax", ["y"], ["z"], axis=-1),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 8, 8])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 10])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return (
        helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9
        ).SerializeToString()
        if onnx
        else b""
    )


def npz_of(**arrays: np.ndarray) -> bytes:
    """Arrays as an .npz file."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()
