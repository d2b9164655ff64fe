"""What a trace may not say: things that contradict its matrices, its phase, or one another. Each is
one InputError with the field.
"""

from __future__ import annotations

from collections.abc import Iterator

from archsim.readers.checks import LARGEST
from archsim.trace.operation import Activity, LayerMatrix, Operation, Trace
from hwlib.errors import InputError, nearest

LONGEST_TRAIN = 1_000_000
"""Slots of the longest train that a chip allows."""
LISTS = ("image_operations", "batch_operations", "setup_operations")
READS = ("read", "read_transposed")
# Kinds that a phase cannot have: an array is programmed by updates and before the first image only.
_NEVER = {
    "forward": ("read_transposed", "pulse_update", "write"),
    "backward": ("pulse_update", "write"),
    "update": (),
    "setup": (),
}
# Fields that act on some kinds only, with the value that leaves them out.
_ONLY = {
    "lines": (0, (*READS, "pulse_update")),
    "against": (None, READS),
    "random": (True, ("pulse_update",)),
    "polarity_phases": (0, ("pulse_update",)),
}
_DEFAULT = Activity()
# Counts are means over many steps, added up in floating point.
_SLACK = 1e-6


def check_trace(trace: Trace, where: str, free_vectors: frozenset[str] = frozenset()) -> None:
    """Raise InputError for the first contradiction. `free_vectors`: matrices that do not state how
    often an image reads them.
    """
    _check_phase(trace, where)
    matrices = _check_matrices(trace, where)
    _check_order(trace, where, matrices)
    _check_vectors(trace, where, matrices, free_vectors)
    for at, name, operation in _operations(trace, where):
        _check_place(operation, name, at)
        if operation.kind != "digital":
            _check_sizes(
                operation, name, matrices[operation.place], at, operation.place in free_vectors
            )
            _check_activity(operation, matrices[operation.place], f"{at}.activity")
        _check_rows(operation, at)


def check_trains(trace: Trace, train_length: int, chip: str) -> None:
    """Raise InputError where more pulses coincide than the chip's trains have; a train's own length
    was checked with the file.

    A share of pulses that is the default of an activity is an assumption, and not held against what
    somebody measured beside it.
    """
    for at, _, operation in _operations(trace, trace.network):
        activity = operation.activity
        if (
            operation.kind == "pulse_update"
            and not activity.train_length
            and activity.coincidences != _DEFAULT.coincidences
        ):
            pulses = [getattr(activity, name) for name in ("row_pulses", "column_pulses")]
            stated = [
                share
                for name, share in zip(("row_pulses", "column_pulses"), pulses)
                if share != getattr(_DEFAULT, name)
            ]
            _check_coincidences(
                activity,
                train_length,
                min(stated, default=1.0),
                f"{at}.activity",
                f"the chip {chip}",
            )


def _operations(trace: Trace, where: str) -> Iterator[tuple[str, str, Operation]]:
    for name in LISTS:
        for index, operation in enumerate(getattr(trace, name)):
            yield f"{where}: {name}[{index}]", name, operation


def _check_phase(trace: Trace, where: str) -> None:
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


def _check_matrices(trace: Trace, where: str) -> dict[str, LayerMatrix]:
    for name in ("matrices", "image_operations"):
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
            lender, passed = matrix, set()
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


def _check_order(trace: Trace, where: str, matrices: dict[str, LayerMatrix]) -> None:
    """Names are used once, an operation follows earlier ones of its own list, and what works on an
    array has a matrix.
    """
    every = {operation.name for _, _, operation in _operations(trace, where)}
    passed: set[str] = set()
    for name in LISTS:
        earlier: set[str] = set()
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
            if operation.kind != "digital" and operation.place not in matrices:
                raise InputError(
                    "no matrix for this layer",
                    where=f"{at}.layer",
                    got=operation.place,
                    allowed=sorted(matrices),
                    hint=nearest(operation.place, matrices),
                )
            if operation.against is not None and operation.kind in READS:
                _check_against(
                    matrices[operation.place], matrices[operation.against], f"{at}.against"
                )


def _check_vectors(
    trace: Trace, where: str, matrices: dict[str, LayerMatrix], free: frozenset[str]
) -> None:
    """All forward reads of a matrix together, those of layers that share it among them, apply as
    many vectors as it says.
    """
    reads: dict[str, list[int]] = {}
    for index, operation in enumerate(trace.image_operations):
        if operation.kind in READS and operation.phase == "forward" and operation.place not in free:
            reads.setdefault(operation.place, []).append(index)
    for place, indices in reads.items():
        vectors = matrices[place].vectors
        steps = [trace.image_operations[index].steps for index in indices]
        if sum(steps) != vectors:
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


def _check_place(operation: Operation, name: str, at: str) -> None:
    """The phase fits the list, the kind the phase, and no field is set that nothing would read."""
    allowed = {
        "image_operations": ("forward", "backward", "update"),
        "batch_operations": ("update",),
        "setup_operations": ("setup",),
    }[name]
    if operation.phase not in allowed:
        raise InputError(
            f"not a phase of {name}", where=f"{at}.phase", got=operation.phase, allowed=allowed
        )
    tied = (
        operation.kind == "read_transposed" and operation.array is not None
    )  # a layer with another's weights, read backwards
    if operation.kind in _NEVER[operation.phase] and not tied:
        raise InputError(
            f"the phase {operation.phase} has no such operation",
            where=f"{at}.kind",
            got=operation.kind,
        )
    if operation.every > 1 and name != "image_operations":
        raise InputError(
            "only an image operation is left out for some images",
            where=f"{at}.every",
            got=operation.every,
            allowed="1",
        )
    for field, (unset, kinds) in _ONLY.items():
        value = getattr(operation, field)
        if value != unset and operation.kind not in kinds:
            raise InputError(
                f"has no meaning for the kind {operation.kind}",
                where=f"{at}.{field}",
                got=value,
                allowed=kinds,
            )
    phases = operation.polarity_phases
    if phases not in (0, 1, 2, 4):
        raise InputError(
            "not a number of polarity phases",
            where=f"{at}.polarity_phases",
            got=phases,
            allowed="0, 1, 2, 4",
        )


def _check_sizes(operation: Operation, name: str, matrix: LayerMatrix, at: str, free: bool) -> None:
    """Steps against vectors and rows, elements and lines against the sides of the matrix."""
    rows = matrix.rows + matrix.bias
    columns = matrix.columns
    kind = operation.kind
    backward = kind == "read_transposed"
    _at_most(operation.lines, columns if backward else rows, f"{at}.lines", "lines of the matrix")
    if (
        kind in READS
        and operation.phase == "backward"
        and not operation.array
        and not free
        and operation.steps != matrix.vectors
    ):
        raise InputError(
            "an image applies as many vectors to the layer as its matrix says",
            where=f"{at}.steps",
            got=operation.steps,
            allowed=str(matrix.vectors),
        )
    most = None
    if (
        kind == "pulse_update"
        and name == "image_operations"
        and not operation.array
        and not operation.lines
        and not free
    ):
        most = matrix.vectors
    elif kind == "write":
        most = rows
    if most is not None and operation.steps > most:
        what = "rows" if kind == "write" else "vectors"
        raise InputError(
            f"more steps than the matrix has {what}",
            where=f"{at}.steps",
            got=operation.steps,
            allowed=f"up to {most}",
        )
    driven, sensed = (columns, matrix.rows) if backward else (matrix.rows, columns)
    if kind in READS:
        wanted = (operation.lines or driven) * matrix.groups
        # none: the file leaves out what the buffer delivers
        if operation.input_elements and not _equal(operation.input_elements, wanted):
            raise InputError(
                "a vector has as many elements as the matrix has driven lines",
                where=f"{at}.input_elements",
                got=operation.input_elements,
                allowed=f"{wanted}, or 0",
            )
        _at_most(
            operation.output_elements,
            sensed * matrix.groups,
            f"{at}.output_elements",
            "outputs of the matrix",
        )
    elif kind == "pulse_update":
        _at_most(
            operation.input_elements,
            (rows + columns) * matrix.groups,
            f"{at}.input_elements",
            "rows and columns of the matrix",
        )
    elif kind == "write":
        _at_most(
            operation.input_elements,
            columns * matrix.groups,
            f"{at}.input_elements",
            "columns of the matrix",
        )


def _check_activity(operation: Operation, matrix: LayerMatrix, at: str) -> None:
    activity = operation.activity
    if operation.kind == "pulse_update":
        slots = activity.train_length or LONGEST_TRAIN
        whose = "this operation" if activity.train_length else "any chip"
        _check_coincidences(
            activity, slots, min(activity.row_pulses, activity.column_pulses), at, whose
        )
    if operation.kind in READS:
        outputs = (
            matrix.rows if operation.kind == "read_transposed" else matrix.columns
        ) * matrix.groups
        _at_most(activity.saturations, outputs, f"{at}.saturations", "outputs of a vector")


def _check_coincidences(
    activity: Activity, slots: float, share: float, at: str, whose: str
) -> None:
    """Pulses of a row and a column meet at most as often as the rarer of them come: the slots times
    its share of them.
    """
    most = slots * share
    if activity.coincidences > most * (1 + _SLACK) + 1e-12:
        raise InputError(
            f"more coincidences at a cross-point than the trains of {whose} have pulses",
            where=f"{at}.coincidences",
            got=activity.coincidences,
            allowed=f"up to {most:g}: {slots:g} slots, a pulse in {share:g} of them",
        )


def _check_rows(operation: Operation, at: str) -> None:
    """Steps make whole rows of the map, and these the rows of output that the operation claims."""
    _at_most(
        operation.fresh_elements,
        operation.input_elements,
        f"{at}.fresh_elements",
        "elements that the step takes",
    )
    if not operation.steps_per_row:
        if operation.pools:
            raise InputError("pooling needs rows of steps", where=f"{at}.steps_per_row", got=0)
        return
    if operation.steps % operation.steps_per_row:
        raise InputError(
            "steps do not make whole rows",
            where=f"{at}.steps_per_row",
            got=operation.steps_per_row,
            allowed=f"a divisor of {operation.steps}",
        )
    rows = operation.pools[-1][1] if operation.pools else operation.steps // operation.steps_per_row
    if operation.rows_out != rows:
        raise InputError(
            "not the rows that the steps and pools make",
            where=f"{at}.rows_out",
            got=operation.rows_out,
            allowed=str(rows),
        )


def _at_most(value: float, most: float, at: str, what: str) -> None:
    if value > most * (1 + _SLACK):
        raise InputError(f"more than the {what}", where=at, got=value, allowed=f"up to {most:g}")


def _equal(value: float, wanted: float) -> bool:
    return abs(value - wanted) <= _SLACK * wanted


def _short(value: object) -> str:
    return f"{len(value)} of them" if isinstance(value, tuple) else str(value)[:80]
