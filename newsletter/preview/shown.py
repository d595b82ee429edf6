"""What the pages are told, as JSON: views, people, findings. Addresses are masked unless they are asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from newsletter.check.finding import Finding
from newsletter.errors import NewsletterError, Problem
from newsletter.ledger.course import read_course
from newsletter.ledger.reading import MailingRecord, read_mailings
from newsletter.preview.bench import Bench, View
from newsletter.preview.letter import Letter
from newsletter.preview.overview import course_shown, overview
from newsletter.preview.people import masked, name_of
from newsletter.preview.places import Spot, spot_of
from newsletter.preview.study import Study
from newsletter.read.practice import Practice
from newsletter.read.subscribers import Subscriber

_ADDRESS = re.compile(r"[^\s<>()\"'@,;:]+@[^\s<>()\"'@,;:]+")
PAGE_LIMIT = 102_000  # bytes of HTML at which Gmail cuts a mail off, about (rule H01)


def all_issues_shown(bench: Bench) -> dict[str, Any]:
    """The page of all issues, with what the ledger says of each; `trouble` says why it says nothing."""
    practice = bench.practice()
    trouble = str(practice) if isinstance(practice, NewsletterError) else ""
    mailings: dict[str, MailingRecord] = {}
    try:
        mailings = read_mailings(bench.folder)
    except NewsletterError as error:
        trouble = str(error)
    name, zone = bench.folder.resolve().name, "UTC"
    if isinstance(practice, Practice):
        name, zone = practice.text.practice.name, practice.text.timezone
    return {**overview(bench.version, name, zone, bench.cards(), mailings), "trouble": trouble}


def record_shown(bench: Bench, slug: str) -> dict[str, Any] | None:
    """The page of one mailing's record, or None where there was none; raises LedgerUnusable."""
    practice, course = bench.practice(), read_course(bench.folder, slug)
    title = next((card.title for card in bench.cards() if card.slug == slug), slug)
    return course_shown(course, title, practice.text.timezone if isinstance(practice, Practice) else "UTC") if course else None


def for_phones(view: View) -> dict[str, Any]:
    """What a phone in the network is told of a view of nobody's."""
    letter = view.letter
    return {
        "version": view.version,
        "issue": view.slug,
        "title": view.issues.get(view.slug or "", ""),
        "mail": letter and {"url": f"/mail/{letter.name}", "subject": letter.subject, "preheader": letter.preheader},
        "issues": [{"slug": slug, "title": title} for slug, title in view.issues.items()],
        "problems": len(view.problems),
    }


@dataclass(frozen=True, slots=True)
class Shown:
    """Says things of one bench; `openly` shows addresses in full."""

    bench: Bench
    openly: bool = False

    def view(self, view: View) -> dict[str, Any]:
        """An issue as a person, or what is wrong with it."""
        practice = self.bench.practice()
        return {
            "version": view.version,
            "issues": [{"slug": slug, "title": title} for slug, title in view.issues.items()],
            "issue": view.slug,
            "person": self.person(view.person),
            "invented": self.bench.people.invented,
            "problems": [self.problem(problem) for problem in view.problems],
            "current": view.current,
            "mail": view.letter and self._mail(view.letter, view.person),
            "own": practice.text.sender.answers_to if isinstance(practice, Practice) else None,
        }

    def person(self, person: Subscriber) -> dict[str, Any]:
        """Somebody to look as."""
        return {
            "id": self.bench.people.id_of(person),
            "name": self._covered(name_of(person)),
            "address": person.email if self.openly else masked(person.email),
            "tags": sorted(person.tags),
        }

    def people(self, words: str) -> dict[str, Any]:
        """Those who are found by words."""
        found, more = self.bench.search(words)
        return {"people": [self.person(person) for person in found], "more": more}

    def study(self, version: int, found: Study) -> dict[str, Any]:
        """Findings with where they show, how the issue reads, and who is awkward."""
        reading, report = found.reading, found.report
        return {
            "version": version,
            "problems": [self.problem(problem) for problem in found.problems],
            "findings": self._findings(found),
            "passed": report.passed if report else 0,
            "reading": reading and {"words": reading.words, "minutes": reading.minutes, "grade": reading.grade},
            "variants": bool(found.mail and found.mail.issue.tags),
            "awkward": [{"why": odd.why, "person": self.person(odd.person)} for odd in found.awkward],
        }

    def problem(self, problem: Problem) -> dict[str, Any]:
        """What is wrong with a file."""
        return {
            "file": problem.path,
            "line": problem.line,
            "message": self._covered(problem.message),
            "remedy": self._covered(problem.remedy),
        }

    def _mail(self, letter: Letter, person: Subscriber) -> dict[str, Any]:
        address = f"/mail/{letter.name}"
        letter = letter if self.openly else letter.masked(masked(person.email))
        return {
            "url": address,
            "from": letter.sender,
            "subject": letter.subject,
            "preheader": letter.preheader,
            "snippet": letter.snippet,
            "text": letter.text,
            "headers": letter.headers,
            "size": letter.size,
            "page_size": letter.page_size,
            "limit": PAGE_LIMIT,
            "portrait": letter.portrait and f"{address}/{letter.portrait}",
        }

    def _findings(self, found: Study) -> list[dict[str, Any]]:
        if not found.report or not found.mail:
            return []
        documents = (found.mail.issue.document, found.mail.practice.document)
        spots = [spot_of(finding.place, documents, found.list_name) for finding in found.report.findings]
        people = self.bench.in_rows(frozenset(spot.row for spot in spots if spot.view == "person"))
        return [
            self._finding(finding, spot, people.get(spot.row)) for finding, spot in zip(found.report.findings, spots, strict=True)
        ]

    def _finding(self, finding: Finding, spot: Spot, who: Subscriber | None) -> dict[str, Any]:
        return {
            **finding.as_json(),
            "harm": self._covered(finding.harm),
            "fix": self._covered(finding.fix),
            "file": spot.file,
            "line": spot.line,
            "view": "none" if (spot.view == "person" and who is None) or (spot.view == "page" and not spot.seek) else spot.view,
            "person": who and self.bench.people.id_of(who),
            "seek": [{"kind": clue.kind, "value": clue.value} for clue in spot.seek],
        }

    def _covered(self, sentence: str) -> str:
        """The same with every address masked that is not the practice's own."""
        if self.openly or "@" not in sentence:
            return sentence
        practice = self.bench.practice()
        own = "\n".join(practice.document.lines) if isinstance(practice, Practice) else ""
        return _ADDRESS.sub(lambda found: found[0] if found[0] in own else masked(found[0]), sentence)
