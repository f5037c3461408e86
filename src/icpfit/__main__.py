"""``python -m icpfit``."""

from icpfit.cli import main

if __name__ == "__main__":
    main(prog_name="icpfit")
