"""For every rule the mails that break it and those that nearly do, collected from the `trips_*.py` files beside this one."""

from __future__ import annotations

import importlib
from pathlib import Path

from check_desk import NEAR_MISSES, TRIPS

for path in sorted(Path(__file__).parent.glob("trips_*.py")):
    importlib.import_module(path.stem)

__all__ = ["NEAR_MISSES", "TRIPS"]
