"""The checks that read for safety and privacy (K07, K08, K10, K14, K15), on sentences as practices write them."""

from __future__ import annotations

from pathlib import Path

import pytest
from check_desk import ISSUE, LIST, Desk

from newsletter.check import preflight
from newsletter.check.finding import Finding
from newsletter.check.registry import RULES
from newsletter.errors import ProblemsFound

preflight.load_rules()

HONEST_OFFERS = [
    "Feel free to call us with questions.",
    "Walking is free of cost and needs no tools.",
    "A pain-free week is a fair wish, and nobody can promise it.",
    "Call our toll-free line.",
    "There is free parking behind the building.",
    "Tell a friend about this free newsletter.",
    "Choose a fragrance-free cream and sugar-free gum.",
    "Our free balance class meets on Wednesday.",
    "Keep your hands free when you carry a child.",
    "We do not offer free exams.",
    "This is exercise practice, not a free exam.",
    "Take a day off after a hard workout.",
    "Do not discount the value of sleep.",
    "Many gyms give new members a discount.",
    "The library lends walking sticks at no charge.",
    "Medicare covers a free wellness visit each year.",
    "Turn the heating pad off after 20 minutes.",
    "Nothing in life is free, but a walk comes close.",
    "Studies found 20 percent fewer falls.",
    "Half of all people with back pain feel better in a week.",
    "Free your shoulders: let them drop.",
    "Caffeine-free tea helps some people sleep.",
    "A special chair will not save your back.",
    "Exercise costs nothing.",
    "Download the free guide from the CDC.",
]
OFFERS = [
    "Call today for a free consultation.",
    "Your first exam is free.",
    "New patients get a complimentary exam and X-rays.",
    "Take $50 off your next massage.",
    "20% off all massages this month.",
    "Get 15 percent off in December.",
    "Enjoy half off your second visit.",
    "We offer a discount for students.",
    "Ask about our new patient special.",
    "Bring this coupon to your visit.",
    "Gift cards make a kind present.",
    "Gift certificates are available at the desk.",
    "Free spinal screening for every new patient.",
    "Your posture check is on the house.",
    "The exam comes at no charge.",
    "A first visit for only $29.",
    "We waive the exam fee in December.",
    "Buy one massage, get one free.",
    "Two for one adjustments on Friday.",
    "Our holiday special: an exam and a massage at a reduced price.",
    "Save $40 on your first exam.",
    "Free X-rays for new patients.",
    "Adjustments at half price this week.",
    "Senior discount every Tuesday.",
    "We will do a posture scan for free.",
    "No charge for your first visit.",
    "Complimentary consultations all month.",
]
HONEST_QUOTES = [
    ("I have two doctors, my left leg and my right.", "G. M. Trevelyan"),
    ("I am not afraid of storms, for I am learning how to sail my ship.", "Louisa May Alcott"),
    ("Movement is a medicine for creating change.", "Carol Welch"),
    ("I tell people to walk first. In my practice I have seen many backs get better again.", "Dr. Ana Reyes"),
    ("Participants who took breaks reported less neck pain.", "A 2021 trial"),
    ("We found no longer any difference in pain after six months.", "Authors of the review, University of Oslo"),
    ("Take care of your body. It is the only place you have to live.", "Jim Rohn"),
    ("The groundwork of all happiness is good health.", "Leigh Hunt"),
    ("An early-morning walk is a blessing for the whole day.", "Henry David Thoreau"),
    ("If I had known I was going to live this long, I would have taken better care of myself.", "Eubie Blake"),
    ("Come walk with us along the river.", "Your front desk"),
]
PATIENTS_QUOTES = [
    ("My back pain is gone after three visits. I can garden again!", "Sarah M."),
    ("Dr. Reyes helped me sleep through the night again.", "Tom, 54"),
    ("I could barely walk. Now I feel like new.", "Linda"),
    ("Best decision ever. I have no more headaches.", "A happy patient"),
    ("The staff is so kind and caring. I highly recommend this office.", "J. K."),
    ("Wonderful team, gentle care. I trust them with my family.", "Google review"),
    ("★★★★★ Great place!", "Maria"),
    ("After only two adjustments my neck stopped hurting and I felt better.", "Bill"),
    ("I am finally free of pain and back to running. Thank you!", "Anonymous"),
    ("Riverbend Chiropractic changed my life.", "Ed T."),
    ("My son sleeps through the night since his adjustment. I am so grateful.", "A mom in Provo"),
    ("I avoided surgery. My sciatica is gone.", "Pete R."),
]
HONEST_TEXTS = [
    "Patients often ask me which pillow is best.",
    "People tell me that falling is normal at their age.",
    "Some patients tell me that they sit too long.",
    "You may think, 'My back pain is gone, so I can stop moving.' Please keep going.",
    'You may think, "My back pain is gone after two visits, so I can stop." Please keep moving.',
    'A reader asked: "Will my back pain ever be gone?"',
    "We do not print testimonials, and here is why.",
    "Ana is a patient teacher, and her class is small.",
    "Be patient with your back.",
    'As G. M. Trevelyan said: "I have two doctors, my left leg and my right."',
    "We had dinner at a five-star hotel.",
    "Look at the stars on a winter walk.",
    "Our patients come from all over the valley.",
    "Read a bedtime story and turn down the lights.",
    'Write down a goal like "I can walk to the park without a rest."',
    "The study followed 193 patients for six months.",
]
STORIES = [
    "My patient Sarah says her headaches left.",
    "Our longtime patient Bill came in with a stiff back.",
    "Sarah M., a patient of ours, says she sleeps better.",
    '"My back pain is gone after three visits. I can walk again!" Tom, Provo',
    "\u201cDr. Reyes helped me. My headaches are gone and I feel great,\u201d says Maria.",
    "★★★★★ on Google again.",
    "Patient spotlight: how Maria got back to dancing.",
    "Read what our patients are saying about us.",
    "Our five-star reviews speak for themselves.",
    "A patient of mine told me last week that she can sleep again.",
    "One of our patients, Linda, could hardly turn her head.",
    "Here is a success story from our practice.",
]
HONEST_ABOUT_READERS = [
    "Your back likes a change of position.",
    "If you have sciatica, walking may help.",
    "Patients often ask me about ice and heat.",
    "If you have sciatica, your sciatica may ease when you walk.",
    "Ask your doctor about your treatment plan.",
    "You do not need to be a patient to come to the class.",
    "When was your last eye exam?",
    "Bring every pill bottle to your next doctor or pharmacy visit.",
    "What to expect at a first visit.",
    "Being a patient is hard when answers are slow.",
    "Many people with arthritis like warm water.",
    "Take care of your neck and shoulders.",
    "Your weight goal for the new year is up to you.",
    "Neighbors, friends and patients met at the river cleanup.",
    "Your pain is real, whatever a scan shows.",
    "Your pharmacist knows which pain reliever fits your treatment plan.",
    "As a patient, anyone can ask for a copy of their records.",
    "Would you like to book a visit?",
]
TELLING = [
    "As our patient, you know how we work.",
    "Dear patient, winter is here.",
    "As one of our patients you come first.",
    "Thank you for being a patient with us.",
    "You are receiving this because you are a patient of Riverbend.",
    "Thank you for your recent visit.",
    "How do you feel since your last adjustment?",
    "It has been a while since we last saw you.",
    "We have not seen you since March.",
    "Your upcoming appointment is the right time to ask.",
    "At your next adjustment, ask about pillows.",
    "Your treatment plan works best with walks.",
    "Your X-ray results are in.",
    "Your sciatica will thank you.",
    "A walk is good for your herniated disc.",
    "Here is a stretch for your scoliosis.",
    "You were diagnosed with a disc problem, so lift with care.",
    "Because you have arthritis, keep your hands warm.",
    "You missed your appointment in November.",
    "Your outstanding balance is due in December.",
    "Now that your whiplash is better, start to walk.",
]
SUBJECT = '{{ first_name or "Hello" }}, small breaks help'
HONEST_SUBJECTS = [
    "Sciatica: what helps",
    "Why do backs lock up?",
    "Your back and your desk",
    '{{ first_name or "Hello" }}, sit kindly',
]
TELLING_SUBJECTS = [
    "Your sciatica and winter",
    "Relief for your back pain",
    "Your headaches, explained",
    "Since your last visit",
    "If your sciatica flares up",
]
HONEST_PROMOTIONS = [
    "This letter has no sponsors.",
    "This letter is not sponsored by anyone.",
    "No one paid us to write about this pillow.",
    "The study was funded by the National Institutes of Health.",
    "In partnership with the Provo food bank we collect cans.",
    "The fun run is sponsored by the fire department.",
    "We earn no commission on pillows.",
    "Use the gate code 1234 to get in.",
    "Scan the QR code to see the page.",
    "Walk with a partner.",
    "Care is a partnership between you and your doctor.",
]
PROMOTIONS = [
    "This issue is sponsored by SpineSoft.",
    "Brought to you by the makers of SoftRest.",
    "In partnership with SpineSoft we tell you about pillows.",
    "A word from our sponsor: try SoftRest.",
    "This is a paid partnership.",
    "We may earn a small commission when you buy.",
    "As an Amazon Associate we earn from purchases.",
    "We partnered with SpineSoft this month.",
    "This page has affiliate links.",
    "We were paid to write about SoftRest.",
    "Enter the promo code RIVER at SpineSoft.",
]
NO_EMERGENCY = [
    ("Move more at your desk", "Short breaks are good for your neck and back."),
    ("Back to school", "Backpacks should be light."),
    ("Eat well in winter", "Soup is good. Some say that it helps against back pain, but nobody knows."),
    ("Heads up: new hours", "We are back in the office on Monday."),
    ("Sleep well", "Lie on your side. A pillow between the knees is kind to your back."),
    ("A strong back for the garden", "Bend your knees when you lift."),
    ("Is your pillow a pain in the neck?", "Try another one."),
    ("Steady on your feet", "Falls are common. Tell your doctor if you fell."),
]
EMERGENCY = [
    ("Oh, my aching back", "Try a walk."),
    ("Low back pain in winter", "Try a walk."),
    ("When your neck hurts", "Try heat."),
    ("Tension headaches", "Try a walk."),
    ("Sciatica: what helps", "Try a walk."),
    ("Living with a herniated disc", "Try a walk."),
    ("Whiplash after a crash", "Try to move."),
    ("Why does my back seize up?", "Try heat."),
    ("Migraine or not?", "Keep a diary."),
    ("Numbness in your hands", "Shake them out."),
    ("A stiff neck in the morning", "Try another pillow."),
    (
        "A winter letter",
        "Your back hurts when it snows. Back pain comes in winter. Shoveling can strain your back. Low back pain eases.",
    ),
]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A practice with nothing wrong in it."""
    return Desk.at(tmp_path / "practice")


def judged(desk: Desk, rule_id: str, issue: str) -> list[Finding]:
    """What one rule says of an issue."""
    look = RULES[rule_id].look
    assert look
    return list(look(desk.issue(issue).evidence()))


def told(desk: Desk, rule_id: str, texts: list[str]) -> list[str]:
    """Those of the texts, each an article of its own, in which one rule finds something, once for each finding."""
    articles = "".join(f"  - heading: One more thing\n    text: |\n      {text}\n" for text in texts)
    lines = (ISSUE + articles).splitlines()
    return [lines[int(finding.place.rpartition(":")[2]) - 1].strip() for finding in judged(desk, rule_id, ISSUE + articles)]


def quotes_told(desk: Desk, quotes: list[tuple[str, str]]) -> list[str]:
    """Those of the quotes in which K08 finds an error."""
    blocks = "".join(f"  - type: quote\n    text: {text!r}\n    name: {name}\n" for text, name in quotes)
    lines = (ISSUE + blocks).splitlines()
    findings = judged(desk, "K08", ISSUE + blocks)
    assert {finding.severity.word for finding in findings} <= {"error"}
    return [lines[int(finding.place.rpartition(":")[2]) - 1].strip()[7:-1] for finding in findings]


def about(desk: Desk, title: str, text: str) -> list[Finding]:
    """What K10 says of an issue with this title and one article."""
    issue = ISSUE.replace("title: Small Breaks", f'title: "{title}"').replace("your back than", "your body than")
    return judged(desk, "K10", f"{issue}  - heading: One thing\n    text: |\n      {text}\n")


@pytest.mark.parametrize(
    ("rule_id", "texts"),
    [("K07", HONEST_OFFERS), ("K08", HONEST_TEXTS), ("K14", HONEST_ABOUT_READERS), ("K15", HONEST_PROMOTIONS)],
)
def test_honest_sentences(rule_id: str, texts: list[str], desk: Desk) -> None:
    """What only sounds like an offer, a patient's story, a telling word or a paid promotion is left alone."""
    assert told(desk, rule_id, texts) == []


@pytest.mark.parametrize(("rule_id", "texts"), [("K07", OFFERS), ("K08", STORIES), ("K14", TELLING), ("K15", PROMOTIONS)])
def test_forbidden_sentences(rule_id: str, texts: list[str], desk: Desk) -> None:
    """Each of them is found, once, however it is put."""
    assert told(desk, rule_id, texts) == texts


def test_quotes_that_are_no_patients(desk: Desk) -> None:
    """Sayings, practitioners and studies need no authorization."""
    assert quotes_told(desk, HONEST_QUOTES) == []


def test_quotes_of_patients(desk: Desk) -> None:
    """A patient's words without a record are an error."""
    assert quotes_told(desk, PATIENTS_QUOTES) == [text for text, _ in PATIENTS_QUOTES]


@pytest.mark.parametrize("subject", HONEST_SUBJECTS)
def test_subjects_that_name_a_topic(subject: str, desk: Desk) -> None:
    """A topic in the subject is for everybody."""
    assert judged(desk, "K14", ISSUE.replace(SUBJECT, subject)) == []


@pytest.mark.parametrize("subject", TELLING_SUBJECTS)
def test_subjects_that_name_the_readers_own(subject: str, desk: Desk) -> None:
    """A condition called the reader's own is found in the subject, where others see it."""
    assert [finding.place for finding in judged(desk, "K14", ISSUE.replace(SUBJECT, subject))] == ["issues/small-breaks.yaml:2"]


@pytest.mark.parametrize(
    "field", ["condition", "last_visit", "insurance", "balance", "chief_complaint", "treatmentplan", "patient_id"]
)
def test_fields_that_reveal(field: str, desk: Desk) -> None:
    """A merge field of a health or account detail is an error, with its line."""
    desk.people(LIST.replace(",tags,", f",{field},"))
    findings = judged(desk, "K14", ISSUE.replace("Walk about", f'Walk about, {{{{ {field} or "please" }}}},'))
    assert [(finding.severity.word, finding.place) for finding in findings] == [("error", "issues/small-breaks.yaml:11")]


@pytest.mark.parametrize("field", ["first_name", "town", "salutation", "patient_name", "favorite_season"])
def test_fields_that_reveal_nothing(field: str, desk: Desk) -> None:
    """Names and towns may stand in a mail."""
    desk.people(LIST if field == "first_name" else LIST.replace(",tags,", f",{field},"))
    assert judged(desk, "K14", ISSUE.replace("Walk about", f'Walk about, {{{{ {field} or "please" }}}},')) == []


def test_words_of_the_practices_own(desk: Desk) -> None:
    """A practice adds its own wordings in a file of its folder, and is told what is wrong with them."""
    rules = desk.folder / "rules" / "offer_words.yaml"
    rules.parent.mkdir()
    rules.write_text('entries:\n  - {of: cheaper, phrases: ["(spine|back) party"]}\n')
    assert told(desk, "K07", ["Come to our back party.", "Come to our party."]) == ["Come to our back party."]
    rules.write_text('entries:\n  - {of: cheaper, phrases: ["(spine|back party"]}\n')
    with pytest.raises(ProblemsFound, match="brackets"):
        told(desk, "K07", ["It is free."])
    rules.write_text("entries:\n  - {of: cheap, phrases: [back party]}\n")
    with pytest.raises(ProblemsFound, match="cheaper"):
        told(desk, "K07", ["Come in for a free exam."])


@pytest.mark.parametrize(("title", "text"), NO_EMERGENCY)
def test_letters_that_need_no_box(title: str, text: str, desk: Desk) -> None:
    """A letter that only mentions a back needs no danger signs."""
    assert about(desk, title, text) == []


@pytest.mark.parametrize(("title", "text"), EMERGENCY)
def test_letters_that_need_a_box(title: str, text: str, desk: Desk) -> None:
    """A letter about back pain, neck pain or headache without danger signs is found."""
    assert len(about(desk, title, text)) == 1
