"""Output shapes of layers from their input shapes, with the checks that a wrong network fails."""

from __future__ import annotations

import math

from hwlib.errors import InputError

Shape = tuple[int, ...]


def window(
    size: Shape,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int],
    dilation: tuple[int, int],
    where: str,
) -> tuple[int, int]:
    """Output (height, width) of a window sliding over the last two axes of `size`, rounding down as
    every framework does.

    `padding` is (top, left, bottom, right). Raises InputError where the dilated kernel is larger
    than the padded input.
    """
    result = []
    for axis, name in enumerate(("height", "width")):
        padded = size[-2 + axis] + padding[axis] + padding[axis + 2]
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        if reach > padded:
            raise InputError(
                f"the kernel's {name} {reach} is larger than its input's {padded}",
                where=where,
                got=kernel,
                hint=f"the input is {shape_text(size)}; use a smaller kernel or more padding",
            )
        result.append((padded - reach) // stride[axis] + 1)
    return result[0], result[1]


def both_ends(total: int, upper: bool) -> tuple[int, int]:
    """Padding before and behind an axis; an odd element goes to the end (`upper`) or start."""
    return (total // 2, total - total // 2) if upper else (total - total // 2, total // 2)


def same_padding(
    size: Shape,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    upper: bool = True,
) -> tuple[int, int, int, int]:
    """Padding (top, left, bottom, right) that makes the output ceil(input / stride); an odd pixel
    goes to the end (`upper`) or start.
    """
    begin, end = [], []
    for axis in (0, 1):
        length = size[-2 + axis]
        out = -(-length // stride[axis])
        total = max(0, (out - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1 - length)
        first, last = both_ends(total, upper)
        begin.append(first)
        end.append(last)
    return begin[0], begin[1], end[0], end[1]


def broadcast(shapes: tuple[Shape, ...], where: str) -> Shape:
    """The common shape of element-wise operands: dimensions equal or 1, aligned at the last axis.
    Raises InputError.
    """
    rank = max(map(len, shapes))
    result = []
    for axis in range(rank):
        sizes = {
            shape[axis - rank + len(shape)] for shape in shapes if axis - rank + len(shape) >= 0
        } - {1}
        if len(sizes) > 1:
            got = " and ".join(map(shape_text, shapes))
            raise InputError(
                "the input shapes do not match", where=where, got=got, allowed="equal shapes"
            )
        result.append(sizes.pop() if sizes else 1)
    return tuple(result)


def concatenate(shapes: tuple[Shape, ...], axis: int, where: str) -> Shape:
    """Shapes joined along `axis`; all other dimensions must be equal. Raises InputError."""
    first = shapes[0]
    if not 0 <= axis < len(first):
        raise InputError(
            "there is no such axis", where=where, got=axis, allowed=f"0 to {len(first) - 1}"
        )
    for shape in shapes[1:]:
        if len(shape) != len(first) or any(
            a != b for index, (a, b) in enumerate(zip(shape, first)) if index != axis
        ):
            raise InputError(
                "the input shapes cannot be joined",
                where=where,
                got=" and ".join(map(shape_text, shapes)),
                allowed=f"shapes that differ in axis {axis} only",
            )
    return first[:axis] + (sum(shape[axis] for shape in shapes),) + first[axis + 1 :]


def reshape(shape: Shape, target: Shape, where: str) -> Shape:
    """`target` with one -1 filled in. Raises InputError where the number of elements changes."""
    if any(size < 1 and size != -1 for size in target) or target.count(-1) > 1:
        raise InputError(
            "the new shape needs positive dimensions and at most one -1", where=where, got=target
        )
    known = math.prod(size for size in target if size != -1)
    total = math.prod(shape)
    if total % known if -1 in target else total != known:
        raise InputError(
            "the number of elements would change",
            where=where,
            got=f"{shape_text(shape)} to {shape_text(target)}",
        )
    return tuple(total // known if size == -1 else size for size in target)


def matmul(left: Shape, right: Shape, where: str) -> Shape:
    """Shape of the product of two activations, (..., m, k) by (..., k, n). Raises InputError."""
    if len(left) < 2 or len(right) < 2 or left[-1] != right[-2]:
        got = f"{shape_text(left)} and {shape_text(right)}"
        raise InputError(
            "the matrices do not fit", where=where, got=got, allowed="(m, k) and (k, n)"
        )
    lead = broadcast((left[:-2], right[:-2]), where) if len(left) + len(right) > 4 else ()
    return lead + (left[-2], right[-1])


def need_rank(shape: Shape, rank: int, where: str, meaning: str, hint: str = "") -> None:
    """Raise InputError unless `shape` has `rank` axes."""
    if len(shape) != rank:
        raise InputError(
            f"needs an input of {rank} axes {meaning}",
            where=where,
            got=shape_text(shape),
            hint=hint,
        )


def shape_text(shape: Shape) -> str:
    """`(4, 24, 24)` as `4x24x24`."""
    return "x".join(map(str, shape))
