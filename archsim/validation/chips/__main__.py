"""`python -m archsim.validation.chips`: write the architecture files of the published chips anew."""

from archsim.validation.chips.write import write_all

print(f"{len(write_all())} architecture files")
