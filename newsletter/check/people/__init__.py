"""The list and the people on it."""
