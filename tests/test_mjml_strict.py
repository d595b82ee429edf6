"""Holds the shipped themes to npm mjml's strict validation, because the compiler that the tool uses accepts almost anything."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.compose import html
from newsletter.compose.mail import Mail
from newsletter.compose.theme import shipped_templates
from newsletter.read.issue import read_issue
from newsletter.read.practice import read_practice
from newsletter.read.subscribers import SubscriberList

ROOT = Path(__file__).parents[1]
NODE = ROOT / "tests" / "node"
TAGS = json.loads((Path(html.__file__).parent / "mjml_tags.json").read_text(encoding="utf-8"))
THEMES = sorted(path.name for path in shipped_templates().iterdir() if path.is_dir())
EVERY_BLOCK = ROOT / "tests" / "fixtures" / "every-block.yaml"
ISSUES = [*sorted((ROOT / "issues").glob("*.yaml")), *([EVERY_BLOCK] if EVERY_BLOCK.is_file() else [])]


def give_up(reason: str) -> None:
    """Without npm the test is left out on a person's computer, and fails where everything has to be there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def node() -> Path:
    """The folder with npm mjml, installed once; workers that run side by side wait for the one that installs."""
    ready = NODE / "node_modules" / ".package-lock.json"  # npm writes it last
    npm = shutil.which("npm")
    if not (npm and shutil.which("node")):
        give_up("npm is not installed, so MJML's own validator cannot be asked.")
    claim = NODE / ".installing"
    for _ in range(240):
        if ready.is_file() and (NODE / "node_modules" / "mjml").is_dir() and not claim.exists():
            return NODE
        try:
            claim.mkdir()
        except FileExistsError:
            time.sleep(0.5)
            continue
        try:
            options = ["--prefix", str(NODE), "--no-audit", "--no-fund", "--no-package-lock"]
            done = subprocess.run([str(npm), "install", *options], capture_output=True, text=True, check=False)
        finally:
            claim.rmdir()
        if done.returncode:
            give_up(f"npm mjml cannot be installed: {done.stderr.strip()[-200:]}")
    give_up("another run installs npm mjml; if there is none, delete tests/node/.installing.")
    raise AssertionError


def strict(node: Path, source: str) -> list[str]:
    """What npm mjml's strict validation says."""
    done = subprocess.run(
        ["node", str(node / "strict.mjs")], input=source, capture_output=True, encoding="utf-8", check=True, timeout=60
    )
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A practice with the example's files and all ready-made issues."""
    shutil.copytree(ROOT / "issues", tmp_path / "issues")
    shutil.move(tmp_path / "issues" / "images", tmp_path / "images")
    shutil.copy(ROOT / "practice.example.yaml", tmp_path / "practice.yaml")
    shutil.copy(ROOT / "subscribers.example.csv", tmp_path / "subscribers.csv")
    return tmp_path


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The MJML of every rendering, as it reaches the compiler."""
    seen: list[str] = []
    compile_mjml = html.compile_mjml
    monkeypatch.setattr(html, "compile_mjml", lambda source: seen.append(source) or compile_mjml(source))
    return seen


@pytest.mark.parametrize("issue", ISSUES, ids=lambda path: path.stem)
@pytest.mark.parametrize("theme", THEMES)
def test_a_shipped_theme_is_valid_mjml(node: Path, folder: Path, compiled: list[str], theme: str, issue: Path) -> None:
    """MJML's own strict validation finds nothing in any shipped theme, whichever blocks an issue has."""
    settings = folder / "practice.yaml"
    settings.write_text(re.sub(r"theme: \w+", f"theme: {theme}", settings.read_text(encoding="utf-8")), encoding="utf-8")
    copied = shutil.copy(issue, folder / "issues" / issue.name)
    fields = SubscriberList(folder / "subscribers.csv", folder).fields
    Mail.of(read_practice(folder), read_issue(copied, folder, fields)).rendered(None)
    assert [strict(node, source) for source in compiled] == [[]]


def test_the_validator_is_awake(node: Path) -> None:
    """A wrong parent, an unknown attribute and a bad colour are each named, so that silence means something."""
    body = '<mj-text colour="red">a</mj-text><mj-section background-color="reddish"></mj-section>'
    found = " ".join(strict(node, f"<mjml><mj-head><mj-title>t</mj-title></mj-head><mj-body>{body}</mj-body></mjml>"))
    assert "cannot be used inside mj-body" in found
    assert "colour is illegal" in found
    assert "reddish" in found


def test_the_tag_list_is_that_of_the_pinned_mjml() -> None:
    """mjml_tags.json was made from the version that tests/node/package.json pins, and carries its licence."""
    pins = json.loads((NODE / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert TAGS["mjml"] == pins["mjml"]
    assert "Copyright (c) 2016 Mailjet" in TAGS["licence"]


def test_the_tag_list_is_what_its_script_writes(node: Path) -> None:
    """Nobody has edited mjml_tags.json by hand, and the compiler still takes and ignores what it did when it was made."""
    script = ROOT / "tools" / "mjml_tags.py"
    if not script.is_file():
        pytest.skip("tools/ is not here: these tests stand outside the source tree.")
    made = runpy.run_path(str(script))["collect"](str(node))
    assert {key: said for key, said in made.items() if key != "about"} == {k: v for k, v in TAGS.items() if k != "about"}
