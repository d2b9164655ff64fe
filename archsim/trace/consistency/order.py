"""The operations of a trace together: names, order, and the vectors of a matrix."""

from __future__ import annotations

from collections.abc import Mapping

from archsim.trace.consistency.common import LISTS, READS, operations
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.operation import Operation, Trace
from hwlib.errors import InputError, nearest


def check_order(trace: Trace, where: str, matrices: Mapping[str, LayerMatrix]) -> None:
    """Names are used once, an operation follows earlier ones of its own list, and what works on an
    array has a matrix.
    """
    # Of all lists, so that a name of another list is told as such and not as unknown.
    every = {listed.operation.name for listed in operations(trace, where)}
    passed: set[str] = set()
    for name in LISTS:
        earlier: set[str] = set()
        # Names are unique over all lists, order is held within each: a batch operation waits for
        # whole images, not for one of their operations.
        for index, operation in enumerate(getattr(trace, name)):
            at = f"{where}: {name}[{index}]"
            if operation.name in passed:
                raise InputError(
                    "a second operation of this name", where=f"{at}.name", got=operation.name
                )
            for source in operation.after:
                if source not in every:
                    raise InputError(
                        "no such operation",
                        where=f"{at}.after",
                        got=source,
                        hint=nearest(source, every),
                    )
                if source not in earlier:
                    raise InputError(
                        f"an operation can only follow those of {name} that stand before it",
                        where=f"{at}.after",
                        got=source,
                    )
            passed.add(operation.name)
            earlier.add(operation.name)
            _check_arrays(operation, matrices, at)


def _check_arrays(operation: Operation, matrices: Mapping[str, LayerMatrix], at: str) -> None:
    """The matrices that an operation works on are there."""
    for field in ("array", "against"):
        other = getattr(operation, field)
        if other is not None and other not in matrices:
            raise InputError(
                "no matrix of this name",
                where=f"{at}.{field}",
                got=other,
                allowed=sorted(matrices),
                hint=nearest(other, matrices),
            )
    if operation.kind != "digital" and operation.matrix_name not in matrices:
        raise InputError(
            "no matrix for this layer",
            where=f"{at}.layer",
            got=operation.matrix_name,
            allowed=sorted(matrices),
            hint=nearest(operation.matrix_name, matrices),
        )
    if operation.against is not None and operation.kind in READS:
        _check_against(
            matrices[operation.matrix_name], matrices[operation.against], f"{at}.against"
        )


def check_vectors(
    trace: Trace, where: str, matrices: dict[str, LayerMatrix], free: frozenset[str]
) -> None:
    """All forward reads of a matrix together, those of layers that share it among them, apply as
    many vectors as it says.
    """
    reads: dict[str, list[int]] = {}
    for index, operation in enumerate(trace.image_operations):
        if (
            operation.kind in READS
            and operation.phase == "forward"
            and operation.matrix_name not in free
        ):
            reads.setdefault(operation.matrix_name, []).append(index)
    for layer_name, indices in reads.items():
        vectors = matrices[layer_name].vectors
        steps = [trace.image_operations[index].steps for index in indices]
        if sum(steps) != vectors:
            # The last of them is named, with what the others leave for it.
            rest = vectors - sum(steps[:-1])
            at = f"{where}: image_operations[{indices[-1]}].steps"
            raise InputError(
                "an image applies as many vectors to a matrix as it says",
                where=at,
                got=steps[-1],
                allowed=str(rest) if rest > 0 else f"{vectors} vectors by {len(steps)} operations",
            )


def _check_against(matrix: LayerMatrix, other: LayerMatrix, at: str) -> None:
    shapes = [(one.rows, one.columns, one.groups) for one in (matrix, other)]
    if matrix is other or shapes[0] != shapes[1]:
        raise InputError(
            "a reference array is another one of the same rows, columns and groups",
            where=at,
            got=f"{other.layer} {shapes[1]}",
            allowed=f"one of {shapes[0]}",
        )


def check_input(trace: Trace, where: str) -> None:
    """What is fetched for an image lies in the feature maps of its operations, where these say how
    large theirs are.
    """
    # A file from elsewhere may leave maps out: then nothing is known to hold it against.
    maps = sum(operation.map_elements for operation in trace.image_operations)
    if maps and trace.input_elements > maps:
        raise InputError(
            "more than all feature maps of an image together",
            where=f"{where}: input_elements",
            got=trace.input_elements,
            allowed=f"up to {maps:g}, the sum of map_elements",
        )
