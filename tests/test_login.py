"""Holds how `newsletter send` logs in: with a password, with an access token, once or twice, and never aloud."""

from __future__ import annotations

import base64
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from desks import PEOPLE, Desk, Done, desk_at
from smtp_server import Offers, Phase, Say, When

USER = "news@riverbend.example"
TOKENS = ("ya29.first-token-of-the-day", "ya29.second-token-of-the-day", "ya29.third-token-of-the-day")
WITH_TOKENS = Offers(auth=("XOAUTH2", "PLAIN"), tokens=((USER, TOKENS[1]),))
LONG_TOKEN = "ya29." + "".join(f"Part{number:04}x" for number in range(150))


def desk_for(folder: Path, offers: Offers, *script: When, extra: str = "") -> AbstractContextManager[Desk]:
    """A practice whose server wants a login."""
    return desk_at(folder, offers, *script, extra=f", username: {USER}{extra}")


def token_command(folder: Path, *tokens: str) -> str:
    """A line for `smtp` in practice.yaml with a command that prints these tokens, another one each time."""
    folder.mkdir()
    (folder / "tokens").write_text("\n".join(tokens) + "\n", encoding="utf-8")
    script = folder / "print-token"
    script.write_text(f'#!/bin/sh\ncd "{folder}"\necho asked >> asked\nsed -n "$(wc -l < asked)p" tokens\n', encoding="utf-8")
    script.chmod(0o700)
    return f', token_command: "{script}"'


def times_asked(folder: Path) -> int:
    """How often that command ran."""
    return len((folder / "asked").read_text(encoding="utf-8").splitlines())


def assert_secret(desk: Desk, said: Done, *secrets: str) -> None:
    """Neither a secret nor its coding stands in what was said, nor in anything that was written down."""
    codes = [base64.b64encode(f"user={USER}\1auth=Bearer {secret}\1\1".encode()).decode() for secret in secrets]
    written = b"".join(path.read_bytes() for path in (desk.folder / ".newsletter").rglob("*") if path.is_file())
    for secret in (*secrets, *codes):
        assert secret not in said.out + said.err
        assert secret.encode() not in written


def test_a_token_from_the_environment(practice_folder: Path) -> None:
    """NEWSLETTER_SMTP_TOKEN logs in with XOAUTH2, without a password and with one AUTH, and is written down nowhere."""
    with desk_for(practice_folder, WITH_TOKENS) as desk:
        desk.env = {"NEWSLETTER_SMTP_TOKEN": TOKENS[1]}
        done = desk.send()
    assert done.code == 0, done.err
    assert tuple(desk.server.recipients) == PEOPLE
    assert [line.split()[1] for line in desk.server.said("AUTH")] == ["XOAUTH2"]
    assert_secret(desk, done, TOKENS[1])


def test_a_refused_token_from_the_environment_is_said_once(practice_folder: Path) -> None:
    """There is no other token to try: one AUTH, exit 1, what to do, nobody is charged; with a new one it goes on."""
    with desk_for(practice_folder, WITH_TOKENS, extra=", auth: xoauth2, connections: 8") as desk:
        desk.env = {"NEWSLETTER_SMTP_TOKEN": TOKENS[0]}
        refused = desk.send()
        assert refused.code == 1
        assert f"did not accept the access token of {USER}: 535 5.7.8 token not accepted" in refused.err
        assert "Put a new one into the environment variable NEWSLETTER_SMTP_TOKEN" in refused.err
        assert len(desk.server.said("AUTH")) == 1
        assert desk.server.accepted == []
        assert_secret(desk, refused, TOKENS[0])
        desk.env = {"NEWSLETTER_SMTP_TOKEN": TOKENS[1]}
        assert desk.send().code == 0
        assert set(desk.server.recipients) == set(PEOPLE)


def test_a_token_command_is_run_again_when_its_token_is_refused(practice_folder: Path, tmp_path: Path) -> None:
    """A token that has run out is renewed once, within the same run; several connections share the new one."""
    extra = token_command(tmp_path / "vault", *TOKENS)
    with desk_for(practice_folder, WITH_TOKENS, extra=f"{extra}, connections: 2") as desk:
        done = desk.send()
    assert done.code == 0, done.err
    assert set(desk.server.recipients) == set(PEOPLE)
    assert times_asked(tmp_path / "vault") == 2
    assert len(desk.server.said("AUTH")) == desk.server.connections + 1
    assert_secret(desk, done, *TOKENS)


def test_two_refused_tokens_are_enough(practice_folder: Path, tmp_path: Path) -> None:
    """Where the new token is refused as well there is no third try, on none of eight connections."""
    nobody = Offers(auth=("XOAUTH2",))
    extra = token_command(tmp_path / "vault", *TOKENS)
    with desk_for(practice_folder, nobody, extra=f"{extra}, connections: 8") as desk:
        done = desk.send()
    assert done.code == 1
    assert "did not accept the access token" in done.err
    assert "`token_command`" in done.err
    assert len(desk.server.said("AUTH")) == times_asked(tmp_path / "vault") == 2
    assert desk.server.accepted == []
    assert_secret(desk, done, *TOKENS)


def test_a_command_that_has_no_other_token_is_believed(practice_folder: Path, tmp_path: Path) -> None:
    """Where the command prints the same token again, it is not said to the server a second time."""
    extra = token_command(tmp_path / "vault", TOKENS[0], TOKENS[0])
    with desk_for(practice_folder, WITH_TOKENS, extra=extra) as desk:
        assert desk.send().code == 1
    assert len(desk.server.said("AUTH")) == 1


@pytest.mark.parametrize("token", [TOKENS[0], LONG_TOKEN], ids=["short", "long"])
def test_a_server_that_repeats_the_token_gives_nothing_away(practice_folder: Path, token: str) -> None:
    """Servers repeat what they do not understand: no piece of the token stands in the sentence, nor of its coding."""
    repeats = When(Phase.AUTH, Say("535 5.7.8 cannot read {line}"))
    with desk_for(practice_folder, WITH_TOKENS, repeats) as desk:
        desk.env = {"NEWSLETTER_SMTP_TOKEN": token}
        done = desk.send()
    assert done.code == 1
    assert "535 5.7.8 cannot read AUTH XOAUTH2 ..." in done.err
    code = base64.b64encode(f"user={USER}\1auth=Bearer {token}\1\1".encode()).decode()
    assert code[:40] not in done.err
    assert_secret(desk, done, token)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("false", "`token_command` ended with the code 1."),
        ("true", "`token_command` printed nothing."),
        ("/nowhere/print-token", "`token_command` cannot be run."),
        ("print 'token", "`token_command` cannot be run."),
    ],
)
def test_a_token_command_that_gives_none(practice_folder: Path, command: str, said: str) -> None:
    """A command that fails, prints nothing or is not there is a sentence with what to do; no login is tried."""
    with desk_for(practice_folder, WITH_TOKENS, extra=f', token_command: "{command}"') as desk:
        done = desk.send()
    assert done.code == 1
    assert said in done.err
    assert "let `token_command` under `smtp` in practice.yaml print a token" in done.err
    assert desk.server.said("AUTH") == desk.server.accepted == []


def test_a_token_is_wanted_and_there_is_none(practice_folder: Path) -> None:
    """`auth: xoauth2` without a token anywhere names the variable."""
    with desk_for(practice_folder, WITH_TOKENS, extra=", auth: xoauth2") as desk:
        done = desk.send()
    assert done.code == 1
    assert "the environment variable NEWSLETTER_SMTP_TOKEN is not set" in done.err
    assert desk.server.said("AUTH") == []


def test_a_server_that_takes_no_tokens(practice_folder: Path) -> None:
    """A server without XOAUTH2 is a sentence; the token is not said to it in another way."""
    with desk_for(practice_folder, Offers(auth=("PLAIN", "LOGIN")), extra=", auth: xoauth2") as desk:
        desk.env = {"NEWSLETTER_SMTP_TOKEN": TOKENS[1]}
        done = desk.send()
    assert done.code == 1
    assert "does not let anybody log in with an access token (XOAUTH2)" in done.err
    assert desk.server.said("AUTH") == []
    assert_secret(desk, done, TOKENS[1])


def test_an_empty_token_variable_is_no_token(practice_folder: Path) -> None:
    """A variable that is set to nothing does not keep the password from being used."""
    offers = Offers(auth=("PLAIN", "XOAUTH2"), logins=((USER, "a password"),))
    with desk_for(practice_folder, offers) as desk:
        desk.env = {"NEWSLETTER_SMTP_TOKEN": "", "NEWSLETTER_SMTP_PASSWORD": "a password"}
        done = desk.send("--limit", "1")
    assert len(desk.server.accepted) == 1, done.err


def test_a_wrong_password_is_said_once_for_all_connections(practice_folder: Path) -> None:
    """With eight connections wished for, a wrong password is said once, and the sentence speaks of app passwords."""
    offers = Offers(auth=("PLAIN",), logins=((USER, "a password"),))
    with desk_for(practice_folder, offers, extra=", connections: 8") as desk:
        desk.env = {"NEWSLETTER_SMTP_PASSWORD": "another-and-private"}
        wrong = desk.send()
        assert wrong.code == 1
        assert "did not accept user name and password: 535 5.7.8" in wrong.err
        assert "app password" in wrong.err
        assert "another-and-private" not in wrong.out + wrong.err
        assert (desk.server.connections, len(desk.server.said("AUTH"))) == (1, 1)
        assert desk.server.accepted == []
        desk.env = {"NEWSLETTER_SMTP_PASSWORD": "a password"}
        assert desk.send().code == 0
        assert sorted(desk.server.recipients) == sorted(PEOPLE)
