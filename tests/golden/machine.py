"""Small networks that are timed by hand, and what the hand reads of a run."""

import archsim
from golden.chip import Chip
from golden.networks import image
from workloads.network import Layer, Network

# Layer a of DENSE: 5 inputs of 4 bits take 2 cycles on a wire of 16; the tile 2 slots x 3 + 4
# conversions x 5; three results, three biases and three tables take 5 cycles on 2 lanes; 2 cycles
# of wire. Layer b: 1 cycle; the tile; two of its 16 actions are divisions of 9 cycles: 15 cycles;
# the wire.
TILE = 26
A = 2 + 26 + 5 + 2
B = 1 + 26 + 15 + 2


def column(heights, kernel=1, rows=1):
    """A column of pixels through a 1 x 1 convolution and one of `kernel` x 1."""
    layers = (
        Layer("c", "conv2d", ("input",), ((rows, heights, 1),), (1, heights, 1)),
        Layer("d", "conv2d", ("c",), ((1, heights, 1),), (1, heights - kernel + 1, 1), (kernel, 1)),
    )
    return Network("column", (image(rows, heights, 1), *layers))


def cycles(network, images=1, **settings):
    return archsim.simulate(
        network, Chip(issue=settings.pop("issue", 6)).built(**settings), images=images
    ).cycles


def ends(result):
    return [row["end"] for row in result.timeline]
