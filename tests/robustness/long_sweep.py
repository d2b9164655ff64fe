"""A sweep of hundreds of points that are only priced: a second of work to be killed in."""

from tests.explore_points import SPACE

# hundreds of price-only points: a second of work to be killed in
LONG = SPACE | {
    "axes": {
        "tile.rows": [64, 128, 256, 512],
        "read.adc_bits": {"from": 4, "to": 9},
        "node_nm": [28, 32, 40, 45, 65],
        "clock_mhz": {"from": 100.0, "to": 400.0, "step": 100.0},
    }
}
