"""Random nodes that move, cut and join tensors; see `onnx_random`."""

import math

import numpy as np

LARGEST = 600  # elements of a tensor, all images


class Moves:
    """Steps of a random graph that change where a value stands."""

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
