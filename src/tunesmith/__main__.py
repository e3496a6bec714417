"""`python -m tunesmith`."""

from .cli import main

main()
