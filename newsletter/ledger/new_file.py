"""Gives a finished new file its name, so that what exists is never half written and never somebody else's overwritten."""

from __future__ import annotations

import os
from pathlib import Path


def put_in_place(made: Path, path: Path) -> None:
    """Names `made` `path`, unless another command put a file there a moment ago: theirs counts. `made` is gone after it."""
    try:
        os.link(made, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        if not path.exists():
            made.replace(path)
    finally:
        made.unlink(missing_ok=True)
