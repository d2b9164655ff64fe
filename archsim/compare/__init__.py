"""The update schemes side by side: the same network, data, chip and number of images, accuracy and silicon of each."""

from archsim.compare.document import COLUMNS, Comparison
from archsim.compare.run import compare
from archsim.compare.variants import Variant, chosen_variants

__all__ = ["COLUMNS", "Comparison", "Variant", "chosen_variants", "compare"]
