"""What update rules that pulse devices ask, in the words of docs/schemes.md and of their papers;
every number is worked out here.
"""

from __future__ import annotations

from golden.by_hand import Array
from golden.chip import Chip
from golden.hand import Work, matrix_of
from golden.steps import Rule, initial
from golden.tile_work import read
from golden.tile_writes import pulses, write


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
