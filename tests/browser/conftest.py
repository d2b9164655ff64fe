"""One headless Chromium for all tests of a process; without one they are skipped, and say so."""

import pytest
from chromium_pages import Chromium, find_chromium


@pytest.fixture(scope="session")
def browser():
    program = find_chromium()
    if program is None:
        pytest.skip("no chromium or chrome on the PATH (nor in $ARCHSIM_CHROMIUM)")
    with Chromium(program) as running:
        yield running
