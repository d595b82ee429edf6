"""Fixtures for more than one test file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import chromium
from desks import Desk, desk_at
from playwright.sync_api import Browser, Page, expect
from previews import SOURCE, Preview, make_folder, running
from samples import make_practice_folder
from typing_commands import QuickDesk


@pytest.fixture(scope="session", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """No test depends on which programs are installed that the checks may ask, or on what an earlier run kept.

    What it gives is the PATH with all of them, for the tests that are about them.
    """
    asked = ("spamassassin", "hunspell", "codespell")
    before, folders = os.environ["PATH"], []
    for folder in map(Path, os.get_exec_path()):
        bare = folder
        if any((folder / name).exists() for name in asked):
            bare = tmp_path_factory.mktemp("bin")
            for program in folder.iterdir():
                if program.name not in asked:
                    (bare / program.name).symlink_to(program)
        folders.append(str(bare))
    os.environ["PATH"] = os.pathsep.join(folders)
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    yield before
    os.environ["PATH"] = before


@pytest.fixture(autouse=True)
def path_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test may put a program of its own on the PATH; it is gone after it."""
    monkeypatch.setenv("PATH", os.environ["PATH"])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests; what it waits for may take its time where everything is traced for coverage."""
    expect.set_options(timeout=15_000)
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page of its own for a test."""
    opened = browser.new_page()
    yield opened
    opened.close()


@pytest.fixture
def practice_folder(tmp_path: Path) -> Path:
    """A practice's folder as `newsletter init` leaves it: practice.yaml, subscribers.csv, issues and images."""
    return make_practice_folder(tmp_path / "practice")


@pytest.fixture
def desk(practice_folder: Path) -> Iterator[Desk]:
    """A practice with five subscribers, one small issue and a polite server."""
    with desk_at(practice_folder) as made:
        yield made


@pytest.fixture
def quick_desk(practice_folder: Path) -> Iterator[Desk]:
    """The same, whose commands run within the test's own process."""
    with desk_at(practice_folder) as made:
        yield QuickDesk(made.folder, made.server)


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    """One preview for the tests that edit files."""
    with running(make_folder(tmp_path_factory.mktemp("edited") / "practice"), "desk-breaks") as started:
        yield started


@pytest.fixture
def preview(edited: Preview) -> Preview:
    """The preview of a folder that is as new."""
    make_folder(edited.folder)
    return edited


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    """One preview for the tests that only ask; its folder holds two issues."""
    folder = make_folder(tmp_path_factory.mktemp("preview") / "practice")
    shutil.copy(SOURCE / "issues" / "back-muscle-spasms.yaml", folder / "issues")
    with running(folder, "back-muscle-spasms") as started:
        yield started
