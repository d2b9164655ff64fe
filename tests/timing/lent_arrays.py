"""Arrays that lend periphery to each other, as operations."""

from dataclasses import replace

from archsim.trace import LayerMatrix
from archsim.trace.operation import READ_CHAIN

OWN = LayerMatrix("a.fast", 8, 8)
FAST = replace(OWN, lender="a", borrowed=READ_CHAIN)
