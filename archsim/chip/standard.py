"""The chip where nobody names one. A command that knows an update rule asks that first
(`Scheme.default_chip`).
"""

STANDARD_CHIP = "cores40"
"""A generic chip of cores, for networks from LeNet to ResNet-50 and GPT-2 small."""
