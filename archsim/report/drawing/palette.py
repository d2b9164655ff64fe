"""One colour for each component role, phase and state, in both themes. Hue tells the family,
lightness the member.

The hues are those of Okabe and Ito (Color Universal Design, 2008), which stay apart under the
common colour blindnesses; no figure relies on colour alone: bars carry their names, and lines their
labels.
"""

from __future__ import annotations

from archsim.chip.kind_chips import base_role, kind_of_part

_ROLES = {
    "array": "#d55e00",
    "adc": "#0072b2",
    "front_end": "#4a9fd4",
    "column_mux": "#7ab4dc",
    "dac": "#e69f00",
    "word_line_driver": "#edb02c",
    "bit_line_driver": "#b97f0a",
    "write_driver": "#8a5f06",
    "level_shifter": "#d9a93f",
    "shift_add": "#009e73",
    "input_register": "#4dba9a",
    "output_register": "#74bfa6",
    "tile_control": "#00664b",
    "buffer": "#c0629a",
    "instruction_memory": "#d48cba",
    "off_chip_memory": "#86386a",
    "vector_unit": "#6a51b8",
    "interconnect": "#a796dd",
    "bitstream_generator": "#9aa300",
    "stream_source": "#767d00",
    "stream_multiplier": "#b9c03a",
    "stream_counter": "#585e00",
    "stream_converter": "#b3a84a",
    "number_generator": "#a8ae5c",
    "controller": "#5d6673",
    "clock_tree": "#99a1ad",
    "tile_clock": "#b0b7c2",
}
_LABELS = {
    "adc": "ADC",
    "dac": "DAC",
    "word_line_driver": "word-line driver",
    "bit_line_driver": "bit-line driver",
    "off_chip_memory": "off-chip memory",
    "bitstream_generator": "bit-stream generator",
}
_SPARE = ("#7a6a53", "#bf8f6f", "#557a95", "#8f5a5a", "#6f8f3f", "#a05f9f")
SPARE = len(_SPARE)
"""Colours `spare-0`, `spare-1`, … for what has none of its own."""
_PHASES = {"forward": "#0072b2", "backward": "#e69f00", "update": "#009e73", "shared": "#99a1ad"}
_STATES = {
    "busy": "#0072b2",
    "input": "#e69f00",
    "output": "#c0629a",
    "dependency": "#d55e00",
    "instruction": "#6a51b8",
    "stalled": "#d55e00",
}
_KINDS = {
    "measured": "#0072b2",
    "simulated": "#009e73",
    "stated": "#56b4e9",
    "scaled": "#e69f00",
    "assumed": "#c0629a",
}
_CHROME = {  # name: (light, dark)
    "ink": ("#16202c", "#e8edf3"),
    "soft": ("#4b5a6b", "#a9b6c4"),
    "line": ("#c9d1da", "#3b4855"),
    "grid": ("#e4e9ee", "#2a343f"),
    "page": ("#f5f7f9", "#11171e"),
    "card": ("#ffffff", "#19212a"),
    "idle": ("#e4e9ee", "#2a343f"),
    "accent": ("#0067a3", "#5cb3ec"),
    "warn": ("#a23c00", "#ffa566"),
}


def token(kind: str, name: str) -> str:
    """The colour token of a role, phase, state or figure kind; an unknown name gets a spare colour,
    always the same one.
    """
    if kind == "role":
        name = base_role(name)  # a part of a kind of cores has the colour of its role
    table = {"role": _ROLES, "phase": _PHASES, "state": _STATES, "kind": _KINDS}[kind]
    # By the letters: a role without a colour has the same one in every report.
    # A sum of bytes, as Python's hash of a text differs from process to process.
    return f"{kind}-{name}" if name in table else f"spare-{sum(name.encode()) % len(_SPARE)}"


def label(role: str) -> str:
    """A component role in words; a part of a kind of cores (`adc@fine`) names the kind."""
    base = base_role(role)
    kind = kind_of_part(role)
    words = _LABELS.get(base, base.replace("_", " "))
    return f"{words} ({kind})" if kind else words


def resource_label(name: str) -> str:
    """A resource in words; what follows a colon is a layer's name and stays as it is."""
    kind, colon, layer = name.partition(":")
    return f"{label(kind)}{': ' if colon else ''}{layer}"


def colours(theme: str) -> dict[str, str]:
    """Every token with its colour in the theme `light` or `dark`."""
    dark = theme == "dark"
    table = {name: pair[dark] for name, pair in _CHROME.items()}
    for kind, entries in (
        ("role", _ROLES),
        ("phase", _PHASES),
        ("state", _STATES),
        ("kind", _KINDS),
        ("spare", dict(enumerate(_SPARE))),
    ):
        for name, colour in entries.items():
            table[f"{kind}-{name}"] = _lighten(colour) if dark else colour
    return table


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.1, relative luminance)."""
    # The 0.05 is the light of the room on a screen, by the same standard.
    bright, dim = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _lighten(colour: str) -> str:
    # A dark card needs brighter marks: mix with white until graphics reach 3.6 to 1.
    background = _CHROME["card"][1]
    channels = [float(int(colour[i : i + 2], 16)) for i in (1, 3, 5)]
    while contrast("#" + "".join(f"{round(c):02x}" for c in channels), background) < 3.6:
        channels = [c + 0.06 * (255 - c) for c in channels]
    return "#" + "".join(f"{round(c):02x}" for c in channels)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    # sRGB to linear light, then the weights of the eye (WCAG 2.1).
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
