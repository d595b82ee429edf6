"""The pieces an issue's body is made of: one model a kind of block, and the list of them all."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from newsletter.read import fields
from newsletter.read.fields import Day, Line, Link, PicturePath, Section, Text, WebLink, refuse


class Block(Section):
    """What every block can carry: `only_for` shows it only to subscribers who have one of these tags."""

    only_for: tuple[fields.Tag, ...] = ()


class Picture(Section):
    """A picture of the practice's folder, with the words for those who cannot see it and the name of who made it."""

    image: PicturePath
    alt: Line
    caption: Line | None = None
    credit: Line | None = None
    credit_url: WebLink | None = None


class MaybePicture(Section):
    """The same fields for blocks that can do without a picture."""

    image: PicturePath | None = None
    alt: Line | None = None
    caption: Line | None = None
    credit: Line | None = None
    credit_url: WebLink | None = None

    @model_validator(mode="after")
    def _words_for_the_picture(self) -> MaybePicture:
        if self.image and not self.alt:
            refuse("a picture needs `alt`: one sentence for readers who cannot see it.")
        return self


class Article(Block, MaybePicture):
    """A heading and text; with a picture beside it that stacks on phones."""

    type: Literal["article"] = "article"
    heading: Line
    text: Text


class Tips(Block):
    """Numbered tips in a tinted panel."""

    type: Literal["tips"]
    heading: Line = "Tips"
    text: Text | None = None
    items: tuple[Text, ...] = Field(min_length=1)


class HelpNow(Block):
    """When to get help: signs as a list, and what to do."""

    type: Literal["warning"]
    heading: Line = "Get help now"
    text: Text | None = None
    items: tuple[Text, ...] = ()
    after: Text | None = None


class Exercise(Block, Picture):
    """A picture, numbered steps, and a caution."""

    type: Literal["exercise"]
    heading: Line
    text: Text | None = None
    steps: tuple[Text, ...] = Field(min_length=1)
    caution: Text


class Quote(Block):
    """Somebody's words and their name; for a patient's words, `authorization` says when and how they agreed in writing."""

    type: Literal["quote"]
    text: Text
    name: Line | None = None
    authorization: Line | None = None


class Image(Block, Picture):
    """A picture by itself."""

    type: Literal["image"]


class Answer(Section):
    """One answer of a `choices` block, and the page it leads to."""

    label: Line
    url: Link


class Choices(Block):
    """One question; each answer is a link."""

    type: Literal["choices"]
    heading: Line | None = None
    question: Line
    text: Text | None = None
    answers: tuple[Answer, ...] = Field(min_length=1)


class Offer(Block):
    """An offer with its legal lines."""

    type: Literal["offer"]
    heading: Line
    text: Text
    legal: Text
    until: Day | None = None
    label: Line | None = None
    url: Link | None = None


class Event(Block):
    """Something that takes place on a day."""

    type: Literal["event"]
    heading: Line
    date: Day
    time: Line | None = None
    place: Line | None = None
    text: Text | None = None
    label: Line | None = None
    url: Link | None = None


class Button(Block):
    """One link as a large button; the label begins with a verb."""

    type: Literal["button"]
    label: Line
    url: Link
    text: Text | None = None


KINDS: dict[str, type[Block]] = {
    "article": Article,
    "tips": Tips,
    "warning": HelpNow,
    "exercise": Exercise,
    "quote": Quote,
    "image": Image,
    "choices": Choices,
    "offer": Offer,
    "event": Event,
    "button": Button,
}


def kind_of(value: Any) -> str:
    """The kind a body entry names; an entry that names none is an article."""
    named = value.get("type", "article") if isinstance(value, dict) else getattr(value, "type", "article")
    return str(named or "article")


AnyBlock = Annotated[
    Annotated[Article, Tag("article")]
    | Annotated[Tips, Tag("tips")]
    | Annotated[HelpNow, Tag("warning")]
    | Annotated[Exercise, Tag("exercise")]
    | Annotated[Quote, Tag("quote")]
    | Annotated[Image, Tag("image")]
    | Annotated[Choices, Tag("choices")]
    | Annotated[Offer, Tag("offer")]
    | Annotated[Event, Tag("event")]
    | Annotated[Button, Tag("button")],
    Discriminator(kind_of),
]
