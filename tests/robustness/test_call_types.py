"""Does every public call tell an argument of a wrong type, before it does anything else?"""

import inspect

import numpy as np
import pytest

import archsim
from archsim import InputError
from archsim.readers.call_types import takes_its_types


class Odd:
    """Of a type that no call takes."""


# Nothing of what is wrong may be looked at as anything else: a text that is no name, a number where
# an answer is asked for.
WRONG = [
    Odd(),
    3.5,
    -7,
    b"x\0y",
    [1, 2],
    {"a": 1},
    {3: Odd()},
    np.zeros((2, 2)),
    True,
    dict,
    "nosuch",
]
VERBS = {
    "build": {"network": "digits_cnn"},
    "check": {"network": "digits_cnn"},
    "cite": {},
    "compare": {"network": "nosuch"},
    "explain": {"path": "energy_j"},
    "explore": {"space": {}},
    "fit": {"table": {}},
    "infer": {"network": "digits_cnn"},
    "load_architecture": {"name": "cim40"},
    "load_dataset": {"name_or_path": "nosuch"},
    "load_network": {"name_or_path": "digits_cnn"},
    "load_trace": {"path": "nosuch.json"},
    "simulate": {"network": "digits_cnn", "timing": False},
    "train": {"network": "nosuch"},
    "validate": {},
    "verify": {"folder": "nosuch"},
}


def fault(name, word, value):
    """What ends a call other than with an InputError; empty where that or nothing does."""
    call = getattr(archsim, name)
    rest = {key: given for key, given in VERBS[name].items() if key != word}
    if name == "explain" and word != "result":
        rest["result"] = archsim.simulate("digits_cnn", timing=False)
    try:
        call(**rest, **{word: value})
    except InputError as error:
        assert error.what
        return ""
    except Exception as error:
        return f"{name}({word}={value!r}): {type(error).__name__}: {error}"
    return ""


def test_every_public_call_is_asked():
    verbs = {name for name in archsim.__all__ if inspect.isfunction(getattr(archsim, name))}
    plain = {name for name in verbs if not inspect.signature(getattr(archsim, name)).parameters}
    assert verbs - plain - {"from_torch"} == set(VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_no_wrong_type_ends_in_a_traceback(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [*inspect.signature(getattr(archsim, name)).parameters]
    if name == "check":  # it hands on what it does not name
        words[1:] = [*inspect.signature(archsim.load_network).parameters][1:]
    faults = []
    for word in words:
        # what a simulation or a check of all figures takes is not asked for by every word
        values = [value for value in WRONG if not (name == "validate" and callable(value))]
        faults += [told for told in (fault(name, word, value) for value in values) if told]
    assert faults == []
    assert not any(tmp_path.iterdir())


def test_a_message_names_the_argument_what_came_and_what_may():
    with pytest.raises(InputError) as told:
        archsim.simulate("digits_cnn", timing="no")
    assert str(told.value) == "timing: an argument of another type; got 'no'; allowed: bool"
    with pytest.raises(InputError, match="weights: not trained weights; got 'Odd'"):
        archsim.infer("digits_cnn", weights=Odd())


def test_what_a_signature_says_is_taken():
    def verb(
        number, part=1.0, switch=True, names=None, anything=None, call=None, network=None, told=1
    ):
        return number

    # Annotations are texts, as in every file of ours: no name of a type is looked up.
    verb.__annotations__ = {
        "number": "int",
        "part": "float",
        "switch": "bool",
        "names": "str | Sequence[str | Odder] | None",
        "anything": "Odder | None",
        "call": "Bar | None",
        "network": "Network | None",
        "told": "int",
    }
    verb = takes_its_types("told")(verb)
    network = archsim.load_network("digits_cnn")
    right = np.int32(3), np.float32(0.5), np.bool_(False), ("a", "b"), Odd(), print, network
    assert verb(*right) == 3 == verb(3, 1, names="a", anything=3, told="by itself")
    wrong = [("number", 1.0), ("number", True), ("part", "1"), ("switch", 1), ("names", 3)]
    for name, value in [*wrong, ("call", 3), ("network", Odd()), ("names", np.zeros((2, 2)))]:
        with pytest.raises(InputError, match=f"^{name}: an argument of another type"):
            verb(**{"number": 3} | {name: value})
    with pytest.raises(TypeError, match="nosuch"):  # Python's own words for what is no argument
        verb(3, nosuch=4)
