"""The side of PyTorch: a module whose product is read from arrays, and an optimiser that is an update
rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch

from archsim.torch.layer_arrays import LayerArrays
from archsim.training.machine_checks import require_free_rate
from hwlib.errors import InputError


class _Read(torch.autograd.Function):
    """A read of arrays forward, and of its errors back."""

    @staticmethod
    def forward(ctx: Any, x: Any, anchor: Any, arrays: LayerArrays, shape: Any, learn: bool) -> Any:
        ctx.arrays = arrays
        ctx.learn = learn
        ctx.shape = x.shape
        ctx.kind = x.device, x.dtype
        # The arrays are simulated here whatever device the rest is on.
        flat = x.detach().reshape(len(x), -1).to("cpu", torch.float32).numpy()
        outputs = arrays.forward(flat, learn)
        return torch.from_numpy(outputs).reshape(len(x), *shape).to(*ctx.kind)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        if not ctx.learn:
            raise InputError(
                "gradients of a module in evaluation",
                where=ctx.arrays.layer.name,
                hint="call train() on the module before its forward pass",
            )
        (gradient,) = gradients
        flat = gradient.reshape(len(gradient), -1).to("cpu", torch.float32).numpy()
        # The core's errors point where outputs should go; PyTorch's gradients point away from
        # there.
        below = ctx.arrays.backward(-flat, ctx.needs_input_grad[0])
        result = None
        if ctx.needs_input_grad[0]:
            result = torch.from_numpy(-below).reshape(ctx.shape).to(*ctx.kind)
        # One a parameter of `forward`. The anchor stays zero: its only use is that autograd comes
        # by.
        return result, torch.zeros((), device=ctx.kind[0]), None, None, None


class OnArrays(torch.nn.Module):
    """A linear or convolution layer on arrays. `arrays` holds its devices; it has no weights of its
    own. `part` is the module that it stands for.
    """

    def __init__(self, arrays: LayerArrays, part: torch.nn.Module):
        super().__init__()
        self.arrays = arrays
        # A network has a line as an image of one row.
        self._line = isinstance(part, torch.nn.Conv1d | torch.nn.ConvTranspose1d)
        # Edges that are not zeros are made before the arrays, as the module makes them.
        self._edges = getattr(part, "padding_mode", "zeros")
        self._widths = getattr(part, "_reversed_padding_repeated_twice", [])
        # what makes errors come back to a layer whose inputs need none
        self.anchor = torch.nn.Parameter(torch.zeros(()))

    def forward(self, x: Any) -> Any:
        """Outputs of the same form as those of the layer that it stands for, float32."""
        layer = self.arrays.layer
        (wanted,) = layer.input_shapes
        given = layer.output_shape
        if self._line:
            wanted, given = (wanted[0], wanted[2]), (given[0], given[2])
        if self._edges != "zeros":
            x = torch.nn.functional.pad(x, self._widths, mode=self._edges)
        if tuple(x.shape[1:]) != wanted:
            raise InputError(
                "the inputs do not have the sizes of the example",
                where=layer.name,
                got=tuple(x.shape[1:]),
                allowed=str(wanted),
            )
        # A forward pass under no_grad in train() has no step behind it and must not be taken for a
        # mini-batch.
        learn = self.training and torch.is_grad_enabled()
        return _Read.apply(x, self.anchor, self.arrays, given, learn)

    def extra_repr(self) -> str:
        shape = self.arrays.layer.matrix
        return f"{shape.rows} x {shape.columns} weights on arrays"


class FoldedArrays(torch.nn.Module):
    """A transposed convolution on arrays: a product an input position, whose windows PyTorch adds up, and
    a bias that no array holds.

    Args:
        products: the arrays.
        part: the module that it stands for.
    """

    def __init__(self, products: OnArrays, part: Any):
        super().__init__()
        self.products = products
        self.bias = part.bias
        self._part = {
            name: tuple(getattr(part, name))
            for name in ("kernel_size", "dilation", "padding", "stride", "output_padding")
        }
        lacking = zip(self._part["output_padding"], self._part["stride"])
        if any(more >= stride for more, stride in lacking):
            raise InputError(
                "an output_padding of a stride or more is not supported",
                where=products.arrays.layer.name,
                got=self._part["output_padding"],
                allowed=f"below {self._part['stride']}",
            )

    def forward(self, x: Any) -> Any:
        """Outputs of the same form as those of the layer that it stands for, float32."""
        windows = self.products(x)
        kernel, dilation, padding, stride, more = self._part.values()
        sizes = [
            (size - 1) * s - 2 * p + d * (k - 1) + m + 1
            for size, s, p, d, k, m in zip(x.shape[2:], stride, padding, dilation, kernel, more)
        ]
        # PyTorch folds images: a line is one of a single row.
        row = [0] * (2 - len(sizes))
        one = [1] * len(row)
        outputs = torch.nn.functional.fold(
            windows.reshape(len(x), windows.shape[1], -1),
            (*one, *sizes),
            (*one, *kernel),
            (*one, *dilation),
            (*row, *padding),
            (*one, *stride),
        ).reshape(len(x), -1, *sizes)
        if self.bias is None:
            return outputs
        return outputs + self.bias.reshape(-1, *[1] * len(sizes))


class SchemeOptimiser(torch.optim.Optimizer):
    """The update rule of a scheme, on all layers on arrays. `rate` is its learning rate, which
    schedules of PyTorch may change as `lr` of its group.
    """

    def __init__(self, modules: Iterable[OnArrays], rate: float):
        self._modules = list(modules)
        anchors = [module.anchor for module in self._modules]
        super().__init__(anchors, {"lr": rate})

    # one signature for both overloads of PyTorch
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Change the devices by what the last mini-batch asks for."""
        loss = None if closure is None else closure()
        # Read at every step, as schedulers of PyTorch write it there.
        rate = float(self.param_groups[0]["lr"])
        for module in self._modules:
            machine = module.arrays.machine
            # Rules whose rate is fixed by their devices refuse a scheduler instead of passing over
            # it.
            if rate != machine.rate:
                require_free_rate(machine.rule, "lr", rate, f"{machine.rate:g}")
                machine.follow_rate(rate)
            module.arrays.learn()
        return loss


def matrix_of(part: Any) -> np.ndarray:
    """The weights (outputs, inputs) of a linear or convolution module, the bias in the last column; of a
    transposed one those of its windows (outputs x kernel, inputs), without.
    """
    if isinstance(part, torch.nn.ConvTranspose1d | torch.nn.ConvTranspose2d):
        held = part.weight.detach().to("cpu", torch.float32)
        inputs = len(held) // part.groups
        windows = held.reshape(part.groups, inputs, -1).transpose(1, 2).reshape(-1, inputs)
        return np.ascontiguousarray(windows.numpy())
    weights = part.weight.detach().to("cpu", torch.float32).reshape(len(part.weight), -1)
    if part.bias is not None:
        bias = part.bias.detach().to("cpu", torch.float32)[:, None]
        weights = torch.cat([weights, bias], dim=1)
    return np.ascontiguousarray(weights.numpy())
