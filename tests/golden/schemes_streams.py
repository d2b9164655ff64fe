"""Rules that form the gradient from bit streams in a block of their own: what the block does, and
how long it takes.
"""

from __future__ import annotations

from golden.by_hand import Array
from golden.chip import Chip, up
from golden.counts import optimiser_steps, rounded_up
from golden.hand import Work, digital
from golden.schemes import STEP, optimiser, rewrite
from golden.steps import Rule, chunks

INPUTS, ERRORS = 4, 2  # lines of the block
BLOCK = {"inputs_parallel": INPUTS, "errors_parallel": ERRORS}


def block(
    chip: Chip,
    layer: Array,
    length: int,
    work: dict[str, float],
    *,
    source="lfsr",
    sharing="side",
    errors=1,
    bit_ns=0.0,
) -> Work:
    """The outer product of an image on a block of 4 x 2: place after place of the matrix, `length`
    bits each, all vectors at a place.

    At every place both sides draw new streams. Numbers: one a bit and side ("side"), one for both
    ("single"), or one for each converter.
    `errors` parts have converters and gates of their own and share numbers. A device makes a bit by
    a SET and a RESET in `bit_ns`.
    """
    inputs = layer.rows + layer.bias
    outputs = layer.columns
    groups = layer.groups
    across, down = up(outputs, ERRORS), up(inputs, INPUTS)
    positions = across * down * groups
    input_bits = inputs * length * across * groups
    error_bits = outputs * length * down * groups
    weights = inputs * outputs * groups
    units = {
        "stream_multiplier.bit": weights * length * errors,
        "stream_counter.count": 0.05 * weights,
    }
    if source == "cbram":
        values = inputs * across * groups + outputs * down * groups
        # half of the values are not zero; their devices get a voltage once, a pulse a bit, and a
        # quarter of the bits of inputs and a fiftieth of those of errors switch
        units |= {
            "stream_source.set": 0.5 * values,
            "stream_source.pulse": 0.5 * values * length,
            "stream_source.switch": 0.25 * input_bits + 0.02 * error_bits,
        }
    else:
        numbers = {"side": 2 * length * positions, "single": length * positions}.get(
            sharing, input_bits + error_bits
        )
        units |= {
            "number_generator.number": numbers,
            "number_generator_clock.cycle": numbers,
            "stream_converter.bit": input_bits + error_bits * errors,
        }
    parts = min(chunks(weights, layer.vectors), positions)
    slots = positions * length / parts
    cycles = rounded_up(slots * (1 + bit_ns / 10))  # of 10 ns
    return digital(
        chip,
        layer,
        layer.vectors * parts,
        (layer.rows + layer.columns * errors) * groups * layer.vectors,
        0,
        work,
        words_in=weights,
        words_out=weights,
        units={name: count * layer.vectors for name, count in units.items()},
        unit_cycles=cycles,
    )


def scaled(layer: Array) -> dict[str, float]:
    """The largest of both sides is looked for, and the counts, shifted, are added to the gradient."""
    inputs, outputs = (layer.rows + layer.bias) * layer.groups, layer.columns * layer.groups
    return {"compare": (inputs + outputs) * layer.vectors, "add": inputs * layer.columns}


def essop(name: str = "sgd", source: str = "lfsr", length: int = 6) -> Rule:
    """Scales are powers of two; a digital optimiser works on the gradient and the weights are
    written (Joshi 2020).
    """
    words, work = STEP[name]
    return Rule(
        "essop",
        lambda chip, layer, images: [block(chip, layer, length, scaled(layer))],
        lambda chip, layer, images: [optimiser(chip, layer, words, **work), rewrite(chip, layer)],
        settings={"optimiser": name, "stream_source": source, "length": length, **BLOCK},
    )


def dsc(parts: str = "separate") -> Rule:
    """One bit a value. Errors are scaled and counts added to the weights; target and output are two
    errors, or their difference one.
    """
    errors = 2 if parts == "separate" else 1

    def image(chip, layer, images):
        work = {
            "multiply": layer.columns * layer.groups * layer.vectors * errors,
            "add": layer.trained,
        }
        return [block(chip, layer, 1, work, errors=errors)]

    return Rule(
        "dsc",
        image,
        lambda chip, layer, images: [rewrite(chip, layer)],
        settings={"error_parts": parts, **BLOCK},
        errors=errors,
    )


UNITS = 3  # optimiser units, which take weights in turn
# Streams, counters and words that an optimiser keeps a weight: an average (momentum); both moments
# and a root, whose state machine divides (Adam)
KEPT = {"sgd": (0, 0, 0), "momentum": (2, 1, 1), "adam": (6, 3, 4)}


def cbram_sc(
    name: str = "sgd", source: str = "cbram", sharing: str = "side", length: int = 8
) -> Rule:
    """The bits come from devices (SET and RESET of 30 ns, a sense of 5) or generators; momentum and
    Adam work on streams as well.
    """
    streams, counters, kept = KEPT[name]
    bit_ns = 2 * 30.0 + 5.0 if source == "cbram" else 0.0

    def batch(chip, layer, images):
        weights = layer.trained
        bits = streams * length
        if name == "sgd":
            return [optimiser(chip, layer, 2, multiply_add=1), rewrite(chip, layer)]
        units = {"optimiser_counter.count": counters * length}
        if source == "cbram":  # a fifth of full scale is what their values hold in the mean
            units |= {
                "stream_source.set": bits,
                "stream_source.pulse": bits,
                "stream_source.switch": 0.2 * bits,
            }
        else:
            numbers = {"side": bits / UNITS, "single": length / UNITS}.get(sharing, bits)
            units |= {"number_generator.number": numbers, "stream_converter.bit": bits}
            units["number_generator_clock.cycle"] = numbers
        if name == "adam":  # the square of a gradient and of the root
            units |= {"stream_multiplier.bit": 2 * length, "stream_divider.bit": length}
        steps = optimiser_steps(weights)
        work = digital(
            chip,
            layer,
            steps,
            0,
            0,
            {"multiply_add": weights, "compare": weights},
            words_in=(2 + kept) * weights,
            words_out=(2 + kept) * weights,
            units={unit: count * weights for unit, count in units.items()},
            unit_cycles=rounded_up(weights / steps * length / UNITS * (1 + bit_ns / 10)),
        )
        return [work, rewrite(chip, layer)]

    settings = {
        "optimiser": name,
        "stream_source": source,
        "sharing": sharing,
        "length": length,
        **BLOCK,
    }
    settings |= {"optimiser_units": UNITS} if name != "sgd" else {}
    settings |= {"pulse_ns": 30.0, "sense_ns": 5.0} if source == "cbram" else {}
    return Rule(
        "cbram_sc",
        lambda chip, layer, images: [
            block(chip, layer, length, scaled(layer), source=source, sharing=sharing, bit_ns=bit_ns)
        ],
        batch,
        settings=settings,
    )
