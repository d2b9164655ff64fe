"""Ways in which a trace contradicts its matrices, its phase or itself."""

from tests.robustness.hand_trace import image

# what is changed, (path, fields); the field that the message names; words of it
CONTRADICTIONS = {
    "coincidences": (
        image(
            2,
            activity={
                "row_pulses": 0.1,
                "column_pulses": 0.2,
                "coincidences": 0.81,
                "train_length": 8,
            },
        ),
        "image_operations[2].activity.coincidences",
        "up to 0.8",
    ),
    "coincidences without pulses": (
        image(2, activity={"row_pulses": 0.0, "coincidences": 0.01, "train_length": 8}),
        "image_operations[2].activity.coincidences",
        "up to 0:",
    ),
    "coincidences without any pulse, trains of the chip": (
        image(2, activity={"row_pulses": 0.0}),
        "image_operations[2].activity.coincidences",
        "up to 0:",
    ),
    "trains longer than a chip's": (
        image(2, activity={"train_length": 1e7}),
        "image_operations[2].activity.train_length",
        "0 to 1e+06",
    ),
    "row pulses": (
        image(2, activity={"row_pulses": 1.5}),
        "image_operations[2].activity.row_pulses",
        "0 to 1",
    ),
    "column pulses": (
        image(2, activity={"column_pulses": -0.5}),
        "image_operations[2].activity.column_pulses",
        "0 to 1",
    ),
    "devices written": (
        image(2, activity={"devices_written": 2}),
        "image_operations[2].activity.devices_written",
        "0 to 1",
    ),
    "saturations": (
        image(0, activity={"saturations": 11}),
        "image_operations[0].activity.saturations",
        "up to 10",
    ),
    "saturations backwards": (
        image(1, activity={"saturations": 101}),
        "image_operations[1].activity.saturations",
        "up to 100",
    ),
    "steps of a read": (image(0, steps=6), "image_operations[0].steps", "allowed: 5"),
    "fewer steps": (image(0, steps=1), "image_operations[0].steps", "allowed: 5"),
    "steps backwards": (image(1, steps=50), "image_operations[1].steps", "allowed: 5"),
    "steps of an update": (image(2, steps=6), "image_operations[2].steps", "up to 5"),
    "steps of a write": (
        (("batch_operations", 0), {"steps": 101}),
        "batch_operations[0].steps",
        "up to 100",
    ),
    "input elements": (
        image(0, input_elements=1000),
        "image_operations[0].input_elements",
        "allowed: 100",
    ),
    "too few input elements": (
        image(0, input_elements=50),
        "image_operations[0].input_elements",
        "allowed: 100",
    ),
    "input elements backwards": (
        image(1, input_elements=100),
        "image_operations[1].input_elements",
        "allowed: 10",
    ),
    "input elements of an update": (
        image(2, input_elements=111),
        "image_operations[2].input_elements",
        "up to 110",
    ),
    "input elements of a write": (
        (("batch_operations", 0), {"input_elements": 11}),
        "batch_operations[0].input_elements",
        "up to 10",
    ),
    "input elements of a line": (
        image(3, input_elements=100),
        "image_operations[3].input_elements",
        "allowed: 1",
    ),
    "output elements": (
        image(0, output_elements=11),
        "image_operations[0].output_elements",
        "up to 10",
    ),
    "output elements backwards": (
        image(1, output_elements=101),
        "image_operations[1].output_elements",
        "up to 100",
    ),
    "fresh elements": (
        image(0, fresh_elements=101),
        "image_operations[0].fresh_elements",
        "up to 100",
    ),
    "lines": (image(3, lines=101), "image_operations[3].lines", "up to 100"),
    "lines of a write": (
        (("batch_operations", 0), {"lines": 1}),
        "batch_operations[0].lines",
        "no meaning for the kind write",
    ),
    "reference of a write": (
        (("batch_operations", 0), {"against": "a.fast"}),
        "batch_operations[0].against",
        "no meaning",
    ),
    "reference of another shape": (
        image(3, against="b"),
        "image_operations[3].against",
        "same rows, columns and groups",
    ),
    "itself as reference": (image(0, against="a"), "image_operations[0].against", "another one"),
    "array of nobody": (
        image(3, array="a.fats"),
        "image_operations[3].array",
        "did you mean 'a.fast'",
    ),
    "polarity of a read": (
        image(0, polarity_phases=2),
        "image_operations[0].polarity_phases",
        "no meaning",
    ),
    "three polarities": (
        image(2, polarity_phases=3),
        "image_operations[2].polarity_phases",
        "0, 1, 2, 4",
    ),
    "drawn reads": (image(0, random=False), "image_operations[0].random", "no meaning"),
    "batch left out": (
        (("batch_operations", 0), {"every": 2}),
        "batch_operations[0].every",
        "only an image operation",
    ),
    "pulses on the way forward": (
        image(0, kind="pulse_update"),
        "image_operations[0].kind",
        "the phase forward has no such",
    ),
    "write on the way backward": (
        image(1, kind="write"),
        "image_operations[1].kind",
        "the phase backward has no such",
    ),
    "setup in an image": (
        image(2, phase="setup"),
        "image_operations[2].phase",
        "not a phase of image_operations",
    ),
    "forward once a batch": (
        (("batch_operations", 0), {"phase": "forward", "kind": "read"}),
        "batch_operations[0].phase",
        "not a phase",
    ),
    "update before the first image": (
        (("setup_operations", 0), {"phase": "update"}),
        "setup_operations[0].phase",
        "not a phase of",
    ),
    "after a later one": (
        image(0, after=["a.update"]),
        "image_operations[0].after",
        "stand before it",
    ),
    "after itself": (image(2, after=["a.update"]), "image_operations[2].after", "stand before it"),
    "setup after an image": (
        (("setup_operations", 0), {"after": ["a.forward"]}),
        "setup_operations[0].after",
        "of setup_operations",
    ),
    "rows that steps do not make": (
        image(0, steps_per_row=2, rows_out=2),
        "image_operations[0].steps_per_row",
        "divisor of 5",
    ),
    "rows out": (
        image(0, steps_per_row=1, rows_out=4),
        "image_operations[0].rows_out",
        "allowed: 5",
    ),
    "pools without rows": (
        image(0, pools=[[{"kernel": 2, "stride": 2}, 2]]),
        "image_operations[0].steps_per_row",
        "rows of steps",
    ),
    "inference with a scheme": (((), {"phase": "inference"}), "scheme", "an inference has none"),
    "inference that goes backwards": (
        (
            (),
            {"phase": "inference", "scheme": None, "batch_operations": [], "setup_operations": []},
        ),
        "image_operations[1].phase",
        "forward only",
    ),
    "lender of nothing": (
        (("matrices", 1), {"lender": "a"}),
        "matrices[1].lender",
        "lends nothing",
    ),
    "borrowed of itself": (
        (("matrices", 1), {"lender": "a.fast", "borrowed": ["adc"]}),
        "matrices[1].lender",
        "none has it",
    ),
    "borrowed of nobody": (
        (("matrices", 1), {"borrowed": ["adc"]}),
        "matrices[1].lender",
        "no matrix of this name",
    ),
    "chip without settings": (
        ((), {"chip": {"name": "rpu", "digest": "0"}}),
        "chip.settings",
        "missing",
    ),
    "chip that was changed": (
        ((), {"chip": {"name": "rpu", "digest": "0" * 64, "settings": {}}}),
        "chip.digest",
        "changed or damaged",
    ),
}
