"""Fixtures for more than one test file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import chromium
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
