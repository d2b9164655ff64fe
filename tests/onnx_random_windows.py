"""Random nodes over images: convolutions, pools, norms; see `onnx_random`."""


class Windows:
    """Steps of a random graph whose tensor has channels and lines."""

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
        rank = len(size)
        auto = fields.get("auto_pad", "")
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
