"""Damages to a trace, with the path of the field and what the message has to say."""

import functools


def put(*path, value):
    """A change: the value at a path of keys."""

    def change(document):
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


def cut(*path):
    def change(document):
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return change


FIRST = ("image_operations", 0)
DEEP = functools.reduce(lambda within, _: [within], range(50), [])
# change; field path; other words of the message
BROKEN = {
    "unknown field": (put("batchs", value=3), "batchs", "did you mean 'batch'"),
    "unknown field of an operation": (
        put(*FIRST, "step", value=3),
        "image_operations[0].step",
        "did you mean 'steps'",
    ),
    "unknown field of the activity": (
        put(*FIRST, "activity", "retry", value=3),
        "image_operations[0].activity.retry",
        "'retries'",
    ),
    "version inside": (put("version", value=1), "version", "unknown field"),
    "missing field": (cut("network"), "network", "required field is missing"),
    "missing operations": (
        cut("image_operations"),
        "image_operations",
        "required field is missing",
    ),
    "missing field of an operation": (
        cut(*FIRST, "steps"),
        "image_operations[0].steps",
        "required field is missing",
    ),
    "text for a number": (
        put(*FIRST, "steps", value="576"),
        "image_operations[0].steps",
        "not a whole number",
    ),
    "fraction for a whole number": (
        put(*FIRST, "steps", value=1.5),
        "image_operations[0].steps",
        "not a whole number",
    ),
    "truth for a number": (put("batch", value=True), "batch", "not a whole number"),
    "number for truth": (
        put(*FIRST, "sequential", value=1),
        "image_operations[0].sequential",
        "not true or false",
    ),
    "number for a name": (put("network", value=7), "network", "not a name"),
    "name with a line in it": (put("network", value="a\nb"), "network", "not a name"),
    "empty name": (put(*FIRST, "name", value=""), "image_operations[0].name", "not a name"),
    "table for a list": (put("image_operations", value={}), "image_operations", "not a list"),
    "list for a table": (
        put(*FIRST, "vector_work", value=[]),
        "image_operations[0].vector_work",
        "not a table",
    ),
    "text for an operation": (put(*FIRST, value="conv1"), "image_operations[0]", "not a table"),
    "lists in lists": (put("matrices", value=DEEP), "matrices[0]", "not a table"),
    "null": (put("batch", value=None), "batch", "not a whole number"),
    "negative": (
        put(*FIRST, "input_elements", value=-1),
        "image_operations[0].input_elements",
        "0 to 2^53",
    ),
    "negative count of actions": (
        put(*FIRST, "vector_work", "add", value=-0.5),
        "image_operations[0].vector_work.add",
        "0 to 2^53",
    ),
    "no steps": (put(*FIRST, "steps", value=0), "image_operations[0].steps", "1 to 2^53"),
    "over 2^53": (put(*FIRST, "steps", value=2**53 + 2), "image_operations[0].steps", "1 to 2^53"),
    "number of 400 digits": (
        put(*FIRST, "output_elements", value=10**400),
        "image_operations[0].output_elements",
        "too many digits",
    ),
    "weights over 2^53": (
        put("matrices", 0, "rows", value=2**52),
        "matrices[0]",
        "too many weights",
    ),
    "share above one": (
        put(*FIRST, "activity", "input_density", value=1.5),
        "image_operations[0].activity.input_density",
        "0 to 1",
    ),
    "unknown kind": (
        put(*FIRST, "kind", value="raed"),
        "image_operations[0].kind",
        "did you mean 'read'",
    ),
    "unknown phase": (
        put(*FIRST, "phase", value="foward"),
        "image_operations[0].phase",
        "did you mean 'forward'",
    ),
    "kind that is a list": (
        put(*FIRST, "kind", value=["read"]),
        "image_operations[0].kind",
        "unknown kind",
    ),
    "unknown phase of the trace": (put("phase", value="train"), "phase", "did you mean 'training'"),
    "unknown scheme": (
        put("scheme", value="mixed_precison"),
        "scheme",
        "did you mean 'mixed_precision'",
    ),
    "no scheme": (put("scheme", value=None), "scheme", "a training step needs an update rule"),
    "unknown source of activity": (
        put(*FIRST, "activity", "source", value="guessed"),
        "image_operations[0].activity.source",
        "measured",
    ),
    "unknown vector action": (
        put(*FIRST, "vector_work", "multiplyadd", value=1),
        "image_operations[0].vector_work",
        "'multiply_add'",
    ),
    "follows what is not there": (
        put("image_operations", 1, "after", value=["conv1.forwards"]),
        "image_operations[1].after",
        "did you mean 'conv1.forward'",
    ),
    "follows itself": (
        put(*FIRST, "after", value=["conv1.forward"]),
        "image_operations[0].after",
        "stand before it",
    ),
    "follows a later one": (
        put(*FIRST, "after", value=["fc.forward"]),
        "image_operations[0].after",
        "stand before it",
    ),
    "operation twice": (
        put("image_operations", 1, "name", value="conv1.forward"),
        "image_operations[1].name",
        "a second operation",
    ),
    "operation twice in image and batch": (
        put("batch_operations", 0, "name", value="conv1.forward"),
        "batch_operations[0].name",
        "second",
    ),
    "matrix twice": (
        put("matrices", 1, "layer", value="conv1"),
        "matrices[1].layer",
        "a second matrix",
    ),
    "no matrix for a layer": (
        put(*FIRST, "layer", value="conv3"),
        "image_operations[0].layer",
        "did you mean 'conv",
    ),
    "no matrices": (put("matrices", value=[]), "matrices", "at least one"),
    "no operations": (put("image_operations", value=[]), "image_operations", "at least one"),
    "window without a kernel of one": (
        put(*FIRST, "window", "kernel", value=0),
        "image_operations[0].window.kernel",
        "1 to 2^53",
    ),
    "half a pool": (
        put(*FIRST, "pools", value=[[{"kernel": 2}]]),
        "image_operations[0].pools[0]",
        "not a pair",
    ),
    "schema of tomorrow": (put("archsim_trace", value=2), "archsim_trace", "allowed: 1"),
}
