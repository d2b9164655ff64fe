"""Bit-serial crossbar read of Wu et al. 2023 (arXiv 2305.14547, Sec. 2.3 and Eq. 1).

An unsigned input is applied as one-bit pulses of constant voltage, least significant bit first.
After each pulse the sampling ADC adds the column current to what it holds and halves the sum, acc
<- (acc + I_n)/2, so that one conversion after the last bit gives the bit-weighted current. The ADC
has a fixed current range from zero and its own noise.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from archsim.kernels.compiled import kernel
from archsim.kernels.random import READ_OUTPUT, normal, row_key, stream_key
from archsim.kernels.random_reference import (
    normal_reference,
    row_key_reference,
    stream_key_reference,
)
from archsim.kernels.records import FIRST, Draws
from hwlib.errors import InputError

U = np.uint64
ZERO, HALF = np.float32(0.0), np.float32(0.5)


class BitSerial(NamedTuple):
    """A bit-serial periphery.

    `current_range_ua`: full scale of the ADC (top code) in uA; `adc_noise_levels`: standard
    deviation of the conversion in levels; `cell_noise_us`: that of a cell's conductance, anew in
    every slot: drawn as one number a column and slot with the variance of its driven cells, which
    is the same distribution.
    """

    read_voltage_v: float
    current_range_ua: float
    input_bits: int = 8
    output_bits: int = 8
    adc_noise_levels: float = 0.0
    cell_noise_us: float = 0.0


class BitPhysics(NamedTuple):
    """The same as the kernel takes it: float32 voltage, ADC level in uA, its top code, noise of the
    ADC in levels and of a cell in uS; slots of an input.
    """

    voltage: np.float32
    level: np.float32
    top: np.float32
    adc_noise: np.float32
    cell_noise: np.float32
    input_bits: int


class BitReads(NamedTuple):
    """Outputs float32 (columns,) or (V, columns) = code x level x 2^input_bits, an estimate of sum_r
    G V x_r in uA x input units; saturations int32 per vector, the columns at the top code.
    """

    outputs: np.ndarray
    saturations: np.ndarray


@kernel
def read_bit_serially(conductances, inputs, physics, key, first, reads):
    """Codes of the ADC (as float32) for every vector and column; saturations count the columns at
    the top code.

    Args:
        conductances: float32 (rows, columns).
        inputs: int32 (V, rows).
        physics: `BitPhysics`.
        key: stream key of the noise.
        first: number of the first vector (uint64).
        reads: `BitReads`, filled; its counts begin at zero.
    """
    outputs = reads.outputs
    saturations = reads.saturations
    voltage = physics.voltage
    input_bits = physics.input_bits
    top = physics.top
    rows, columns = conductances.shape
    held = np.empty(columns, np.float32)
    current = np.empty(columns, np.float32)
    for v in range(inputs.shape[0]):
        vector_key = row_key(key, first + U(v))
        for c in range(columns):
            held[c] = ZERO
        for bit in range(input_bits):
            for c in range(columns):
                current[c] = ZERO
            driven = np.int32(0)
            for r in range(rows):
                if (inputs[v, r] >> bit) & 1:
                    driven += np.int32(1)
                    line = conductances[r]
                    for c in range(columns):
                        current[c] += line[c]
            noise = physics.cell_noise * np.sqrt(np.float32(driven))
            if noise > ZERO:
                slot_key = row_key(vector_key, U(bit))
                for c in range(columns):
                    current[c] += noise * normal(slot_key, U(c))
            for c in range(columns):
                # Each later bit weighs twice the one before: halving does that (Eq. 1).
                held[c] = (held[c] + current[c] * voltage) * HALF
        # One further row of the key, behind those of the slots.
        slot_key = row_key(vector_key, U(input_bits))
        for c in range(columns):
            code = held[c] / physics.level
            if physics.adc_noise > ZERO:
                code += physics.adc_noise * normal(slot_key, U(c))
            code = np.rint(code)
            saturations[v] += np.int32(code >= top)
            outputs[v, c] = min(max(code, ZERO), top)


def bit_serial_read(
    conductances_us: ArrayLike, inputs: ArrayLike, periphery: BitSerial, keys: Draws = FIRST
) -> BitReads:
    """Read one vector or a batch of unsigned integers bit-serially.

    Args:
        conductances_us: (rows, columns) in uS, >= 0.
        inputs: (rows,) or (V, rows), integers 0 to 2^input_bits - 1.
        periphery: voltage, converters and noise.
        keys: of the random numbers.

    Returns:
        outputs and saturations, of one vector without the axis of vectors.

    Raises:
        InputError: for inputs or a periphery out of range.
    """
    physics = bit_physics(periphery)
    conductances, vectors, single = check_bit_serial(conductances_us, inputs, physics.input_bits)
    reads = BitReads(
        np.empty((len(vectors), conductances.shape[1]), np.float32),
        np.zeros(len(vectors), np.int32),
    )
    key = U(stream_key(keys.seed, keys.step, keys.tile, READ_OUTPUT))
    read_bit_serially(conductances, vectors, physics, key, keys.first, reads)
    outputs = reads.outputs * (physics.level * np.float32(2**physics.input_bits))
    if single:
        return BitReads(outputs[0], reads.saturations[0])
    return BitReads(outputs, reads.saturations)


def bit_serial_read_reference(
    conductances_us: ArrayLike, inputs: ArrayLike, periphery: BitSerial, keys: Draws = FIRST
) -> BitReads:
    """NumPy twin of `bit_serial_read`: the same arguments, results and bits."""
    physics = bit_physics(periphery)
    conductances, vectors, single = check_bit_serial(conductances_us, inputs, physics.input_bits)
    columns = np.arange(conductances.shape[1])
    row_keys = row_key_reference(
        stream_key_reference(keys.seed, keys.step, keys.tile, READ_OUTPUT),
        np.arange(len(vectors)) + int(keys.first),
    )[:, None]
    held = np.zeros((len(vectors), len(columns)), np.float32)
    for bit in range(physics.input_bits):
        driven = (vectors >> bit) & 1
        current = np.zeros_like(held)
        for row, line in enumerate(conductances):
            # Row by row in ascending order, as the kernel adds: NumPy's own sum would pair them up.
            current += driven[:, row : row + 1].astype(np.float32) * line
        if physics.cell_noise > 0:
            cells = driven.sum(axis=1, keepdims=True).astype(np.float32)
            noise = normal_reference(row_key_reference(row_keys, bit), columns)
            current += physics.cell_noise * np.sqrt(cells) * noise
        held = (held + current * physics.voltage) * HALF
    codes = held / physics.level
    if physics.adc_noise > 0:
        key = row_key_reference(row_keys, physics.input_bits)
        codes += physics.adc_noise * normal_reference(key, columns)
    codes = np.rint(codes)
    saturations = (codes >= physics.top).sum(axis=1).astype(np.int32)
    full = physics.level * np.float32(2**physics.input_bits)
    outputs = np.clip(codes, ZERO, physics.top) * full
    return BitReads(outputs[0], saturations[0]) if single else BitReads(outputs, saturations)


def bit_physics(periphery: BitSerial) -> BitPhysics:
    """The checked periphery as the kernel takes it. Raises InputError for values out of range."""
    given = periphery._asdict()
    for name in ("input_bits", "output_bits"):
        if not 1 <= given[name] <= 16:
            raise InputError("bits out of range", where=name, got=given[name], allowed="1-16")
    for name in ("read_voltage_v", "current_range_ua"):
        if not (math.isfinite(given[name]) and given[name] > 0):
            raise InputError("not a finite number > 0", where=name, got=given[name])
    for name in ("adc_noise_levels", "cell_noise_us"):
        if not (math.isfinite(given[name]) and given[name] >= 0):
            raise InputError("not a finite number >= 0", where=name, got=given[name])
    top = 2**periphery.output_bits - 1
    return BitPhysics(
        voltage=np.float32(periphery.read_voltage_v),
        level=np.float32(periphery.current_range_ua / top),
        top=np.float32(top),
        adc_noise=np.float32(periphery.adc_noise_levels),
        cell_noise=np.float32(periphery.cell_noise_us),
        input_bits=int(periphery.input_bits),
    )


def check_bit_serial(
    conductances_us: ArrayLike, inputs: ArrayLike, input_bits: int
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Checked conductances float32, inputs int32 (V, rows), and whether one vector was given."""
    conductances = np.ascontiguousarray(conductances_us, np.float32)
    vectors = np.asarray(inputs)
    single = vectors.ndim == 1
    vectors = vectors.reshape(1, -1) if single else vectors
    if conductances.ndim != 2 or vectors.ndim != 2 or vectors.shape[1] != len(conductances):
        raise InputError(
            "inputs do not fit the crossbar",
            got=(conductances.shape, vectors.shape),
            hint="(rows, columns) take (V, rows)",
        )
    # A float would be cut to whole numbers without a word.
    if vectors.dtype.kind not in "iu" or (
        vectors.size and not 0 <= int(vectors.min()) <= int(vectors.max()) < 2**input_bits
    ):
        raise InputError(
            "inputs are not unsigned integers of the input bits",
            got=vectors.dtype,
            allowed=f"0 to {2**input_bits - 1}",
        )
    return conductances, np.ascontiguousarray(vectors, np.int32), single
