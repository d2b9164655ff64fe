"""Low-rank rules: a outputs and b inputs of a layer (its bias line is one), k directions;
arithmetic by the papers' steps.
"""

from __future__ import annotations

from golden.by_hand import Array
from golden.chip import Chip, up
from golden.hand import Work, digital, matrix_of, together
from golden.schemes import rewrite
from golden.steps import Rule, chunks
from golden.tile_writes import pulses


def sides(layer: Array) -> tuple[int, int]:
    return layer.columns * layer.groups, layer.rows * layer.groups + layer.bias


def sbe_sample(a: int, b: int) -> dict[str, float]:
    """Hoskins 2019: X <- j/(j+1) X + 1/(j+1) (d.D/|D|) x, the same for D with the new X, and s from
    both projections.
    """
    share = {"divide": 1, "add": 1}  # 1/(j+1), and one minus it
    along_d = {"multiply_add": a, "divide": 1, "multiply": 1}  # d.D, by |D|, times the share
    # kept, added; |X|, x.X
    new_x = {
        "multiply": b,
        "multiply_add": b + b + b,
        "square_root": 1,
        "divide": 1,
        "multiply ": 1,
    }
    new_d = {"multiply": a, "multiply_add": a + a + a, "square_root": 1, "divide": 1}
    s = {"multiply": 2, "multiply_add": 1}
    total = together(share, along_d, new_x, new_d, s)
    total["multiply"] += total.pop("multiply ")
    return total


def sbpca_sample(a: int, b: int, k: int) -> dict[str, float]:
    """Huang 2023: d on D, x summed by that; x on X, d summed by that; d on the new D; both
    projections for s.
    """
    return {"multiply_add": k * a + k * b + k * b + k * a + k * a + k}


def sbpca_block(a: int, b: int, k: int) -> dict[str, float]:
    """End of a sub-batch: X and D are old ones scaled plus sums over s, then orthonormal by
    projecting every column twice.
    """
    columns = range(k)

    def orthonormal(length):
        # twice: products with those before, and their subtraction
        projected = sum(2 * (2 * before * length) for before in columns)
        return {
            "multiply_add": projected + k * length,
            "square_root": k,
            "divide": k,
            "multiply": k * length,
        }

    # s bounded from below
    blended = {
        "multiply": k * (a + b),
        "multiply_add": k * (a + b),
        "divide": 2 * k,
        "compare": 2 * k,
    }
    return together(orthonormal(a), orthonormal(b), blended, {"multiply": k, "multiply_add": k})


def lrt_sample(a: int, b: int, k: int) -> dict[str, float]:
    """Gural 2020: the sample against k columns, its rest normalised, both sides; the (k + 1)^2
    core; its singular vectors by at most six sweeps of rotations; both factors turned. Errors are
    divided by their largest before.
    """
    q = k + 1
    rest = {"multiply_add": (a + b) * (k + k + 1), "multiply": a + b, "square_root": 2, "divide": 2}
    core = {"multiply_add": q * q}
    # three products of lines; an angle; two lines of two matrices turned
    rotations = 6 * q * (q - 1) // 2
    svd = {
        "multiply_add": rotations * (3 * q + 4 * q),
        "multiply": rotations * 4 * q,
        "divide": 3 * rotations,
        "square_root": 2 * rotations,
    }
    turned = {"multiply_add": (a + b) * q * k + 2 * q * k * q}
    return together(rest, core, svd, turned, {"compare": a, "multiply": a})


def low_rank(
    scheme: str,
    rank: int = 0,
    *,
    estimator: str = "",
    mode: str = "rank_seq",
    encoding: str = "pulse_trains",
) -> Rule:
    """`rank` 0: 3 directions, 1 of sbe, 4 of lrt; never more than a layer has."""
    kind = estimator or scheme
    most = rank or {"sbpca": 3, "svd": 3, "sbe": 1, "lrt": 4}[kind]

    def stream(chip: Chip, layer: Array, images: int) -> list[Work]:
        a, b = sides(layer)
        k = min(most, a, b)
        n = layer.vectors
        if kind == "svd":  # the gradient itself, whose sums stay in the lanes for an image
            parts = chunks(a * b, n)
            return [
                digital(
                    chip,
                    layer,
                    n * parts,
                    (a + b) * n,
                    0,
                    {"multiply_add": a * b * n},
                    words_in=a * b,
                    words_out=a * b,
                )
            ]
        work = {
            "sbe": lambda: sbe_sample(a, b),
            "sbpca": lambda: sbpca_sample(a, b, k),
            "lrt": lambda: lrt_sample(a, b, k),
        }[kind]()
        state = k * (a + b) + k + (kind == "lrt")
        # samples of a sub-batch are kept: written once, read in three passes of errors and two of
        # inputs; the others rewrite their state
        words = (3 * a + 2 * b, a + b) if kind == "sbpca" else (state, state)
        return [
            digital(
                chip,
                layer,
                n,
                (a + b) * n,
                0,
                together(work, times=n),
                words_in=words[0] * n,
                words_out=words[1] * n,
            )
        ]

    def estimate(chip: Chip, layer: Array, images: int) -> list[Work]:
        a, b = sides(layer)
        k = min(most, a, b)
        samples = images * layer.vectors
        if kind == "sbpca":  # of 32 samples, two a batch at least
            blocks = up(samples, max(1, min(32, up(samples, 2))))
            return [
                digital(
                    chip,
                    layer,
                    blocks,
                    0,
                    0,
                    together(sbpca_block(a, b, k), times=blocks),
                    words_in=2 * k * (a + b) * blocks,
                    words_out=2 * k * (a + b) * blocks,
                )
            ]
        if kind == "sbe":  # both made unit vectors
            work = {"multiply_add": a + b, "square_root": 2, "divide": 2, "multiply": a + b}
            state = a + b + 1
        elif kind == "lrt":  # roots of the core
            work = {"square_root": k}
            state = k * (a + b) + k + 1
        else:  # Golub & Van Loan: 6 m n^2 + 20 n^3 operations, two of which are a product with its sum
            m, n = max(a, b), min(a, b)
            work = {"multiply_add": (6 * m * n * n + 20 * n**3) / 2}
            state = a * b
        return [digital(chip, layer, 1, 0, 0, work, words_in=state, words_out=k * (a + b))]

    def apply(chip: Chip, layer: Array) -> list[Work]:
        a, b = sides(layer)
        k = min(most, a, b)
        # rebuilt row by row, then written blindly: all weights, or (element) a tenth
        if mode != "rank_seq":
            compared = {"compare": 2 * a * b} if mode == "element" else {}
            rebuilt = digital(
                chip,
                layer,
                b,
                0,
                0,
                together({"multiply_add": k * a * b, "multiply": k * a}, compared),
                words_in=k * (a + b),
                words_out=a * b,
            )
            return [rebuilt, rewrite(chip, layer, 0.1 if mode == "element" else 1.0, verify=0.0)]
        # one product a direction: peaks, probabilities, the root of s shared by both sides; factors
        # read, pulses of 31 slots
        work = {"compare": k * (a + b), "multiply": k * (a + b), "square_root": k}
        # time and amplitude through converters in four phases: a line is charged in two of them
        shot = encoding == "amplitude"
        how = (
            {
                "row": 2 / 31,
                "column": 2 / 31,
                "phases": 4,
                "drawn": False,
                "further": {"dac.convert": a + b},
            }
            if shot
            else {}
        )
        return [
            pulses(
                chip,
                layer,
                matrix_of(chip, layer),
                k,
                (b, a),
                work,
                slots=31,
                words_in=a + b,
                **how,
            )
        ]

    settings = {
        "update_mode": mode,
        **({"rank": rank} if rank else {}),
        **({"estimator": estimator} if estimator else {}),
        **({"encoding": encoding} if mode == "rank_seq" else {}),
    }
    return Rule(
        scheme,
        stream,
        lambda chip, layer, images: estimate(chip, layer, images) + apply(chip, layer),
        settings=settings,
    )
