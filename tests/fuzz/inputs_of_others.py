"""Small good inputs of formats that other programs, laboratories and publishers write."""

from __future__ import annotations

import io
import tarfile

import numpy as np

PROBLEM = """problem:
  version: 0.4
  shape:
    name: GEMM
    dimensions: [M, N, K]
    data_spaces:
      - {name: Weights, projection: [[[N]], [[K]]]}
      - {name: Inputs, projection: [[[M]], [[K]]]}
      - {name: Outputs, projection: [[[M]], [[N]]], read_write: true}
  instance: {M: 4, N: 30, K: 20}
"""
WINDOWS = """{{include_text('../problem_base.yaml')}}
problem:
  <<<: *problem_base
  instance: {N: BATCH_SIZE, C: 3, M: 8, P: 6, Q: 5, R: 3, S: 3, HStride: 2, WStride: 1}
  name: Conv2d
  histograms:
    Inputs: [0.1, 0.8, 0.1]
"""
NEUROSIM = """8,8,3,3,3,4,1,1
4,4,4,3,3,8,1,1
1,1,32,1,1,10,0,1
"""


def curves() -> str:
    """Measured conductances: two devices up and down, and left alone."""
    facts = "# source = a lab\n# pulse_width_ns = 100\n# read_voltage_v = 0.2\n"
    lines = ["device,cycle,direction,pulse,time_s,conductance_us"]
    for device in (0, 1):
        stray = 0.1 * device
        lines += [f"{device},0,up,{pulse},,{1 + 0.7 * pulse + stray:.3f}" for pulse in range(6)]
        lines += [f"{device},0,down,{pulse},,{4.5 - 0.6 * pulse + stray:.3f}" for pulse in range(6)]
        lines += [f"{device},0,hold,,{10**step},{4.5 - 0.1 * step:.3f}" for step in range(4)]
    return facts + "\n".join(lines) + "\n"


def records(count: int, size: int) -> bytes:
    """Records of CIFAR-10: a label byte and the bytes of an image."""
    table = np.random.default_rng(1).integers(0, 256, (count, 1 + size), dtype=np.uint8)
    table[:, 0] %= 10
    return table.tobytes()


def packed(files: dict[str, bytes]) -> bytes:
    """Files in an archive, as publishers have them."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"tiny-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


def recurrent_onnx() -> bytes:
    """A recurrent layer, sums over named axes, and codes of eight bits, as an ONNX file."""
    from onnx import TensorProto, helper, numpy_helper

    dice = np.random.default_rng(2)
    weights = {
        "w": dice.normal(size=(1, 12, 5)).astype(np.float32),
        "r": dice.normal(size=(1, 12, 3)).astype(np.float32),
        "m": dice.normal(size=(3, 4)).astype(np.float32),
        "axes": np.array([1]),
        "s": np.array(0.01, np.float32),
        "z": np.array(3, np.uint8),
    }
    nodes = [
        helper.make_node("LSTM", ["x", "w", "r"], ["h", "", ""], hidden_size=3, name="memory"),
        helper.make_node("Squeeze", ["h", "axes"], ["f"]),
        helper.make_node("QuantizeLinear", ["f", "s", "z"], ["codes"]),
        helper.make_node("DequantizeLinear", ["codes", "s", "z"], ["q"]),
        helper.make_node("Einsum", ["q", "m"], ["y"], equation="sbi,ij->sbj"),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [7, 1, 5])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [7, 1, 4])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    content: bytes = model.SerializeToString()
    return content
