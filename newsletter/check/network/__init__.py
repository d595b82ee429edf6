"""The network, as `check --online` asks it."""
