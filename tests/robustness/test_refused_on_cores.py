"""Is what a chip of cores cannot do refused by name, before anything runs?"""

import pytest

import archsim
from hwlib.errors import InputError


@pytest.mark.parametrize(
    "settings, named",
    [
        ({"tile.count": 40}, "tile.count"),
        ({"placement.pack": True}, "placement.pack"),
        ({"execution.reload": True}, "execution.reload"),
        ({"interconnect.arbitration": "drain_first"}, "interconnect.arbitration"),
        ({"buffer.fit": True}, "buffer.fit"),
        ({"lookup_unit.lanes": 4}, "lookup_unit.lanes"),
        ({"network.topology": "bus", "package.chips": 2}, "network.topology"),
        ({"network.buffer_port": 1}, "network.buffer_port"),
        ({"network.off_chip_port": 7}, "network.off_chip_port"),
        ({"package.chips": 2, "package.gateway": 9}, "package.gateway"),
        ({"network.topology": "mseh"}, "did you mean 'mesh'"),
        ({"core.tlies": 4}, "core.tlies"),
        ({"bitstream.sharing": "chip"}, "bitstream.sharing"),
        ({"network.flit_bits": 512}, "network.flit_bits"),
        ({"network.buffer_port": "midle"}, "did you mean 'middle'"),
        ({"core.port_bits": 64}, "network.flit_bits"),
    ],
)
def test_a_setting_that_does_not_go_with_cores_is_refused(settings, named):
    with pytest.raises(InputError) as caught:
        archsim.simulate("lenet1", archsim.load_architecture("cores40", settings))
    assert named in caught.value.message


@pytest.mark.parametrize(
    "settings",
    [{"bitstream.sharing": "chip"}, {"placement.pack": True}, {"execution.reload": True}],
)
def test_the_message_names_a_chip_that_takes_it(settings):
    with pytest.raises(InputError, match="cim40"):
        archsim.simulate("lenet1", archsim.load_architecture("cores40", settings), timing=False)
    archsim.simulate("lenet1", archsim.load_architecture("cim40", settings), timing=False)


def test_too_few_cores_say_how_many_are_missing():
    chip = archsim.load_architecture("cores40", {"core.count": 1})
    with pytest.raises(InputError, match="47 are missing"):
        archsim.simulate("vgg8", chip, timing=False)
