"""Holds that every mistake in a practice's own templates is named with its file, line and what would be right."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from newsletter.compose import mjml_rules
from newsletter.compose.mail import Mail
from newsletter.compose.theme import Theme, shipped_templates
from newsletter.errors import ProblemsFound
from newsletter.read.issue import read_issue
from newsletter.read.practice import read_practice

ROOT = Path(__file__).parents[1]
THEMES = sorted(path.name for path in shipped_templates().iterdir() if path.is_dir())
SHIPPED = THEMES[0] if "clinic" not in THEMES else "clinic"

# name: (template, line:column, words of the message)
WRONG: dict[str, tuple[str, str, list[str]]] = {
    "unknown tag": ("<mj-section>\n  <mj-colum></mj-colum>\n</mj-section>", "2:3", ["no tag <mj-colum>", '"mj-column"']),
    "tag in capitals": ("<MJ-TEXT>a</MJ-TEXT>", "1:1", ["no tag <MJ-TEXT>", '"mj-text"']),
    "misspelt closing tag": ("<mj-text>a</mj-txt>", "1:11", ["no tag <mj-txt>", '"mj-text"']),
    "unknown attribute": ('<mj-text\n  colour="red">a</mj-text>', "2:3", ["no attribute colour", '"color"']),
    "attribute of defaults": ('<mj-attributes><mj-all colr="red" /></mj-attributes>', "1:24", ["no attribute colr", '"color"']),
    "attribute without a value": ("<mj-section full-width></mj-section>", "1:13", ["full-width has no value"]),
    "attribute twice": ('<mj-text color="red" color="blue">a</mj-text>', "1:22", ["color twice"]),
    "short colour": ('<mj-section background-color="#eee"></mj-section>', "1:13", ["three digits", '"#eeeeee"']),
    "colour without #": ('<mj-text color="1f6f78">a</mj-text>', "1:10", ["no #", '"#1f6f78"']),
    "colour name": ('<mj-text color="bleu">a</mj-text>', "1:10", ["not a colour", '"blue"']),
    "number without unit": ('<mj-divider border-width="4" />', "1:13", ["without a unit", '"4px"']),
    "one of several without unit": ('<mj-column padding="10 2px"></mj-column>', "1:12", ["without a unit", '"10px 2px"']),
    "unit that does not exist": ('<mj-text font-size="12pt">a</mj-text>', "1:10", ["not a size", "px"]),
    "enum": ('<mj-button align="centre" href="https://a.example">a</mj-button>', "1:12", ["align", '"center"']),
    "boolean": ('<mj-image src="{{ a }}" alt="" fluid-on-mobile="yes" />', "1:32", ["neither true nor false"]),
    "whole number": ('<mj-table cellpadding="some"></mj-table>', "1:11", ["not a whole number"]),
    "wrong parent": ("<mj-section>\n<mj-text>a</mj-text></mj-section>", "2:1", ["cannot stand in <mj-section>", "mj-column"]),
    "wrong parent in a branch": ("<mj-body>{% if a %}<mj-column></mj-column>{% endif %}</mj-body>", "1:20", ["mj-section"]),
    "tag inside text": ("<mj-text><p>\n<mj-spacer /></p></mj-text>", "2:1", ["cannot stand in <mj-text>"]),
    "HTML outside text": ("<mj-column>\n <p>a</p></mj-column>", "2:2", ["HTML such as <p>", "<mj-text>"]),
    "words outside text": ("<mj-section>\n Hello {{ name }}</mj-section>", "2:2", ['("Hello")', "<mj-text>"]),
    "HTML in the title": ("<mj-title>a <b>b</b></mj-title>", "1:13", ["plain text"]),
    "unclosed paragraph": ("<mj-text>\n<p>a\n</mj-text>", "2:1", ["<p> is still open where </mj-text>", "</p>"]),
    "unclosed list item in a loop": ("<ul>{% for a in b %}<li>a{% endfor %}</ul>", "1:21", ["<li> is never closed"]),
    "unclosed at the end": ("<mj-section>\n<mj-column></mj-column>", "1:1", ["<mj-section> is never closed", "</mj-section>"]),
    "crossed": ("<mj-text><strong><em>a</strong></em></mj-text>", "1:18", ["<em> is still open where </strong>"]),
    "closed twice": ("<mj-text><p>a</p></p></mj-text>", "1:18", ["</p> closes nothing"]),
    "picture without a slash": ('<mj-image src="{{ a }}" alt="">\n<mj-text>a</mj-text>', "1:1", ["<mj-image> has no end", "/>"]),
    "no quotes": ("<a href=https://a.example>a</a>", "1:4", ["href has no quotes", 'href="https://a.example"']),
    "curly quotes": ("<mj-text color=“red”>a</mj-text>", "1:10", ["curly quotes", 'color="red"']),
    "quotes not closed": ('<mj-text color="red>a</mj-text>\n<p class="b">a</p>', "1:10", ["quotes", "not closed"]),
    "attributes glued together": ('<p class="a"id="b">a</p>', "1:13", ["no blank between"]),
    "no > at the end": ("<p\n<b>a</b></p>", "1:1", ["no > at its end"]),
    "void tag in capitals": ("<mj-text>a<BR>b</mj-text>", "1:11", ["<BR>", "<br>"]),
    "void tag closed": ("<mj-text>a</br>b</mj-text>", "1:11", ["</br>", "<br>"]),
    "blank after the slash": ("<p>a</ p>", "1:5", ["blank after its slash", "</p>"]),
    "less-than sign": ("<mj-text>1 < 2</mj-text>", "1:12", ["&lt;"]),
    "CDATA": ("<mj-text><![CDATA[a]]></mj-text>", "1:10", ["CDATA"]),
    "doctype": ("<!doctype html>\n<mjml></mjml>", "1:1", ["doctype"]),
    "XML declaration": ('<?xml version="1.0"?>\n<mjml></mjml>', "1:1", ["XML declaration"]),
    "comment not closed": ("<mj-text>\na <!-- b</mj-text>", "2:3", ["never closed", "-->"]),
    "comment with hyphens": ("<!-- a -- b -->", "1:1", ["--", "{#"]),
    "comment among defaults": ("<mj-attributes>\n<!-- a --></mj-attributes>", "2:1", ["comment", "{#"]),
    "Jinja not closed": ("<mj-text>{{ name }</mj-text>", "1:10", ["{{ is never closed", "}}"]),
    "include": ('<mj-include path="a.mjml" />', "1:1", ["mj-include", '{% include "other.mjml" %}']),
    "script": ("<mj-raw><script>if (a < b) {}</script></mj-raw>", "1:9", ["<script>", "Delete"]),
    "carousel": ("<mj-column><mj-carousel></mj-carousel></mj-column>", "1:12", ["mj-carousel", "mj-image"]),
    "attribute the compiler ignores": ('<mj-section gutter="4px"></mj-section>', "1:13", ["gutter", "padding"]),
    "inline style": ('<mj-style inline="inline">p { margin: 0 }</mj-style>', "1:11", ["inline.css"]),
    "tag inside a style": ("<mj-style>\n<!-- a --></mj-style>", "2:1", ["<mj-style>", "CSS only"]),
    "picture of another site": ('<mj-image alt="" src="https://b.example/a.png" />', "1:23", ["b.example", "another website"]),
    "picture of another site in HTML": ('<img alt="" src="//b.example/a.png">', "1:18", ["another website"]),
    "picture that is not packed": (
        '<mj-image src="images/a.png" alt="" />',
        "1:11",
        ["no picture", 'picture("images/a.png", 600)'],
    ),
    "background of another site": (
        '<mj-section background-url="http://b.example/a.png"></mj-section>',
        "1:29",
        ["another website"],
    ),
    "font": ('<mj-font name="Inter" href="https://fonts.example/inter.css" />', "1:23", ["font", "every computer"]),
    "style sheet of another site": ('<mj-raw><link href="https://b.example/a.css"></mj-raw>', "1:21", ["another website"]),
    "url() of another site": (
        "<mj-style>\na { background: url('https://b.example/{{ a }}') }</mj-style>",
        "2:22",
        ["another website"],
    ),
    "url() in style": ('<td style="background: url(https://b.example/a.png)"></td>', "1:28", ["another website"]),
    "picture for Outlook only": (
        '<!--[if mso]><v:fill src="https://b.example/a.png" /><![endif]-->',
        "1:27",
        ["another website"],
    ),
    "half a pair in mj-raw": (
        '<mj-raw><div class="a"></mj-raw>\n<mj-raw>a</mj-raw>',
        "1:9",
        ["<div> is still open where </mj-raw>"],
    ),
    "half a pair for Outlook": (
        "<mj-raw>\n<!--[if mso]><table><![endif]--></mj-raw><mj-text><p>a</p></mj-text>",
        "2:14",
        ["<table> is still open where </mj-raw>"],
    ),
    "part for Outlook without end": ("<mj-text>\n<!--[if mso]>a</mj-text>", "2:1", ["Outlook has no end", "<![endif]-->"]),
    "part for Outlook ended wrongly": ("<mj-text><!--[if mso]>a<![endif]-- ></mj-text>", "1:24", ["Outlook", "<![endif]-->"]),
    "no quotes for Outlook": ("<!--[if mso]><td width=10></td><![endif]-->", "1:18", ["no quotes", '"10"']),
    "sign in a name": ('<p cl%ass="a">a</p>', "1:6", ["stray %"]),
    "picture without words": ('<mj-image src="{{ a }}" />', "1:1", ["no alt"]),
    "social icon without picture": ('<mj-social-element href="https://a.example">a</mj-social-element>', "1:1", ["no src"]),
    "profile that becomes sharing": (
        '<mj-social-element name="facebook" href="{{ a }}" src="{{ b }}">a</mj-social-element>',
        "1:20",
        ["shares", '"facebook-noshare"'],
    ),
}

RIGHT: dict[str, str] = {
    "opened in either branch": '{% if a %}<div class="a">{% else %}<div>{% endif %}a</div>',
    "column in a branch": "<mj-section>{% if a %}<mj-column>{% endif %}<mj-text>a</mj-text>{% if a %}</mj-column>{% endif %}"
    "</mj-section>",
    "list begun in a loop": "{% for a in b %}{% if loop.first %}<ul>{% endif %}<li>a</li>{% if loop.last %}</ul>{% endif %}"
    "{% endfor %}",
    "rows closed before they open": "<table>{% for a in b %}{% if not loop.first %}</tr>{% endif %}<tr>{% endfor %}</tr></table>",
    "columns begun anew": "<mj-section>{% for a in b %}{% if a %}</mj-section><mj-section>{% endif %}<mj-column></mj-column>"
    "{% endfor %}</mj-section>",
    "pairs for Outlook only": "<div><!--[if mso]><table><tr><td><![endif]--></div><!--[if mso]></td></tr></table><![endif]-->",
    "for all but Outlook": "<!--[if !mso]><!--><p>a</p><!--<![endif]--><!--[if !mso]><!-- --><p>b</p><!-- <![endif]-->",
    "printed values": '<mj-text color="{{ a }}" padding="{{ b }}px" {{ c }} {% if d %}align="{{ d }}"{% endif %}>a</mj-text>',
    "tags inside a printed text": '<mj-text>{{ "}}<p>" }}</mj-text>',
    "printed tag names": "<h{{ n }}>a</h{{ n }}><{{ t }}>b</{{ t }}>",
    "attribute in either branch": '<mj-text {% if a %}color="red"{% else %}color="blue"{% endif %}>a</mj-text>',
    "comments": "{# <p> #}<mj-section><!-- <p> --></mj-section>{% set a = '<p>' %}{% raw %}{{ <p> {% endraw %}",
    "macro": "<mj-body>{% macro a() %}<mj-text>a</mj-text>{% endmacro %}<mj-section>{{ a() }}</mj-section></mj-body>",
    "links": '<mj-button href="https://a.example">a</mj-button><a href="https://a.example">b</a>',
    "void tags": "<mj-text>a<br>b<br/>c<hr><img src='{{ a }}' alt='b > c'></mj-text>",
    "sizes": '<mj-text padding="0" line-height="1.5" letter-spacing="-1px">a</mj-text><mj-table width="auto"></mj-table>',
    "colours": '<mj-text color="rgba(1, 2, 3, 0.5)" container-background-color="#A0b1C2">a</mj-text>',
    "defaults": '<mj-attributes><mj-image padding="0" /><mj-class name="a" color="red" /><mj-all padding="0" /></mj-attributes>',
    "media query": "<mj-style>@media (max-width: 480px) { a > b { color: #eee } }</mj-style>",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A practice that has the example's files and nothing of its own among the templates."""
    shutil.copytree(ROOT / "issues", tmp_path / "issues")
    shutil.move(tmp_path / "issues" / "images", tmp_path / "images")
    shutil.copy(ROOT / "practice.example.yaml", tmp_path / "practice.yaml")
    return tmp_path


def override(folder: Path, name: str, text: str) -> None:
    """Puts a template of the practice's own into its folder."""
    path = folder / "templates" / SHIPPED / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def mistakes(folder: Path) -> list[str]:
    """What the rules say of the practice's own templates, each without the folder."""
    try:
        mjml_rules.look(Theme(read_practice(folder)))
    except ProblemsFound as found:
        return [str(problem).removeprefix(f"templates/{SHIPPED}/") for problem in found.problems]
    return []


def rendering(folder: Path) -> str:
    """What rendering an issue with the practice's own templates ends with."""
    issue = read_issue(sorted((folder / "issues").glob("*.yaml"))[0], folder, frozenset(["first_name"]))
    with pytest.raises(ProblemsFound) as found:
        Mail.of(read_practice(folder), issue).rendered(None)
    return str(found.value)


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_named_with_its_place(folder: Path, name: str) -> None:
    """Each kind of mistake alone gives one problem, at its line and column, that says what would be right."""
    text, place, words = WRONG[name]
    override(folder, "header.mjml", text)
    found = mistakes(folder)
    assert len(found) == 1, found
    assert found[0].startswith(f"header.mjml:{place}: ")
    assert [word for word in words if word not in found[0]] == []


@pytest.mark.parametrize("name", RIGHT)
def test_what_may_be_right_is_not_blamed(folder: Path, name: str) -> None:
    """Jinja that opens and closes in different branches, and MJML's finer points, raise no false alarm."""
    override(folder, "header.mjml", RIGHT[name])
    assert mistakes(folder) == []


def test_all_mistakes_of_all_files_come_at_once(folder: Path) -> None:
    """One run names every mistake in every own template and style sheet, in the order of files and lines."""
    override(folder, "blocks/quote.mjml", '<mj-txt>a</mj-txt>\n<mj-text colour="red">a</mj-text>')
    override(folder, "head.css", '@import "https://fonts.example/a.css";')
    found = mistakes(folder)
    assert [one.partition(": ")[0] for one in found] == ["blocks/quote.mjml:1:1", "blocks/quote.mjml:2:10", "head.css:1:10"]


def test_columns_count_characters_behind_accents_and_jinja(folder: Path) -> None:
    """The column is that of the editor, whatever stands before it in the line."""
    override(folder, "header.mjml", '<mj-text>é👋{{ "}}" }}{# <p> #}<br></br></mj-text>')
    assert mistakes(folder)[0].startswith("header.mjml:1:35: ")


def test_a_file_that_is_not_utf_8_is_named(folder: Path) -> None:
    """A template saved with another encoding is named with what to do, and the others are still looked at."""
    override(folder, "header.mjml", "")
    override(folder, "footer.mjml", "<mj-txt></mj-txt>")
    (folder / "templates" / SHIPPED / "header.mjml").write_bytes("<mj-text>é</mj-text>".encode("latin-1"))
    assert [one.partition(": ")[0] for one in mistakes(folder)] == ["footer.mjml:1:1", "header.mjml"]


def test_the_practices_own_website_may_hold_its_pictures(folder: Path) -> None:
    """With hosted pictures an address below `base_url` is not somebody else's, and its neighbours are."""
    settings = folder / "practice.yaml"
    hosted = settings.read_text(encoding="utf-8").replace("{mode: embed}", "{mode: hosted, base_url: https://a.example/news}")
    settings.write_text(hosted, encoding="utf-8")
    override(
        folder,
        "header.mjml",
        '<img src="https://a.example/news/b.png" alt="">\n<img src="https://a.example.evil/news/b.png" alt="">',
    )
    assert [one.partition(": ")[0] for one in mistakes(folder)] == ["header.mjml:2:11"]


@pytest.mark.parametrize("theme", THEMES)
def test_a_copy_of_a_shipped_theme_has_no_mistake(folder: Path, theme: str) -> None:
    """A practice that starts by copying a whole theme hears no complaint about our own files."""
    settings = folder / "practice.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("theme: clinic", f"theme: {theme}"), encoding="utf-8")
    shutil.copytree(shipped_templates() / theme, folder / "templates" / theme)
    assert mistakes(folder) == []


def test_nothing_is_loaded_without_own_templates(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A practice that has no templates of its own pays nothing for the rules."""
    monkeypatch.setattr(mjml_rules, "vocabulary", lambda: pytest.fail("the tag list was read"))
    assert mistakes(folder) == []


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("<mj-section>\n{% if issue.hero %}\n</mj-section>", 3, "'if'"),
        ("<mj-section>\n\n{{ issue.title | }}\n</mj-section>", 3, "expected"),
        ("<mj-section>\n{% fro a in b %}{% endfor %}</mj-section>", 2, "fro"),
        ("<mj-section><mj-column><mj-text>\n{{ isue.title }}</mj-text></mj-column></mj-section>", 2, "isue"),
        ("<mj-section><mj-column><mj-text>\n\n{{ issue.titel }}</mj-text></mj-column></mj-section>", 3, "titel"),
        ('<mj-section>\n{% include "parst.mjml" %}</mj-section>', 2, "parst.mjml"),
        ("<mj-section><mj-column><mj-text>\n{{ range(1000000) }}</mj-text></mj-column></mj-section>", 2, "too big"),
        ("<mj-section><mj-column><mj-text>\n{{ issue.title | mdd }}</mj-text></mj-column></mj-section>", 2, "mdd"),
    ],
    ids=[
        "block not ended",
        "half a filter",
        "unknown word",
        "unknown name",
        "unknown field",
        "unknown template",
        "endless loop",
        "unknown filter",
    ],
)
def test_a_mistake_in_jinja_names_file_and_line(folder: Path, text: str, line: int, word: str) -> None:
    """What only running the template can find is named with file, line and the word that is wrong."""
    override(folder, "header.mjml", text)
    found = rendering(folder)
    assert found.startswith(f"templates/{SHIPPED}/header.mjml:{line}: ")
    assert word in found


def test_a_macro_with_the_same_argument_twice_names_its_file(folder: Path) -> None:
    """The one mistake that Jinja leaves to Python is still named with the file, without a traceback."""
    override(folder, "header.mjml", "{% macro a(width, width) %}{% endmacro %}")
    found = rendering(folder)
    assert found.startswith(f"templates/{SHIPPED}/header.mjml: ")
    assert "duplicate argument 'width'" in found


def test_a_mistake_in_the_text_version_names_file_and_line(folder: Path) -> None:
    """The templates of the plain text are held to the same."""
    override(folder, "issue.txt", "{{ issue.title }}\n{{ isue.title }}\n")
    found = rendering(folder)
    assert found.startswith(f"templates/{SHIPPED}/issue.txt:2: ")
    assert "isue" in found


def test_what_only_the_compiler_finds_names_file_and_line(folder: Path) -> None:
    """A tag that Jinja prints cannot be followed in the source; where the compiler stumbles over it is traced to its line."""
    printed = '{% set begin, end = "<mj-divider>" | safe, "</mj-divider>" | safe %}'
    lines = [printed, "<mj-section><mj-column>{{ begin }}", "<mj-text>a</mj-text>", "{{ end }}</mj-column></mj-section>"]
    override(folder, "header.mjml", "\n".join(lines))
    assert mistakes(folder) == []
    found = rendering(folder)
    assert found.startswith(f"templates/{SHIPPED}/header.mjml:3: ")
    assert "MJML cannot read this" in found
