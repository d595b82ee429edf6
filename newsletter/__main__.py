"""Runs the commands with `python -m newsletter`."""

from newsletter.cli import main

main()
