"""What each update rule asks, in the words of docs/schemes.md and of its paper; every number is
worked out here.
"""

from __future__ import annotations

from golden.by_hand import Array
from golden.chip import Chip
from golden.counts import optimiser_steps
from golden.hand import Work, digital, matrix_of, together
from golden.steps import Rule, chunks, initial
from golden.tile_work import read
from golden.tile_writes import write

# ---------------------------------------------------------------- digital gradients


def gradient(chip: Chip, layer: Array, images: int) -> list[Work]:
    """Outer products of an image: inputs and errors of every vector, each weight's sum read and
    written once an image.
    """
    parts = chunks(layer.trained, layer.vectors)
    return [
        digital(
            chip,
            layer,
            layer.vectors * parts,
            (layer.rows + layer.columns) * layer.groups * layer.vectors,
            0,
            {"multiply_add": layer.trained * layer.vectors},
            words_in=layer.trained,
            words_out=layer.trained,
        )
    ]


def optimiser(chip: Chip, layer: Array, words: int, values: float = 0, **work: float) -> Work:
    """Once a batch over all weights: `work` actions and `words` of state, read and written, a
    weight.
    """
    weights = layer.trained
    return digital(
        chip,
        layer,
        optimiser_steps(weights),
        values,
        0,
        {action: count * weights for action, count in work.items()},
        words_in=words * weights,
        words_out=words * weights,
    )


def rewrite(chip: Chip, layer: Array, share: float = 1.0, **how) -> Work:
    """The devices of the weights that changed."""
    return write(
        chip,
        layer,
        matrix_of(chip, layer),
        layer.rows,
        share * layer.columns * layer.groups,
        share=share,
        **how,
    )


# Kingma & Ba 2015: m <- b m + (1 - b) g, v <- b v + (1 - b) g g, w <- w - rate m / (root(v) + e):
# the gradient scaled twice and squared, two running means, a root, a quotient and the step. Words:
# gradient and copy, and what each keeps.
STEP = {
    "sgd": (2, {"multiply_add": 1}),
    "momentum": (3, {"multiply": 1, "multiply_add": 2}),
    "adam": (4, {"multiply": 3, "multiply_add": 3, "square_root": 1, "divide": 1}),
}


def sgd(name: str, **settings) -> Rule:
    """All devices are rewritten after a batch."""
    words, work = STEP[name]
    return Rule(
        "sgd",
        gradient,
        lambda chip, layer, images: [optimiser(chip, layer, words, **work), rewrite(chip, layer)],
        settings={"optimiser": name, **settings},
        from_copy=settings.get("backward_in") == "vector_unit",
    )


def mixed_precision(
    name: str = "adam", backward_in: str = "vector_unit", writing: str = "verify"
) -> Rule:
    """The step is added to an accumulator and compared with a threshold; 10.8 writes a weight in
    5,200 batches (Wu 2023), with verify, or one blind pulse (Nandakumar 2020)."""
    words, work = STEP[name]
    written = {
        "share": 10.8 / 5200,
        **({"number": 1.0, "verify": 0.0} if writing == "pulses" else {}),
    }
    return Rule(
        "mixed_precision",
        gradient,
        lambda chip, layer, images: [
            optimiser(chip, layer, words, **together(work, {"add": 1, "compare": 1})),
            rewrite(chip, layer, **written),
        ],
        settings={"optimiser": name, "backward_in": backward_in, "writing": writing},
        from_copy=backward_in == "vector_unit",
    )


def lns_madam() -> Rule:
    """Gradient, second moment and exponent of a weight; the mean square (a product, a running
    mean), g / root(v) clamped on both sides, an addition to the exponent, the linear value by a
    table.
    """
    work = {
        "multiply": 1,
        "multiply_add": 1,
        "square_root": 1,
        "divide": 1,
        "compare": 2,
        "add": 1,
        "lookup": 1,
    }
    return Rule(
        "lns_madam",
        gradient,
        lambda chip, layer, images: [optimiser(chip, layer, 3, **work), rewrite(chip, layer)],
    )


HIC_PAIRS = 4  # seven bits in four pairs of binary cells


def hic() -> Rule:
    """Accumulators lie in an array of their own, read row by row through the converters of the
    weights and written back where a quarter of their bits flipped; 0.0015 of the devices get the
    62 pulses of a carry, blindly.
    """

    def tiles(chip, layer):
        own = matrix_of(Chip.but(chip, bias="digital"), layer, HIC_PAIRS)
        lent = matrix_of(chip, layer)
        return type(own)(chip, layer.rows + layer.bias, own.columns, own.groups), lent

    def batch(chip, layer, images):
        registers, weights = tiles(chip, layer)
        rows = layer.rows + layer.bias
        outputs = layer.columns * layer.groups
        lent = weights.tiles
        at_once = registers.tiles // registers.down
        look = accumulator_read(
            chip, layer, registers, rows, outputs, min(at_once, lent), -(-at_once // lent)
        )
        # the scaled step, a random threshold, its rounding and the sum; the gradient's word, and
        # the register that was read
        step = optimiser(chip, layer, 1, values=layer.trained, multiply=1, compare=1, add=2)
        back = write(
            chip,
            layer,
            registers,
            rows,
            0.25 * outputs * HIC_PAIRS,
            share=0.25,
            number=1.0,
            verify=0.0,
        )
        return [look, step, back, rewrite(chip, layer, 0.0015, number=62.0, verify=0.0)]

    def once(chip, layers):
        erased = [
            write(
                chip,
                layer,
                tiles(chip, layer)[0],
                layer.rows + layer.bias,
                0,
                phase="setup",
                number=1.0,
                verify=0.0,
            )
            for layer in layers
        ]
        return [initial(chip, layer) for layer in layers] + erased

    return Rule("hic", gradient, batch, once)


def accumulator_read(chip, layer, registers, rows, outputs, lent, turns) -> Work:
    """A line at a time: its own sequencers run, and those of the tiles whose converters serve them
    in turn.
    """
    work = read(
        chip,
        layer,
        registers,
        rows,
        layer.groups,
        outputs,
        {},
        phase="update",
        dense=1.0,
        bits=1.0,
        size=1.0,
        line=True,
        lenders=lent,
        served=turns,
    )
    return work
