"""The preview as it is used: the real command, a real browser, and requests that no browser would send."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import email
import email.policy
import http.client
import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from previews import ISSUE, SOURCE, Preview, command, environment, make_folder, problems, running, scrolled, shown

from newsletter.compose.identity import Identities
from newsletter.compose.mail import Mail
from newsletter.ledger.keys import STAND_IN
from newsletter.preview.bench import Bench
from newsletter.preview.watch import saves, state
from newsletter.read.issue import read_issue
from newsletter.read.practice import read_practice
from newsletter.read.subscribers import Subscriber, SubscriberList

# What a save does


def test_a_save_repaints_where_the_reader_was(preview: Preview, page: Page) -> None:
    """A saved file shows in both frames and the text part, without a new page and at the same place of the mail."""
    page.goto(preview.url)
    expect(shown(page).get_by_text("Hello Anna")).to_be_attached()
    page.evaluate("window.samePage = true")
    assert scrolled(page, "phone", 700) == 700
    assert scrolled(page, "desktop", 400) == 400
    preview.rewrite(ISSUE, "New year, same chair?", "A brand new beginning.")
    for where in ("phone", "desktop"):
        expect(shown(page, where).get_by_text("A brand new beginning.")).to_be_attached()
    expect(page.locator("#text pre")).to_contain_text("A brand new beginning.")
    assert scrolled(page, "phone") == 700
    assert scrolled(page, "desktop") == 400
    assert page.evaluate("window.samePage") is True


def test_a_broken_file_shows_its_line_and_goes_away_when_right(preview: Preview, page: Page) -> None:
    """Problems stand on top with file and line, the last good mail stays below, dimmed; both end with the next good save."""
    page.goto(preview.url)
    expect(shown(page).get_by_text("Hello Anna")).to_be_attached()
    good = (preview.folder / ISSUE).read_text(encoding="utf-8")
    line = next(number for number, text in enumerate(good.splitlines(), 1) if text.startswith("preheader:"))
    preview.rewrite(ISSUE, "\npreheader:", "\npreheadr:")
    expect(problems(page)).to_have_count(1)
    expect(problems(page)).to_contain_text(f"{ISSUE} line {line}")
    expect(problems(page)).to_contain_text('Did you mean "preheader"?')
    expect(shown(page).get_by_text("Hello Anna")).to_be_attached()
    expect(page.locator("body")).to_have_class("old")
    zoe = json.loads(preview.get("/people?q=lindqvist")[2])["people"][0]["id"]
    kept = preview.state(f"?as={zoe}")
    assert not kept["current"]
    assert "Hello Zoë," in kept["mail"]["text"]
    preview.rewrite(ISSUE, "\npreheadr:", "\npreheader:")
    expect(page.locator("#problems-box")).to_be_hidden()
    expect(page.locator("body")).not_to_have_class("old")


def no_yaml(folder: Path) -> str:
    (folder / ISSUE).write_text("title: [unclosed\nbody: }\n", encoding="utf-8")
    return f"{ISSUE} line"


def no_bytes_of_text(folder: Path) -> str:
    (folder / ISSUE).write_bytes(b"title: caf\xe9\n")
    return f"{ISSUE} line 1"


def no_picture(folder: Path) -> str:
    (folder / "images" / "logo.png").write_bytes(b"no picture at all")
    return "practice.yaml line"


def no_template(folder: Path) -> str:
    own = folder / "templates" / "clinic"
    own.mkdir(parents=True)
    (own / "about.mjml").write_text("<mj-section>\n{{ nobody.knows }}\n</mj-section>\n", encoding="utf-8")
    return "templates/clinic/about.mjml line 2"


def no_practice(folder: Path) -> str:
    path = folder / "practice.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("practitioner:", "practicioner:"), encoding="utf-8")
    return "practice.yaml line"


def no_list(folder: Path) -> str:
    (folder / "subscribers.csv").write_text("name,phone\nAnna,1\n", encoding="utf-8")
    return "subscribers.csv line 1"


def test_nothing_that_is_saved_ends_the_preview(preview: Preview, page: Page) -> None:
    """Whatever file is broken, the page names it, keeps a mail on show, and is as before once the file is right again."""
    page.goto(preview.url)
    expect(shown(page).get_by_text("Hello Anna")).to_be_attached()
    for ruin in (no_yaml, no_bytes_of_text, no_picture, no_template, no_practice, no_list):
        place = ruin(preview.folder)
        expect(problems(page).first).to_contain_text(place)
        expect(shown(page).get_by_text("Hello Anna")).to_be_attached()
        make_folder(preview.folder)
        expect(page.locator("#problems-box")).to_be_hidden()
    assert preview.process.poll() is None


def test_a_bug_is_shown_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw becomes a problem on the page, without its own text, above the last good mail."""
    bench = Bench(make_folder(tmp_path))
    good = bench.view().letter

    def fail(*_: object) -> Mail:
        raise RuntimeError("anna.petrov@mail.example")

    monkeypatch.setattr(Mail, "of", fail)
    bench.turn([bench.folder / ISSUE])
    view = bench.view()
    assert "This is a bug in the preview: RuntimeError" in view.problems[0].message
    assert "anna" not in str(view.problems)
    assert view.letter is not None
    assert view.letter == good


def test_a_practice_that_is_broken_from_the_start_is_shown_too(tmp_path: Path, page: Page) -> None:
    """With nothing good to keep, the page has the problems alone, and the mail once they are solved."""
    folder = make_folder(tmp_path / "practice")
    place = no_practice(folder)
    with running(folder) as preview:
        page.goto(preview.issue())
        expect(problems(page).first).to_contain_text(place)
        expect(page.locator("#stage")).to_be_hidden()
        preview.rewrite("practice.yaml", "practicioner:", "practitioner:")
        expect(shown(page).get_by_text("Hello Anna")).to_be_visible()


def test_without_an_issue_the_page_says_what_to_type(tmp_path: Path, page: Page) -> None:
    """An empty practice gets the command that makes an issue, and the issue as soon as there is one."""
    folder = make_folder(tmp_path / "practice")
    shutil.rmtree(folder / "issues")
    with running(folder) as preview:
        page.goto(preview.issue())
        expect(page.locator("#empty")).to_contain_text("newsletter new")
        (folder / "issues").mkdir()
        shutil.copy(SOURCE / ISSUE, folder / ISSUE)
        expect(shown(page).get_by_text("Hello Anna")).to_be_visible()
        expect(page.locator("#empty")).to_be_hidden()


def follow(folder: Path, acts: Callable[[], Iterator[bool]]) -> None:
    """Holds that exactly those acts are told as a save of which `acts`, after doing each, says so."""
    with ThreadPoolExecutor(1) as beside:  # the browser's loop runs in this thread
        beside.submit(lambda: asyncio.run(_follow(folder, acts))).result()


async def _follow(folder: Path, acts: Callable[[], Iterator[bool]]) -> None:
    stop, seen, heard = asyncio.Event(), state(folder), asyncio.Event()

    async def listen() -> None:
        async for _ in saves(folder, None, seen, stop):
            heard.set()

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0.3)
    for number, is_a_save in enumerate(acts()):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(heard.wait(), 5 if is_a_save else 0.4)
        assert heard.is_set() == is_a_save, f"act {number}"
        await asyncio.sleep(0.1)
        heard.clear()
    stop.set()
    await asyncio.wait_for(listening, 2)


def test_half_a_save_is_not_a_save(tmp_path: Path) -> None:
    """A file that is emptied or taken away and comes back is one save, told when it is whole."""
    folder = make_folder(tmp_path)
    path, aside = folder / ISSUE, folder / "aside"
    good = path.read_bytes()

    def acts() -> Iterator[bool]:
        path.write_bytes(b"")
        yield False
        path.write_bytes(good)
        yield True
        path.rename(aside)
        yield False
        aside.rename(path)
        path.touch()
        yield True
        path.unlink()  # for good: told after a second
        yield False
        yield True

    follow(folder, acts)


def test_what_a_newsletter_is_not_made_of_is_not_watched(tmp_path: Path) -> None:
    """Finished pictures, the record of mailings, built files and editors' leavings repaint nothing; a new template does."""
    folder = make_folder(tmp_path)

    def acts() -> Iterator[bool]:
        aside = (".newsletter/pictures/a.png", ".newsletter/ledger.sqlite", "build/x/index.html", "notes.txt")
        for name in (*aside, "issues/.x.yaml", "issues/x.yaml~", "issues/x.yaml.swp"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("x", encoding="utf-8")
        yield False
        (folder / "templates" / "clinic").mkdir(parents=True)
        (folder / "templates" / "clinic" / "about.mjml").write_text("x", encoding="utf-8")
        yield True

    follow(folder, acts)


# Who is looked as, and what is shown


def test_a_chosen_person_gets_their_own_mail(looked_at: Preview, page: Page) -> None:
    """Choosing somebody by keyboard changes the greeting; addresses stay masked until they are asked for."""
    page.goto(looked_at.url)
    expect(shown(page).get_by_text("Hello Anna")).to_be_visible()
    page.locator("#as").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    page.keyboard.type("lindqvist")
    expect(page.locator("#as-list [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    for where in ("phone", "desktop"):
        expect(shown(page, where).get_by_text("Hello Zoë")).to_be_visible()
    expect(page.locator("#as")).to_be_focused()
    expect(page.locator("#to")).to_have_text("Zoë Lindqvist <z•••@mail.example>")
    assert "lindqvist" not in page.url
    assert "zoe.lindqvist@" not in page.content()
    page.locator("#as").click()
    page.get_by_label("Show addresses").check()
    expect(page.locator("#to")).to_have_text("Zoë Lindqvist <zoe.lindqvist@mail.example>")
    page.keyboard.press("Escape")
    expect(page.locator("#as-panel")).to_be_hidden()


def test_another_issue_can_be_chosen(looked_at: Preview, page: Page) -> None:
    """The issue that was named comes first; the others are one choice away, and a reload stays with the choice."""
    page.goto(looked_at.url)
    expect(shown(page).get_by_role("heading", name="What Causes Back Muscle Spasms?")).to_be_visible()
    page.get_by_role("combobox", name="Issue").select_option("Move More at Your Desk")
    expect(shown(page).get_by_role("heading", name="Move More at Your Desk")).to_be_visible()
    page.reload()
    expect(shown(page).get_by_role("heading", name="Move More at Your Desk")).to_be_visible()


def test_the_views_show_phone_desktop_and_text(looked_at: Preview, page: Page) -> None:
    """Side by side the phone is 375 wide and the desktop at least 600; each can stand alone, as can the text part."""
    page.goto(looked_at.url)
    phone, desktop = page.locator("#phone iframe"), page.locator("#desktop iframe")
    expect(phone).to_be_visible()
    expect(desktop).to_be_visible()
    assert page.evaluate("document.querySelector('#phone iframe').contentWindow.innerWidth") == 375
    assert page.evaluate("document.querySelector('#desktop iframe').contentWindow.innerWidth") >= 600
    page.get_by_role("radio", name="Text").check(force=True)
    expect(page.get_by_role("region", name="text part")).to_contain_text("Hello Anna,")
    expect(phone).to_be_hidden()
    page.get_by_role("radio", name="Phone").check(force=True)
    expect(phone).to_be_visible()
    expect(desktop).to_be_hidden()


def test_what_is_shown_is_the_mail(looked_at: Preview) -> None:
    """The frame's page is the HTML part of the very message, but for where its pictures are and how links open."""
    folder = looked_at.folder
    people = SubscriberList(folder / "subscribers.csv", folder)
    anna = next(row for row in people.rows() if isinstance(row, Subscriber))
    practice = read_practice(folder)
    mail = Mail.of(practice, read_issue(folder / ISSUE, folder, people.fields))
    identity = Identities(STAND_IN, "desk-breaks", practice.domain).of(anna.key, datetime.datetime.now(datetime.UTC))
    parsed = email.message_from_bytes(mail.message(anna, identity).content, policy=email.policy.default)
    told = looked_at.state("?issue=desk-breaks")["mail"]
    assert (told["from"], told["subject"]) == (parsed["From"], parsed["Subject"])
    assert told["text"] == parsed.get_body(("plain",)).get_content().replace("\r\n", "\n")
    page = looked_at.get(told["url"])[2].decode()
    pictures = set(re.findall(rf'{told["url"]}/([^"]+)"', page))
    assert page.count('<base target="_blank">') == 1
    page = page.replace(f"{told['url']}/", "cid:").replace('<base target="_blank">', "")
    assert page == parsed.get_body(("html",)).get_content().replace("\r\n", "\n")
    sent = {part["Content-ID"].strip("<>"): part.get_content() for part in parsed.walk() if part["Content-ID"]}
    assert pictures == set(sent)
    assert all(looked_at.get(f"{told['url']}/{name}")[2] == content for name, content in sent.items())


def test_hosted_pictures_are_shown_from_here(tmp_path: Path, page: Page) -> None:
    """Pictures that will lie on a website show before they are uploaded, and looking asks no other server for anything."""
    folder = make_folder(tmp_path / "practice")
    practice = folder / "practice.yaml"
    text = practice.read_text(encoding="utf-8")
    practice.write_text(
        text.replace("{mode: embed}", "{mode: hosted, base_url: https://riverbend.example/news}"), encoding="utf-8"
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with running(folder) as preview:
        page.goto(preview.issue())
        expect(shown(page).get_by_text("Hello Anna")).to_be_visible()
        widths = shown(page).locator("img").evaluate_all("images => images.map(image => image.naturalWidth)")
        assert widths
        assert 0 not in widths
        assert [url for url in asked if not url.startswith(preview.url)] == []


def test_looking_changes_nothing_but_the_picture_store(looked_at: Preview) -> None:
    """Looking makes no key and no ledger, and the pictures it keeps do not count as a save."""
    looked_at.state()
    time.sleep(0.4)
    assert [path.name for path in (looked_at.folder / ".newsletter").iterdir()] == ["pictures"]
    assert looked_at.state()["version"] == 1


# Who may look


def assert_closed(headers: dict[str, str]) -> None:
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["/", "/issues", "/studio.js", "/state", "/study", "/people", "/overview", "/mail/none", "/nowhere"]
)
def test_another_site_gets_nothing(looked_at: Preview, path: str) -> None:
    """Behind another host name (DNS rebinding) or from another site's page, every path is refused."""
    for headers, expected in (({"Host": "evil.example"}, 421), ({"Origin": "https://evil.example"}, 403)):
        status, answered, body = looked_at.get(path, **headers)
        assert status == expected
        assert b"Anna" not in body
        assert_closed(answered)


ODD = [
    "/..%2fpractice.yaml",
    "/../practice.yaml",
    "/page.js%00.html",
    "/studio.html",
    "/static/studio.html",
    "/studio.css/",
    "/mail/",
    "/mail/..%2f..%2fpractice.yaml",
    "/mail/x/..%2f..%2fpractice.yaml",
    "/thumb/..%2f..%2fpractice",
    "/thumb/nowhere",
    "/course/..%2f..%2fpractice",
    "/issue/a/b",
    "/issues/desk-breaks.yaml",
    "/study?issue=../practice",
    "/%ff%fe",
]


@pytest.mark.parametrize("path", ["/issue/nowhere", "/issue/%00", "/issue/..%5c..%5cpractice.yaml", "/record/%ff", "/record/;x"])
def test_a_page_about_no_issue_is_a_404(looked_at: Preview, path: str) -> None:
    """The page that says that there is no such issue is the same for every name, and is no success."""
    status, headers, body = looked_at.get(path)
    assert status == 404
    assert body == (SOURCE / "newsletter/preview/static" / ("studio.html" if "issue" in path else "record.html")).read_bytes()
    assert_closed(headers)


@pytest.mark.parametrize("path", ODD)
def test_odd_paths_get_nothing(looked_at: Preview, path: str) -> None:
    """A path that names no part of the preview is answered with 404, whatever it looks like."""
    status, headers, body = looked_at.get(path)
    assert (status, body) == (404, b"There is nothing here.\n")
    assert_closed(headers)


def test_nothing_runs_in_a_mail(looked_at: Preview, page: Page) -> None:
    """The frame's sandbox and the mail's own headers both forbid scripts, also where the mail is opened by itself."""
    page.goto(looked_at.url)
    frame = page.locator("#phone iframe:not(.coming)")
    assert "allow-scripts" not in str(frame.get_attribute("sandbox"))
    address = str(frame.get_attribute("src"))
    policy = looked_at.get(address)[1]["content-security-policy"]
    assert "sandbox " in policy
    assert "allow-scripts" not in policy
    assert "script-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    page.goto(looked_at.url.rstrip("/") + address)
    with contextlib.suppress(Exception):
        page.add_script_tag(content="document.title = 'it ran'")
    assert page.title() != "it ran"
    tags = looked_at.get(address)[2].decode()
    assert "<script" not in tags


# The command


def test_it_says_what_it_shows_and_where(looked_at: Preview) -> None:
    """The command prints the title, the address and how to end, and nothing of the server's own."""
    assert looked_at.printed == [
        f'Preview of "What Causes Back Muscle Spasms?": {looked_at.issue("back-muscle-spasms")}',
        "Press Ctrl-C to end.",
    ]


def test_ctrl_c_ends_at_once(tmp_path: Path, page: Page) -> None:
    """With a page open and listening, Ctrl-C ends within two seconds, with a word and no traceback; the page says so."""
    with running(make_folder(tmp_path / "practice")) as preview:
        page.goto(preview.issue())
        expect(page.locator("#status")).to_have_text("Follows every save")
        stream = http.client.HTTPConnection("127.0.0.1", preview.port, timeout=5)
        stream.request("GET", "/events")
        events = stream.getresponse()
        before = time.monotonic()
        code, trouble = preview.end()
        assert events.read().endswith(b"event: ended\ndata: 0\n\n")
        assert time.monotonic() - before < 2
        assert code in (0, 130)
        assert trouble.split() == ["Stopped."]
        expect(page.locator("#status")).to_contain_text("The preview has ended.")


def test_a_port_that_was_asked_for_and_is_taken(looked_at: Preview) -> None:
    """With --port, a port in use is one sentence and exit code 1."""
    arguments = command("-C", str(looked_at.folder), "preview", "--no-open", "--port", str(looked_at.port))
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=10, check=False, env=environment())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Port {looked_at.port} is used by another program; choose another with --port.\n"


def test_the_next_port_where_the_usual_one_is_taken(looked_at: Preview) -> None:
    """Without --port, the next free one is used, and said."""
    with contextlib.ExitStack() as held:
        place = held.enter_context(socket.socket())
        with contextlib.suppress(OSError):  # somebody else holds it already: just as well
            place.bind(("127.0.0.1", 8765))
            place.listen()
        process = held.enter_context(
            subprocess.Popen(
                command("-C", str(looked_at.folder), "preview", "--no-open"), stdout=subprocess.PIPE, text=True, env=environment()
            )
        )
        held.callback(process.kill)
        assert process.stdout is not None
        first, second = process.stdout.readline(), process.stdout.readline()
    assert first == "Port 8765 is used by another program, so this preview has another address.\n"
    found = re.search(r"http://127\.0\.0\.1:(\d+)/", second)
    assert found
    assert 8765 < int(found[1]) < 8765 + 50


def test_without_a_practice_it_says_how_to_make_one(tmp_path: Path) -> None:
    """In a folder that is no practice's, the command ends before it serves, with what to type."""
    run = command("-C", str(tmp_path), "preview", "--no-open")
    done = subprocess.run(run, capture_output=True, text=True, timeout=10, check=False, env=environment())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"There is no practice.yaml in {tmp_path}.\nMake a practice folder with: newsletter init my-practice\n"
    assert list(tmp_path.iterdir()) == []


def test_an_issue_that_is_not_there(looked_at: Preview) -> None:
    """A misspelt issue is named, with the one that was probably meant."""
    run = command("-C", str(looked_at.folder), "preview", "desk-brakes", "--no-open")
    done = subprocess.run(run, capture_output=True, text=True, timeout=10, check=False, env=environment())
    assert done.returncode == 1
    assert 'Did you mean "desk-breaks"?' in done.stderr
