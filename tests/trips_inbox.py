"""Subjects, preheaders and senders that break, or nearly break, a rule about what shows in the inbox."""

from __future__ import annotations

from dataclasses import replace

from check_desk import (
    ISSUE,
    LIST,
    Desk,
    body_start,
    in_html,
    in_part,
    near,
    spoilt,
    trips,
    with_header,
    with_value,
)

from newsletter.check.evidence import Evidence

SUBJECT = """'{{ first_name or "Hello" }}, small breaks help'"""
PREHEADER = "Short breaks do more for your back than a perfect chair, and they cost nothing."
NAME = "sender: {name: Riverbend Chiropractic"


def with_subject(desk: Desk, subject: str) -> Evidence:
    """The desk's issue under another subject."""
    return desk.issue(ISSUE.replace(SUBJECT, f"'{subject}'")).evidence()


def with_preheader(desk: Desk, preheader: str) -> Evidence:
    """The desk's issue with another preheader."""
    return desk.issue(ISSUE.replace(PREHEADER, f'"{preheader}"')).evidence()


def from_name(desk: Desk, name: str) -> Evidence:
    """The desk's mail from somebody of another name."""
    return desk.in_practice(NAME, f'sender: {{name: "{name}"').evidence()


def beside(desk: Desk, text: str) -> None:
    """Puts another issue into the folder."""
    (desk.folder / "issues" / "earlier.yaml").write_text(text, encoding="utf-8")


@trips("M12")
def empty_subject(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("Subject", ""))


@trips("M12")
def subject_of_signs(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("Subject", "=?utf-8?b?8J+OhPCfjoQ=?= ..."))


@trips("M12")
def false_reply(desk: Desk) -> Evidence:
    return with_subject(desk, "Re: small breaks help")


@trips("M12")
def false_reply_in_german(desk: Desk) -> Evidence:
    return with_subject(desk, "AW : Small breaks help")


@trips("M12")
def forwarded_again(desk: Desk) -> Evidence:
    return with_subject(desk, "FWD[2]: small breaks help")


@trips("M12")
def in_capitals(desk: Desk) -> Evidence:
    return with_subject(desk, "{{ first_name }}, SMALL BREAKS HELP YOUR BACK".replace("first_name", 'first_name or "Hello"'))


@trips("M12")
def two_exclamation_marks(desk: Desk) -> Evidence:
    return with_subject(desk, "Small breaks help !!")


@trips("M12")
def too_long_a_subject(desk: Desk) -> Evidence:
    return with_subject(desk, "Small breaks each hour help more than a chair that costs a lot")


@trips("M12")
def spam_in_the_subject(desk: Desk) -> Evidence:
    return with_subject(desk, "Last chance: small breaks help")


@trips("M12")
def subject_of_the_month_before(desk: Desk) -> Evidence:
    beside(desk, ISSUE.replace("2026-12-01", "2026-11-03"))
    return desk.evidence()


@trips("M12")
def title_of_the_month_before(desk: Desk) -> Evidence:
    """The earlier issue has no subject: its title, in other quotes, stood in."""
    beside(desk, ISSUE.replace(f"subject: {SUBJECT}\n", "").replace("2026-12-01", "2026-11-03"))
    return with_subject(desk, "Small Breaks")


@near("M12")
def short_forms(desk: Desk) -> Evidence:
    return with_subject(desk, "TMJ: MRI or CT? NSAIDs? FAQ")


@near("M12")
def names_in_capitals(desk: Desk) -> Evidence:
    return desk.people(LIST.upper().replace("EMAIL,FIRST_NAME,TAGS,STATUS", "email,first_name,tags,status")).evidence()


@near("M12")
def nearly_a_reply(desk: Desk) -> Evidence:
    return with_subject(desk, "Rest, recover, repeat: relief for RV drivers")


@near("M12")
def a_motor_home(desk: Desk) -> Evidence:
    return with_subject(desk, "RV: long drives and your back")


@near("M12")
def a_true_reply(desk: Desk) -> Evidence:
    evidence = with_subject(desk, "Re: small breaks help")
    return spoilt(evidence, with_header("In-Reply-To", "<question.1@mail.example>"))


@near("M12")
def long_by_the_name_alone(desk: Desk) -> Evidence:
    return with_subject(desk, '{{ first_name or "Hello" }}, small breaks help more than a costly chair')


@near("M12")
def in_earnest(desk: Desk) -> Evidence:
    return with_subject(desk, "Signs of a stroke: act fast! It is NOT a pinched nerve")


@near("M12")
def the_issue_after_this(desk: Desk) -> Evidence:
    """The other file is a copy for the month to come, whose own check will tell."""
    beside(desk, ISSUE.replace("2026-12-01", "2027-01-05"))
    return desk.evidence()


@near("M12")
def broken_and_folded_neighbors(desk: Desk) -> Evidence:
    (desk.folder / "issues" / "old.yaml").write_bytes(b"\xff\xfe\x00subject: >\n  Small\n")
    beside(desk, "subject: >\n  Other words\ntitle: Small Breaks\n")
    return desk.issue(ISSUE.replace(SUBJECT, ">\n  Small breaks\n  help")).evidence()


@trips("M13")
def emoji_in_the_name(desk: Desk) -> Evidence:
    return from_name(desk, "Riverbend Chiropractic \u2714")


@trips("M13")
def address_for_a_name(desk: Desk) -> Evidence:
    return from_name(desk, "news@riverbend.example")


@trips("M13")
def numbered_name(desk: Desk) -> Evidence:
    return from_name(desk, "Riverbend Chiropractic (2)")


@trips("M13")
def reply_in_the_name(desk: Desk) -> Evidence:
    return from_name(desk, "Re: Riverbend Chiropractic")


@trips("M13")
def subject_in_the_name(desk: Desk) -> Evidence:
    return from_name(desk, "Small breaks help, Riverbend Chiropractic")


@trips("M13")
def message_in_the_name(desk: Desk) -> Evidence:
    return from_name(desk, "Important update from Riverbend")


@trips("M13")
def nobody_they_know(desk: Desk) -> Evidence:
    return from_name(desk, "Daily Health Digest")


@trips("M13")
def reader_in_the_name(desk: Desk) -> Evidence:
    evidence = desk.evidence()
    samples = []
    for sample in evidence.samples:
        named = sample.subscriber.fields["first_name"].encode("ascii", "ignore").decode() or "You"
        changed = with_value("From", f'"{named} and Riverbend" <news@riverbend.example>')(sample.content)
        samples.append(replace(sample, content=changed))
    return replace(evidence, samples=tuple(samples))


@near("M13")
def trade_mark(desk: Desk) -> Evidence:
    return from_name(desk, "Riverbend\u00ae Chiropractic (Provo)")


@near("M13")
def practitioner_at_the_practice(desk: Desk) -> Evidence:
    return from_name(desk, "Dr. Ana Reyes, D.C. @ Riverbend")


@near("M13")
def in_one_word(desk: Desk) -> Evidence:
    return from_name(desk, "River-Bend Chiro")


@near("M13")
def initials(desk: Desk) -> Evidence:
    return from_name(desk, "RC News")


@near("M13")
def staff_called_like_a_reader(desk: Desk) -> Evidence:
    return from_name(desk, "Anna at Riverbend")


@near("M13")
def practice_in_the_subject(desk: Desk) -> Evidence:
    return with_subject(desk, "Riverbend Chiropractic is closed on Thursday")


@trips("M16")
def answers_to_nobody(desk: Desk) -> Evidence:
    return desk.in_practice("reply_to: hello@riverbend.example", "reply_to: no-reply@riverbend.example").evidence()


@trips("M16")
def opt_outs_to_nobody(desk: Desk) -> Evidence:
    return desk.in_practice("mailto: unsubscribe@riverbend.example", "mailto: noreply@riverbend.example").evidence()


@trips("M16")
def sender_that_does_not_listen(desk: Desk) -> Evidence:
    return spoilt(
        desk.in_practice(", reply_to: hello@riverbend.example", "").evidence(),
        with_value("From", "Riverbend Chiropractic <news_donotreply@riverbend.example>"),
    )


@trips("M16")
def answers_to_the_house(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("Reply-To", "hello@frontdesk.local"))


@trips("M16")
def answers_to_a_name(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("Reply-To", "Front Desk"))


@near("M16")
def noreen_replies(desk: Desk) -> Evidence:
    return desk.in_practice("reply_to: hello@riverbend.example", "reply_to: noreen.replyn@riverbend.example").evidence()


@near("M16")
def reply_to_mends_it(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("From", "Riverbend Chiropractic <no-reply@riverbend.example>"))


@trips("H09")
def no_preheader(desk: Desk) -> Evidence:
    return desk.issue(ISSUE.replace(f"preheader: {PREHEADER}\n", "")).evidence()


@trips("H09")
def preheader_left_out_by_the_theme(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html(PREHEADER, ""))


@trips("H09")
def short_preheader(desk: Desk) -> Evidence:
    return with_preheader(desk, "They cost nothing, and they do you good")


@trips("H09")
def long_preheader(desk: Desk) -> Evidence:
    return with_preheader(desk, PREHEADER + " Three of them are below, with pictures, for you.")


@trips("H09")
def subject_once_more(desk: Desk) -> Evidence:
    return with_preheader(desk, "Small breaks help, and here is what they do for a back.")


@trips("H09")
def same_words_in_another_order(desk: Desk) -> Evidence:
    issue = ISSUE.replace(SUBJECT, "How small breaks each hour help a tired back")
    return desk.issue(issue.replace(PREHEADER, "A tired back, and how small breaks help each hour.")).evidence()


@trips("H09")
def spam_in_the_preheader(desk: Desk) -> Evidence:
    return with_preheader(desk, "Act now: short breaks do more for your back than a perfect chair.")


@trips("H09")
def white_on_white(desk: Desk) -> Evidence:
    return spoilt(
        desk.evidence(), in_part("html", lambda page: page.replace("line-height:1px;color:#", "line-height:1px;color:#fff;x:", 1))
    )


@trips("H09")
def beside_the_page(desk: Desk) -> Evidence:
    def move(page: str) -> str:
        start = page.index('<div class="preheader"')
        end = page.index("</div>", start) + len("</div>")
        return page[:start].replace("<div ", page[start:end] + "<div ", 1) + page[end:]

    return spoilt(desk.evidence(), in_part("html", move))


@near("H09")
def just_long_enough(desk: Desk) -> Evidence:
    return with_preheader(desk, "They cost nothing, and they do you good.")


@near("H09")
def just_short_enough(desk: Desk) -> Evidence:
    return with_preheader(desk, PREHEADER + " Three are below, in pictures")


@near("H09")
def same_topic_other_words(desk: Desk) -> Evidence:
    return with_preheader(desk, "Breaks need not be long to help: five minutes by the window will do.")


@near("H09")
def white_in_the_dark(desk: Desk) -> Evidence:
    spoil = lambda page: page.replace("line-height:1px;color:#", "line-height:1px;background:#14181c;color:#fff;x:", 1)  # noqa: E731
    return spoilt(desk.evidence(), in_part("html", spoil))


@near("H09")
def shown_at_the_top(desk: Desk) -> Evidence:
    """A theme that shows the preheader instead of hiding it."""
    return spoilt(spoilt(desk.evidence(), in_html(PREHEADER, "")), body_start(f"<p>{PREHEADER}</p>"))


@near("H09")
def hidden_words_before_it(desk: Desk) -> Evidence:
    """Words for telephones alone stand hidden above the preheader."""
    return spoilt(desk.evidence(), body_start('<div style="display:none">Turn it sideways</div>'))
