"""`python -m archsim.validation.chips`: write the architecture files of the published chips anew, and
how far the cores lie from the sum of their parts.
"""

from pathlib import Path

from archsim.validation.chips.census import FILE, text_of_cores
from archsim.validation.chips.write import write_all

if __name__ == "__main__":
    print(f"{len(write_all())} architecture files")
    (Path(__file__).parent / FILE).write_text(text_of_cores(), encoding="utf-8")
    print(FILE)
