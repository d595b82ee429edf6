"""Fixtures for more than one test file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import chromium
from desks import Desk, desk_at
from playwright.sync_api import Browser, Page
from samples import make_practice_folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
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
