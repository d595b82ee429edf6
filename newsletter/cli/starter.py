"""The files a practice starts from: the examples, the ready-made issues and their pictures that come with the tool."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_SOURCE = Path(__file__).parents[2]
SAMPLE = "back-muscle-spasms"


def starter_issues() -> Path:
    """The folder of ready-made issues: inside the installed package, or in the source tree."""
    inside = _PACKAGE / "issues"
    return inside if inside.is_dir() else _SOURCE / "issues"


def starter_practice() -> Path:
    """The example practice.yaml."""
    inside = _PACKAGE / "examples" / "practice.yaml"
    return inside if inside.is_file() else _SOURCE / "practice.example.yaml"


def starter_list() -> Path:
    """The example subscriber list."""
    inside = _PACKAGE / "examples" / "subscribers.csv"
    return inside if inside.is_file() else _SOURCE / "subscribers.example.csv"


def starter_files() -> dict[str, Path]:
    """Where each file of a new practice folder comes from, by its place there."""
    pictures = {
        f"images/{path.name}": path for path in sorted((starter_issues() / "images").iterdir()) if path.suffix in (".png", ".jpg")
    }
    return {
        "practice.yaml": starter_practice(),
        "subscribers.csv": starter_list(),
        f"issues/{SAMPLE}.yaml": starter_issues() / f"{SAMPLE}.yaml",
        **pictures,
    }
