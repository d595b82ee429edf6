"""An issue ready to be written to people: one compiled template for each audience that its `only_for` blocks make."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from newsletter.compose.identity import Identity
from newsletter.compose.message import Message, MessageTemplate
from newsletter.compose.pictures import PictureDesk
from newsletter.compose.render import RenderedIssue, render
from newsletter.compose.theme import Theme
from newsletter.read.issue import Issue
from newsletter.read.practice import Practice
from newsletter.read.subscribers import Subscriber


@dataclass(slots=True)
class Mail:
    """One issue of one practice; renderings and templates are made when an audience is first met, and kept."""

    practice: Practice
    issue: Issue
    theme: Theme
    _tags: frozenset[str] = field(init=False)
    _rendered: dict[frozenset[str] | None, RenderedIssue] = field(default_factory=dict)
    _templates: dict[frozenset[str] | None, MessageTemplate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._tags = self.issue.tags

    @classmethod
    def of(cls, practice: Practice, issue: Issue) -> Mail:
        """For a practice and an issue that were read; nothing is rendered yet."""
        return cls(practice, issue, Theme(practice))

    def rendered(self, audience: frozenset[str] | None) -> RenderedIssue:
        """The rendering for subscribers with exactly these of the issue's tags; None shows every block."""
        audience = self._known_as(audience)
        if audience not in self._rendered:
            images = self.practice.text.images
            base_url = images.base_url if images.mode == "hosted" else None
            cache = self.practice.folder / ".newsletter" / "pictures"
            desk = PictureDesk(self.practice.folder, self.practice.domain, base_url, cache)
            self._rendered[audience] = render(self.issue, self.practice, self.theme, desk, audience)
        return self._rendered[audience]

    def template(self, audience: frozenset[str] | None) -> MessageTemplate:
        """The compiled mail for an audience."""
        audience = self._known_as(audience)
        if audience not in self._templates:
            self._templates[audience] = MessageTemplate.compile(self.rendered(audience), self.practice)
        return self._templates[audience]

    def _known_as(self, audience: frozenset[str] | None) -> frozenset[str] | None:
        """Those who have every tag of the issue see every block, so they share one rendering with None."""
        return None if audience is not None and audience >= self._tags else audience

    def template_for(self, subscriber: Subscriber) -> MessageTemplate:
        """The compiled mail that this subscriber gets."""
        return self.template(subscriber.tags & self._tags)

    def addressed(self, subscriber: Subscriber) -> Subscriber:
        """The subscriber as this mail names them: where it uses first and last name, people of different names in full."""
        both = subscriber.in_full and self.fields.issuperset(("first_name", "last_name"))
        return subscriber.named_in_full() if both else subscriber

    def message(self, subscriber: Subscriber, identity: Identity) -> Message:
        """The exact mail for one subscriber."""
        return self.template_for(subscriber).fill(self.addressed(subscriber), identity)

    @property
    def fields(self) -> frozenset[str]:
        """The merge fields that any audience's mail uses."""
        return self.template(None).fields

    @property
    def content_hash(self) -> str:
        """A fingerprint of all that is said to anybody, and of which block is for whom."""
        audiences = "|".join(",".join(block.only_for) for block in self.issue.text.body)
        return hashlib.sha256(f"{self.template(None).digest}|{audiences}".encode()).hexdigest()
