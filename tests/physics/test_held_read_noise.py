"""Has every read of held weights the noise of each device that it reads?"""

import numpy as np

import archsim
from tests.near import near
from tests.physics.held_line import FINE, LEVEL, LINE, RANGE, WEIGHTS


def noise_of_reads(chip, level, noise=0.1):
    """What 60 equal images read beside their mean, (images, outputs): nothing but noise, since
    devices are programmed once.
    """
    data = {"images": np.full((60, 20), level), "w.weights": WEIGHTS}
    settings = {"read_noise": noise}
    call = {"data": data, "images": 60, "device": "bulk_rram", "device_settings": settings}
    read = archsim.simulate(LINE, chip, **call).outputs
    return read - read.mean(axis=0)


def test_every_read_draws_the_noise_of_every_device():
    # an output sums 20 pairs with the input LEVEL: sigma LEVEL sqrt(2 x 20)
    chip = archsim.load_architecture("cim40", FINE)
    noisy = noise_of_reads(chip, LEVEL)
    assert noisy.std() == near(0.1 * RANGE * LEVEL * 40**0.5, rel=0.1)
    assert abs(np.corrcoef(noisy[:-1].ravel(), noisy[1:].ravel())[0, 1]) < 0.15  # anew in each
    assert noise_of_reads(chip, LEVEL, 0.0).std() < 1e-3


def test_the_columns_of_a_pair_have_the_noise_of_their_own_devices():
    """A dual-column tile reads each device of a pair in a column of its own; their difference has the
    noise of both.
    """
    quiet = {"physics.cell_noise_us": 0.0, "physics.adc_noise_levels": 0.0}
    chip = archsim.load_architecture("wu2023", {"physics.model": "dual_column"} | quiet)
    # noise is drawn anew for each of the 8 bits of a full input: of sigma the share
    # sqrt(sum of 4^b) / 255 is left
    bits = np.sqrt((4.0 ** np.arange(8)).sum()) / 255
    expected = 0.1 * RANGE * 40**0.5 * bits
    assert noise_of_reads(chip, 1.0).std() == near(expected, rel=0.15)
    assert noise_of_reads(chip, 1.0, 0.0).std() < 0.3 * expected  # the converters' own
