"""One test that puts a question to every member of a list: it says each that fails. Ten thousand
tests of a millisecond take longer to be told of than to run.
"""

import functools
import inspect
import traceback

import pytest


def every(names, members):
    """As `pytest.mark.parametrize`, in one test: all members share its fixtures.

    Args:
        names: of the question's arguments that a member gives, "law, name".
        members: values for them, one each, or a tuple each where there are more names.
    """
    words = [name.strip() for name in names.split(",")]
    asked = [member if len(words) > 1 else (member,) for member in members]
    assert asked, "nobody to ask"

    def decorate(question):
        signature = inspect.signature(question)
        given = [item for item in signature.parameters.values() if item.name not in words]

        @functools.wraps(question)
        def test(**fixtures):
            faults = [
                fault
                for member in asked
                if (fault := fault_of(question, dict(zip(words, member, strict=True)), fixtures))
            ]
            assert not faults, f"{len(faults)} of {len(asked)}:\n\n" + "\n\n".join(faults)

        test.__signature__ = signature.replace(parameters=given)
        return test

    return decorate


def fault_of(question, member, fixtures):
    """What fails where a question is put to a member, in words; nothing where all is well."""
    try:
        question(**member, **fixtures)
    except (Exception, pytest.fail.Exception) as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        said = ", ".join(f"{name}={value!s:.100}" for name, value in member.items())
        return f"{said}: {type(error).__name__} at {last.filename}:{last.lineno}: {error}"
    return ""
