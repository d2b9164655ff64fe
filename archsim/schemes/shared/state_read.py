"""Reading what devices hold, for a rule that needs to know it: noisy, and through the converter.

Nobody sees a conductance for nothing. One line is driven at full scale, so that the input converter
adds no rounding, and every weight on it is converted by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from archsim.kernels.random import WRITE, as_word, fill_normals, stream_key

if TYPE_CHECKING:
    from archsim.schemes.layer_state import LayerState

F = np.float32
_LOOK = np.uint64(80)  # added to the stream number of writes: the noise of the reads before them


class LineRead(NamedTuple):
    """A read of one line of a layer's devices, in weight units: step and bound of the output
    converter (0: none), and the standard deviation of the noise of an output, its device's included.
    """

    step: float
    bound: float
    noise: float


def read_state(layer: LayerState, seed: int, step: int) -> np.ndarray:
    """What a read of every device of a layer gives.

    Args:
        layer: state of the layer; one without a `line_read` is read exactly.
        seed: of the run.
        step: number of the image after which it is read: the key of random numbers.

    Returns:
        weights as converted, float32 (M, N).
    """
    read = layer.line_read
    if read is None or layer.devices is None:
        return layer.weights.copy()
    key = stream_key(as_word(seed), as_word(step), as_word(layer.tile), WRITE + _LOOK)
    return read_lines(layer.weights, read, key)


def read_lines(values: np.ndarray, read: LineRead, key: np.uint64) -> np.ndarray:
    """What a read of each line of an array gives.

    Args:
        values: what its devices hold, (M, N), in weight units.
        read: of a line.
        key: of the random numbers of its noise.

    Returns:
        values as converted, float32 (M, N).
    """
    noise = np.empty(values.shape, F)
    fill_normals(as_word(key), noise)
    return converted(values + F(read.noise) * noise, read)


def read_of(layer: LayerState, noise: float | None) -> LineRead:
    """The read of a line of a layer's arrays: through the chip's converters, with the noise of its
    outputs unless the scheme states one.

    Args:
        layer: state of the layer; one without a `line_read` is read exactly.
        noise: what the scheme states, in weight units.
    """
    read = layer.line_read or LineRead(0.0, 0.0, 0.0)
    return read if noise is None else read._replace(noise=noise)


def converted(values: np.ndarray, read: LineRead) -> np.ndarray:
    """Values as the converter gives them: rounded to its step, inside its bound."""
    if read.step:
        values = np.rint(values / F(read.step)) * F(read.step)
    return np.clip(values, -read.bound, read.bound).astype(F) if read.bound else values
