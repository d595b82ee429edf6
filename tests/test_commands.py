"""The commands as a person meets them: run as processes, judged by what they print, write and exit with."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command in a folder of its own, without a terminal; no run may print a traceback."""

    def newsletter(*arguments: str, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "newsletter", *arguments]
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False)
        assert "Traceback" not in done.stdout + done.stderr
        return done

    return newsletter


def test_init_makes_a_folder_that_builds_and_checks_at_once(run: Run, tmp_path: Path) -> None:
    """A new practice folder builds, and its check finds no error."""
    assert run("init", "practice").returncode == 0
    assert run("-C", "practice", "build").returncode == 0
    checked = run("-C", "practice", "check", "--json")
    assert checked.returncode == 0, checked.stdout
    for name in ("index.html", "back-muscle-spasms.txt", "back-muscle-spasms.eml"):
        assert (tmp_path / "practice/build/back-muscle-spasms" / name).stat().st_size > 1000


def test_init_names_the_line_of_each_fact_that_only_its_owner_knows(run: Run, tmp_path: Path) -> None:
    """Every line that init names really holds the invented fact it speaks of."""
    said = run("init", "practice").stdout
    lines = (tmp_path / "practice/practice.yaml").read_text().splitlines()
    named = {what: lines[int(line) - 1] for line, what in re.findall(r"practice\.yaml:(\d+)\s+(.+)", said)}
    assert len(named) >= 12
    assert "Riverbend" in named["the name of your practice"]
    assert "Ana Reyes" in named["your name"]
    assert "smtp:" in named["your mail server"]


def test_init_never_overwrites(run: Run, tmp_path: Path) -> None:
    """What is there already stays byte for byte, is said, and the rest is still made."""
    (tmp_path / "practice").mkdir()
    mine = tmp_path / "practice/practice.yaml"
    mine.write_text("practice: mine\n")
    done = run("init", "practice")
    assert done.returncode == 0
    assert mine.read_text() == "practice: mine\n"
    assert "not touched" in done.stderr
    assert (tmp_path / "practice/subscribers.csv").exists()
    assert run("init", "practice").returncode == 0


def test_what_is_private_is_readable_by_its_owner_alone(run: Run, tmp_path: Path) -> None:
    """The list, the key and the ledger have no rights for others, and a .gitignore keeps them out of repositories."""
    run("init", "practice")
    run("-C", "practice", "suppress", "anna.petrov@mail.example")
    run("-C", "practice", "build", "back-muscle-spasms")
    for name in ("subscribers.csv", ".newsletter/key", ".newsletter/ledger.sqlite"):
        assert not stat.S_IMODE((tmp_path / "practice" / name).stat().st_mode) & 0o077, name
    assert ".newsletter/" in (tmp_path / "practice/.gitignore").read_text()


def test_new_makes_an_issue_that_builds(run: Run, tmp_path: Path) -> None:
    """An issue made from nothing, and one made from a ready-made one, build as they are."""
    run("init", "practice")
    assert run("-C", "practice", "new", 'Ice, Heat & "Rest": What Helps?').returncode == 0
    assert run("-C", "practice", "new", "Steady at Home", "--from", "steady-on").returncode == 0
    assert (tmp_path / "practice/issues/ice-heat-rest-what-helps.yaml").exists()
    assert 'title: "Steady at Home"' in (tmp_path / "practice/issues/steady-at-home.yaml").read_text()
    assert run("-C", "practice", "build").returncode == 0


def test_new_never_overwrites_and_offers_the_nearest_original(run: Run) -> None:
    """A second issue of the same title is refused, and a misspelt original gets a suggestion."""
    run("init", "practice")
    assert run("-C", "practice", "new", "Hello").returncode == 0
    assert run("-C", "practice", "new", "hello!").returncode == 1
    wrong = run("-C", "practice", "new", "Other", "--from", "desk-brakes")
    assert wrong.returncode == 1
    assert "desk-breaks" in wrong.stderr


def test_schemas_take_every_shipped_file_and_refuse_an_unknown_key(run: Run, tmp_path: Path) -> None:
    """The JSON Schemas forbid unknown keys and know every kind of block; each shipped YAML names its schema first."""
    run("init", "practice")
    assert run("-C", "practice", "schema").returncode == 0
    schemas = tmp_path / "practice/schemas"
    issue = json.loads((schemas / "issue.schema.json").read_text())
    practice = json.loads((schemas / "practice.schema.json").read_text())
    assert issue["additionalProperties"] is False
    assert practice["additionalProperties"] is False
    assert "subject" not in issue["required"]
    assert "title" in issue["required"]
    assert {"article", "tips", "warning", "exercise", "quote", "image", "choices", "offer", "event", "button"} <= set(
        re.findall(r'"const": "(\w+)"', json.dumps(issue))
    )
    for path in (tmp_path / "practice").rglob("*.yaml"):
        named = re.match(r"# yaml-language-server: \$schema=(\S+)", path.read_text())
        assert named, path
        assert (path.parent / named.group(1)).resolve().is_file(), path


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("chekc",), 2, "check"),
        (("send",), 2, "ISSUE"),
        (("check", "--nonsense"), 2, "--nonsense"),
        (("build", "back-muscle-spams"), 1, "back-muscle-spasms"),
        (("check", "issues/none.yaml"), 1, "There is no issue"),
        (("send", "back-muscle-spasms", "--limit", "0"), 2, "limit"),
        (("send", "back-muscle-spasms", "--as", "a@b.example"), 2, "--test"),
        (("send", "back-muscle-spasms", "--dry-run", "--rehearse"), 2, "exclude"),
        (("send", "back-muscle-spasms", "--to", "nobody.csv", "--yes"), 1, "nobody.csv"),
        (("send", "back-muscle-spasms", "--test", "not an address"), 2, "address"),
        (("settle", "back-muscle-spasms"), 1, "Nothing was sent yet"),
        (("suppress", "not-an-address"), 1, "@"),
        (("settle", "back-muscle-spasms", "--arrived", "--resend"), 2, "exclude"),
        (("status", "--csv", "x.csv"), 2, "ISSUE"),
        (("preview", "--port", "99999999"), 2, "port"),
    ],
)
def test_wrong_usage_is_a_sentence_and_the_right_exit_code(run: Run, arguments: tuple[str, ...], code: int, words: str) -> None:
    """A slip in a command says what is wrong in words, with exit code 2 for usage and 1 for what the folder lacks."""
    run("init", "practice")
    done = run("-C", "practice", *arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr


@pytest.mark.parametrize(
    "command", [("check",), ("build",), ("preview", "--no-open"), ("send", "x"), ("status",), ("suppressions",)]
)
@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_a_folder_without_a_practice_says_how_to_make_one(
    run: Run, tmp_path: Path, command: tuple[str, ...], folder: str
) -> None:
    """Every command in a folder that is missing or empty ends with 1 and the command that helps."""
    (tmp_path / "empty").mkdir()
    done = run("-C", folder, *command)
    assert done.returncode == 1
    assert "newsletter" in done.stderr
    assert not (tmp_path / "missing").exists()


BROKEN = {
    "practice.yaml": [
        "",
        "a",
        "- x",
        "practice: [",
        "\x00",
        "practice: {name: x}",
        "x" * 2_000_000,
        "{{",
        "practice: !!python/none x",
    ],
    "subscribers.csv": ["", "name\nAnna\n", "\x00\x00\x00", "email;email\n"],
    "issues/back-muscle-spasms.yaml": ["", "title: x", "title: [[[[[[[[[[[[[[[[[[[[[", "title: {{ x }}", "body: 1", "\ttitle: x"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BROKEN.items() for text in texts])
def test_no_broken_file_gives_a_traceback(run: Run, tmp_path: Path, name: str, text: str) -> None:
    """Whatever is in a file, `check` answers with a sentence that names the file, and exit code 1."""
    run("init", "practice")
    (tmp_path / "practice" / name).write_text(text)
    done = run("-C", "practice", "check", "back-muscle-spasms")
    assert done.returncode == 1, done.stdout + done.stderr
    assert Path(name).name in done.stdout + done.stderr


def test_a_folder_that_cannot_be_written_is_a_sentence(run: Run, tmp_path: Path) -> None:
    """Where a file stands in the place of a folder, build says which and ends with 1."""
    run("init", "practice")
    (tmp_path / "practice/build").write_text("in the way")
    done = run("-C", "practice", "build", "back-muscle-spasms")
    assert done.returncode == 1
    assert "build" in done.stderr


def test_build_writes_what_would_be_sent(run: Run, tmp_path: Path) -> None:
    """The HTML and text of build are those of its .eml, for the subscriber asked for, with pictures beside them."""
    run("init", "practice")
    assert run("-C", "practice", "build", "back-muscle-spasms", "--as", "JOSE.marquez@post.example").returncode == 0
    built = tmp_path / "practice/build/back-muscle-spasms"
    page = (built / "index.html").read_text()
    assert "Jos&#233;" in page
    assert "José" in (built / "back-muscle-spasms.txt").read_text()
    for source in re.findall(r'<img[^>]* src="([^"]+)"', page):
        assert (built / source).is_file(), source
    missing = run("-C", "practice", "build", "back-muscle-spasms", "--as", "nobody@x.example")
    assert missing.returncode == 1
    assert "nobody@x.example" in missing.stderr


def test_hosted_pictures_are_written_to_the_build_folder_and_linked(run: Run, tmp_path: Path) -> None:
    """With `images: {mode: hosted}` the mail carries no picture, links each by https, and build writes the files."""
    run("init", "practice")
    path = tmp_path / "practice/practice.yaml"
    path.write_text(
        re.sub(r"(?m)^images:.*$", "images: {mode: hosted, base_url: https://riverbend.example/news}", path.read_text())
    )
    assert run("-C", "practice", "build", "back-muscle-spasms").returncode == 0
    built = tmp_path / "practice/build/back-muscle-spasms"
    mail = (built / "back-muscle-spasms.eml").read_bytes()
    assert b"Content-Type: image/" not in mail
    names = {path.name for path in built.iterdir() if path.suffix in (".png", ".jpg")}
    assert len(names) >= 3
    for name in names:
        assert name.encode() in mail.replace(b"=\r\n", b"")


def test_help_of_every_command_says_what_it_does(run: Run) -> None:
    """`--help` of each command works without a practice and has a sentence."""
    listed = re.findall(r"^  ([a-z]+)  ", run("--help").stdout, re.MULTILINE)
    assert len(listed) == 16
    for name in listed:
        done = run(name, "--help")
        assert done.returncode == 0
        assert re.search(r"[A-Z][^.]+\.", done.stdout)


def test_a_closed_pipe_is_no_error_message(run: Run, tmp_path: Path) -> None:
    """Output into `head` that stops reading gives no traceback."""
    run("init", "practice")
    command = f"{sys.executable} -P -m newsletter -C practice check --json | true"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr


def test_ctrl_c_ends_with_130_and_no_traceback(tmp_path: Path, run: Run) -> None:
    """Ctrl-C during a command that works for a while ends it with 130 and a word."""
    run("init", "practice")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-P", "-m", "newsletter", "-C", "practice", "preview", "--no-open"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stdout
    process.stdout.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=10)
    assert process.returncode in (0, 130)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("place", "said"), [("Dropbox/practice", "Dropbox"), ("OneDrive - Clinic/practice", "OneDrive"), ("mine", "")]
)
def test_a_folder_that_a_service_copies_is_warned_about(run: Run, tmp_path: Path, place: str, said: str) -> None:
    """Sending from a folder that a sync service watches says so and why; elsewhere nothing is said."""
    run("init", place)
    done = run("-C", place, "send", "back-muscle-spasms")
    assert done.returncode == 1
    assert ("may copy the record" in done.stderr) == bool(said)
    assert said in done.stderr


def test_suppress_takes_the_good_addresses_and_names_the_bad(run: Run) -> None:
    """One slip among several addresses keeps none of the others from being suppressed."""
    run("init", "practice")
    done = run("-C", "practice", "suppress", "harold.nyberg@mail.example", "bad@")
    assert done.returncode == 1
    assert "bad@" in done.stderr
    assert "harold.nyberg@mail.example" in run("-C", "practice", "suppressions").stdout


def test_a_test_mail_respects_suppressions_and_the_check(run: Run, tmp_path: Path) -> None:
    """Whoever must never be mailed gets no test mail either, and an issue with an error is not sent as a test."""
    run("init", "practice")
    run("-C", "practice", "suppress", "grace.okafor@inbox.example")
    refused = run("-C", "practice", "send", "back-muscle-spasms", "--test", "grace.okafor@inbox.example")
    assert refused.returncode == 1
    assert "never be mailed" in refused.stderr
    path = tmp_path / "practice/issues/back-muscle-spasms.yaml"
    path.write_text(path.read_text().replace("December asks", "TODO: December asks"))
    stopped = run("-C", "practice", "send", "back-muscle-spasms", "--test", "me@riverbend.example")
    assert stopped.returncode == 1
    assert "M15" in stopped.stderr


def test_the_plan_says_what_this_run_does(run: Run) -> None:
    """The plan names the limit, and how many people the tag holds back; the next step keeps the tag."""
    run("init", "practice")
    plan = run("-C", "practice", "send", "back-muscle-spasms", "--dry-run", "--tag", "seniors", "--limit", "2").stdout
    assert re.search(r"This run +2 ", plan)
    assert re.search(r"Not asked +\d+ ", plan)
    assert "--tag seniors" in plan.splitlines()[-1]
    wrong = run("-C", "practice", "send", "back-muscle-spasms", "--dry-run", "--tag", "senoirs")
    assert wrong.returncode == 1
    assert 'Did you mean "seniors"?' in wrong.stderr


def test_an_edited_template_counts_at_once(run: Run, tmp_path: Path) -> None:
    """Compiled templates are kept between commands, outside the practice's folder; an edited one is used from the next on."""
    run("init", "practice")
    own = tmp_path / "practice/templates/clinic/blocks/button.txt"
    own.parent.mkdir(parents=True)
    page = tmp_path / "practice/build/back-muscle-spasms/back-muscle-spasms.txt"
    for words in ("first words", "second words"):
        own.write_text(f"{words}\n")
        assert run("-C", "practice", "build", "back-muscle-spasms").returncode == 0
        assert words in page.read_text()
    assert not list((tmp_path / "practice").rglob("*.compiled"))


def test_a_cache_that_others_can_write_is_not_used(tmp_path: Path) -> None:
    """What lies in the cache is run, so a folder that somebody else may write to is left alone."""
    shared = tmp_path / "cache"
    shared.mkdir()
    environment = {**os.environ, "XDG_CACHE_HOME": str(shared)}
    command = [sys.executable, "-P", "-m", "newsletter"]
    subprocess.run([*command, "init", "practice"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    build = [*command, "-C", "practice", "build", "back-muscle-spasms"]
    subprocess.run(build, cwd=tmp_path, env=environment, check=True, capture_output=True)
    kept = list(shared.rglob("*.compiled"))
    assert kept
    for path in kept:
        path.unlink()
    kept[0].parent.chmod(0o777)
    subprocess.run(build, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert not list(shared.rglob("*.compiled"))
