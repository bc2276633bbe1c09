"""`python -m aekeras`."""

from aekeras.cli import main

main()
