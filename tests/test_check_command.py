"""`newsletter check` as it is typed: what it prints, which checks it runs, what an issue may accept, and how it ends."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from check_desk import ISSUE, ROOT, Desk

from newsletter.check import preflight
from newsletter.check.finding import ERROR
from newsletter.cli import run

sys.path.insert(0, str(ROOT / "tools"))
RULES = preflight.load_rules()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A practice with nothing wrong in it."""
    return Desk.at(tmp_path / "practice")


def check(desk: Desk, *words: str) -> int:
    """Runs the command on the desk's folder."""
    return run(["-C", str(desk.folder), "check", *words])


BOAST = ISSUE + "  - heading: Who we are\n    text: We are the best chiropractors in town.\n"
GAP = ISSUE.replace("Walk about", "TODO walk about")


def test_groups_the_worst_first(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """What stops the send stands above what does harm, each under its heading, with place, harm and fix."""
    desk.issue(BOAST.replace("Walk about", "TODO walk about"))
    assert check(desk) == 1
    out = capsys.readouterr().out
    assert out.index("Stops the send\n  M15  issues/small-breaks.yaml:11\n") < out.index("Probably does harm\n  K05  ")
    assert max(len(line) for line in out.splitlines()[:-1]) <= 80


def test_strict(desk: Desk) -> None:
    """`--strict` ends with 1 for a warning, which without it is 0; advice is never more than advice."""
    desk.issue(BOAST)
    assert check(desk) == 0
    assert check(desk, "--strict") == 1
    desk.issue(ISSUE)
    assert check(desk, "--strict") == 0


def test_only_some_checks(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """`--only` runs the checks named, by id or by letter, in any spelling; one that there is not gets a suggestion."""
    desk.issue(GAP)
    assert check(desk, "--only", "k05,H01") == 0
    assert "\n2 checks passed. Nothing is wrong." in capsys.readouterr().out
    assert check(desk, "--only", "M") == 1
    assert check(desk, "--only", "K99") == 1
    assert 'There is no check called "K99".' in capsys.readouterr().err


def test_accepted_with_a_reason(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """What the issue accepts is shown with its reason and stops nothing, also not with --strict; and it says so in JSON."""
    desk.issue(BOAST + 'accept: [{id: K05, reason: "The city paper\'s award of 2026"}]\n')
    assert check(desk, "--strict") == 0
    out = capsys.readouterr().out
    assert re.search(r"Accepted in the issue\n  K05  issues/small-breaks.yaml:\d+\n", out)
    assert "       Accepted: The city paper's award of 2026\n" in out
    assert "1 accepted: none of it stops a send." in out
    assert check(desk, "--json") == 0
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert finding["accepted"] == "The city paper's award of 2026"


def test_an_error_that_harms_nobody_else_can_be_accepted(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """A note to oneself left in on purpose does not stop a send once there is a reason for it; the send says so."""
    desk.issue(GAP + "accept: [{id: M15, reason: It is the name of our walking club}]\n")
    assert check(desk) == 0
    capsys.readouterr()
    assert run(["-C", str(desk.folder), "send", "small-breaks", "--rehearse"]) == 0
    assert "accepted in the issue: M15" in capsys.readouterr().err


@pytest.mark.parametrize("rule_id", ["K01", "A12"])
def test_what_protects_people_or_the_law_cannot_be_accepted(desk: Desk, capsys: pytest.CaptureFixture[str], rule_id: str) -> None:
    """An error that leaks a secret or breaks the law stays an error, and says why it cannot be accepted."""
    desk.issue(ISSUE + f"accept: [{{id: {rule_id}, reason: We like it so}}]\n")
    desk.theme("footer.mjml", "<mj-section><mj-column><mj-text>Goodbye</mj-text></mj-column></mj-section>")
    (desk.folder / "old.yaml").write_text("smtp: {host: x, password: hunter2}\n")
    assert check(desk, "--only", rule_id) == 1
    assert "It cannot be accepted: " in " ".join(capsys.readouterr().out.split())


def test_accepting_nothing(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """An id that no check has is an error with its line; one that found nothing is mentioned."""
    desk.issue(ISSUE + "accept:\n  - {id: K99, reason: no reason}\n")
    assert check(desk, "small-breaks") == 1
    assert 'issues/small-breaks.yaml:17: there is no check called "K99".' in capsys.readouterr().err
    desk.issue(ISSUE + "accept: [{id: K05, reason: no reason}]\n")
    assert check(desk) == 0
    assert "`accept` names K05, which found nothing: the line can go." in capsys.readouterr().out


def test_accepting_needs_a_reason(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """A finding is not waved through in silence."""
    desk.issue(ISSUE + "accept: [{id: K05}]\n")
    assert check(desk, "small-breaks") == 1
    assert "reason` is missing" in capsys.readouterr().err


@pytest.mark.parametrize("rule_id", sorted(RULES))
def test_every_check_explains_itself(rule_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--explain` says what a check looks for, how bad a breach is, its source and the day that was read; no practice needed."""
    assert run(["check", "--explain", rule_id.lower()]) == 0
    out = capsys.readouterr().out
    assert " ".join(out.split()).startswith(f"{rule_id} {RULES[rule_id].wants}")
    for row in ("in detail", "how bad", "source", "as of"):
        assert re.search(rf"(?m)^  {row} +\S", out)
    assert RULES[rule_id].about.endswith(".")
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", RULES[rule_id].as_of)
    assert max(len(line) for line in out.splitlines() if "://" not in line) <= 80


def test_explain_all_and_none(capsys: pytest.CaptureFixture[str]) -> None:
    """`--explain all` has a line for each check; an id that there is not names the command that lists them."""
    assert run(["check", "--explain", "all"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {rule_id} " in out for rule_id in RULES)
    assert run(["check", "--explain", "Z1"]) == 1
    assert "There is no check" in capsys.readouterr().err


def test_all_97_rules_are_there() -> None:
    """Each id of the plan has a rule; none that could expose people or break the law can be accepted as an error."""
    numbers = {"M": 18, "U": 12, "A": 14, "L": 6, "H": 15, "C": 11, "K": 20, "S": 1}
    assert set(RULES) == {f"{letter}{number:02d}" for letter, most in numbers.items() for number in range(1, most + 1)}
    for rule_id in ("M14", "A12", "K14", "L03", "U01", "U05", "K01"):
        assert RULES[rule_id].protects
        assert ERROR in RULES[rule_id].levels


def test_the_reference_is_what_the_rules_say() -> None:
    """docs/checks.md is written from the rules: `python tools/checks_reference.py`."""
    import checks_reference

    assert (ROOT / "docs" / "checks.md").read_text(encoding="utf-8") == checks_reference.reference()


def test_options_that_do_not_go_together(desk: Desk, tmp_path: Path) -> None:
    """Wrong usage is exit code 2."""
    assert check(desk, "--dns", "127.0.0.1:53") == 2
    assert check(desk, "--eml", str(tmp_path / "x.eml"), "--online") == 2
