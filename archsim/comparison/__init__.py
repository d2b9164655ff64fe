"""The update schemes side by side: the same network, data, chip and number of images, accuracy and
silicon of each.
"""

from archsim.comparison.document import COLUMNS, Comparison
from archsim.comparison.run import compare
from archsim.comparison.variants import Variant, chosen_variants

__all__ = ["COLUMNS", "Comparison", "Variant", "chosen_variants", "compare"]
