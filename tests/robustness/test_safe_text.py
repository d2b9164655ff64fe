"""Does anything that a file says reach the terminal, a page or a table as more than text? No."""

import csv
import io

import pytest

from archsim.basics.files import csv_text
from archsim.cli.main import main
from archsim.report.run.page import environment
from hwlib.errors import InputError
from hwlib.text import one_line, printable

NETWORK = """schema = 1
name = "\\u001b]0;pwn\\u0007x"
source = "\\u001b[31m"
description = "\\u001b[2J"
input = [1, 8, 8]
[[layer]]
name = "a"
operator = "flatten"
[[layer]]
name = "b"
operator = "linear"
features = 3
"""
CHIP = ("title = ", 'title = "\\u009b31m\\u202eevil\\u007f" # ')
UNSAFE = [
    chr(code)
    for code in (
        *range(9),
        *range(11, 32),
        *range(127, 160),
        0x202A,
        0x202E,
        0x2066,
        0x2069,
        0x200F,
        0x2028,
        0xD800,
        0xFEFF,
    )
]


def no_control(text):
    return not [letter for letter in text if letter in UNSAFE]


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "escape.toml"
    path.write_text(NETWORK)
    return str(path)


def printed(capsys, *line):
    code = main(list(line))
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_a_network_cannot_steer_the_terminal(network, capsys):
    for line in (
        ["show", "network", network],
        ["run", network, "--arch", "cim40", "--no-timing"],
        ["run", network, "--arch", "cim40"],
        ["show", "network", network, "--json"],
        ["run", network, "--arch", "cim40", "--csv"],
        ["run", network, "--arch", "cim40", "--no-timing", "--json"],
    ):
        code, text = printed(capsys, *line)
        assert code == 0 and no_control(text), line
        assert "pwn" in text or "--csv" in line


def test_neither_can_a_chip_nor_its_file(tmp_path, capsys):
    code, text = printed(capsys, "show", "architecture", "cim40", "--toml")
    path = tmp_path / "chip.toml"
    path.write_text(text.replace(*CHIP, 1))
    for line in (
        ["show", "architecture", str(path)],
        ["show", "architecture", str(path), "--toml"],
        ["run", "digits_cnn", "--arch", str(path)],
    ):
        code, text = printed(capsys, *line)
        assert code == 0 and no_control(text), line


def test_neither_can_a_path_or_a_message(tmp_path, capsys):
    for name in (
        "\x1b[31mred.toml",
        "\x9b2J.toml",
        "a\u202eb.csv",
        "\x1b]0;t\x07.json",
        "\udc80.onnx",
    ):
        code, text = printed(capsys, "run", str(tmp_path / name), "--arch", "cim40")
        assert code == 2 and no_control(text), name
    assert no_control(
        InputError("\x1b[2J", where="\x9b", got="\x1b", allowed=("\u202e",), hint="\x07").message
    )
    assert no_control(str(InputError("\x1b[2J", where="\x9b")))


def test_every_dangerous_character_is_written_as_its_escape():
    for letter in UNSAFE:
        assert printable(f"a{letter}b").startswith("a\\") and no_control(printable(f"a{letter}b"))
    assert printable("Grüße, µW\n\tmm² — „5 %“ 漢字 🙂") == "Grüße, µW\n\tmm² — „5 %“ 漢字 🙂"
    assert one_line("a\nb\x1b" + "c" * 900, 20) == "a b\\x1bcccccccccccc…"


def test_pages_and_tables_hold_text_only():
    page = environment().from_string("<p>{{ name }}</p>").render(name="<b>\x1b[31m\u202e")
    assert page == "<p>&lt;b&gt;\\x1b[31m\\u202e</p>"
    table = csv_text([{"name": "\x1b[31m\u202e", "formula": "=1+1"}])
    assert no_control(table) and list(csv.reader(io.StringIO(table)))[1] == [
        "\\x1b[31m\\u202e",
        "'=1+1",
    ]
