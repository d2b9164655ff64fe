"""The phase of a trace, and its matrices: what they hold and what they borrow."""

from __future__ import annotations

from archsim.readers.checks import LARGEST
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.operation import OFF_TILES, Trace
from hwlib.errors import InputError, nearest


def check_phase(trace: Trace, where: str) -> None:
    if trace.phase == "training" and trace.scheme is None:
        raise InputError(
            "a training step needs an update rule",
            where=f"{where}: scheme",
            hint="`archsim list schemes` names them",
        )
    if trace.phase == "training":
        return
    for name in (
        "scheme",
        "scheme_settings",
        "batch_operations",
        "setup_operations",
        "state_words",
    ):
        if getattr(trace, name):
            raise InputError(
                "an inference has none",
                where=f"{where}: {name}",
                got=_short(getattr(trace, name)),
                hint='is it a training step? then the phase is "training"',
            )
    for index, operation in enumerate(trace.image_operations):
        if operation.phase != "forward":
            raise InputError(
                "an inference goes forward only",
                where=f"{where}: image_operations[{index}].phase",
                got=operation.phase,
            )


def check_matrices(trace: Trace, where: str) -> dict[str, LayerMatrix]:
    # a training with weights in memory has none on arrays
    everywhere = trace.image_operations + trace.batch_operations + trace.setup_operations
    on_tiles = trace.phase != "training" or any(op.kind not in OFF_TILES for op in everywhere)
    for name in ("matrices", "image_operations") if on_tiles else ("image_operations",):
        if not getattr(trace, name):
            raise InputError("at least one is needed", where=f"{where}: {name}")
    matrices: dict[str, LayerMatrix] = {}
    for index, matrix in enumerate(trace.matrices):
        if matrix.layer in matrices:
            raise InputError(
                "a second matrix for the same layer",
                where=f"{where}: matrices[{index}].layer",
                got=matrix.layer,
            )
        # Counts are floats: up to 2^53 every whole number is exact.
        if matrix.weights * matrix.vectors > LARGEST:
            raise InputError(
                "too many weights",
                where=f"{where}: matrices[{index}]",
                got=matrix.weights,
                allowed="up to 2^53",
            )
        matrices[matrix.layer] = matrix
    _check_lenders(trace, where, matrices)
    return matrices


def _check_lenders(trace: Trace, where: str, matrices: dict[str, LayerMatrix]) -> None:
    """What a matrix borrows, the lender has or borrows itself from one that has it."""
    for index, matrix in enumerate(trace.matrices):
        at = f"{where}: matrices[{index}].lender"
        if matrix.lender is not None and not matrix.borrowed:
            raise InputError(
                "a lender that lends nothing",
                where=at,
                got=matrix.lender,
                hint="name what is lent in the field borrowed",
            )
        for role in matrix.borrowed:
            # A lender may borrow itself: the chain is followed until somebody has the part, and a
            # ring is found by what was passed.
            lender = matrix
            passed = set()
            while role in lender.borrowed:
                passed.add(lender.layer)
                if lender.lender not in matrices:
                    raise InputError(
                        "no matrix of this name",
                        where=at,
                        got=lender.lender,
                        allowed=sorted(matrices),
                        hint=nearest(str(lender.lender), matrices),
                    )
                lender = matrices[lender.lender]
                if lender.layer in passed:
                    raise InputError(
                        f"matrices that borrow {role} from one another, and none has it",
                        where=at,
                        got=lender.layer,
                    )


def _short(value: object) -> str:
    return f"{len(value)} of them" if isinstance(value, tuple) else str(value)[:80]
