"""Turns one YAML file an issue into newsletters that reach each subscriber of a practice once."""

__version__ = "0.1.0"
