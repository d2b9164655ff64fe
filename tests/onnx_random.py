"""Random small ONNX graphs over the operators that the importer takes."""

import math

import numpy as np
from onnx_cases import make_model, node

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
LARGEST = 600  # elements of a tensor, all images


class RandomGraph:
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

    def concat(self):
        name, shape, axis = self.current
        position = self.axes()[0]
        if math.prod(shape) * 2 <= LARGEST:
            wider = [size * 2 if item == position else size for item, size in enumerate(shape)]
            self.emit("Concat", [name, name], wider, axis, axis=position)

    def slice(self):
        name, shape, axis = self.current
        position = self.axes()[0]
        if shape[position] > 2:
            flip = self.random.random() < 0.3
            start, stop, step = (
                (-1, -(2**40), -1)
                if flip
                else (1, shape[position], 1 + int(self.random.integers(2)))
            )
            taken = len(range(shape[position])[start : None if flip else stop : step])
            values = [
                self.weight(values=np.array([item], np.int64))
                for item in (start, stop, position, step)
            ]
            self.emit(
                "Slice",
                [name, *values],
                [taken if item == position else size for item, size in enumerate(shape)],
                axis,
            )

    def pad(self):
        name, shape, axis = self.current
        position = self.axes()[0]
        pads = [0] * (2 * len(shape))
        pads[position], pads[position + len(shape)] = (
            int(item) for item in self.random.integers(0, 2, 2)
        )
        wider = [size + pads[item] + pads[item + len(shape)] for item, size in enumerate(shape)]
        mode = (
            str(self.random.choice(["constant", "reflect", "edge"]))
            if shape[position] > 2
            else "constant"
        )
        if math.prod(wider) <= LARGEST:
            self.emit(
                "Pad", [name, self.weight(values=np.array(pads, np.int64))], wider, axis, mode=mode
            )

    def turn(self):
        name, shape, axis = self.current
        order = [int(item) for item in self.random.permutation(len(shape))]
        if self.random.random() < 0.6:  # the batch stays where it is
            order.remove(axis)
            order.insert(axis, axis)
        self.emit(
            "Transpose", [name], [shape[item] for item in order], order.index(axis), perm=order
        )

    def regroup(self):
        name, shape, axis = self.current
        if axis:
            return
        rest = math.prod(shape[1:])
        factor = next((size for size in (2, 3, 5) if rest % size == 0), 1)
        target = [
            (0, -1),
            (0, factor, rest // factor),
            (0, 1, factor, rest // factor),
            (-1, factor, rest // factor),
        ]
        chosen = target[int(self.random.integers(len(target)))]
        full = (self.images, *((rest,) if chosen == (0, -1) else chosen[1:]))
        self.emit("Reshape", [name, self.weight(values=np.array(chosen, np.int64))], full, 0)

    def gather(self):
        name, shape, axis = self.current
        position = self.axes()[0]
        indices = self.random.integers(
            -shape[position], shape[position], int(self.random.integers(1, 4))
        )
        if self.random.random() < 0.3 and len(shape) > 2:
            full = [size for item, size in enumerate(shape) if item != position]
            self.emit(
                "Gather",
                [name, self.weight(values=np.int64(indices[0]))],
                full,
                axis - (position < axis),
                axis=position,
            )
        else:
            full = [len(indices) if item == position else size for item, size in enumerate(shape)]
            self.emit(
                "Gather",
                [name, self.weight(values=indices.astype(np.int64))],
                full,
                axis,
                axis=position,
            )

    def split(self):
        name, shape, axis = self.current
        position = self.axes()[0]
        if shape[position] > 2:
            parts = self.weight(values=np.array([1, shape[position] - 1], np.int64))
            first, second = self.emit(
                "Split",
                [name, parts],
                [1 if item == position else size for item, size in enumerate(shape)],
                axis,
                outputs=2,
                axis=position,
            )
            self.current = (
                second,
                tuple(size - 1 if item == position else size for item, size in enumerate(shape)),
                axis,
            )

    def reduce(self):
        name, shape, axis = self.current
        positions = self.axes()[: int(self.random.integers(1, 3))]
        keep = len(shape) - len(positions) < 2 or self.random.random() < 0.5
        full = [
            1 if item in positions else size
            for item, size in enumerate(shape)
            if keep or item not in positions
        ]
        axis = axis if keep else axis - sum(position < axis for position in positions)
        self.emit(
            str(self.random.choice(["ReduceMean", "ReduceMax"])),
            [name, self.weight(values=np.array(positions, np.int64))],
            full,
            axis,
            keepdims=int(keep),
        )

    def squeeze(self):
        name, shape, axis = self.current
        ones = [item for item in self.axes() if shape[item] == 1]
        if ones and len(shape) > 2:
            position = self.weight(values=np.array(ones[:1], np.int64))
            self.emit(
                "Squeeze",
                [name, position],
                [size for item, size in enumerate(shape) if item != ones[0]],
                axis - (ones[0] < axis),
            )
        elif len(shape) < 4:
            position = int(self.random.integers(1, len(shape) + 1)) if axis == 0 else len(shape)
            full = [*shape[:position], 1, *shape[position:]]
            self.emit(
                "Unsqueeze", [name, self.weight(values=np.array([position], np.int64))], full, axis
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

    def window(self, size):
        """Attributes of a window that fits along axes of the sizes given."""
        kernel = [int(self.random.integers(1, min(3, length) + 1)) for length in size]
        dilation = [
            int(self.random.integers(1, 3)) if (extent - 1) * 2 + 1 <= length else 1
            for extent, length in zip(kernel, size)
        ]
        fields = {
            "kernel_shape": kernel,
            "strides": [int(self.random.integers(1, 3)) for _ in size],
            "dilations": dilation,
        }
        choice = self.random.random()
        if choice < 0.4:
            fields["pads"] = [int(self.random.integers(0, extent)) for extent in kernel * 2]
        elif choice < 0.6:
            fields["auto_pad"] = str(self.random.choice(["SAME_UPPER", "SAME_LOWER", "VALID"]))
        return fields

    def outcome(self, size, fields):
        """The size behind a window."""
        rank, auto = len(size), fields.get("auto_pad", "")
        pads = fields.get("pads", [0] * (2 * rank))
        result = []
        for item, length in enumerate(size):
            reach = (fields["kernel_shape"][item] - 1) * fields["dilations"][item] + 1
            stride = fields["strides"][item]
            room = length + pads[item] + pads[item + rank] - reach
            result.append(-(-length // stride) if auto.startswith("SAME") else room // stride + 1)
        return result

    def convolution(self):
        name, shape, axis = self.current
        fields = self.window(shape[2:])
        groups = int(self.random.choice([size for size in (1, 2, 3) if shape[1] % size == 0]))
        channels = groups * int(self.random.integers(1, 3))
        tensor = self.weight(channels, shape[1] // groups, *fields["kernel_shape"])
        bias = [self.weight(channels)] if self.random.random() < 0.5 else []
        self.emit(
            "Conv",
            [name, tensor, *bias],
            [shape[0], channels, *self.outcome(shape[2:], fields)],
            axis,
            group=groups,
            **fields,
        )

    def pools(self):
        name, shape, axis = self.current
        fields = self.window(shape[2:])
        kind = str(self.random.choice(["MaxPool", "AveragePool"]))
        if kind == "AveragePool":
            fields["count_include_pad"] = int(self.random.integers(2))
        self.emit(kind, [name], [*shape[:2], *self.outcome(shape[2:], fields)], axis, **fields)

    def norm(self):
        name, shape, axis = self.current
        values = [self.weight(shape[1], low=0.4, high=1.4) for _ in range(4)]
        self.emit("BatchNormalization", [name, *values], shape, axis, epsilon=0.01)

    def response_norm(self):
        name, shape, axis = self.current
        self.emit(
            "LRN", [name], shape, axis, size=int(self.random.integers(1, 5)), alpha=0.3, bias=1.2
        )

    def space(self):
        name, (images, channels, height, width), axis = self.current
        if channels % 4 == 0:
            mode = str(self.random.choice(["DCR", "CRD"]))
            self.emit(
                "DepthToSpace",
                [name],
                (images, channels // 4, 2 * height, 2 * width),
                axis,
                blocksize=2,
                mode=mode,
            )
        elif height % 2 == 0 and width % 2 == 0:
            self.emit(
                "SpaceToDepth",
                [name],
                (images, channels * 4, height // 2, width // 2),
                axis,
                blocksize=2,
            )

    def overall(self):
        name, shape, axis = self.current
        self.emit(
            str(self.random.choice(["GlobalAveragePool", "GlobalMaxPool"])),
            [name],
            (*shape[:2], *[1] * (len(shape) - 2)),
            axis,
        )
