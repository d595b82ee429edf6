"""The studio in a real browser: every way to look at a mail, what stands beside it, the test mail, and its own manners."""

from __future__ import annotations

import email
import email.policy
import http.client
import json
import re
import time
from pathlib import Path

import pytest
from browser import node_module
from desks import SLUG, Desk, desk_at
from playwright.sync_api import Browser, Locator, Page, expect
from previews import ISSUE, SOURCE, Preview, make_folder, problems, running, scrolled, shown
from samples import make_practice_folder
from smtp_server import Call, Offers, Phase, Say, When

BACK = "back-muscle-spasms"
WATCH_THE_TEXT = """
    window.half = false;
    const watch = new MutationObserver(() => { window.half = true; });
    watch.observe(document.querySelector("#text pre"), {childList: true, characterData: true, subtree: true});
"""


def toggle(page: Page, role: str, name: str, on: bool = True) -> None:
    page.get_by_role("checkbox" if role == "checkbox" else "radio", name=name, exact=True).set_checked(on, force=True)


def in_frame(page: Page, script: str, where: str = "desktop") -> object:
    """What a script finds in a mail, whose own document runs none; `page` is its document."""
    return page.evaluate(
        f"(where) => {{ const page = document.querySelector(`#${{where}} iframe`).contentDocument; {script} }}", where
    )


def light_of(page: Page) -> float:
    """How light the ground of the mail's card is, from 0 to 1."""
    script = """
        const card = page.querySelector("h1").closest("td");
        let at = card, colour;
        do { colour = page.defaultView.getComputedStyle(at).backgroundColor; at = at.parentElement; }
        while (at && /, 0\\)$|transparent/.test(colour));
        const [r, g, b] = colour.match(/[\\d.]+/g).map(Number);
        return (r + g + b) / 765;
    """
    return float(str(in_frame(page, script)))


# Ways to look


def test_light_dark_and_forced_dark(looked_at: Preview, page: Page) -> None:
    """The mail shows light, in its own dark colours, or turned by force, whatever the system's own scheme is."""
    for system in ("light", "dark"):
        page.emulate_media(color_scheme=system)
        page.goto(looked_at.issue(BACK))
        expect(shown(page).get_by_text("Hello Anna")).to_be_visible()
        assert light_of(page) > 0.9
        for name in ("Dark", "Forced dark approx."):
            toggle(page, "radio", name)
            settle(page, lambda: light_of(page) < 0.3)
        toggle(page, "radio", "Light")
        settle(page, lambda: light_of(page) > 0.9)
    expect(page.locator("#schemes")).to_contain_text("approx.")


def settle(page: Page, holds: object) -> None:
    """Waits until something holds."""
    assert callable(holds)
    for _ in range(60):
        if holds():
            return
        page.wait_for_timeout(50)
    assert holds()


def test_without_pictures_their_words_stand_there(looked_at: Preview, page: Page) -> None:
    """With pictures off no picture is drawn and the alt text is there; switched on again, they are back."""
    page.goto(looked_at.issue(BACK))
    expect(shown(page).get_by_text("Hello Anna")).to_be_visible()
    drawn = "return [...page.images].filter((picture) => picture.naturalWidth > 0).length"
    settle(page, lambda: in_frame(page, drawn) != 0)
    toggle(page, "checkbox", "No pictures")
    settle(page, lambda: in_frame(page, drawn) == 0)
    assert in_frame(page, "return [...page.images].filter((picture) => picture.alt.length > 10).length") != 0
    toggle(page, "checkbox", "No pictures", on=False)
    settle(page, lambda: in_frame(page, drawn) != 0)


def test_without_its_style_sheet(looked_at: Preview, page: Page) -> None:
    """No style element is left, and the mail is still readable."""
    page.goto(looked_at.issue(BACK))
    expect(shown(page).get_by_text("Hello Anna")).to_be_visible()
    assert in_frame(page, "return page.querySelectorAll('style').length") != 0
    toggle(page, "checkbox", "No style sheet")
    settle(page, lambda: in_frame(page, "return page.querySelectorAll('style').length") == 0)
    expect(shown(page).get_by_text("Hello Anna")).to_be_visible()


def test_text_at_200_percent(looked_at: Preview, page: Page) -> None:
    """Larger text doubles the letters, not the page."""
    page.goto(looked_at.issue(BACK))
    expect(shown(page).get_by_text("Hello Anna")).to_be_visible()
    size = "return parseFloat(page.defaultView.getComputedStyle(page.querySelector('h1')).fontSize)"
    before, width = float(str(in_frame(page, size))), in_frame(page, "return page.defaultView.innerWidth")
    toggle(page, "checkbox", "Text 200 %")
    settle(page, lambda: in_frame(page, size) == 2 * before)
    assert in_frame(page, "return page.defaultView.innerWidth") == width


def test_a_look_outlives_a_save_and_a_reload(preview: Preview, page: Page) -> None:
    """What was chosen stays chosen when a file is saved, and when the page is loaded again."""
    page.goto(preview.issue())
    expect(shown(page).get_by_text("Hello Anna")).to_be_visible()
    toggle(page, "radio", "Dark")
    settle(page, lambda: light_of(page) < 0.3)
    preview.rewrite(ISSUE, "New year, same chair?", "A brand new beginning.")
    expect(shown(page).get_by_text("A brand new beginning.")).to_be_attached()
    assert light_of(page) < 0.3
    page.reload()
    expect(shown(page).get_by_text("A brand new beginning.")).to_be_attached()
    assert light_of(page) < 0.3


def test_a_saved_picture_is_shown(preview: Preview, page: Page) -> None:
    """Another picture under the same name replaces the one on show, without a reload of the page."""
    page.goto(preview.issue())
    expect(shown(page).get_by_text("Hello Anna")).to_be_visible()
    addresses = "return [...page.images].filter((picture) => picture.naturalWidth).map((picture) => picture.src).join()"
    settle(page, lambda: in_frame(page, addresses) != "")
    before = in_frame(page, addresses)
    names = sorted((preview.folder / "images").glob("*.png"), key=lambda path: path.name == "logo.png")
    (preview.folder / "images" / "logo.png").write_bytes(names[0].read_bytes())
    settle(page, lambda: in_frame(page, addresses) not in ("", before))


def test_the_headers_as_mail_servers_read_them(looked_at: Preview, page: Page) -> None:
    """The header block is shown as it is sent, with the address masked until addresses are asked for."""
    page.goto(looked_at.issue(BACK))
    expect(shown(page).get_by_text("Hello Anna")).to_be_visible()
    toggle(page, "radio", "Headers")
    block = page.get_by_role("region", name="headers")
    expect(block).to_contain_text("List-Unsubscribe: <")
    expect(block).to_contain_text("To: a•••@mail.example")
    assert "anna.petrov@" not in page.content()
    page.locator("#as").click()
    page.get_by_label("Show addresses").check()
    expect(block).to_contain_text("To: anna.petrov@mail.example")


def test_a_link_never_takes_the_mail_away(preview: Preview, page: Page) -> None:
    """A link opens beside the studio, whatever its target says; one to a place in the mail scrolls there."""
    own = preview.folder / "templates" / "clinic"
    own.mkdir(parents=True)
    about = (SOURCE / "templates" / "clinic" / "about.mjml").read_text(encoding="utf-8")
    words = '<a href="/icon.svg" target="_self">Away</a> <a href="#top">Up</a>'
    (own / "about.mjml").write_text(about.replace("<mj-text", f"<mj-text>{words}</mj-text><mj-text", 1), encoding="utf-8")
    page.goto(preview.issue())
    with page.context.expect_page() as opened:
        shown(page).get_by_role("link", name="Away").click()
    opened.value.close()
    shown(page).get_by_role("link", name="Up", exact=True).click()
    expect(shown(page).get_by_text("Hello Anna")).to_be_attached()
    assert len(page.context.pages) == 1


def test_the_width_can_be_dragged(looked_at: Preview, page: Page) -> None:
    """The handle changes the mail's width by pointer and by arrow keys, also over the frame beside it; double-click undoes it."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(looked_at.issue(BACK))
    expect(shown(page).get_by_text("Hello Anna")).to_be_visible()
    for where in ("phone", "desktop"):
        handle = page.locator(f"#{where} [role=separator]")
        before = inner_width(page, where)
        box = handle.bounding_box()
        assert box
        page.mouse.move(box["x"] + 5, box["y"] + 200)
        page.mouse.down()
        page.mouse.move(box["x"] - 55, box["y"] + 220, steps=4)
        page.mouse.up()
        settle(page, lambda where=where, wanted=before - 60: inner_width(page, where) == wanted)
        expect(page.locator(f"#{where} .width")).to_have_text(f"{before - 60} px")
        handle.press("ArrowRight")
        settle(page, lambda where=where, wanted=before - 50: inner_width(page, where) == wanted)
        handle.dblclick()
        settle(page, lambda where=where, wanted=before: inner_width(page, where) == wanted)


def inner_width(page: Page, where: str) -> int:
    return int(str(in_frame(page, "return page.defaultView.innerWidth", where)))


# Before it is opened


def cut(row: Locator, part: str) -> bool:
    return bool(
        row.locator(part).evaluate(
            "(words) => words.scrollWidth > words.clientWidth || words.scrollHeight > words.clientHeight + 2"
        )
    )


def test_the_inbox_row_of_four_programs(preview: Preview, page: Page) -> None:
    """Sender, subject and preheader stand as in four inboxes, long ones cut, with the portrait or else the initials."""
    path = preview.folder / ISSUE
    text = re.sub(r"(?m)^subject: .*$", "subject: Short", path.read_text(encoding="utf-8"))
    path.write_text(re.sub(r"(?m)^preheader: .*$", f"preheader: {'words that go on and on ' * 9}", text), encoding="utf-8")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{preview.issue()}?view=inbox")
    rows = page.locator("#inbox .row:not(.blank)")
    expect(rows).to_have_count(4)
    for name in ("Gmail on a computer", "Gmail on a phone", "Apple Mail on a phone", "Outlook on a computer"):
        row = page.locator("#inbox figure", has_text=name).locator(".row:not(.blank)")
        expect(row.locator(".sender")).to_have_text("Riverbend Chiropractic")
        expect(row.locator(".subject")).to_have_text("Short")
        assert not cut(row, ".subject")
        assert cut(row, ".preheader")
    expect(rows.nth(1).locator(".face img")).to_be_visible()
    preview.rewrite("practice.yaml", "\n  photo:", "\n  # photo:")
    expect(rows.nth(1).locator(".face")).to_have_text("RC")


def test_without_a_preheader_the_first_words_stand_there(preview: Preview, page: Page) -> None:
    """Mail programs fill the line with the first words of the mail; the inbox shows that, and the page says why."""
    path = preview.folder / ISSUE
    path.write_text(re.sub(r"(?m)^preheader: .*\n", "", path.read_text(encoding="utf-8")), encoding="utf-8")
    page.goto(f"{preview.issue()}?view=inbox")
    expect(page.locator("#inbox .preheader").first).to_contain_text("Riverbend Chiropractic January 2027 Move More at Your Desk")
    expect(page.locator("#preheader")).to_contain_text("No preheader")


# As whom


def test_the_awkward_people_are_offered_first(looked_at: Preview, page: Page) -> None:
    """Who has no first name, the longest name or accents, and each variant of the issue, is found without a search."""
    page.goto(looked_at.issue(BACK))
    expect(page.locator("#findings-state")).to_contain_text("checks passed")
    page.locator("#as").click()
    awkward = page.locator("#as-list .awkward")
    for why in ("No first name", "Longest name", "Letters with accents", "Tagged seniors", "None of the issue's tags"):
        expect(awkward.filter(has_text=why)).to_have_count(1)
    assert "@mail.example" in page.locator("#as-list").inner_text()
    assert not re.search(r"\w{2,}@mail\.example", page.locator("#as-list").inner_text())
    awkward.filter(has_text="No first name").click()
    expect(page.locator("#to")).to_contain_text("Haddad")
    expect(shown(page).get_by_text("Hello neighbor")).to_be_visible()


def test_who_left_the_list_is_not_replaced_in_silence(preview: Preview, page: Page) -> None:
    """When the person on show is taken off the list, the page says so and as whom it shows the mail now."""
    page.goto(preview.issue())
    page.locator("#as").click()
    page.keyboard.type("lindqvist")
    page.keyboard.press("Enter")
    expect(shown(page, "phone").get_by_text("Hello Zoë")).to_be_attached()
    preview.rewrite("subscribers.csv", "zoe.lindqvist@", "not.an.address.")
    expect(page.locator("#status")).to_contain_text("not on the list any more: shown as Anna Petrov")


def test_an_address_in_a_mail_or_a_name_is_masked_too(preview: Preview, page: Page) -> None:
    """Where the mail greets by address, or a list has addresses for names, they are masked until they are asked for."""
    preview.rewrite(ISSUE, '{{ first_name or "neighbor" }}', "{{ email }}")
    preview.rewrite("subscribers.csv", "Anna,", "anna.petrov@mail.example,")
    page.goto(preview.issue())
    expect(shown(page, "phone").get_by_text("Hello a•••@mail.example")).to_be_attached()
    expect(page.locator("#as-name")).to_contain_text("a•••@mail.example")
    for path in ("/state?issue=desk-breaks", "/people?q=", "/study?issue=desk-breaks"):
        assert b"anna.petrov@" not in preview.get(path)[2]
    page.locator("#as").click()
    page.get_by_label("Show addresses").check()
    expect(shown(page, "phone").get_by_text("Hello anna.petrov@mail.example")).to_be_attached()


# What stands beside it


def findings(page: Page, kind: str) -> Locator:
    return page.locator(f"#findings .group.{kind} li")


def test_findings_name_their_place_and_lead_to_it(preview: Preview, page: Page) -> None:
    """A finding has icon, word, file and line, and its button brings the place in the mail to sight, in both frames."""
    path = preview.folder / ISSUE
    text = path.read_text(encoding="utf-8")
    last = text.rindex("text: |\n") + len("text: |\n")
    indent = re.match(r" *", text[last:])
    assert indent
    path.write_text(f"{text[:last]}{indent[0]}Here comes TODO: the rest of it.\n\n{text[last:]}", encoding="utf-8")
    line = text[:last].count("\n") + 1
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(preview.issue())
    item = findings(page, "error").filter(has_text=f"line {line}")
    expect(item).to_have_count(1)
    expect(page.locator("#findings .group.error h3")).to_contain_text("error")
    expect(page.locator("#findings .group.error h3 .icon")).to_be_visible()
    expect(item).to_contain_text(ISSUE)
    assert scrolled(page, "desktop") == 0
    item.get_by_role("button").click()
    for where in ("phone", "desktop"):
        settle(page, lambda where=where: scrolled(page, where) > 0)
        expect(shown(page, where).get_by_text("Here comes TODO")).to_be_in_viewport()
    preview.rewrite(ISSUE, "Here comes TODO: the rest of it.", "Nothing to see.")
    expect(findings(page, "error")).to_have_count(0)
    expect(page.locator("#findings-state")).to_contain_text("checks passed")


def test_a_finding_about_a_row_leads_to_that_person(preview: Preview, page: Page) -> None:
    """A finding about somebody on the list shows the mail as they get it."""
    rows = (preview.folder / "subscribers.csv").read_text(encoding="utf-8").splitlines()
    columns = rows[0].split(",")
    cells = ["" for _ in columns]
    cells[columns.index("email")] = "maria@gmial.com"
    cells[columns.index("first_name")] = "Maria"
    (preview.folder / "subscribers.csv").write_text("\n".join([*rows, ",".join(cells)]) + "\n", encoding="utf-8")
    page.goto(preview.issue())
    item = findings(page, "warning").filter(has_text="gmail.com")
    expect(item).to_have_count(1)
    item.get_by_role("button").click()
    expect(shown(page, "phone").get_by_text("Hello Maria")).to_be_attached()


def test_on_a_narrow_page_show_goes_up_to_the_mail(preview: Preview, page: Page) -> None:
    """At 375 pixels the findings stand below the mail: Show brings it to sight; a finding says the id that `accept` takes."""
    preview.rewrite(ISSUE, "subject:", "subject: 'Act now!!' #")
    page.set_viewport_size({"width": 375, "height": 800})
    page.emulate_media(reduced_motion="reduce")
    page.goto(preview.issue())
    item = findings(page, "warning").filter(has_text="!!")
    expect(item).to_contain_text("M12")
    item.scroll_into_view_if_needed()
    item.get_by_role("button").click()
    settle(page, lambda: bool(page.evaluate("Math.abs(document.querySelector('#stage').getBoundingClientRect().top) < 24")))


def test_facts_and_the_gauge(preview: Preview, page: Page) -> None:
    """Words, minutes and grade are told, and how far the page is from where Gmail cuts it off; past it, it says so."""
    page.goto(preview.issue())
    expect(page.locator("#words")).to_have_text(re.compile(r"^\d{3}$"))
    expect(page.locator("#minutes")).to_have_text(re.compile(r"^\d$"))
    expect(page.locator("#grade")).to_have_text(re.compile(r"^\d\.\d$"))
    expect(page.locator("#gauge-words")).to_contain_text("of about 102 kB before Gmail cuts it off")
    path = preview.folder / ISSUE
    more = "".join(f"  - heading: More {number}\n    text: {'It goes on. ' * 300}\n" for number in range(25))
    path.write_text(path.read_text(encoding="utf-8").replace("\nbody:\n", f"\nbody:\n{more}"), encoding="utf-8")
    expect(page.locator("#gauge-words")).to_contain_text("Gmail cuts it off after about 102 kB")
    assert page.evaluate("document.querySelector('#gauge').value >= document.querySelector('#gauge').max")


def test_a_fault_in_a_block_that_this_person_does_not_see(preview: Preview, page: Page) -> None:
    """What is broken for others is told too, though the mail of the person on show is whole."""
    preview.rewrite(
        ISSUE, "\nbody:\n", "\nbody:\n  - {type: image, image: images/nowhere.png, alt: Nothing, only_for: [nobody]}\n"
    )
    page.goto(preview.issue())
    expect(problems(page)).to_contain_text("images/nowhere.png")
    expect(shown(page).get_by_text("Hello Anna")).to_be_attached()
    expect(page.locator("body")).not_to_have_class("old")


# The test mail


def parsed(content: bytes) -> email.message.EmailMessage:
    found = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(found, email.message.EmailMessage)
    return found


def test_a_test_mail_goes_to_the_practice_alone(desk: Desk, page: Page) -> None:
    """One click sends one mail, as the person chosen would get it, to the practice's own address, and says what came of it."""
    with running(desk.folder, SLUG) as preview:
        page.goto(preview.url)
        page.locator("#as").click()
        page.keyboard.type("cara")
        page.keyboard.press("Enter")
        expect(shown(page, "phone").get_by_text("stretch", exact=False).first).to_be_attached()
        expect(page.locator("#to")).to_contain_text("Cara")
        page.get_by_role("button", name="Send me a test").click()
        expect(page.locator("#notice")).to_contain_text("One mail went to hello@riverbend.example, as Cara would get it.")
        expect(page.locator("#notice")).to_contain_text("250")
        assert [accepted.recipient for accepted in desk.server.accepted] == ["hello@riverbend.example"]
        sent = parsed(desk.server.accepted[0].content)
        assert sent["Subject"] == "Cara, stretch a little"
        assert sent["To"] == "hello@riverbend.example"
        page.get_by_role("button", name="Close").click()
        expect(page.locator("#notice")).to_be_hidden()
    assert not (desk.folder / ".newsletter" / "ledger.sqlite").exists()


def test_a_refused_test_mail_says_why(practice_folder: Path, page: Page) -> None:
    """What the server or the checks have against it is said in words, and nothing is sent."""
    script = When(Phase.DOT, Say("554 5.7.1 not today"))
    with desk_at(practice_folder, None, script) as desk, running(desk.folder, SLUG) as preview:
        page.goto(preview.url)
        page.get_by_role("button", name="Send me a test").click()
        expect(page.locator("#notice.bad")).to_contain_text("554 5.7.1 not today")
        path = desk.folder / "issues" / f"{SLUG}.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("Stop if it hurts", "TODO: Stop if it hurts"), encoding="utf-8")
        expect(findings(page, "error")).to_have_count(1)
        page.get_by_role("button", name="Send me a test").click()
        expect(page.locator("#notice.bad")).to_contain_text("Nothing was sent: the check found 1 error.")
        assert desk.server.accepted == []


def test_a_password_is_asked_for_once_and_kept_nowhere(tmp_path: Path, page: Page) -> None:
    """Where nothing else gives the account's password the page asks for it; one that worked is not asked for again."""
    offers = Offers(auth=("PLAIN",), logins=(("news", "open sesame"),))
    folder = make_practice_folder(tmp_path / "practice")
    with desk_at(folder, offers, extra=", username: news") as desk, running(desk.folder, SLUG) as preview:
        page.goto(preview.url)
        page.get_by_role("button", name="Send me a test").click()
        expect(page.get_by_label("Password of news at 127.0.0.1")).to_be_focused()
        page.keyboard.type("wrong")
        page.keyboard.press("Enter")
        expect(page.locator("#notice.bad")).to_contain_text("password")
        page.get_by_role("button", name="Send me a test").click()
        page.get_by_label("Password of news at 127.0.0.1").fill("open sesame")
        page.keyboard.press("Enter")
        expect(page.locator("#notice.good")).to_contain_text("One mail went to")
        page.get_by_role("button", name="Send me a test").click()
        expect(page.locator("#notice.good")).to_contain_text("One mail went to")
        assert len(desk.server.accepted) == 2
        assert "sesame" not in page.content()
    written = [path for path in folder.rglob("*") if path.is_file() and b"sesame" in path.read_bytes()]
    assert written == []


def test_a_page_outlives_its_preview(desk: Desk, page: Page) -> None:
    """A page whose preview ended says so, and works again by itself once the preview is started anew."""
    with running(desk.folder, SLUG) as first:
        page.goto(first.url)
        page.locator("#as").click()
        page.keyboard.type("cara")
        page.keyboard.press("Enter")
        expect(page.locator("#to")).to_contain_text("Cara")
        first.end()
        expect(page.locator("#status")).to_contain_text("The preview has ended.")
    with running(desk.folder, SLUG, port=first.port):
        expect(page.locator("#status")).to_contain_text("shown as Anna")
        page.get_by_role("button", name="Send me a test").click()
        expect(page.locator("#notice.good")).to_contain_text("One mail went to hello@riverbend.example")
    assert len(desk.server.accepted) == 1


def test_one_click_is_one_mail(desk: Desk, page: Page) -> None:
    """While a test mail is on its way, neither another click nor a save lets a second one go; the focus stays on the button."""
    desk.server.change_script(When(Phase.MAIL, Call(lambda: time.sleep(1.5), Say("250 2.1.0 ok"))))
    with running(desk.folder, SLUG) as preview:
        page.goto(preview.url)
        button = page.get_by_role("button", name="Send me a test")
        button.click()
        preview.rewrite(f"issues/{SLUG}.yaml", "One minute, three times a day.", "Three minutes a day.")
        expect(page.locator("#preheader")).to_have_text("Three minutes a day.")
        expect(button).to_be_focused()
        button.dispatch_event("click")
        expect(page.locator("#notice.good")).to_contain_text("One mail went to")
    assert len(desk.server.accepted) == 1


def post(preview: Preview, body: bytes, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", preview.port, timeout=5)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", "/test", body, {"Content-Type": "application/json", **named})
    return connection.getresponse().status


def test_nobody_else_can_send_a_test_mail(desk: Desk) -> None:
    """Only a request of our own page with this run's token sends; any other, or one that makes no sense, gets a 4xx."""
    with running(desk.folder, SLUG) as preview:
        token, origin = preview.state(f"?issue={SLUG}")["token"], preview.url.rstrip("/")
        body = json.dumps({"issue": SLUG, "as": "", "secret": None}).encode()
        assert post(preview, body) == 403
        assert post(preview, body, Origin=origin) == 403
        assert post(preview, body, X_Studio_Token=token) == 403
        assert post(preview, body, Origin="https://evil.example", X_Studio_Token=token) == 403
        assert post(preview, body, Origin=origin, X_Studio_Token=f"{token}x") == 403
        for odd in (
            b"",
            b"[]",
            b'"x"',
            b"{",
            b"\xff",
            b"{}",
            b'{"issue": 5}',
            b'{"issue": "../practice"}',
            b'{"issue": ["stretch"]}',
        ):
            assert post(preview, odd, Origin=origin, X_Studio_Token=token) in range(400, 500), odd
        assert desk.server.accepted == []
        assert post(preview, body, Origin=origin, X_Studio_Token=token) == 200
        assert len(desk.server.accepted) == 1


# All issues, and the record


def test_all_issues_with_their_state_and_record(desk: Desk, page: Page) -> None:
    """The start page shows every issue with a picture of it and what the ledger says; a sent one has its record."""
    assert desk.send("--limit", "3").code == 1
    with running(desk.folder) as preview:
        page.goto(preview.url)
        card = page.locator("article, li").filter(has_text="Stretch a Little").first
        expect(card).to_contain_text("3 of 5 sent")
        expect(page.get_by_text("Draft").first).to_be_visible()
        thumb = card.locator("iframe").content_frame
        expect(thumb.get_by_text("Sitting long makes backs stiff", exact=False)).to_be_attached()
        assert desk.send().code == 0
        card.get_by_role("link", name="Record").click()
        expect(page.get_by_role("heading", name="All 5 people got it")).to_be_visible()
        assert "@" not in page.locator("main").inner_text()
        page.goto(preview.url)
        page.get_by_role("link", name="Stretch a Little").first.click()
        expect(shown(page, "phone").get_by_text("Sitting long makes backs stiff", exact=False)).to_be_attached()


def test_all_issues_say_what_keeps_their_mails_from_being_made(preview: Preview, page: Page) -> None:
    """A mistake in practice.yaml or in a template is told on the start page too."""
    preview.rewrite("practice.yaml", "timezone:", "timezon:")
    page.goto(f"{preview.url}issues")
    expect(page.locator("#trouble")).to_contain_text("timezon")
    make_folder(preview.folder)
    expect(page.locator("#trouble")).to_be_hidden()
    (preview.folder / "templates" / "clinic").mkdir(parents=True)
    broken = "<mj-section>{{ nobody.knows }}</mj-section>"
    (preview.folder / "templates" / "clinic" / "about.mjml").write_text(broken, encoding="utf-8")
    expect(page.get_by_text("Problems in the files")).to_be_visible()
    make_folder(preview.folder)
    expect(page.get_by_text("Problems in the files")).to_be_hidden()


def test_an_issue_that_went_away(preview: Preview, page: Page) -> None:
    """The page of an issue that is not there says so and leads back to all of them."""
    page.goto(preview.issue("nowhere"))
    expect(page.locator("#empty")).to_contain_text("There is no issue called “nowhere”.")
    page.locator("#empty").get_by_role("link", name="All issues").click()
    expect(page.get_by_text("Move More at Your Desk").first).to_be_visible()


# On the phone


def test_lan_is_said_and_lets_one_phone_in(tmp_path: Path, page: Page, browser: Browser) -> None:
    """With --lan the command says who may look before it shows a code; the code lets one phone in, once, to an invented mail."""
    folder = make_folder(tmp_path / "practice")
    with running(folder, "desk-breaks", "--lan", "--lan-address", "127.0.0.2") as preview:
        said = "\n".join(preview.printed)
        found = re.search(rf"http://127\.0\.0\.2:{preview.port}/phone/\S+", said)
        assert found
        assert said.index("can look too, at 127.0.0.2") < said.index("█") < said.index(found[0])
        phone = browser.new_context(viewport={"width": 390, "height": 800})
        try:
            looking = phone.new_page()
            looking.goto(found[0])
            expect(looking.frame_locator("iframe").get_by_text("Hello Anna")).to_be_attached()
            preview.rewrite(ISSUE, "New year, same chair?", "A brand new beginning.")
            expect(looking.frame_locator("iframe").get_by_text("A brand new beginning.")).to_be_attached()
            refused = looking.request.get(f"http://127.0.0.2:{preview.port}/people")
            assert refused.status in range(400, 500)
        finally:
            phone.close()
        assert page.goto(found[0]).status == 403  # type: ignore[union-attr]
        page.goto(preview.issue())
        page.get_by_role("button", name="On your phone").click()
        expect(page.get_by_role("img", name="QR code")).to_be_visible()
        shown_code = page.locator("#phone-box code").inner_text()
        assert shown_code != found[0]


def test_without_lan_nobody_else_can_look(looked_at: Preview, page: Page) -> None:
    """The preview listens on loopback alone, and the button says how to let phones look."""
    listening = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    places = {
        line.split()[1] for line in listening if line.split()[3] == "0A" and line.split()[1].endswith(f":{looked_at.port:04X}")
    }
    assert places == {f"0100007F:{looked_at.port:04X}"}
    page.goto(looked_at.issue(BACK))
    page.get_by_role("button", name="On your phone").click()
    expect(page.locator("#phone-box")).to_contain_text("newsletter preview --lan")


# Manners


def test_every_shortcut_is_listed_and_works(looked_at: Preview, page: Page) -> None:
    """The list opens with ?, its keys do what it says, also while the mail has the focus; switched off, they do nothing."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(looked_at.issue(BACK))
    expect(shown(page).get_by_text("Hello Anna")).to_be_visible()
    page.keyboard.press("?")
    listed = page.locator("#keys-list kbd").all_inner_texts()
    assert set("123456ldfpszjkcnb/?") == set(listed)
    page.keyboard.press("Escape")
    expect(page.locator("#keys-box")).to_be_hidden()
    for key, view in zip("23456", ("phone", "desktop", "inbox", "text", "headers"), strict=True):
        page.keyboard.press(key)
        expect(page.locator("#stage")).to_have_attribute("data-view", view)
    page.keyboard.press("1")
    for key, name in (("d", "Dark"), ("f", "Forced dark approx."), ("l", "Light")):
        page.keyboard.press(key)
        expect(page.get_by_role("radio", name=name, exact=True)).to_be_checked()
    for key, name in (("p", "No pictures"), ("s", "No style sheet"), ("z", "Text 200 %")):
        page.keyboard.press(key)
        expect(page.get_by_role("checkbox", name=name)).to_be_checked()
        page.keyboard.press(key)
        expect(page.get_by_role("checkbox", name=name)).not_to_be_checked()
    page.keyboard.press("c")
    expect(page.locator("#side")).to_be_hidden()
    page.keyboard.press("c")
    page.keyboard.press("j")
    expect(page.locator("#findings li").first).to_be_focused()
    shown(page).get_by_text("Hello Anna").click()
    page.keyboard.press("d")
    expect(page.get_by_role("radio", name="Dark", exact=True)).to_be_checked()
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    page.keyboard.type("dl")
    expect(page.get_by_role("combobox", name="Search")).to_have_value("dl")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    expect(page.get_by_role("radio", name="Dark", exact=True)).to_be_checked()


def test_axe_finds_nothing(preview: Preview, page: Page) -> None:
    """No rule of axe-core is broken in either form: problems, findings, people, notice, inbox and dialogs on show."""
    axe = node_module("axe-core/axe.min.js").read_text(encoding="utf-8")
    page.emulate_media(reduced_motion="reduce")
    preview.rewrite(ISSUE, "New year, same chair?", "TODO: New year")

    def look(what: str) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = page.evaluate("axe.run(document, {iframes: false}).then((done) => done.violations)")
            assert [(what, rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []

    for width in (1440, 375):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(preview.issue())
        page.evaluate(f"() => {{ {axe} }}")
        expect(findings(page, "error")).not_to_have_count(0)
        look("findings")
        for view in ("Inbox", "Text", "Headers"):
            toggle(page, "radio", view)
            look(view)
        page.locator("#as").click()
        expect(page.locator("#as-list [role=option]")).not_to_have_count(0)
        look("people")
        page.keyboard.press("Escape")
        for name in ("Shortcuts", "On your phone"):
            page.get_by_role("button", name=name).click()
            expect(page.locator("dialog[open]")).to_be_visible()
            look(name)
            page.keyboard.press("Escape")
    preview.rewrite(ISSUE, "\npreheader:", "\npreheadr:")
    expect(problems(page)).to_have_count(1)
    look("problems")


def test_the_page_fits_a_phone(looked_at: Preview, page: Page) -> None:
    """At 375 pixels every view fits without scrolling the page sideways."""
    page.set_viewport_size({"width": 375, "height": 700})
    page.goto(looked_at.issue(BACK))
    expect(shown(page, "phone").get_by_text("Hello Anna")).to_be_visible()
    for view in ("Phone", "Desktop", "Inbox", "Text", "Headers"):
        toggle(page, "radio", view)
        assert page.evaluate("document.documentElement.scrollWidth") == 375
    expect(page.get_by_role("radio", name="Side by side")).to_be_hidden()


@pytest.mark.parametrize("slow", [0.3, 1.2])
def test_a_file_is_shown_when_it_is_whole(preview: Preview, page: Page, slow: float) -> None:
    """While a program still writes to a file, however slowly, the half that is there is never shown."""
    page.goto(preview.issue())
    expect(shown(page).get_by_text("Hello Anna")).to_be_attached()
    text = (preview.folder / ISSUE).read_text(encoding="utf-8").replace("New year, same chair?", "A brand new beginning.")
    middle = text.rindex("\n  - ")
    page.evaluate(WATCH_THE_TEXT)
    with (preview.folder / ISSUE).open("w", encoding="utf-8") as stream:
        stream.write(text[:middle])
        stream.flush()
        page.wait_for_timeout(1000 * slow)
        assert page.evaluate("window.half") is False
        expect(page.locator("#problems-box")).to_be_hidden()
        stream.write(text[middle:])
    expect(shown(page).get_by_text("A brand new beginning.")).to_be_attached()
