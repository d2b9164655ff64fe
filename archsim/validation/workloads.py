"""Small networks that the comparisons run."""

from __future__ import annotations

from workloads.network import Layer, Network


def one_matrix(rows: int, outputs: int) -> Network:
    """A fully connected layer and nothing else: one operation of the tiles it fills."""
    return Network(
        f"{rows} x {outputs}",
        (
            Layer("input", "input", (), (), (rows,)),
            Layer("full", "linear", ("input",), ((rows,),), (outputs,)),
        ),
    )
