"""The checks: every rule trips on a mail that breaks it and on no other, and `newsletter check` tells it in plain words."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from check_desk import ISSUE, KEYS, LIST, NOW, ROOT, TOGETHER, Case, Desk
from check_fixtures import NEAR_MISSES, TRIPS

from newsletter.check import preflight
from newsletter.check.account.mailboxes import Mailboxes
from newsletter.check.finding import Severity
from newsletter.check.registry import RULES
from newsletter.cli import run
from newsletter.compose.mail import Mail
from newsletter.errors import ProblemsFound
from newsletter.read.issue import find_issue, read_issue
from newsletter.read.practice import read_practice
from newsletter.read.subscribers import SubscriberList

preflight.load_rules()
TODAYS = ISSUE.replace("2026-12-01", date.today().isoformat())  # what the command checks by the real clock
MAILBOXES = Mailboxes()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A practice with nothing wrong in it."""
    return Desk.at(tmp_path / "practice")


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """The practice, list and issues that come with the tool."""
    shutil.copytree(ROOT / "issues", tmp_path / "issues")
    shutil.copytree(ROOT / "issues" / "images", tmp_path / "images")
    shutil.copy(ROOT / "practice.example.yaml", tmp_path / "practice.yaml")
    shutil.copy(ROOT / "subscribers.example.csv", tmp_path / "subscribers.csv")
    return tmp_path


def cases(table: dict[str, list[Case]]) -> list[object]:
    """Each case with its rule, as parameters of a test."""
    return [pytest.param(rule_id, case, id=f"{rule_id}-{case.__name__}") for rule_id in sorted(table) for case in table[rule_id]]


@pytest.mark.parametrize("rule_id", sorted(RULES))
def test_every_rule_has_both_fixtures(rule_id: str) -> None:
    """A rule without a mail that trips it, or without one that nearly does, is not finished."""
    assert rule_id in TRIPS
    assert rule_id in NEAR_MISSES


def test_no_fixture_without_a_rule() -> None:
    """A fixture whose rule is gone is gone too."""
    assert set(TRIPS) | set(NEAR_MISSES) <= set(RULES)


@pytest.mark.parametrize(("rule_id", "case"), cases(TRIPS))
def test_trips_exactly_its_rule(rule_id: str, case: Case, desk: Desk) -> None:
    """A breach is found, and no other rule takes it for one of its own."""
    report = preflight.run(case(desk))
    assert {finding.id for finding in report.findings} == {rule_id} | TOGETHER.get(rule_id, set())
    for finding in report.findings:
        assert finding.place
        assert finding.harm[-1] in ".?!"
        assert "\n" not in finding.fix


@pytest.mark.parametrize(("rule_id", "case"), cases(NEAR_MISSES))
def test_near_miss_passes(rule_id: str, case: Case, desk: Desk) -> None:
    """What only looks like a breach is none."""
    assert preflight.run(case(desk), only=(rule_id,)).findings == ()


def test_clean_mail_passes_everything(desk: Desk) -> None:
    """A plain issue to four plain people has no finding at all, and every rule counts as passed."""
    report = preflight.run(desk.evidence())
    assert report.findings == ()
    assert report.passed + sum(report.skipped.values()) == len(RULES)


@pytest.mark.parametrize("slug", ["back-muscle-spasms", "desk-breaks", "steady-on"])
def test_shipped_issues_have_no_error(shipped: Path, slug: str) -> None:
    """What comes with the tool can be sent; its list has deliberate bad rows, which are warnings."""
    people = SubscriberList(shipped / "subscribers.csv", shipped)
    issue = read_issue(find_issue(shipped, slug), shipped, people.fields)
    report = preflight.check_issue(Mail.of(read_practice(shipped), issue), people, KEYS, NOW)
    assert {finding.id for finding in report.findings if finding.severity is not Severity.ADVICE} == {"L01"}
    assert report.errors == ()


def test_samples_cover_the_list(desk: Desk) -> None:
    """First row, longest values, an accent, an empty value, and one reader of every audience are built."""
    desk.issue(ISSUE + "  - heading: For older backs\n    only_for: [seniors]\n    text: Go slowly.\n")
    samples = desk.evidence().samples
    assert sorted(sample.where for sample in samples) == [f"subscribers.csv:{line}" for line in (2, 3, 4, 5)]
    assert ["Go slowly" in (sample.text or "") for sample in samples].count(True) == 1


def test_invented_readers_where_there_is_no_list(desk: Desk) -> None:
    """An issue can be checked before there is a list; two invented readers see every block."""
    report = preflight.check_issue(desk.mail, None, KEYS, NOW)
    assert [(finding.id, finding.severity) for finding in report.findings] == [("L01", Severity.WARNING)]


def test_places_name_file_and_line(desk: Desk) -> None:
    """A finding about words names the line they stand in; one about a row names the row."""
    desk.issue(ISSUE.replace("Walk about", "TODO walk about").replace(' or "neighbor"', ""))
    desk.people(LIST + "tom.baker@mail,Tom,,active\n")
    places = {finding.id: finding.place for finding in preflight.run(desk.evidence()).findings}
    assert places == {"M15": "issues/small-breaks.yaml:11", "L05": "issues/small-breaks.yaml:6", "L01": "subscribers.csv:6"}


def test_worst_first_and_each_thing_once(desk: Desk) -> None:
    """Errors come before warnings before advice, and what every mail shares is told once."""
    desk.issue(ISSUE.replace("Walk about", "TODO walk about")).people(LIST + "tom.baker@mail,Tom,,active\n")
    findings = preflight.run(desk.evidence()).findings
    assert [finding.severity for finding in findings] == [Severity.ERROR, Severity.WARNING]


def test_many_rows_are_counted_not_listed(desk: Desk) -> None:
    """Of a thousand bad rows a finding names five, and says how many there are."""
    desk.people("email,first_name\n" + "".join(f"person{number}@mail,P\n" for number in range(1000)) + "a@mail.example,A\n")
    (finding,) = preflight.run(desk.evidence()).findings
    assert "1,000 rows" in finding.harm
    assert "lines 2, 3, 4, 5, 6 and 995 more" in finding.harm


@pytest.mark.parametrize(
    ("written", "right"),
    [
        *(("gmial.com", "gmail.com"), ("gmail.con", "gmail.com"), ("gmai.com", "gmail.com"), ("hotnail.com", "hotmail.com")),
        *(("yahooo.com", "yahoo.com"), ("aol.con", "aol.com"), ("comcst.net", "comcast.net"), ("iclould.com", "icloud.com")),
    ],
)
def test_slips_in_domains(written: str, right: str) -> None:
    """One letter too many, too few, wrong or swapped is noticed."""
    assert MAILBOXES.meant[written] == right


@pytest.mark.parametrize(
    "domain", [*MAILBOXES.large, "mail.com", "ymail.com", "riverbend.example", "aon.com", "gmail.example", "five.com", "cat.net"]
)
def test_real_domains_are_left_alone(domain: str) -> None:
    """A real domain is no slip, even where it is close to a large one."""
    assert MAILBOXES.meant[domain] == ""


def test_exit_codes_and_words(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """`check` ends with 0 and names the next command; with an error it ends with 1 and says that nothing can be sent."""
    desk.issue(TODAYS)
    assert run(["-C", str(desk.folder), "check", "small-breaks"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Small Breaks  (issues/small-breaks.yaml)\n")
    assert " checks passed. Nothing is wrong.\n" in out
    assert out.splitlines()[-1].startswith("Next: newsletter")
    assert out.splitlines()[-1].endswith("preview small-breaks")
    desk.issue(TODAYS.replace("Walk about", "TODO walk about"))
    assert run(["-C", str(desk.folder), "check"]) == 1
    out = capsys.readouterr().out
    assert "\nStops the send\n  M15  issues/small-breaks.yaml:11\n       " in out
    assert "1 error: nothing can be sent until the errors are gone." in out
    assert "Next: correct what is marked" in out.splitlines()[-1]
    assert max(len(line) for line in out.splitlines()[:-1]) <= 80


def test_unreadable_files_are_told_as_they_are(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that cannot be read is exit code 1 with its problems, and the other issues are checked all the same."""
    (desk.folder / "issues" / "broken.yaml").write_text("title: Broken\ndate: soon\n")
    assert run(["-C", str(desk.folder), "check", "broken"]) == 1
    assert "issues/broken.yaml:2" in capsys.readouterr().err
    assert run(["-C", str(desk.folder), "check"]) == 1
    told = capsys.readouterr()
    assert "issues/broken.yaml:2" in told.err
    assert "Small Breaks" in told.out
    with pytest.raises(ProblemsFound):
        desk.people("name\nAnna\n").evidence()


def test_json(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints one object with exactly the promised keys, or a list of them for several issues."""
    desk.issue(TODAYS.replace("Walk about", "TODO walk about"))
    assert run(["-C", str(desk.folder), "check", "small-breaks", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"issue", "findings", "passed"}
    assert said["issue"] == "small-breaks"
    assert said["passed"] > 20
    (finding,) = said["findings"]
    assert finding["severity"] == "error"
    assert set(finding) == {"id", "severity", "place", "harm", "fix"}
    (desk.folder / "issues" / "second.yaml").write_text(ISSUE)
    run(["-C", str(desk.folder), "check", "--json"])
    assert [one["issue"] for one in json.loads(capsys.readouterr().out)] == ["second", "small-breaks"]


def test_another_list(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """`--to` checks with another list; one that is not there is an error."""
    other = desk.folder / "other.csv"
    other.write_text("email\ntom.baker@mail\neve@mail.example\n")
    assert run(["-C", str(desk.folder), "check", "small-breaks", "--to", str(other)]) == 0
    assert "other.csv:2" in capsys.readouterr().out
    assert run(["-C", str(desk.folder), "check", "small-breaks", "--to", str(desk.folder / "none.csv")]) == 1


def test_looking_writes_nothing(desk: Desk) -> None:
    """A check makes no key and no ledger; only the picture cache, which holds nobody's data, may appear."""
    run(["-C", str(desk.folder), "check", "small-breaks"])
    kept = desk.folder / ".newsletter"
    assert {path.name for path in kept.iterdir()} <= {"pictures"} if kept.exists() else True
