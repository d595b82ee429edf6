"""Holds what a mail in the practice's mailbox is: each mail of corpora/arrivals, and whatever else may arrive."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.ledger.keys import Keys
from newsletter.listen.arrival import (
    Answer,
    Automatic,
    Complaint,
    DeliveryReports,
    Meaning,
    OptOutByCode,
    OwnMail,
    Report,
    StopRequest,
    Weight,
    understand,
)
from newsletter.listen.incoming import LONGEST
from newsletter.listen.weight import telling_code, weigh

CORPUS = Path(__file__).parent / "corpora" / "arrivals"
OWN = "news@riverbend.example"
ANNA = "anna.reyes@mail.example"
OURS = "back-muscle-spasms.qX2v9LmT4bWk7RzYc1HdNg@riverbend.example"  # the mail that all of them are about
TOKEN = "Xy7-kQ2mLr9TzWb4nVc8Hd_sJ0pUe5VfK3"
HARD, SOFT, POLICY, NONE = Weight.HARD, Weight.SOFT, Weight.POLICY, Weight.NONE

# What a bounce reports, without its words: (recipient, action, status, weight).
Row = tuple[str, str, str, Weight]
BOUNCES: dict[str, list[Row]] = {
    "exchange-2000-text": [("anna.reyes@clinic.example", "failed", "", HARD)],
    "exchange-relayed": [("anna.reyes@clinic.example", "relayed", "2.0.0", NONE)],
    "exchange-server-mailbox-full": [("anna.reyes@clinic.example", "failed", "5.2.2", SOFT)],
    "exchange-server-restricted-571": [("anna.reyes@clinic.example", "failed", "5.7.133", POLICY)],
    "exim-old-blocked-as-spam": [(ANNA, "failed", "", POLICY)],
    "exim-old-delayed": [(ANNA, "delayed", "", NONE)],
    "exim-old-unknown-user": [(ANNA, "failed", "5.1.1", HARD)],
    "gmail-daily-limit": [("anna.reyes@gmail.example", "failed", "5.4.5", POLICY)],
    "gmail-delayed": [("anna.reyes@gmail.example", "delayed", "4.4.1", NONE)],
    "gmail-inbox-full": [("anna.reyes@gmail.example", "failed", "5.2.2", SOFT)],
    "gmail-no-such-user": [("anna.reyes@gmail.example", "failed", "5.1.1", HARD)],
    "gmail-unauthenticated-5726": [("anna.reyes@gmail.example", "failed", "5.7.26", POLICY)],
    "microsoft365-access-denied-541": [("anna.reyes@outlook.example", "failed", "5.4.1", SOFT)],
    "microsoft365-recipient-not-found": [("anna.reyes@outlook.example", "failed", "5.1.10", HARD)],
    "microsoft365-spanish": [("anna.reyes@outlook.example", "failed", "5.1.10", HARD)],
    "postfix-auto-replied-with-envelope-id": [(ANNA, "failed", "5.2.1", HARD)],
    "postfix-delayed": [(ANNA, "delayed", "4.4.1", NONE)],
    "postfix-delivered": [(ANNA, "delivered", "2.0.0", NONE)],
    "postfix-expired": [(ANNA, "failed", "4.4.1", SOFT)],
    "postfix-policy-spam": [(ANNA, "failed", "5.7.1", POLICY)],
    "postfix-relayed": [(ANNA, "relayed", "2.0.0", NONE)],
    "postfix-several-recipients": [
        (ANNA, "failed", "5.1.1", HARD),
        ("ben.cole@mail.example", "failed", "5.2.2", SOFT),
        ("old.list@mail.example", "expanded", "2.0.0", NONE),
    ],
    "postfix-unknown-user": [(ANNA, "failed", "5.1.1", HARD)],
    "qmail-no-mailbox": [("anna.reyes@host.example", "failed", "5.1.1", HARD)],
    "qmail-over-quota": [("anna.reyes@host.example", "failed", "", SOFT)],
    "sendmail-550-made-511-by-policy": [(ANNA, "failed", "5.1.1", POLICY)],
    "sendmail-user-unknown": [(ANNA, "failed", "5.1.1", HARD)],
    "spanish-provider-text": [("anna.reyes@correo.example", "failed", "", HARD)],
    "yahoo-not-accepting": [("anna.reyes@yahoo.example", "failed", "5.0.0", HARD)],
    "yahoo-old-text": [("anna.reyes@yahoo.example", "failed", "", HARD)],
}
WITHOUT_MESSAGE_ID = {"exim-old-delayed", "postfix-auto-replied-with-envelope-id"}  # nothing of the mail is given back

ABOUT = (OURS,)
MAYBE = True  # it may be a wish for no more mail: a person has to look
AWAY, CHALLENGE, OTHER = Automatic("out of office"), Automatic("challenge"), Automatic("other")
MEANINGS: dict[str, Meaning] = {
    # Opt-outs by the token, as mail programs send them
    "opt-out-apple-mail": OptOutByCode(TOKEN),
    "opt-out-encoded-words": OptOutByCode(TOKEN),
    "opt-out-first-line": OptOutByCode(TOKEN),
    "opt-out-forwarded-from-elsewhere": OptOutByCode(TOKEN),
    "opt-out-gmail": OptOutByCode(TOKEN),
    "opt-out-outlook-folded": OptOutByCode(TOKEN),
    "opt-out-percent-encoded": OptOutByCode(TOKEN),
    "opt-out-plus-address": OptOutByCode(TOKEN),
    # People who want no more mail
    "stop-below-the-quote": StopRequest("no more emails please", ABOUT),
    "stop-html-only": StopRequest("Please unsubscribe me. Anna", ABOUT),
    "stop-iphone": StopRequest("Please remove me from your list.", ABOUT),
    "stop-junk-header-of-exchange": StopRequest("Please unsubscribe me", ABOUT),
    "stop-one-word": StopRequest("STOP", ABOUT, short=True),
    "stop-outlook-desktop": StopRequest("Take me off your mailing list please. Thanks, Anna Reyes 801-555-0177", ABOUT),
    "stop-outlook-web-unmarked": StopRequest("unsubscribe", ABOUT),
    "stop-spanish-gmail": StopRequest("Hola, quiero darme de baja de la lista. Gracias.", ABOUT),
    "stop-spanish-latin1-one-word": StopRequest("BAJA", ABOUT, short=True),
    "stop-spanish-outlook": StopRequest("No quiero recibir más correos.", ABOUT),
    "stop-subject-and-reason": StopRequest("unsuscribe me please I have moved to Oregon. Anna Reyes", ()),
    "stop-subject-only": StopRequest("Unsubscribe", ()),
    "stop-through-a-google-group": StopRequest("Please take me off your list.", ABOUT),
    "stop-with-a-reason": StopRequest(
        "Hello, I am no longer a patient at your office, I moved to Oregon in May. Please take me off your email list. "
        "Thank you, Anna Reyes",
        ABOUT,
    ),
    "stop-with-disclaimer": StopRequest("Please remove my email from this list.", ABOUT),
    # People who want something else
    "answer-broken-link": Answer("I tried to unsubscribe last week and the link shows an error. What should I do?", ABOUT, MAYBE),
    "answer-do-not-unsubscribe": Answer("Please don't unsubscribe me! I love these letters.", ABOUT, MAYBE),
    "answer-forwards-a-bounce": Answer("Is this from you? I got it yesterday.", ()),
    "answer-forwards-the-newsletter": Answer("Is this true for my son as well?", ABOUT),
    "answer-husband-wants-off": Answer("My husband wants to unsubscribe, but please keep me on the list.", ABOUT, MAYBE),
    "answer-in-a-conversation-about-an-opt-out": Answer("I did not mean to do that! Please put me back on the list. Anna", ABOUT),
    "answer-new-question": Answer("Hi Dr. Reyes, do you take walk-ins? My neck has been stiff since Sunday. Anna Reyes", ()),
    "answer-only-reminders": Answer(
        "Please unsubscribe me from the newsletter, but keep sending me appointment reminders.", ABOUT, MAYBE
    ),
    "answer-spanish-sick-leave": Answer("Estoy de baja por la espalda. ¿Puedo ir mañana?", ABOUT),
    "answer-stop-by": Answer("Please stop by our booth at the fair on Saturday.", ABOUT),
    "answer-stop-the-pain": Answer("How do I stop the pain when I get out of the car?", ABOUT),
    "answer-thanks": Answer("Thank you for this! The knee-to-chest stretch helped me a lot. Anna", ABOUT),
    "answer-through-a-google-group": Answer("Do you take walk-ins on Friday?", ()),
    "answer-to-our-out-of-office": Answer("Thanks, then I will call on Monday.", ABOUT),
    "answer-tuesdays-list": Answer("I had to cancel my appointment, remove me from Tuesday's list.", ABOUT, MAYBE),
    "answer-waiting-list": Answer(
        "I found another date. Please take me off the list. My appointment was on Friday.", ABOUT, MAYBE
    ),
    # Noise
    "arf-not-spam": OTHER,
    "away-gmail": AWAY,
    "away-hinted-by-bulk": AWAY,
    "away-left-the-company": AWAY,
    "away-old-precedence": AWAY,
    "away-outlook": AWAY,
    "away-spanish-hand-made": AWAY,
    "away-spanish-outlook": AWAY,
    "away-subject-only": AWAY,
    "calendar-answer": OTHER,
    "challenge-boxbe": CHALLENGE,
    "challenge-boxtrapper": CHALLENGE,
    "challenge-earthlink": CHALLENGE,
    "challenge-tmda": CHALLENGE,
    "dmarc-failure-report": OTHER,
    "other-dmarc-summary": OTHER,
    "other-newsletter": OTHER,
    "postmaster-says-nothing-of-a-mail": OTHER,
    "read-receipt": Automatic("receipt"),
    # Complaints: the reader's address and our Message-ID, as far as the reporter shows them
    "arf-headers-only-opt-out": Complaint(OURS, "anna.reyes@isp.example", "opt-out"),
    "arf-microsoft-redacted": Complaint(OURS, "", "abuse"),
    "arf-rfc5965-shape": Complaint(OURS, "anna.reyes@isp.example", "abuse"),
    "arf-yahoo": Complaint(OURS, "anna.reyes@yahoo.example", "abuse"),
    "complaint-microsoft-without-report": Complaint(OURS, "anna.reyes@outlook.example", "abuse"),
    # Our own
    "own-answer-about-an-opt-out": OwnMail("CAF+own-answer-about-an-opt-out@mail.example"),
    "own-newsletter-in-sent": OwnMail("CAF+own-newsletter-in-sent@mail.example"),
}


def meaning(content: bytes) -> Meaning:
    """What a mail is, for the practice of the corpus."""
    return understand(content, OWN).meaning


def letter(text: str, subject: str = "Re: Anna, why do back muscles lock up?", **headers: str) -> bytes:
    """A mail from Anna; `_` in a header's name stands for `-`."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Anna Reyes <{ANNA}>", "hello@riverbend.example", subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def reports(name: str) -> tuple[Report, ...]:
    """What a bounce of the corpus reports."""
    found = meaning((CORPUS / f"{name}.eml").read_bytes())
    assert isinstance(found, DeliveryReports)
    return found.reports


def test_every_mail_of_the_corpus_has_its_meaning_in_a_table() -> None:
    """A mail that is added is not forgotten."""
    assert {path.stem for path in CORPUS.glob("*.eml")} == set(BOUNCES) | set(MEANINGS)


@pytest.mark.parametrize("name", MEANINGS)
def test_a_mail_means_what_a_person_would_say(name: str) -> None:
    """Opt-outs, wishes, complaints, noise and answers are told apart."""
    assert meaning((CORPUS / f"{name}.eml").read_bytes()) == MEANINGS[name]


@pytest.mark.parametrize("name", BOUNCES)
def test_a_bounce_says_who_what_and_how_much_it_counts(name: str) -> None:
    """Every mail system's own form of report is read, in its order."""
    assert [(one.recipient, one.action, one.status, one.weight) for one in reports(name)] == BOUNCES[name]


@pytest.mark.parametrize("name", BOUNCES)
def test_a_bounce_names_the_mail_that_it_is_about(name: str) -> None:
    """By the Message-ID of the mail that it gives back, wherever in the report that stands."""
    expected = "" if name in WITHOUT_MESSAGE_ID else OURS
    assert {one.message_id for one in reports(name)} == {expected}


def test_an_envelope_id_names_the_mail_where_nothing_is_given_back() -> None:
    """Original-Envelope-Id of RFC 3464 section 2.2.1 is read."""
    assert [one.envelope_id for one in reports("postfix-auto-replied-with-envelope-id")] == [OURS]


def test_a_bounce_keeps_the_servers_own_words() -> None:
    """A person can read why, on one line, without the type in front."""
    assert reports("postfix-unknown-user")[0].diagnostic == (
        "550 5.1.1 <anna.reyes@mail.example>: Recipient address rejected: User unknown in virtual mailbox table"
    )


def test_a_mail_is_known_by_its_headers() -> None:
    """Message-ID without brackets, sender in lower case, subject decoded, date with its zone."""
    head = b"From: =?utf-8?q?Ana?= <Anna.Reyes@Mail.Example>\r\nSubject: =?utf-8?q?=C2=BFQu=C3=A9?=\r\n =?utf-8?q?_tal=3F?=\r\n"
    arrival = understand(head + b"Message-ID:\r\n <a.b@mail.example>\r\nDate: Tue, 1 Dec 2026 09:02:10 -0700\r\n\r\nHola")
    assert (arrival.sender, arrival.message_id, arrival.subject) == (ANNA, "a.b@mail.example", "¿Qué tal?")
    assert arrival.date is not None
    assert arrival.date.isoformat() == "2026-12-01T09:02:10-07:00"


def test_who_writes_through_a_google_group_is_known() -> None:
    """A shared mailbox that puts its own address into From keeps the writer's."""
    assert understand((CORPUS / "stop-through-a-google-group.eml").read_bytes(), OWN).sender == ANNA


def test_a_mail_without_headers_is_an_answer_of_nobody() -> None:
    """Nothing at all, and a text without headers, are shown to a person rather than lost."""
    arrival = understand(b"")
    assert (arrival.sender, arrival.message_id, arrival.subject, arrival.date) == ("", "", "", None)
    assert arrival.meaning == Answer("", ())


WISHES = """
stop. | Stop!!! | please stop | Unsubscribe please | UNSUBSCRIBE ME | un-subscribe | unsuscribe | Unsubcribe me | take me off
Please unsubscribe me from your list | please remove me | Please remove me from your mailing list. Thanks, Anna | opt-out
Take me off of this mailing list | No more emails please! | Opt me out | remove | I want to unsubscribe | How do I unsubscribe?
Can you please remove me from your mailing list? | I would like to be removed from your email list. | Stop emailing me!
Wrong person, please remove me | I never signed up for this. Remove me. | I'd rather not get these anymore
I no longer wish to receive your newsletter. | I don\u2019t want to receive any more emails from you. | Do not email me again
Don't send me any more newsletters | I moved to Texas in May, so please take me off your mailing list. | stop mailing me
Why do I keep getting these? Remove me from your list! | Please remove anna.reyes@mail.example from your list.
Please cancel my subscription | I'd like to opt out of these emails
Please unsubscribe. I moved to Texas. | Please stop all emails
Remove me from this list, I am no longer a patient. | I like your letters but please unsubscribe me | leave me alone
I have asked before but you still email me. Unsubscribe me. | Unsubscribe me, please. 555-0142
Kindly remove my name from this list
baja | Baja por favor | darme de baja | cancelar suscripción | Quítenme de su lista por favor
Deseo cancelar mi suscripción
No deseo recibir más correos electrónicos de ustedes | Por favor eliminen mi correo de su lista de distribución
no quiero más correos
Ya no me envíen más correos | Dejen de enviarme correos | Me gustaría darme de baja del boletín | ¿Me pueden dar de baja?
Favor de darme de baja de su lista | Por favor, no me envíe más información | Sáquenme de esta lista | quíteme de la lista
"""
OTHER_WISHES = """
don't unsubscribe me | how do I stop the pain? | Stop sending so many emails
Please stop sending me emails so often | please stop by | Stop, I love your newsletter! | no more pain! thank you | cancel
Please cancel my appointment | Can I stop taking ibuprofen? | Please unsubscribe my husband | I unsubscribed by mistake
Please remove bob@mail.example from your list | Please remove me from the waiting list | What happens if I unsubscribe?
Please remove me from your list. Can I still book online? | I accidentally clicked unsubscribe, please put me back
Please do not remove me from your list | I do not want to unsubscribe | Should I opt out of the MRI? | I opted out of surgery
Is it ok to stop the exercises? | Can you remove the stitches? | Don't stop sending these, I love them | never stop sending these
My doctor told me to stop running. Should I? | Please remove me from your billing list | Please resubscribe me | yes | ok thanks
I had to cancel my appointment on Tuesday. Please take me off the list. | If I unsubscribe will I still get reminders?
Estoy de baja | Necesito la baja médica | Quiero cancelar mi cita | No quiero darme de baja | Me quiero dar de alta
mi esposo quiere darse de baja pero yo no | ¿Cómo dejo de sentir dolor? | Estoy de baja por enfermedad hasta el lunes
"""


def listed(texts: str) -> list[str]:
    """The texts of a list, between bars and line ends."""
    return [text.strip() for line in texts.strip().splitlines() for text in line.split("|")]


@pytest.mark.parametrize("text", listed(WISHES))
def test_a_clear_wish_is_understood(text: str) -> None:
    """In English and Spanish, with typing errors, politeness and reasons."""
    assert isinstance(meaning(letter(text)), StopRequest)


@pytest.mark.parametrize("text", listed(OTHER_WISHES))
def test_in_doubt_a_person_reads_it(text: str) -> None:
    """Words that look like a wish for no more mail and are another take nobody off."""
    assert isinstance(meaning(letter(text)), Answer)


OLD_MAIL = "Six common reasons a back muscle locks up.\n\nCall us, and the pain will stop.\n"
WAYS_TO_QUOTE = {
    "AOL": "In a message dated 12/1/2026 9:00:00 AM Mountain Standard Time, news@riverbend.example writes:\n\n" + OLD_MAIL,
    "Yahoo": "    On Tuesday, December 1, 2026 at 09:00:00 AM MST, Riverbend <news@riverbend.example> wrote:  \n \n " + OLD_MAIL,
    "Yahoo's app": "  On Tue, Dec 1, 2026 at 9:00 AM, Riverbend<news@riverbend.example> wrote:   Hi Anna,\n\n" + OLD_MAIL,
    "Yahoo in Spanish": "En martes, 1 de diciembre de 2026, 09:00:00 GMT-7, R <news@riverbend.example> escribió:\n\n" + OLD_MAIL,
    "a scanner": "*** This message has been scanned for viruses by MailScanner ***",
}


@pytest.mark.parametrize("program", WAYS_TO_QUOTE)
def test_the_old_mail_below_hides_no_wish(program: str) -> None:
    """However a mail program puts the mail that is answered below, what the person wrote above is understood."""
    found = meaning(letter(f"Please unsubscribe me\n\n{WAYS_TO_QUOTE[program]}"))
    assert isinstance(found, StopRequest)
    assert found.words == "Please unsubscribe me"


def test_a_warning_of_the_practices_own_server_hides_no_wish() -> None:
    """What a mail filter writes above each mail from outside is nobody's words."""
    assert isinstance(meaning(letter("CAUTION: This email originated from outside of the organization.\n\nstop")), StopRequest)


PERHAPS = """
Unsubscribe? No way! | Please don't unsubscribe me | Please remove my mother from the list | Please honor my wish to unsubscribe
Remove me at once from all lists or I will report you | This is no longer John's email address, please remove it from your list
Your daily digest: Unsubscribe. Other stuff | No quiero darme de baja | mi esposa ya no quiere estar en su lista
"""


@pytest.mark.parametrize("text", [*listed(PERHAPS), "Please unsubscribe me.\n" + "My back was fine all summer long.\n" * 30])
def test_what_may_be_a_wish_is_shown_as_one(text: str) -> None:
    """Nobody who asks is lost among the answers: a person is told to look."""
    found = meaning(letter(text))
    assert isinstance(found, Answer)
    assert found.may_be_stop


@pytest.mark.parametrize("text", ["How do I stop the pain?", "Please stop by our booth.", "Thank you!", "¿Puedo ir mañana?"])
def test_other_answers_are_not_shown_as_wishes(text: str) -> None:
    """A person is not asked to decide about each answer."""
    assert meaning(letter(text)) == Answer(text, ())


def test_a_long_letter_is_read_by_a_person() -> None:
    """A wish within a page of other things may not be what it seems."""
    assert isinstance(meaning(letter("Please unsubscribe me.\n" + "My back was fine all summer long.\n" * 30)), Answer)


@given(
    st.binary(min_size=32, max_size=32),
    st.emails(),
    st.sampled_from(["unsubscribe {}", "Re: Fwd: unsubscribe {}", "UNSUBSCRIBE%20{}"]),
)
@settings(max_examples=60, deadline=None)
def test_every_token_is_found_again(secret: bytes, address: str, subject: str) -> None:
    """The token that our mails carry comes out of the mail that asks for it, letter by letter."""
    token = Keys((secret,)).token(address.lower())
    assert meaning(letter("", subject.format(token))) == OptOutByCode(token)


@pytest.mark.parametrize("subject", [f"unsubscribe {TOKEN}x", f"unsubscribe {TOKEN[1:]}", f"invoice {TOKEN}", "unsubscribe"])
def test_what_is_no_token_opts_nobody_out(subject: str) -> None:
    """Another length, or a token without the word, is not one."""
    assert not isinstance(meaning(letter("", subject)), OptOutByCode)


def test_a_header_that_servers_add_hides_no_person() -> None:
    """Exchange marks people's mails with X-Auto-Response-Suppress, and mailing lists say Precedence: bulk."""
    assert meaning(letter("Does ice help?", X_Auto_Response_Suppress="All", Precedence="bulk")) == Answer("Does ice help?", ())


def test_a_persons_mail_that_says_it_is_no_automatic_one() -> None:
    """Auto-Submitted: no (RFC 3834 section 5) means that a person wrote."""
    assert meaning(letter("Does ice help?", Auto_Submitted="no")) == Answer("Does ice help?", ())


def test_a_patient_who_writes_about_a_bounce_is_not_one() -> None:
    """The words of mail systems count only where a mail system says them."""
    text = "I got this:\n\n<ben.cole@mail.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n"
    assert isinstance(meaning(letter(text, "failure notice")), Answer)


@pytest.mark.parametrize(
    ("said", "weight"),
    [
        ("anna.reyes@mail.example, ERROR CODE :550 - 5.1.1 The account that you tried to reach does not exist.", HARD),  # Zoho
        ("  anna.reyes@mail.example\n\nbecause:\n\n  User anna (anna.reyes@mail.example) not listed in Domino Directory", HARD),
    ],
)
def test_a_mail_system_in_its_own_words(said: str, weight: Weight) -> None:
    """Whom it names, and how much its words count."""
    head = "From: mailer-daemon@mx.example\nSubject: Undelivered Mail\n\nA mail that you sent could not be delivered.\n\n"
    found = meaning(f"{head}{said}\n".encode())
    assert isinstance(found, DeliveryReports)
    assert [(one.recipient, one.weight) for one in found.reports] == [(ANNA, weight)]


@pytest.mark.parametrize(
    ("status", "words", "weight"),
    [
        ("5.1.1", "", HARD),
        ("5.1.2", "550 5.1.2 Host unknown", HARD),
        ("5.1.1", "550 5.1.1 User unknown; see our anti-spam page", HARD),
        ("5.1.1", "550 rejected as spam", POLICY),
        ("5.1.1", "550 mailbox is full", SOFT),
        ("5.2.1", "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents it", SOFT),
        ("5.0.0", "550 5.1.1 no such user", HARD),
        ("5.0.0", "554 5.7.1 blocked", POLICY),
        ("5.0.0", "550 Administrative prohibition", SOFT),
        ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable", HARD),
        ("5.1.1", "550 5.7.1 Service unavailable; client host is listed", POLICY),
        ("5.7.1", "550 5.1.1 User unknown", POLICY),
        ("5.1.8", "550 5.1.8 Access denied, bad outbound sender", POLICY),
        ("5.3.4", "552 5.3.4 Message size exceeds fixed limit", POLICY),
        ("5.4.4", "Host or domain name not found", SOFT),
        ("4.2.2", "452 4.2.2 mailbox full", SOFT),
        ("", "550 usuario desconocido", HARD),
        ("", "550 from 192.0.2.10 and 5.1.1.9", SOFT),
    ],
)
def test_a_failure_counts_by_what_the_server_says(status: str, words: str, weight: Weight) -> None:
    """Dead addresses at once, what may pass later, and never what is about us; words outweigh a code that says little."""
    assert weigh("failed", telling_code(status, words), words) is weight


@given(st.binary(max_size=2000))
@settings(deadline=None)
def test_no_bytes_stop_the_reading(content: bytes) -> None:
    """Whatever arrives is something."""
    understand(content, OWN)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_damage_stops_the_reading(data: st.DataObject) -> None:
    """Real mails that are cut off, spliced, or have other bytes in them are read all the same."""
    names = sorted([*BOUNCES, *MEANINGS])
    content, other = ((CORPUS / f"{data.draw(st.sampled_from(names))}.eml").read_bytes() for _ in range(2))
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(content)), st.integers(0, len(content)))))
    cut = data.draw(st.integers(0, len(other)))
    understand(content[:start] + data.draw(st.binary(max_size=20)) + other[cut : cut + 400] + content[end:], OWN)


def test_a_charset_that_nobody_knows_is_read_all_the_same() -> None:
    """A wrong label does not lose a wish."""
    mail = letter("x").replace(b"x\n", "Quíteme de la lista\n".encode("cp1252")).replace(b'"utf-8"', b'"x-none-such"')
    assert isinstance(meaning(mail), StopRequest)


@pytest.mark.parametrize(
    "content",
    [
        b"Content-Type: message/rfc822\n\n" * 30_000,
        b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(10_000)),
        b"From: a@b.example\n\n" + (b"-" * 999 + b"\n") * 500,
        b"From: a@b.example\nContent-Type: text/html\n\n<" + b"a" * 10_000_000,
        b"From: mailer-daemon@b.example\nSubject: failure notice\n\n" + b"user " * 2_000_000,
    ],
    ids=["mails in mails", "parts in parts", "dashes", "a tag without end", "words of a mail system"],
)
def test_nonsense_of_any_size_is_read(content: bytes) -> None:
    """Ten megabytes made to be slow, or nested beyond all depth, are read and mean nothing."""
    assert isinstance(meaning(content), Answer | Automatic)


def test_what_stands_beyond_the_limit_is_not_needed() -> None:
    """A bounce that gives back a mail full of pictures is understood by its beginning."""
    whole = (CORPUS / "sendmail-user-unknown.eml").read_bytes()
    grown = whole.replace(b"Six common reasons a back muscle locks up.", b"QUJD\n" * LONGEST)
    assert meaning(grown) == meaning(whole)
