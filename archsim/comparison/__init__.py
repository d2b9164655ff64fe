"""The update schemes side by side: the same network, data, chip and number of images, accuracy and
silicon of each.

In: names of schemes with settings of their own (`variants.py`). Out: a `Comparison`, one result a
scheme (`document.py`). Begin with `run.py`; `spread.py` gives each scheme a process, `worker.py` is
what runs there, `requests.py` what a folder keeps to go on from.
"""

from archsim.comparison.document import COLUMNS, Comparison
from archsim.comparison.run import compare
from archsim.comparison.variants import Variant, chosen_variants

__all__ = ["COLUMNS", "Comparison", "Variant", "chosen_variants", "compare"]
