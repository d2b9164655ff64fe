"""Comparisons by hand, on parts whose energy is one figure."""

from archsim.comparison.verdicts import standing_of

MULTIPLY, DIVIDE = ("stream_multiplier", "bit"), ("stream_divider", "bit")
SETTLED = [5.0, 2.0, 2.0, 2.0]


def document(
    actions, off_chip=(), seconds=1e-6, tiles=1, images=10_000, errors=SETTLED, device="rram"
):
    """A result with one component for each (part, action) -> count; nothing leaks as nothing was
    timed.
    """
    counted = [("chip", *item) for item in dict(actions).items()]
    counted += [("system", *item) for item in dict(off_chip).items()]
    return {
        "inventory": [
            {"component": f"c{n}", "part": key[0], "parameters": {}, "count": 1, "boundary": where}
            for n, (where, key, _) in enumerate(counted)
        ],
        "ledger": [
            {"component": f"c{n}", "action": key[1], "count": count}
            for n, (_, key, count) in enumerate(counted)
        ],
        "node_nm": 40.0,
        "clock_mhz": 100.0,
        "cycles": None,
        "images": 1,
        "tiles": tiles,
        "device": None if device == "exact" else device,
        "latency_per_image_s": seconds,
        "accuracy_percent": 100 - errors[-1],
        "epochs": [{"test_error_percent": error} for error in errors],
        "training": {"test_set": {"images": images, "classes": 10, "largest_class_percent": 10.0}},
    }


def row(label, accuracies=(98.0,), device="rram", errors=SETTLED):
    seeds = [
        {"seed": n, "accuracy_percent": value, "test_error_percent": list(errors)}
        for n, value in enumerate(accuracies)
    ]
    return {"label": label, "device": device, "seeds": seeds, "flags": []}


def standing(one, other, rows=None, samples=4000):
    return standing_of(rows or [row("one"), row("other")], [one, other], samples)
