"""A small design to sweep."""


def design(**changes):
    fixed = {
        "network": "lenet1",
        "architecture": "cim40",
        "scheme": None,
        "device": None,
        "phase": "inference",
        "batch": 1,
        "images": None,
    }
    return fixed | changes
