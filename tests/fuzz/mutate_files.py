"""Changed files of arrays and of ONNX models."""

from __future__ import annotations

import io
import random
import re

import numpy as np

from tests.fuzz.vocabulary import NUMBERS, OPERATORS, WORDS


def of_arrays(content: bytes, choice: random.Random) -> bytes:
    """An .npz file with other arrays, other values, and heads that do not fit."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    name = choice.choice(list(arrays))
    array = arrays[name]
    kind = choice.randrange(7)
    if kind == 0:
        arrays[name] = array.astype(choice.choice(["f2", "f8", "i1", "u8", "?", "U3", "S2", "c16"]))
    elif kind == 1:
        arrays[name] = array.reshape(-1)[: choice.randrange(array.size + 1)]
    elif kind == 2 and array.size:
        arrays[name] = array.astype(float)
        arrays[name].reshape(-1)[choice.randrange(array.size)] = choice.choice(
            [np.nan, np.inf, -1e300, 1e9, -1]
        )
    elif kind == 3:
        del arrays[name]
    elif kind == 4:
        arrays[choice.choice(WORDS[1:3]) or "x"] = arrays.pop(name)
    elif kind == 5:
        arrays[name] = np.zeros(
            choice.choice([(0,), (1,), (10**6,), (3, 0, 4), ()]), choice.choice(["f4", "u1", "i8"])
        )
    else:
        arrays[name] = array[np.newaxis]
    buffer = io.BytesIO()
    (np.savez if choice.random() < 0.7 else np.savez_compressed)(buffer, **arrays)
    if choice.random() < 0.4:  # stored arrays: the text of a head can be changed where it stands
        text = buffer.getvalue()
        heads = list(re.finditer(rb"'shape': \(([^)]*)\)", text))
        if heads:
            head = choice.choice(heads)
            new = str(choice.choice(NUMBERS)).encode()[: len(head[1])].ljust(len(head[1]))
            return text[: head.start(1)] + new + text[head.end(1) :]
    return buffer.getvalue()


def of_model(content: bytes, choice: random.Random) -> bytes:
    """An ONNX model with other shapes, attributes, names, nodes."""
    import onnx

    model = onnx.ModelProto.FromString(content)
    graph = model.graph
    for _ in range(choice.choice((1, 1, 2))):
        node = choice.choice(graph.node) if graph.node else None
        kind = choice.randrange(9)
        if kind == 0 and graph.initializer:
            tensor = choice.choice(graph.initializer)
            if tensor.dims:
                tensor.dims[choice.randrange(len(tensor.dims))] = choice.choice(
                    [0, 1, -1, 2, 7, 2**31, 2**40, 2 * 10**9]
                )
        elif kind == 1 and graph.input:
            dims = choice.choice(graph.input).type.tensor_type.shape.dim
            if dims:
                dims[choice.randrange(len(dims))].dim_value = choice.choice(
                    [0, 1, -5, 3, 10**6, 2**40, 2**62]
                )
        elif kind == 2 and node is not None and node.attribute:
            attribute = choice.choice(node.attribute)
            if attribute.ints:
                attribute.ints[choice.randrange(len(attribute.ints))] = choice.choice(
                    [0, 1, -1, 5, 2**31, 2**62]
                )
            else:
                attribute.i = choice.choice([0, 1, -1, 3, 2**40])
        elif kind == 3 and node is not None:
            node.op_type = choice.choice(OPERATORS)
        elif kind == 4 and node is not None and node.input:
            names = [name for other in graph.node for name in (*other.input, *other.output)]
            node.input[choice.randrange(len(node.input))] = choice.choice([*names, "", "nothing"])
        elif kind == 5 and node is not None:
            graph.node.remove(node)
        elif kind == 6 and node is not None:
            graph.node.append(node)
        elif kind == 7 and node is not None:
            node.name = choice.choice(["\x1b[31m", "x" * 3000, ""])
            if node.input:
                node.input.append(node.input[0])
        elif node is not None and node.attribute:
            del node.attribute[choice.randrange(len(node.attribute))]
    return model.SerializeToString()
