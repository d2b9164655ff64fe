"""What of an .npz file is believed before it is unpacked? Nothing: a bomb, a lie or a pickle is one
message.
"""

import io
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest

from archsim.cli.main import main
from archsim.readers.arrays import read_npz, unpack
from hwlib.errors import InputError

LIMIT = 10**8


def head(shape, dtype="<f8", more=""):
    """The head of an array in NumPy's form."""
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}{more}, }}"
    return b"\x93NUMPY\x01\x00" + (len(text) + 1).to_bytes(2, "little") + text.encode() + b"\n"


def archive(tmp_path, **members):
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return path


def test_what_numpy_writes_is_read(tmp_path):
    arrays = {
        "a": np.arange(24.0).reshape(2, 3, 4),
        "b": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "c": np.array(3.5),
        "d": np.zeros((0, 4), np.float32),
        "e": np.array([True, False]),
        "f": np.arange(5, dtype=">u2"),
    }
    for write in (np.savez, np.savez_compressed):
        write(tmp_path / "x.npz", **arrays)
        arrays_read = read_npz(tmp_path / "x.npz", LIMIT)
        assert set(arrays_read) == set(arrays)
        for name, array in arrays.items():
            assert arrays_read[name].dtype == array.dtype.newbyteorder("=") and np.array_equal(
                arrays_read[name], array
            ), name
            assert arrays_read[name].flags.c_contiguous and arrays_read[name].flags.writeable


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (head((10**12,)), "does not fit its size"),
        (head((2**40, 2**40)), "does not fit its size"),
        (head((-1,)), "not a shape"),
        (head((2,)) + bytes(15), "does not fit its size"),
        (head((2,)) + bytes(17), "does not fit its size"),
        (head((1,), "|O") + bytes(8), "plain numbers|plain arrays"),
        (head((1,), "<U2") + bytes(8), "plain arrays"),
        (head((1,), "<M8[s]") + bytes(8), "plain arrays"),
        (head((1,), "<c16") + bytes(16), "plain arrays"),
        (head((1,), "nonsense") + bytes(8), "plain arrays"),
        (head("'x'") + bytes(8), "plain arrays"),
        (head(()) + bytes(7), "its size"),
        (b"\x93NUMPY\x09\x00" + bytes(50), "plain"),
        (b"no array", "plain arrays"),
        (b"", "plain arrays"),
        (head((1,), more=", 'more': " + "[" * 5000 + "]" * 5000) + bytes(8), "plain arrays"),
    ],
)
def test_a_head_that_lies_is_refused(tmp_path, content, words):
    with pytest.raises(InputError, match=words) as error:
        read_npz(archive(tmp_path, a=content), LIMIT)
    assert "x.npz" in error.value.where and "pickle" not in error.value.message


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = archive(tmp_path, a=head((2 * 10**7,)) + bytes(16 * 10**7), b=head((2,)) + bytes(16))
    assert path.stat().st_size < 10**6
    tracemalloc.start()
    with pytest.raises(InputError, match="too large.*at most 0.1 GB"):
        read_npz(path, LIMIT)
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()
    # what is not asked for is not unpacked
    assert list(read_npz(path, LIMIT, lambda names: ["b"])) == ["b"]


def test_an_archive_that_lies_about_a_size_takes_no_memory(tmp_path):
    content = bytearray(archive(tmp_path, a=head((11_000_000,)) + bytes(100)).read_bytes())
    size = len(head((11_000_000,))) + 88_000_000
    offset = content.rindex(b"PK\1\2") + 24
    content[offset : offset + 4] = size.to_bytes(4, "little")
    tracemalloc.start()
    with pytest.raises(InputError):
        unpack(io.BytesIO(content), "x.npz", LIMIT)
    assert tracemalloc.get_traced_memory()[1] < 5 * 10**6
    tracemalloc.stop()


def test_every_single_flipped_bit_is_seen_or_changes_nothing(tmp_path):
    arrays = {"weights": np.linspace(-1, 1, 12).reshape(3, 4), "labels": np.arange(5)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    content = buffer.getvalue()
    refused = 0
    for bit in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            unpacked = unpack(io.BytesIO(damaged), "x.npz", LIMIT)
        except InputError:
            refused += 1
            continue
        # the name of a member has no checksum of its own: whoever asks for a name misses it then
        assert all(
            np.array_equal(unpacked[name], arrays[name]) for name in arrays if name in unpacked
        )
    assert refused > 4 * len(content)


def test_truncation_anywhere_and_strange_archives_are_one_message(tmp_path):
    buffer = io.BytesIO()
    np.savez(buffer, a=np.arange(9.0))
    content = buffer.getvalue()
    for length in range(0, len(content), 7):
        with pytest.raises(InputError):
            unpack(io.BytesIO(content[:length]), "x.npz", LIMIT)
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with zipfile.ZipFile(tmp_path / "y.npz", "w", method) as file:
            file.writestr("a.npy", head((1,)) + bytes(8))
        with pytest.raises(InputError, match="numpy.savez"):
            read_npz(tmp_path / "y.npz", LIMIT)
    with pytest.warns(UserWarning), zipfile.ZipFile(tmp_path / "z.npz", "w") as file:
        for _ in range(2):
            file.writestr("a.npy", head((1,)) + bytes(8))
    with pytest.raises(InputError, match="twice"):
        read_npz(tmp_path / "z.npz", LIMIT)


def test_too_many_members_are_refused_before_they_are_listed():
    entry = b"PK\1\2" + bytes(42)
    directory = entry * 200_000
    end = b"PK\5\6" + bytes(8) + len(directory).to_bytes(4, "little") + bytes(6)
    with pytest.raises(InputError, match="too many arrays"):
        unpack(io.BytesIO(directory + end), "x.npz", LIMIT)


def test_the_command_ends_with_2_for_each(tmp_path, capsys):
    good = head((1, 1, 8, 8)) + bytes(512)
    paths = [archive(tmp_path, images=head((10**12,)))]
    assert main(["run", "digits_cnn", "--arch", "cim40", "--data", str(paths[0])]) == 2
    path = archive(tmp_path, images=good)
    content = bytearray(path.read_bytes())
    offset = content.index(zlib.compress(good, 6)[2:6])
    content[offset + 3 : offset + 12] = b"\xff" * 9
    path.write_bytes(content)
    for kind in ("run", "train"):
        assert main([kind, "digits_cnn", "--data", str(path)]) == 2
    assert "internal" not in capsys.readouterr().err
