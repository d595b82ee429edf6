"""The README's commands do what it says: each is run, in order, and its output compared with what is printed there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def conversations() -> list[tuple[str, str]]:
    """Every `$ command` of the README's console blocks with the output shown below it."""
    blocks = re.findall(r"```console\n(.*?)```", README.read_text(), re.DOTALL)
    return [
        (command, shown)
        for block in blocks
        for command, shown in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    ]


def agrees(shown: str, printed: str) -> bool:
    """Whether output is as shown; a line `...` stands for any lines."""
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in shown.splitlines())
    return re.fullmatch(pattern, printed) is not None


def test_the_commands_of_the_readme_print_what_it_shows(tmp_path: Path) -> None:
    """A newcomer who types the README's commands sees the README's output."""
    place = tmp_path
    asked = conversations()
    assert len(asked) >= 6
    for command, shown in asked:
        words = shlex.split(command)
        if words[0] == "cd":
            place = place / words[1]
            continue
        assert words[0] == "newsletter", command
        done = subprocess.run(
            [sys.executable, "-P", "-m", *words],
            cwd=place,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        assert agrees(shown, done.stdout), f"{command}\n--- shown\n{shown}\n--- printed\n{done.stdout}"
