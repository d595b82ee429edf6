"""The programs in which patients read their mail, as `mail_programs:` in practice.yaml names them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

PROGRAMS = {  # a family's programs begin with its name
    "gmail-web": "Gmail in the browser",
    "gmail-mobile-web": "Gmail in a phone's browser",
    "gmail-ios": "Gmail on the iPhone",
    "gmail-android": "Gmail on Android",
    "apple-mail-ios": "Apple Mail on the iPhone",
    "apple-mail-macos": "Apple Mail on the Mac",
    "outlook-windows": "Outlook on Windows (classic)",
    "outlook-new": "the new Outlook (and Outlook.com)",
    "outlook-macos": "Outlook on the Mac",
    "outlook-ios": "Outlook on the iPhone",
    "outlook-android": "Outlook on Android",
    "yahoo-web": "Yahoo in the browser",
    "yahoo-ios": "Yahoo on the iPhone",
    "yahoo-android": "Yahoo on Android",
    "aol-web": "AOL in the browser",
    "aol-ios": "AOL on the iPhone",
    "aol-android": "AOL on Android",
    "samsung-email": "Samsung Email",
    "thunderbird": "Thunderbird",
    "protonmail-web": "Proton Mail in the browser",
    "protonmail-ios": "Proton Mail on the iPhone",
    "protonmail-android": "Proton Mail on Android",
    "fastmail": "Fastmail",
    "gmx-web": "GMX in the browser",
    "gmx-ios": "GMX on the iPhone",
    "gmx-android": "GMX on Android",
    "web-de-web": "WEB.DE in the browser",
    "web-de-ios": "WEB.DE on the iPhone",
    "web-de-android": "WEB.DE on Android",
}
FAMILIES = {
    "gmail": "Gmail",
    "apple-mail": "Apple Mail",
    "outlook": "Outlook",
    "yahoo": "Yahoo",
    "aol": "AOL",
    "protonmail": "Proton Mail",
    "gmx": "GMX",
    "web-de": "WEB.DE",
}
USUAL = (  # where practice.yaml names none
    *("gmail-web", "gmail-ios", "gmail-android", "apple-mail-ios", "apple-mail-macos"),
    *("outlook-windows", "outlook-new", "yahoo-web", "yahoo-ios", "yahoo-android"),
)
CLASSIC_OUTLOOK = "outlook-windows"  # it draws with Word, and reads markup of its own in comments


def named(name: str) -> tuple[str, ...]:
    """The programs that one name means: itself, or all of a family; none for a name that nobody has."""
    name = name.strip().lower()
    if name in FAMILIES:
        return tuple(program for program in PROGRAMS if program.startswith(f"{name}-"))
    return (name,) if name in PROGRAMS else ()


def spoken(programs: Collection[str], chosen: Iterable[str]) -> list[str]:
    """`Gmail`, `Outlook on Windows (classic)`: a family's name where all that are chosen of it are meant."""
    chosen, said = tuple(chosen), dict[str, None]()
    for program, name in PROGRAMS.items():
        if program in programs:
            family = next((one for one in FAMILIES if program.startswith(f"{one}-")), "")
            siblings = [other for other in chosen if family and other.startswith(f"{family}-")]
            whole = len(siblings) > 1 and all(other in programs for other in siblings)
            said[FAMILIES[family] if whole else name] = None
    return list(said)


def joined(names: list[str]) -> str:
    """`Gmail, Outlook on Windows (classic) and Yahoo`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
