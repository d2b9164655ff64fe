"""The disk cache of compiled kernels: two laws never share machine code, wherever the cache lies, and it is used again."""

import os
import subprocess
import sys
from pathlib import Path

import archsim

SCRIPT = """
from archsim.devices.presets import load_device
for name, law in (("gokmen2016", "constant_step"), ("one_sided_soft", "one_sided_pair"), ("rasch2024_20_states", "soft_bounds")):
    array = load_device(name).build(1, 1)
    array.pulse(1)
    kernel = array.kernels.pulse
    print(float(array.weights[0, 0]), sum(kernel.stats.cache_hits.values()), kernel.stats.cache_path)
"""


def run(folder):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder), "PYTHONPATH": str(Path(archsim.__file__).parent.parent)}
    output = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True).stdout
    return [line.split() for line in output.splitlines()]


def test_laws_do_not_share_and_a_second_process_compiles_nothing(tmp_path):
    first, second = run(tmp_path), run(tmp_path)
    assert [line[0] for line in first] == [line[0] for line in second]
    assert len({line[0] for line in first}) == 3 and len({line[2] for line in first}) == 3
    assert [line[1] for line in first] == ["0"] * 3 and [line[1] for line in second] == ["1"] * 3
    assert all(line[2].startswith(str(tmp_path)) for line in first)
