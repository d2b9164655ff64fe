"""Products of two activations whose second operand is written to arrays before the first one reads it."""

from __future__ import annotations

from dataclasses import replace

from archsim.operators.sizes import MatrixProduct
from archsim.trace.forward import forward, forward_digital
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.lower import Stage
from archsim.trace.operation import Activity, Operation


def product_of(stage: Stage) -> MatrixProduct | None:
    """The product that a stage is, as one matrix of several groups; None where it is none."""
    ahead = forward_digital(stage).products if not stage.on_array else ()
    return ahead[0] if len(ahead) == 1 else None


def written_matrix(stage: Stage, product: MatrixProduct) -> LayerMatrix:
    """The matrix that holds the second operand: a group for each of its matrices."""
    vectors = product.vectors // product.matrices
    return LayerMatrix(stage.name, product.rows, product.columns, product.matrices, vectors=vectors)


def written_product(stage: Stage, product: MatrixProduct) -> tuple[Operation, Operation]:
    """Writing the second operand, and the reads by the first.

    What earlier tokens left is on the arrays already: a token adds a column to keys that lie turned,
    one device in each of their rows, or a row of values. Where a cache has as many tokens as a head
    has features the two look alike, and columns are taken.

    Args:
        stage: the product with what streams behind it.
        product: its sizes.

    Returns:
        the write, which follows the sources, and the read, which follows the write.
    """
    ahead = forward(stage)
    groups = product.matrices
    values = groups * product.rows * product.columns
    new = values - stage.recalled
    # New values are whole columns or whole rows: where they are no multiple of a column's length
    # they must be rows.
    by_rows = new % (groups * product.rows) != 0
    rows = new // (groups * product.columns) if by_rows else product.rows
    share = 1.0 if by_rows else new / values
    load = Operation(
        name=f"{stage.name}.load",
        layer=stage.name,
        phase="forward",
        kind="write",
        steps=rows,
        after=ahead.after,
        input_elements=new / rows,
        map_elements=float(new),
        activity=Activity(devices_written=share),
    )
    vectors = product.vectors // groups
    taken = groups * product.rows
    work = {name: count * stage.steps / vectors for name, count in ahead.vector_work.items()}
    # The arrays multiply now; softmax and scales stay with the vector unit.
    work["multiply_add"] = work.get("multiply_add", 0.0) - product.multiply_adds / vectors
    read = replace(
        ahead,
        kind="read",
        steps=vectors,
        after=(*ahead.after, load.name),
        input_elements=taken,
        output_elements=stage.output_elements / vectors,
        map_elements=float(taken * vectors + stage.output_elements),
        # What is left of a difference of equal numbers is rounding, no action.
        vector_work={name: count for name, count in work.items() if count > 1e-9 * taken},
        products=(),
        steps_per_row=1 if ahead.rows_out == vectors else 0,
        rows_out=ahead.rows_out,
        window=None,
    )
    return load, read
