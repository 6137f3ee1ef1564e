"""``python -m qcanalysis``: the command line."""

from qcanalysis.cli import main

if __name__ == "__main__":
    main()
