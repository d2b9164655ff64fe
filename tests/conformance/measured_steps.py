"""Steps with an activity that was measured."""

import dataclasses

from archsim.schemes import load_scheme
from archsim.trace import build_trace
from workloads import load_network


def step(name="digits_cnn", scheme="rpu", batch=1):
    return build_trace(load_network(name), load_scheme(scheme), "training", batch)


def everywhere(trace, **values):
    """The assumed activity of every operation on the arrays with some values in place of the
    assumed ones.
    """
    operations = trace.image_operations + trace.batch_operations
    return {
        (op.layer, op.phase): dataclasses.replace(op.activity, **values)
        for op in operations
        if op.kind != "digital"
    }
