"""A sweep of nearly two thousand designs, with a title that would take over a page that let it."""

import json

from archsim.exploration.sweep import explore
from tests.explore_points import SPACE

NASTY = (
    "<img src=x "
    'onerror="document.documentElement.dataset.taken=1"></script>'
    "<script>document.documentElement.dataset.taken=2</script>"
)


def large_document():
    """Forty designs, written forty-nine times over: 1,960 points on one rung, with a backdrop and a
    name that bites.
    """
    axes = {
        "tile.rows": [64, 128],
        "read.adc_bits": {"from": 5, "to": 9},
        "node_nm": [28, 32, 40, 65],
    }
    small = json.loads(json.dumps(explore(SPACE | {"title": NASTY[:200], "axes": axes}).to_dict()))
    count = len(small["points"])
    large = dict(small)
    large["name"] = "large"
    # a design whose area grows has a range and parts that grow with it, or its document is refused
    grown = {"area_mm2": 1 / 40, "energy_per_image_j": 1 / 50}
    large["points"] = [
        row
        | {"point": number * count + row["point"]}
        | {
            f"{name}{end}": row[f"{name}{end}"] * (1 + number * step)
            for name, step in grown.items()
            for end in ("", "_low", "_high")
            if row.get(f"{name}{end}") is not None
        }
        for number in range(49)
        for row in small["points"]
    ]
    large["parts"] = [
        [part and [part[0] * (1 + number / 40), part[1] * (1 + number / 50)] for part in parts]
        for number in range(49)
        for parts in small["parts"]
    ]
    large["layers"] = small["layers"] * 49
    large["below"] = [
        {"area_mm2": row["area_mm2"] * 1.1, "energy_per_image_j": row["energy_per_image_j"]}
        for row in large["points"]
    ]
    return large
