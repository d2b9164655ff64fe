"""What an ONNX model costs, by a walk over its shapes that knows nothing of the importer."""

import math

from onnx_cases import onnx_module


def counted(model, images):
    """Weights and multiply-accumulates of one image, straight from onnx: a weight counts once for
    each factor that it is used with.
    """
    graph = onnx_module("shape_inference").infer_shapes(model, data_prop=True).graph
    shapes = {
        item.name: [dim.dim_value or images for dim in item.type.tensor_type.shape.dim]
        for item in [*graph.value_info, *graph.input, *graph.output]
    }
    stored = {item.name: list(item.dims) for item in graph.initializer}
    weights = {}
    work = 0
    for item in graph.node:
        fields = {
            field.name: onnx_module("helper").get_attribute_value(field) for field in item.attribute
        }
        own = [name for name in item.input[:2] if name in stored]
        if item.op_type not in ("Conv", "Gemm", "MatMul") or not own:
            continue
        size = math.prod(stored[own[0]])
        rows = math.prod(shapes[item.output[0]]) // images
        features = (
            stored[own[0]][0]
            if item.op_type == "Conv" or fields.get("transB") or own[0] == item.input[0]
            else stored[own[0]][-1]
        )
        kind = (fields.get("group", 1),) if item.op_type == "Conv" else fields.get("alpha", 1.0)
        weights[own[0], kind] = size
        work += rows // features * size
    return sum(weights.values()), work
