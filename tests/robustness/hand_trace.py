"""A trace written by hand, sound as it stands, and the same with one thing changed."""

import copy

# 100 x 10 weights, five vectors an image, backwards and updated; a fast array of the same shape
# beside it.
HAND = {
    "archsim_trace": 1,
    "network": "by hand",
    "scheme": "rpu",
    "phase": "training",
    "batch": 1,
    "matrices": [
        {"layer": "a", "rows": 100, "columns": 10, "vectors": 5},
        {"layer": "a.fast", "rows": 100, "columns": 10, "vectors": 5},
        {"layer": "b", "rows": 10, "columns": 3, "groups": 2},
    ],
    "image_operations": [
        {
            "name": "a.forward",
            "layer": "a",
            "phase": "forward",
            "kind": "read",
            "steps": 5,
            "input_elements": 100,
            "output_elements": 10,
        },
        {
            "name": "a.backward",
            "layer": "a",
            "phase": "backward",
            "kind": "read_transposed",
            "steps": 5,
            "after": ["a.forward"],
            "input_elements": 10,
            "output_elements": 100,
        },
        {
            "name": "a.update",
            "layer": "a",
            "phase": "update",
            "kind": "pulse_update",
            "steps": 5,
            "after": ["a.backward"],
            "input_elements": 110,
            "activity": {
                "row_pulses": 0.1,
                "column_pulses": 0.2,
                "coincidences": 0.5,
                "train_length": 8,
            },
        },
        {
            "name": "a.look",
            "layer": "a",
            "phase": "update",
            "kind": "read",
            "steps": 2,
            "array": "a.fast",
            "against": "a",
            "lines": 1,
            "input_elements": 1,
        },
    ],
    "batch_operations": [
        {
            "name": "a.write",
            "layer": "a",
            "phase": "update",
            "kind": "write",
            "steps": 100,
            "input_elements": 10,
        }
    ],
    "setup_operations": [
        {"name": "a.initial", "layer": "a", "phase": "setup", "kind": "write", "steps": 100}
    ],
}


def image(index, **fields):
    return ("image_operations", index), fields


def changed(change):
    document = copy.deepcopy(HAND)
    path, fields = change
    within = document
    for step in path:
        within = within[step]
    for name, value in fields.items():
        within[name] = value
    return document
