"""Issues that claim, or nearly claim, what boards forbid: cures, success rates, superiority, nameless studies, illness, fear."""

from __future__ import annotations

from check_desk import ISSUE, Desk, near, trips

from newsletter.check.evidence import Evidence

SOURCES = "sources:\n  - {title: Back pain, publisher: Example Journal, url: https://journal.example/back, year: 2021}\n"


def saying(desk: Desk, *sentences: str) -> Evidence:
    """The issue with another article that says this."""
    return desk.issue(ISSUE + f'  - heading: One more thing\n    text: "{" ".join(sentences)}"\n').evidence()


@trips("K03")
def cure(desk: Desk) -> Evidence:
    return saying(desk, "Our adjustments cure stubborn back pain.")


@trips("K03")
def guarantee_after_a_negation_of_something_else(desk: Desk) -> Evidence:
    return saying(desk, "If nothing else has helped you, relief is guaranteed.")


@trips("K03")
def not_only(desk: Desk) -> Evidence:
    return saying(desk, "We do not just ease sciatica, we cure it.")


@trips("K03")
def cure_in_the_subject(desk: Desk) -> Evidence:
    return desk.issue(ISSUE.replace("small breaks help", "pain free in 3 visits")).evidence()


@trips("K03")
def cure_in_practice_file(desk: Desk) -> Evidence:
    return desk.in_practice("She likes short sentences,", "She has cured backs since 2011. She likes short sentences,").evidence()


@trips("K03")
def cure_in_texas(desk: Desk) -> Evidence:
    desk.in_practice("city: Provo, state: UT", "city: Austin, state: tx")
    return saying(desk, "You will be pain free within two weeks.")


@trips("K03")
def own_phrase(desk: Desk) -> Evidence:
    (desk.folder / "rules").mkdir()
    own = "entries:\n  - {rule: K03, phrase: back in the (saddle|game), say: This promises sport., instead: you may play again}\n"
    (desk.folder / "rules" / "claims.yaml").write_text(own)
    return saying(desk, "We get you back in the game.")


@near("K03")
def denied_cure(desk: Desk) -> Evidence:
    return saying(
        desk, "We do not diagnose, treat, or cure any disease.", "A permanent cure is not something anyone can promise."
    )


@near("K03")
def cure_of_others(desk: Desk) -> Evidence:
    return saying(desk, "If someone promises a cure, walk away.", "Be wary of anyone who guarantees results.")


@near("K03")
def question_answered_no(desk: Desk) -> Evidence:
    return saying(desk, "Can an adjustment cure asthma? No, and nobody should tell you so.")


@near("K03")
def other_senses(desk: Desk) -> Evidence:
    return saying(
        desk, "Cured ham is salty.", "Your seat is guaranteed.", "The pillow has a money-back guarantee.", "We fixed the door."
    )


@near("K03")
def practice_of_that_name(desk: Desk) -> Evidence:
    desk.in_practice("name: Riverbend Chiropractic\n  # The law", "name: Miracle Hill Chiropractic\n  # The law")
    return saying(desk, "Welcome to Miracle Hill Chiropractic.")


@trips("K04")
def nine_of_ten(desk: Desk) -> Evidence:
    return saying(desk, "Nine out of ten of our patients feel better.")


@trips("K04")
def success_rate(desk: Desk) -> Evidence:
    return saying(desk, "Our success rate with sciatica is 97 percent.")


@near("K04")
def numbers_of_other_things(desk: Desk) -> Evidence:
    return saying(desk, "About 80 percent of adults have back pain at some time.", "Almost all of our patients book online.")


@near("K04")
def numbers_of_a_named_study(desk: Desk) -> Evidence:
    return saying(desk, "In a 2017 trial, 60 percent of patients got better in both groups.")


@near("K04")
def natural_course(desk: Desk) -> Evidence:
    return saying(desk, "About 90 percent of people with new back pain get better within six weeks, with or without care.")


@trips("K05")
def best(desk: Desk) -> Evidence:
    return saying(desk, "We are the best chiropractors in town.")


@trips("K05")
def better_than_surgery(desk: Desk) -> Evidence:
    return saying(desk, "Chiropractic works better than medication.")


@trips("K05")
def superior_in_hawaii(desk: Desk) -> Evidence:
    desk.in_practice("city: Provo, state: UT", "city: Hilo, state: Hawaii")
    return saying(desk, "Unlike other clinics, we listen.")


@near("K05")
def harmless_best(desk: Desk) -> Evidence:
    return saying(
        desk, "Do your best.", "What is the best way to sit?", "Falls are the number one reason people call.", "A leading cause."
    )


@near("K05")
def which_is_best_for_you(desk: Desk) -> Evidence:
    return saying(desk, "The only one who knows is you.", "There is no best chiropractor.", "Roll over the top of your head.")


@trips("K09")
def studies_show(desk: Desk) -> Evidence:
    return saying(desk, "Studies show that adjustments lower stress.")


@trips("K09")
def clinically_proven(desk: Desk) -> Evidence:
    return saying(desk, "Our method is clinically proven.")


@near("K09")
def studies_with_sources(desk: Desk) -> Evidence:
    desk.issue(ISSUE + "  - heading: More\n    text: Studies show that walking helps.\n" + SOURCES)
    return desk.evidence()


@near("K09")
def studies_with_a_link(desk: Desk) -> Evidence:
    return saying(desk, "[Research shows](https://journal.example/walks) that walking helps.")


@near("K09")
def studies_disagree(desk: Desk) -> Evidence:
    return saying(
        desk, "Studies disagree on heat.", "Research does not show that magnets help.", "A 2017 study in JAMA found little."
    )


@trips("K11")
def asthma(desk: Desk) -> Evidence:
    return saying(desk, "Chiropractic care may help with asthma.")


@trips("K11")
def colic_in_the_next_sentence(desk: Desk) -> Evidence:
    return saying(desk, "Does your baby have colic? We can help.")


@trips("K11")
def immune_system(desk: Desk) -> Evidence:
    return saying(desk, "Boost your immune system with regular adjustments.")


@near("K11")
def illness_sent_to_the_doctor(desk: Desk) -> Evidence:
    return saying(desk, "If you have asthma, call your doctor.", "Tell us if you have high blood pressure, so we can adapt.")


@near("K11")
def illness_that_others_help(desk: Desk) -> Evidence:
    return saying(desk, "Walking helps keep blood pressure down.", "If you have diabetes, we can still help your stiff neck.")


@near("K11")
def illness_denied(desk: Desk) -> Evidence:
    return saying(desk, "There is no good evidence that adjustments help with asthma.", "We do not treat ear infections.")


@trips("K12")
def time_bomb(desk: Desk) -> Evidence:
    return saying(desk, "Your spine is a ticking time bomb.")


@trips("K12")
def untreated(desk: Desk) -> Evidence:
    return saying(desk, "Left untreated, your posture will get worse and worse.")


@near("K12")
def emergency(desk: Desk) -> Evidence:
    block = (
        "  - type: warning\n    heading: Get help now\n    text: Call 911 for any of these.\n"
        "    items: [Numbness that grows can become permanent., Do not wait until it is too late.]\n"
    )
    return desk.issue(ISSUE + block).evidence()


@near("K12")
def medical_fact(desk: Desk) -> Evidence:
    return saying(desk, "Untreated high blood pressure raises the risk of stroke.", "Missing a visit does no harm.")


@near("K12")
def late_for_other_things(desk: Desk) -> Evidence:
    return saying(desk, "It is never too late to start.", "Do not wait until the last minute to sign up.")
