"""The update schemes side by side: the same network, data, chip and number of images, accuracy and
silicon of each.

In: names of schemes with settings of their own (`variants.py`) and `terms.py` that are the same for
all. Out: a `Comparison`, one result and one row of seeds a scheme (`document.py`, `rows.py`). Begin
with `run.py`, then `rounds.py`: trials that tune (`tuning.py`, on the `split.py` of the training
set), then seeds; `spread.py` gives each training a process, `cluster.py` a worker elsewhere,
`worker.py` is what runs there, `requests.py` what a folder keeps to go on from. `verdicts.py` judges
(`guards.py` says what enters no verdict, `standing.py` what a verdict is).
"""

from archsim.comparison.document import COLUMNS, Comparison
from archsim.comparison.run import compare
from archsim.comparison.variants import Variant, chosen_variants

__all__ = ["COLUMNS", "Comparison", "Variant", "chosen_variants", "compare"]
