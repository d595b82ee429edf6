"""Holds what `newsletter keys` shows, that a new key asks first, and what a server elsewhere is given."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from desks import Desk
from opt_out_server import ANNA, serving

from newsletter.ledger.keys import key_file, practice_keys, serving_key_file
from newsletter.read.practice import read_practice


@pytest.fixture
def desk(quick_desk: Desk) -> Desk:
    """Its commands need no processes of their own."""
    return quick_desk


@pytest.fixture
def keyed(desk: Desk) -> Desk:
    """A practice that has sent something."""
    practice_keys(desk.folder)
    return desk


def test_keys_are_counted_and_never_shown(keyed: Desk) -> None:
    """Each key has a line with its short mark and when it was made; no secret, no code, no token is printed."""
    assert "1 key." in keyed("keys").out
    assert keyed("keys", "rotate", "--yes").code == 0
    said = keyed("keys").out
    lines = re.findall(r"^  key ([0-9a-f]{8})  made \w{3} \d+ \w{3} \d{4}, \d\d:\d\d, (.*)$", said, re.MULTILINE)
    assert lines == list(zip(practice_keys(keyed.folder).marks, ["in use", "kept for links in old mails"], strict=True))
    for secret in key_file(keyed.folder).read_text().split():
        assert secret[:12] not in said


def test_a_new_key_is_asked_for(keyed: Desk) -> None:
    """Nobody there to say yes: nothing changes. With --yes there is a new key, and the old one stays."""
    before = practice_keys(keyed.folder)
    done = keyed("keys", "rotate")
    assert (done.code, practice_keys(keyed.folder)) == (1, before)
    assert "--yes" in done.err
    done = keyed("keys", "rotate", "--yes")
    assert "there are 2 now" in done.out
    assert "keys for-server" in done.out
    assert practice_keys(keyed.folder).secrets[1:] == before.secrets


def test_a_server_gets_what_the_page_needs_and_no_more(keyed: Desk, tmp_path: Path) -> None:
    """Name, colour, contact and the serving key: no list, no key of the practice, no user name; and the page runs with that."""
    practice = keyed.folder / "practice.yaml"
    lines = practice.read_text().splitlines()
    lines = [line for line in lines if not line.startswith("smtp:")]
    practice.write_text("\n".join([*lines, "smtp: {provider: workspace, username: secret-login@riverbend.example}", ""]))
    server = tmp_path / "server"
    done = keyed("keys", "for-server", str(server))
    assert done.code == 0, done.err
    assert sorted(path.relative_to(server).as_posix() for path in server.rglob("*") if path.is_file()) == [
        ".newsletter/serving-key",
        "practice.yaml",
    ]
    assert stat.S_IMODE(serving_key_file(server).stat().st_mode) == 0o600
    text = (server / "practice.yaml").read_text()
    assert "secret-login" not in text
    home, away = read_practice(keyed.folder).text, read_practice(server).text
    assert (away.brand.color, away.unsubscribe, away.timezone) == (home.brand.color, home.unsubscribe, home.timezone)
    with serving(server) as page:
        link = f"/u/{practice_keys(keyed.folder).token(ANNA)}"
        assert "Riverbend Chiropractic" in page.get(link).text
        assert page.post(link).status == 200
        assert page.codes() == [practice_keys(keyed.folder).code(ANNA)]
    assert not key_file(server).exists()


def test_a_server_folder_is_renewed_and_a_practices_own_is_not_touched(keyed: Desk, tmp_path: Path) -> None:
    """After a new key the same folder is made again; a folder with a practice.yaml of its own is refused."""
    server = tmp_path / "server"
    keyed("keys", "for-server", str(server))
    before = serving_key_file(server).read_text()
    keyed("keys", "rotate", "--yes")
    assert keyed("keys", "for-server", str(server)).code == 0
    assert serving_key_file(server).read_text().endswith(before)
    own = (keyed.folder / "practice.yaml").read_text()
    done = keyed("keys", "for-server", str(keyed.folder))
    assert (done.code, (keyed.folder / "practice.yaml").read_text()) == (1, own)
    assert "own folder" in done.err


def test_what_is_missing_is_said(desk: Desk, tmp_path: Path) -> None:
    """No key yet, a server's folder, or no page in practice.yaml: a sentence each, and nothing is made."""
    assert "There is no key yet" in desk("keys").err
    assert not key_file(desk.folder).exists()
    server = tmp_path / "server"
    desk("keys", "for-server", str(server))
    away = Desk(server, desk.server)
    assert "no key of its own" in away("keys", "rotate", "--yes").err
    path = desk.folder / "practice.yaml"
    path.write_text(path.read_text().replace(', url: "https://riverbend.example/u/{token}"', ""))
    done = desk("keys", "for-server", str(tmp_path / "other"))
    assert done.code == 1
    assert "url: https://your-domain/u/{token}" in done.err
    assert not (tmp_path / "other").exists()
