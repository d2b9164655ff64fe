"""A training step by hand: which operations a network and an update rule ask for, in their order,
and what the whole takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from golden.by_hand import Array, Join
from golden.chip import CHUNK, Chip
from golden.hand import Work, digital, matrix_of, together
from golden.tile_work import read
from golden.tile_writes import write

LEAVE_BIASES = ("rpu", "zero_shift", "tiki_taka", "hic", "sbe", "sbpca", "lrt")
"""Rules that leave biases which are digital words to plain gradient descent."""
Asks = Callable[[Chip, Array, int], list[Work]]


def nothing(chip: Chip, layer: Array, images: int) -> list[Work]:
    return []


@dataclass(frozen=True)
class Rule:
    """What an update rule asks of the chip, by layer: of each image, of a batch, and once before a
    training.

    `from_copy`: errors go back in the vector unit, from a digital copy of the weights. `partner`:
    the weights are read against a reference array. `errors` 2: target and softmax go back one after
    the other.
    """

    name: str
    image: Asks = nothing
    batch: Asks = nothing
    setup: Callable[[Chip, list[Array]], list[Work]] | None = None
    settings: dict[str, object] = field(default_factory=dict)
    from_copy: bool = False
    partner: str = ""
    errors: int = 1


def chunks(words: float, vectors: int = 1) -> int:
    """Steps of one vector beside so many words; vectors that follow each other overlap already."""
    return max(1, int(words) // (CHUNK * vectors))


def forward(chip: Chip, layer: Array, rule: Rule | None = None) -> Work:
    """One vector a step; what overlaps the window before stays at the tile, where the chip has it
    so.
    """
    values = layer.fresh if chip.reuse else layer.rows * layer.groups
    return read(
        chip,
        layer,
        matrix_of(chip, layer),
        layer.vectors,
        values,
        layer.outputs / layer.vectors,
        layer.work,
        waits=layer.waits,
        partner=rule.partner if rule else "",
        beside_out=layer.mask / layer.vectors if rule else 0,
    )


def backward(chip: Chip, layer: Array, rule: Rule) -> list[Work]:
    """An error a step against the columns, no share of zeros among the errors; a first layer takes
    it as far as its own outputs.
    """
    back = layer.back
    if layer.softmax and rule.errors == 2:
        back = {action: count for action, count in back.items() if action != "add"}
    if layer.first:
        if not back:
            return []
        work = digital(
            chip,
            layer,
            layer.vectors,
            layer.outputs,
            layer.columns * layer.groups * layer.vectors,
            back,
            phase="backward",
            beside_in=layer.mask,
        )
    elif rule.from_copy:
        inputs = layer.columns * layer.groups * layer.vectors
        outputs = layer.rows * layer.groups * layer.vectors
        # an LSTM's chunks overlap within a vector only: each vector has as many as its weights
        parts = (
            min(64, chunks(layer.weights)) if layer.waits else chunks(layer.weights, layer.vectors)
        )
        work = digital(
            chip,
            layer,
            layer.vectors * parts,
            inputs,
            outputs,
            together(back, {"add": layer.sums, "multiply_add": layer.weights * layer.vectors}),
            phase="backward",
            words_in=layer.weights * layer.vectors,
            beside_in=layer.mask + layer.sums * chip.output_bits,
            vectors=layer.vectors if layer.waits else 0,
        )
    else:
        work = read(
            chip,
            layer,
            matrix_of(chip, layer),
            layer.vectors,
            layer.columns * layer.groups,
            layer.rows * layer.groups,
            together(back, {"add": layer.sums}),
            backward=True,
            phase="backward",
            dense=1.0,
            waits=layer.waits,
            partner=rule.partner,
            beside_in=(layer.mask + layer.sums * chip.output_bits) / layer.vectors,
        )
    return [work] * rule.errors


def join(chip: Chip, layer: Join, phase: str) -> list[Work]:
    """A digital layer by itself: a row of its map a step; backward what came out goes in."""
    there, back = (layer.before, layer.outputs), (layer.outputs, layer.before)
    work = layer.work if phase == "forward" else layer.back
    masks = {"beside_out" if phase == "forward" else "beside_in": layer.mask}
    return (
        [
            digital(
                chip,
                layer,
                layer.lines,
                *(there if phase == "forward" else back),
                work,
                phase=phase,
                **masks,
            )
        ]
        if work
        else []
    )


def initial(chip: Chip, layer: Array) -> Work:
    """Every weight, with verify."""
    return write(
        chip, layer, matrix_of(chip, layer), layer.rows, layer.columns * layer.groups, phase="setup"
    )


def bias_step(chip: Chip, layer: Array) -> Work:
    """Gradient descent of digital biases: each error of each vector, times the rate, into words that
    are read and written once an image.
    """
    biases = layer.columns * layer.groups
    errors = biases * layer.vectors
    return digital(
        chip,
        layer,
        layer.vectors,
        errors,
        0,
        {"multiply_add": errors},
        words_in=biases,
        words_out=biases,
    )


@dataclass
class Expected:
    """Operations of every image of a batch in turn, of its end, and before a training."""

    images: list[list[Work]]
    batch: list[Work]
    setup: list[Work]


def expected(chip: Chip, layers, rule: Rule, images: int) -> Expected:
    """All operations of a training step of one batch."""
    arrays = [layer for layer in layers if isinstance(layer, Array)]
    one = []
    for layer in layers:
        one += (
            join(chip, layer, "forward")
            if isinstance(layer, Join)
            else [forward(chip, layer, rule)]
        )
    for layer in reversed(layers):
        one += (
            join(chip, layer, "backward") * rule.errors
            if isinstance(layer, Join)
            else backward(chip, layer, rule)
        )
    apart = chip.bias == "digital" and rule.name in LEAVE_BIASES
    updated = [replace(layer, bias=False) if apart else layer for layer in arrays]
    for layer, own in zip(reversed(arrays), reversed(updated)):
        one += rule.image(chip, own, images)
        one += [bias_step(chip, layer)] if apart and layer.bias else []
    batch = [work for layer in reversed(updated) for work in rule.batch(chip, layer, images)]
    setup = rule.setup(chip, updated) if rule.setup else [initial(chip, layer) for layer in updated]
    return Expected(
        [[work for work in one if image % work.every == 0] for image in range(images)], batch, setup
    )
