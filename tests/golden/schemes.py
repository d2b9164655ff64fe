"""What each update rule asks, in the words of docs/schemes.md and of its paper; every number is
worked out here.
"""

from __future__ import annotations

from golden.chip import Chip
from golden.hand import Work, digital, matrix_of, pulses, read, together, write
from golden.networks import Array
from golden.steps import Rule, chunks, initial, optimiser_steps

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
        rows, outputs = layer.rows + layer.bias, layer.columns * layer.groups
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


# ---------------------------------------------------------------- pulses in the array


def outer_product(chip: Chip, layer: Array, **how) -> Work:
    """One a vector. Update management looks for the largest of inputs and errors, and each becomes
    a probability.
    """
    ends = (layer.rows + layer.columns) * layer.groups
    both = {"multiply": ends * layer.vectors} | (
        {"compare": ends * layer.vectors} if how.pop("managed", True) else {}
    )
    return pulses(
        chip,
        layer,
        matrix_of(chip, layer),
        layer.vectors,
        (layer.rows * layer.groups, layer.columns * layer.groups),
        both,
        **how,
    )


def rpu(managed: bool = True) -> Rule:
    return Rule(
        "rpu",
        lambda chip, layer, images: [outer_product(chip, layer, managed=managed)],
        settings={} if managed else {"update_management": False},
    )


def to_symmetry(chip: Chip, layer: Array, number: int) -> Work:
    """Alternating pulses to every device: every line, one polarity, a slot each."""
    return pulses(
        chip,
        layer,
        matrix_of(chip, layer),
        number,
        (0, 0),
        {},
        phase="setup",
        slots=1,
        row=1.0,
        column=1.0,
        meet=1.0,
        phases=1,
        drawn=False,
    )


def into_reference(chip: Chip, layer: Array, lenders: int, looks: int = 1) -> list[Work]:
    """Each row is read, of several `looks` the mean, and programmed with verify into a reference
    array; both through `lenders` tiles' converters and drivers.
    """
    matrix = matrix_of(chip, layer)
    rows = layer.rows + layer.bias
    columns = layer.columns * layer.groups
    look = read(
        chip,
        layer,
        matrix,
        looks * rows,
        layer.groups,
        columns,
        {"add": columns * looks * rows} if looks > 1 else {},
        phase="setup",
        dense=1.0,
        bits=1.0,
        size=1.0,
        line=True,
        lenders=lenders,
    )
    return [
        look,
        write(
            chip,
            layer,
            matrix,
            layer.rows,
            columns,
            phase="setup",
            lenders=matrix.tiles * (2 if lenders else 1),
            own=False,
        ),
    ]


def zero_shift(number: int = 7) -> Rule:
    """Once, every device is driven to its symmetry point, read and copied; from then on both arrays
    are read together, and pulsed trains of 31 slots go to the weights alone."""
    return Rule(
        "zero_shift",
        lambda chip, layer, images: [outer_product(chip, layer, slots=31)],
        setup=lambda chip, layers: [
            work
            for layer in layers
            for work in (
                to_symmetry(chip, layer, number),
                *into_reference(chip, layer, 0),
                initial(chip, layer),
            )
        ],
        settings={"pulses": number},
        partner="reference",
    )


# Rasch 2024, Table 1, beside the comparison that fires a pulse; words of the hidden matrix and the
# means, read and written
TRANSFER = {
    "v1": ({"multiply": 1, "compare": 1}, 0, 0),
    "v2": ({"multiply_add": 1, "compare": 1}, 1, 1),
    "chopped": ({"multiply_add": 1, "compare": 1}, 1, 1),
    "agad": ({"add": 1, "multiply": 1, "multiply_add": 2, "compare": 1}, 3, 2),
}


def tiki_taka(version: str, converters: str = "shared", transfer_every: int = 2) -> Rule:
    """Every vector pulses the fast array (5 slots). Every second vector one of its lines is read,
    against a reference but in AGAD, and the same line of the weights gets single pulses that are
    decided, or (v1) trains that are drawn by the fast array's generators.
    """
    work, words_in, words_out = TRANSFER[version]

    def image(chip, layer, images):
        matrix = matrix_of(chip, layer)
        outputs = layer.columns * layer.groups
        lines, every = (
            (layer.vectors // transfer_every, 1)
            if layer.vectors >= transfer_every
            else (1, round(transfer_every / layer.vectors))
        )
        lent = matrix.tiles // matrix.down if converters == "shared" else 0
        line = read(
            chip,
            layer,
            matrix,
            lines,
            layer.groups,
            outputs,
            {action: count * outputs * lines for action, count in work.items()},
            phase="update",
            dense=1.0,
            bits=1.0,
            size=1.0,
            line=True,
            partner="" if version == "agad" else "reference",
            lenders=lent,
            words_in=words_in * outputs,
            words_out=words_out * outputs,
        )
        trains = version == "v1"
        given = pulses(
            chip,
            layer,
            matrix,
            lines,
            (0, outputs),
            {},
            slots=5 if trains else 1,
            row=1.0,
            column=0.01,
            meet=0.01,
            drawn=trains,
            line=True,
            lenders=matrix.tiles // matrix.down if trains else 0,
        )
        line.every = given.every = every
        return [outer_product(chip, layer, slots=5), line, given]

    def setup(chip, layers):
        work = []
        for layer in layers:
            matrix = matrix_of(chip, layer)
            lent = matrix.tiles // matrix.down if converters == "shared" else 0
            # two looks at each row, a pulse of every line between them
            between = 0 if version == "agad" else layer.rows + layer.bias
            copied = into_reference(chip, layer, lent, 2) if version != "agad" else []
            work += [to_symmetry(chip, layer, 9 + between), *copied, initial(chip, layer)]
        return work

    return Rule(
        "tiki_taka",
        image,
        setup=setup,
        settings={
            "version": version,
            "fast_converters": converters,
            "symmetry_pulses": 9,
            "transfer_every": transfer_every,
        },
    )
