"""How the change of a low-rank rule is brought into the array: operations of a batch and layer."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from archsim.operators.digital_work import merge
from archsim.schemes.low_rank.sbpca_work import SHOT_PHASES, outer_product_work, rebuild_work
from archsim.trace.building_blocks import program_weights
from archsim.trace.lower import Stage
from archsim.trace.operation import Activity, Operation

ELEMENTS_WRITTEN = 0.1  # assumed share above the threshold, until it is measured


class ApplySettings(Protocol):
    """What is read of the scheme; see `Sbpca` for what the settings mean."""

    @property
    def update_mode(self) -> str: ...
    @property
    def encoding(self) -> str: ...
    @property
    def train_length(self) -> int: ...


def sides_of(stage: Stage) -> tuple[int, int]:
    """Outputs a and inputs b of a layer, the bias line among the inputs."""
    shape = stage.matrix
    return shape.columns * shape.groups, shape.rows * shape.groups + (1 if shape.bias else 0)


def outer_products(scheme: ApplySettings, stage: Stage, k: int) -> list[Operation]:
    """The k outer products of a batch, each one update in the array."""
    a, b = sides_of(stage)
    shot = scheme.encoding == "amplitude"
    ends = a + b
    activity = Activity(train_length=float(scheme.train_length))
    if shot:  # a line is charged once in each of the phases of its sign
        charges = SHOT_PHASES / 2 / scheme.train_length
        activity = replace(activity, row_pulses=min(1.0, charges), column_pulses=min(1.0, charges))
    return [
        Operation(
            name=f"{stage.name}.update",
            layer=stage.name,
            phase="update",
            kind="pulse_update",
            steps=k,
            input_elements=ends,
            vector_work=outer_product_work(a, b),
            state_reads=ends,
            random=not shot,
            polarity_phases=SHOT_PHASES if shot else 0,
            unit_work={"dac.convert": {"step": ends}} if shot else {},
            activity=activity,
        )
    ]


def rebuilt_writes(scheme: ApplySettings, stage: Stage, k: int) -> list[Operation]:
    """The change rebuilt in the vector unit, column by column, and every weight or some written."""
    a, b = sides_of(stage)
    work = rebuild_work(a, b, k)
    if scheme.update_mode == "element":
        work = merge(work, {"compare": 2 * a * b})
    rebuild = Operation(
        name=f"{stage.name}.rebuild",
        layer=stage.name,
        phase="update",
        kind="digital",
        steps=b,
        vector_work=merge(work, scale=1 / b),
        state_reads=k * (a + b) / b,
        state_writes=a,
    )
    share = ELEMENTS_WRITTEN if scheme.update_mode == "element" else 1.0
    # blind, until devices that verify are measured
    return [rebuild, program_weights(stage, share, verify_reads=0.0)]
