"""Does a training say which operands of a file it leaves as they are?"""

import numpy as np
import pytest

import archsim
from archsim.run.constant_operands import note_of_constants
from workloads.load import load_network


@pytest.mark.parametrize("size, told", [(8, True), (1, False)])
def test_what_stays_is_told_where_it_may_have_been_a_parameter(tmp_path, size, told):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    from onnx import TensorProto, helper, numpy_helper, save

    random = np.random.default_rng(3)
    held = {
        "weight": random.normal(size=(64, 10)).astype(np.float32),
        "positions": random.normal(size=(8,) if size > 1 else ()).astype(np.float32),
    }
    flat = np.array([0, -1], np.int64)
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["x", "positions"], ["placed"]),
            helper.make_node("Reshape", ["placed", "flat"], ["row"]),
            helper.make_node("MatMul", ["row", "weight"], ["y"]),
        ],
        "placed",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 10])],
        [numpy_helper.from_array(values, name) for name, values in {**held, "flat": flat}.items()],
    )
    opset = helper.make_operatorsetid("", 17)
    path = tmp_path / "net.onnx"
    save(helper.make_model(graph, opset_imports=[opset], ir_version=9), path)
    network = load_network(path)
    assert bool(note_of_constants(network)) == told
    done = archsim.train(network, "cim40", "digits", "sgd", epochs=1, images=8)
    assert any("stay as they are" in note for note in done.result.document["notes"]) == told
    assert note_of_constants(load_network("lenet1")) == []
