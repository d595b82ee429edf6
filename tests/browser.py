"""A Chromium for the tests that look at pages, and what they do where there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, sync_playwright

NODE_MODULES = Path(__file__).parent / "node" / "node_modules"


def missing(what: str, remedy: str) -> NoReturn:
    """Skips the test, or fails it on CI, where nothing may be missing."""
    message = f"{what} is missing. {remedy}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def node_module(path: str) -> Path:
    """A file of tests/node/node_modules."""
    found = NODE_MODULES / path
    if not found.is_file():
        missing(path, "Get it with: npm install --no-save --prefix tests/node")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium of the system."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        missing("Chromium", "Get it with: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
