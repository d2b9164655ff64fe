"""`python -m archsim.validation.chips`: write the architecture files of the published chips anew."""

from archsim.validation.chips.write import write_all

if __name__ == "__main__":
    print(f"{len(write_all())} architecture files")
