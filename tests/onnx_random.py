"""Random small ONNX graphs over the operators that the importer takes."""

import numpy as np
from onnx_cases import make_model, node
from onnx_random_moves import Moves
from onnx_random_windows import Windows

UNARY = (
    "Relu",
    "LeakyRelu",
    "Tanh",
    "Sigmoid",
    "HardSigmoid",
    "ThresholdedRelu",
    "Elu",
    "Selu",
    "Celu",
    "Softplus",
    "Softsign",
    "Gelu",
    "Mish",
    "Erf",
    "HardSwish",
    "Identity",
)


class RandomGraph(Moves, Windows):
    """A graph of `length` random nodes. `axis` is the batch axis of its input; `x` its input,
    `model` the ModelProto.
    """

    def __init__(self, seed, length=8, axis=None):
        self.random = np.random.default_rng(seed)
        self.images = int(self.random.integers(1, 4))
        self.nodes = []
        self.weights = []
        self.pool = []
        self.count = 0
        rank = int(self.random.integers(1, 4)) if axis is None else 2
        self.axis = axis or 0
        shape = [int(size) for size in self.random.integers(2, 7, rank)]
        shape.insert(self.axis, self.images)
        self.current = ("x", tuple(shape), self.axis)
        self.input_shape = tuple(shape)
        while len(self.nodes) < length:
            self.step()
        name, shape, position = self.current
        if position:  # the output has its batch first
            order = [position, *(item for item in range(len(shape)) if item != position)]
            self.emit("Transpose", [name], tuple(shape[item] for item in order), 0, perm=order)
        self.nodes.append(node("Identity", [self.current[0]]))
        fixed = axis is not None or self.random.random() < 0.5
        given = [
            size if fixed or index != self.axis else "N"
            for index, size in enumerate(self.input_shape)
        ]
        self.model = make_model(self.nodes, [("x", given)], self.weights)
        self.x = self.random.uniform(-1.5, 1.5, self.input_shape).astype(np.float32)

    def weight(self, *shape, low=-1.0, high=1.0, values=None):
        """A constant, now and then one that is there already."""
        same = [
            name
            for name, array in self.weights
            if array.shape == shape and array.dtype == np.float32
        ]
        if same and values is None and low == -1.0 and self.random.random() < 0.5:
            return str(self.random.choice(same))
        name = f"layer{len(self.weights)}.weight"
        array = (
            self.random.uniform(low, high, shape).astype(np.float32)
            if values is None
            else np.asarray(values)
        )
        self.weights.append((name, array))
        return name

    def emit(self, kind, inputs, shape, position, /, outputs=1, **fields):
        self.count += 1
        names = [f"t{self.count}_{number}" for number in range(outputs)]
        self.nodes.append(node(kind, inputs, names, **fields))
        self.current = (names[0], tuple(int(size) for size in shape), position)
        self.pool.append(self.current)
        return names

    def step(self):
        """One more node (or a few that belong together), where the chosen kind fits the current
        tensor.
        """
        choices = [
            self.unary,
            self.constant,
            self.other,
            self.softmax,
            self.clip,
            self.slope,
            self.concat,
            self.slice,
            self.pad,
            self.turn,
            self.regroup,
            self.gather,
            self.split,
            self.reduce,
            self.product,
            self.product,
            self.squeeze,
        ]
        _, shape, axis = self.current
        if axis == 0 and len(shape) == 4:
            choices += (
                [self.convolution] * 3
                + [self.pools] * 2
                + [self.norm, self.space, self.overall, self.response_norm]
            )
        if axis == 0 and len(shape) == 3:
            choices += [
                self.convolution,
                self.pools,
                self.norm,
                self.attention,
                self.left_product,
                self.overall,
            ]
        if axis == 0 and len(shape) == 2:
            choices += [self.gemm] * 3 + [self.norm]
        choices[int(self.random.integers(len(choices)))]()

    def axes(self):
        """Axes other than the batch's, in random order."""
        _, shape, axis = self.current
        return [
            int(item)
            for item in self.random.permutation(
                [position for position in range(len(shape)) if position != axis]
            )
        ]

    def unary(self):
        name, shape, axis = self.current
        self.emit(str(self.random.choice(UNARY)), [name], shape, axis)

    def constant(self):
        name, shape, axis = self.current
        own = [
            1 if position == axis or self.random.random() < 0.4 else size
            for position, size in enumerate(shape)
        ]
        own = own[int(self.random.integers(0, len(own))) :] if self.random.random() < 0.5 else own
        kind = str(self.random.choice(["Add", "Sub", "Mul", "Div"]))
        tensor = self.weight(*own, low=0.5, high=1.5)
        inputs = [name, tensor] if kind == "Div" or self.random.random() < 0.5 else [tensor, name]
        self.emit(kind, inputs, shape, axis)

    def other(self):
        name, shape, axis = self.current
        same = [item for item in self.pool if item[1:] == (shape, axis)]
        if same:
            other = same[int(self.random.integers(len(same)))][0]
            self.emit(
                str(self.random.choice(["Add", "Sub", "Mul", "Sum"])), [name, other], shape, axis
            )

    def softmax(self):
        name, shape, axis = self.current
        position = self.axes()[0]
        self.emit(
            str(self.random.choice(["Softmax", "LogSoftmax"])),
            [name],
            shape,
            axis,
            axis=position - len(shape) * int(self.random.integers(2)),
        )

    def clip(self):
        name, shape, axis = self.current
        low = self.weight(values=np.float32(-0.6))
        high = self.weight(values=np.float32(0.9))
        self.emit("Clip", [name, low if self.random.random() < 0.7 else "", high], shape, axis)

    def slope(self):
        name, shape, axis = self.current
        if len(shape) > 1 and axis == 0:
            self.emit(
                "PRelu",
                [name, self.weight(*shape[1:2], *[1] * (len(shape) - 2), low=0.1, high=0.4)],
                shape,
                axis,
            )

    def product(self):
        name, shape, axis = self.current
        if axis == len(shape) - 1 or len(shape) < 2:
            return
        features = int(self.random.integers(2, 7))
        tensor = self.weight(shape[-1], features)
        self.emit("MatMul", [name, tensor], [*shape[:-1], features], axis)
        if self.random.random() < 0.5:
            self.emit(
                "Add", [self.current[0], self.weight(features)], [*shape[:-1], features], axis
            )

    def left_product(self):
        name, shape, axis = self.current
        features = int(self.random.integers(2, 7))
        self.emit(
            "MatMul", [self.weight(features, shape[1]), name], [shape[0], features, shape[2]], axis
        )

    def gemm(self):
        name, shape, axis = self.current
        features = int(self.random.integers(2, 7))
        turned = int(self.random.integers(2))
        tensor = self.weight(features, shape[1]) if turned else self.weight(shape[1], features)
        bias = (
            [self.weight(*((features,), (1, features), (1,))[int(self.random.integers(3))])]
            if self.random.random() < 0.7
            else []
        )
        self.emit(
            "Gemm",
            [name, tensor, *bias],
            [shape[0], features],
            axis,
            transB=turned,
            alpha=float(self.random.choice([1.0, 0.5])),
            beta=float(self.random.choice([1.0, 2.0])),
        )

    def attention(self):
        name, shape, axis = self.current
        self.emit("Transpose", [name], [shape[0], shape[2], shape[1]], axis, perm=[0, 2, 1])
        self.emit("MatMul", [name, self.current[0]], [shape[0], shape[1], shape[1]], axis)
        scores = self.current[0]
        self.emit("Softmax", [scores], self.current[1], axis, axis=-1)
        self.emit("MatMul", [self.current[0], name], shape, axis)
