"""Bit-serial crossbar read of Wu et al. 2023 (arXiv 2305.14547, Sec. 2.3 and Eq. 1).

An unsigned input is applied as one-bit pulses of constant voltage, least significant bit first.
After each pulse the sampling ADC adds the column current to what it holds and halves the sum, acc
<- (acc + I_n)/2, so that one conversion after the last bit gives the bit-weighted current. The ADC
has a fixed current range from zero and its own noise.
"""

from __future__ import annotations

import math

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.random import READ_OUTPUT, as_word, normal, row_key, stream_key
from archsim.kernels.random_reference import (
    normal_reference,
    row_key_reference,
    stream_key_reference,
)
from hwlib.errors import InputError

U = np.uint64
ZERO, HALF = np.float32(0.0), np.float32(0.5)


@kernel
def read_bit_serially(
    conductances,
    inputs,
    outputs,
    saturations,
    voltage,
    input_bits,
    level,
    top,
    adc_noise,
    cell_noise,
    key,
    first,
):
    """Codes of the ADC (as float32) for every vector and column; saturations count the columns at
    the top code.
    """
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
            noise = cell_noise * np.sqrt(np.float32(driven))
            if noise > ZERO:
                slot_key = row_key(vector_key, U(bit))
                for c in range(columns):
                    current[c] += noise * normal(slot_key, U(c))
            for c in range(columns):
                held[c] = (held[c] + current[c] * voltage) * HALF
        slot_key = row_key(vector_key, U(input_bits))
        for c in range(columns):
            code = held[c] / level
            if adc_noise > ZERO:
                code += adc_noise * normal(slot_key, U(c))
            code = np.rint(code)
            saturations[v] += np.int32(code >= top)
            outputs[v, c] = min(max(code, ZERO), top)


def bit_serial_read(
    conductances_us,
    inputs,
    *,
    read_voltage_v,
    current_range_ua,
    input_bits=8,
    output_bits=8,
    adc_noise_levels=0.0,
    cell_noise_us=0.0,
    seed=0,
    step=0,
    tile=0,
    first=0,
):
    """Read one vector or a batch of unsigned integers bit-serially.

    `conductances_us` (rows, columns) in uS, >= 0; `inputs` (rows,) or (V, rows), integers 0 to
    2^input_bits - 1; `current_range_ua` the full scale of the ADC (top code) in uA;
    `adc_noise_levels` standard deviation of the conversion in levels; `cell_noise_us` standard
    deviation of a cell's conductance, drawn anew in every slot: drawn as one number a column and
    slot with the variance of its driven cells, which is the same distribution.

    Returns (outputs, saturations): outputs float32 (columns,) or (V, columns) = code x level x
    2^input_bits, an estimate of sum_r G V x_r in uA x input units; saturations int32 per vector,
    the columns at the top code. Raises InputError.
    """
    arrays = check_bit_serial(
        conductances_us,
        inputs,
        read_voltage_v,
        current_range_ua,
        input_bits,
        output_bits,
        adc_noise_levels,
        cell_noise_us,
    )
    conductances, vectors, level, top, single = arrays
    outputs = np.empty((len(vectors), conductances.shape[1]), np.float32)
    saturations = np.zeros(len(vectors), np.int32)
    read_bit_serially(
        conductances,
        vectors,
        outputs,
        saturations,
        np.float32(read_voltage_v),
        int(input_bits),
        level,
        top,
        np.float32(adc_noise_levels),
        np.float32(cell_noise_us),
        U(stream_key(as_word(seed), as_word(step), as_word(tile), READ_OUTPUT)),
        as_word(first),
    )
    outputs *= level * np.float32(2**input_bits)
    return (outputs[0], saturations[0]) if single else (outputs, saturations)


def bit_serial_read_reference(
    conductances_us,
    inputs,
    *,
    read_voltage_v,
    current_range_ua,
    input_bits=8,
    output_bits=8,
    adc_noise_levels=0.0,
    cell_noise_us=0.0,
    seed=0,
    step=0,
    tile=0,
    first=0,
):
    """NumPy twin of `bit_serial_read`: the same arguments, results and bits."""
    conductances, vectors, level, top, single = check_bit_serial(
        conductances_us,
        inputs,
        read_voltage_v,
        current_range_ua,
        input_bits,
        output_bits,
        adc_noise_levels,
        cell_noise_us,
    )
    columns = np.arange(conductances.shape[1])
    keys = row_key_reference(
        stream_key_reference(seed, step, tile, READ_OUTPUT), np.arange(len(vectors)) + first
    )[:, None]
    held = np.zeros((len(vectors), len(columns)), np.float32)
    for bit in range(input_bits):
        driven = (vectors >> bit) & 1
        current = np.zeros_like(held)
        for row, line in enumerate(conductances):
            current += driven[:, row : row + 1].astype(np.float32) * line
        if cell_noise_us > 0:
            spread = np.float32(cell_noise_us) * np.sqrt(
                driven.sum(axis=1, keepdims=True).astype(np.float32)
            )
            current += spread * normal_reference(row_key_reference(keys, bit), columns)
        held = (held + current * np.float32(read_voltage_v)) * HALF
    codes = held / level
    if adc_noise_levels > 0:
        codes += np.float32(adc_noise_levels) * normal_reference(
            row_key_reference(keys, input_bits), columns
        )
    codes = np.rint(codes)
    saturations = (codes >= top).sum(axis=1).astype(np.int32)
    outputs = np.clip(codes, ZERO, top) * (level * np.float32(2**input_bits))
    return (outputs[0], saturations[0]) if single else (outputs, saturations)


def check_bit_serial(
    conductances_us,
    inputs,
    read_voltage_v,
    current_range_ua,
    input_bits,
    output_bits,
    adc_noise_levels,
    cell_noise_us,
):
    """Checked conductances float32, inputs int32 (V, rows), the ADC's level in uA, its top code,
    and whether one vector was given.
    """
    conductances = np.ascontiguousarray(conductances_us, np.float32)
    inputs = np.asarray(inputs)
    single = inputs.ndim == 1
    inputs = inputs.reshape(1, -1) if single else inputs
    if conductances.ndim != 2 or inputs.ndim != 2 or inputs.shape[1] != len(conductances):
        raise InputError(
            "inputs do not fit the crossbar",
            got=(conductances.shape, inputs.shape),
            hint="(rows, columns) take (V, rows)",
        )
    for name, bits in (("input_bits", input_bits), ("output_bits", output_bits)):
        if not 1 <= bits <= 16:
            raise InputError("bits out of range", where=name, got=bits, allowed="1-16")
    for name, value in (("read_voltage_v", read_voltage_v), ("current_range_ua", current_range_ua)):
        if not (math.isfinite(value) and value > 0):
            raise InputError("not a finite number > 0", where=name, got=value)
    for name, value in (("adc_noise_levels", adc_noise_levels), ("cell_noise_us", cell_noise_us)):
        if not (math.isfinite(value) and value >= 0):
            raise InputError("not a finite number >= 0", where=name, got=value)
    if inputs.dtype.kind not in "iu" or (
        inputs.size and not 0 <= int(inputs.min()) <= int(inputs.max()) < 2**input_bits
    ):
        raise InputError(
            "inputs are not unsigned integers of the input bits",
            got=inputs.dtype,
            allowed=f"0 to {2**input_bits - 1}",
        )
    top = 2**output_bits - 1
    return (
        conductances,
        np.ascontiguousarray(inputs, np.int32),
        np.float32(current_range_ua / top),
        np.float32(top),
        single,
    )
