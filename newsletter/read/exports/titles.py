"""What the title of an export's column means, in English or Spanish; what is not surely wanted is private or not needed.

The rules are gone through in order. Those that keep mail and data away from people come first, so that "Do not email",
"Emergency contact email" and "Consent to treat" are never taken for an address or a consent to be mailed.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import cache, lru_cache

from newsletter.read.exports.words import phrases


class Meaning(StrEnum):
    """What a column is understood as, in the words of the screen."""

    EMAIL = "email address"
    FIRST = "first name"
    LAST = "last name"
    FULL = "full name"
    PREFERRED = "name they go by"
    TAGS = "tags"
    LANGUAGE = "language"
    CONSENT = "agreed to be mailed"
    CONSENT_DATE = "day they agreed"
    CONSENT_SOURCE = "how they agreed"
    OPT_OUT = "opted out"
    PREFERENCES = "how to reach them"
    STATUS = "status"
    GONE = "inactive or deceased"
    LAST_VISIT = "last visit"
    BIRTH = "birth date"
    AGE = "age"
    CHILD = "child or not"
    GUARDIAN = "parent or guardian"
    PRIVATE = "private"
    OTHER = "something else"


_NOISE = phrases(
    "patient, pt, client, customer, person, their, your, the, of, is, are, for, to, a, paciente, cliente, del, de, la, el, los"
)
_SPELLINGS = (
    (r"#", " number "),
    (r"(?<=[a-z0-9])(?=[A-Z])", " "),  # LastName
    (r"[\W_]+", " "),
    (r"\be mails?\b|\bemails\b|\bcorreos? electronicos?\b|\bmails?\b|\bcorreos?\b|\bemailaddress\b|\bcourriel\b", "email"),
    (r"\bopt(ed)? out\b|\boptedout\b|\bemailoptout\b", "optout"),
    (r"\bopt(ed)? in\b|\boptedin\b|\bemailoptin\b", "optin"),
    (r"\bpatients\b|\bpatient s\b", "patient"),
    (r"\bclients\b|\bclient s\b", "client"),
    (r"\bd o b\b", "dob"),
    (r"\bf name\b|\bfirstname\b|\bfname\b", "first name"),
    (r"\bl name\b|\blastname\b|\blname\b", "last name"),
    (r"\bfullname\b", "full name"),
    (r"\bnick name\b", "nickname"),
    (r"\bemailing\b", "mailing"),
)
_AGREE = (
    r"consent\w*|optin|permission|newsletters?|mailing list|consentimiento|boletin\w*|suscri\w+|subscri\w+|acepta\w*|autoriza\w*"
)
_CHANNEL = r"sms|mms|texts?|texting|phone|calls?|voice|voicemail|fax|postal|whatsapp|telefono|llamadas?|celular"
_VISIT = (
    r"visits?|appts?|appointments?|seen|treatments?|treated|services?|encounters?|dos|sessions?|adjustments?"
    r"|visitas?|citas?|consultas?|attended"
)
_NOT_OF_VISIT = (
    r"type|provider|with|status|notes?|days|location|reason|number|id|code|next|first|canceled|cancelled|missed|no show"
)
_OTHERS = (
    r"emergency|emergencia|guarantor|insured|policyholder|spouse|partner|wife|husband|mother|father|mom|dad|employer|attorney"
    r"|lawyer|referr\w*|providers?|doctor|dr|practitioner|physician|therapist|chiropractor|pcp|staff|created|modified|updated"
    r"|invoice|billing|payer|payor|carrier|insurance|adjuster|conyuge|empleador|seguro|abogado|medico"
)
_PRIVATE = (
    r"diagnos\w*|dx|icd\w*|condition\w*|complaints?|symptoms?|medica\w*|allerg\w*|injur\w*|accident\w*|pregnan\w*|surger\w*|pain"
    r"|insur\w*|plan|payer|payor|policy|claim\w*|member|subscriber|group|medicare|medicaid|nhs|dva|hmo|copay\w*|deductible"
    r"|ssn|social|licen[cs]e|passport|record|chart|mrn|acct|account|id|guid|uuid|number|no|num|key|code|phi|phn|hcn"
    r"|phones?|mobile|cell\w*|tel|telephone|fax|home|work|address\w*|street|city|town|suburb|state|province|county|zip|zipcode"
    r"|post\w*|country|gender|sex|pronouns?|race|ethnic\w*|religion|marital|civil|married|height|weight|smok\w*|occupation|employ\w*"
    r"|job|balance|credit|owe\w*|paid|payments?|charges?|amount|fee|card|bank|providers?|doctor|dr|practitioner|therapist"
    r"|chiropractor|appts?|appointments?|visits?|treatments?|services?|case|care|notes?|comments?|alerts?|warnings?|history"
    r"|birth\w*|dob|age|minor|emergency|guardian|parent|responsible|spouse|mother|father|referr\w*|family|concession"
    r"|telefono|celular|movil|direccion|calle|ciudad|provincia|codigo|pais|sexo|genero|raza|poliza|expediente|historial?|ficha"
    r"|notas?|observaciones|comentarios|saldo|ocupacion|alergias?|medicamentos?|dolor|lesion|cedula|dni|curp|nss|rfc|citas?"
)
_EMAIL_WORDS = phrases(
    "email, address, addr, value, primary, main, default, best, preferred, principal, home, personal, work, business, "
    "contact, member, secondary, second, alternate, alternative, additional, other, 1, 2, 3, 4, 5, one, two, direccion, "
    "casa, trabajo"
)
_FIRST = phrases("first, given, forename, forenames, nombre, nombres, pila, vorname, prenom")
_LAST = phrases("last, surname, surnames, family, apellido, apellidos, paterno")
_NAME_WORDS = phrases(
    "name, names, full, display, legal, complete, completo, whole, contact, file, as, middle, mi, initial, y, and, primer"
)

_RULES: tuple[tuple[Meaning, str], ...] = (
    (Meaning.OTHER, rf"^(?!.*\bemail\b).*\b({_CHANNEL})\b.*\b({_AGREE}|optout|reminders?|marketing|messages?|ok)\b"),
    (Meaning.OTHER, rf"^(?!.*\bemail\b).*\b({_AGREE}|optout|do not|no|accept\w*|receiv\w*|allow\w*|ok)\b.*\b({_CHANNEL})\b"),
    (
        Meaning.OTHER,
        rf"^(?!.*\bemail\b)(?=.*\b({_AGREE}|accept\w*|agree\w*|optout)\b).*\b(treat\w*|hipaa|privacy|privacidad|policy|policies|terms|photos?"
        r"|tele\w+|financial|informed|release|disclosure|records?|assignment|benefits|signed|forms?|tratamiento|ip)\b",
    ),
    (Meaning.OTHER, r"\b(url|link|token)\b"),
    (Meaning.PRIVATE, rf"\b({_OTHERS})\b"),
    (
        Meaning.PRIVATE,
        r"^(?=.*\b(guardian|parent|responsible|tutor|padres?|madre)\b).*\b(email|phone|address|dob|id|relation\w*)\b",
    ),
    (Meaning.GUARDIAN, r"\b(guardian|parent|parents|tutor|padres?|madre)\b"),
    (Meaning.PRIVATE, r"\bresponsible\b"),
    (
        Meaning.OPT_OUT,
        r"\b(optout|unsub\w*|clean(ed)? (time|date)|suppress\w*|blacklist\w*|blocklist\w*|dnc|bounced?|bounces|complained"
        r"|desuscri\w+|baja)\b"
        r"|\b(do not|dont|don t|never|not|no|stop|block\w*)\b.*"
        r"\b(email|contact\w*|market\w*|send|solicit\w*|newsletters?|enviar)\b"
        r"|\bemail (blocked|disabled|invalid|bad|undeliverable)\b|\b(invalid|bad|undeliverable) email\b",
    ),
    (
        Meaning.PREFERENCES,
        r"\b(communications?|contact\w*|email|marketing|correspondence|comunicacion\w*)\b.*\b(preferences?|preferencias?|method)\b"
        r"|\b(preferred|preferencia) (contact\w*|communications?|method|comunicacion)( method| type| by)?$",
    ),
    (
        Meaning.OTHER,
        r"\b(reminders?|confirmations?|notifications?|receipts?|statements?|recordatorios?|portal)\b"
        r"|^(?=.*\bemail\b).*\b(verified|valid|sent|opens?|opened|clicks?|clicked|count|label|type)\b",
    ),
    (Meaning.CONSENT_DATE, rf"^(?=.*\b({_AGREE}|signup|agreed)\b).*\b(date|day|on|at|time|timestamp|fecha|when|since)\b"),
    (Meaning.CONSENT_SOURCE, rf"^(?=.*\b({_AGREE}|signup|agreed)\b).*\b(source|method|origin|how|via|origen|fuente|where)\b"),
    (
        Meaning.STATUS,
        r"^((email|subscription|subscriber|subscribed|marketing|contact|record|account|acct|current|active|activity|chart|profile|mailing"
        r"|list)"
        r" )*(status|estado|estatus|active|activ[oa]|vigente|currently active)( (actual|active|inactive|email))?$",
    ),
    (
        Meaning.CONSENT,
        rf"\b({_AGREE})\b|^(marketing|promotions|publicidad)$"
        r"|\b(accept\w*|allow\w*|ok|okay|can|may|receiv\w*|agree\w*|send|wants?|enabled?)\b.*\b(email|marketing|promo\w*)\b"
        r"|\b(email|marketing)\b.*\b(ok|okay|allowed|permitted|enabled|accepted|agreed|marketing|promo\w*)\b"
        r"|\b(marketing|promo\w*|by|via|por|recibir|recibe) email\b|\bemail\b.*\b(communications?|updates|news|campaigns?)\b",
    ),
    (
        Meaning.GONE,
        r"\b(inactiv\w*|deceas\w*|death|died|dead|discharg\w*|dod|archiv\w*|deleted|terminat\w*|falleci\w*|difunt\w*|defuncion"
        r"|eliminad[oa])\b",
    ),
    (Meaning.PRIVATE, rf"^(?=.*\b(last|latest|recent|previous|ultim[ao])\b)(?=.*\b({_VISIT})\b).*\b({_NOT_OF_VISIT})\b"),
    (Meaning.LAST_VISIT, rf"^(?=.*\b(last|latest|recent|ultim[ao])\b).*\b({_VISIT})\b"),
    (Meaning.PRIVATE, r"\bbirth (sex|gender|place|country|city|name)\b"),
    (Meaning.BIRTH, r"\b(birth|birthdate|birthday|born|dob|bday|nacimiento|cumpleanos)\b"),
    (Meaning.AGE, r"^(age|edad)( years| yrs)?$"),
    (Meaning.CHILD, r"^(minor|child|menor|menor edad|under 18|dependent)$"),
    (Meaning.LANGUAGE, r"\b(language|lang|idioma|lengua)\b"),
    (
        Meaning.PREFERRED,
        r"^((preferred|chosen|informal)( first)? name|nickname|goes by|known as|apodo|(nombre )?preferido|preferred first)$",
    ),
    (
        Meaning.TAGS,
        r"^(contact )?(tags?|labels?|groups?|categor(y|ies)|segments?|lists?|etiquetas?|grupos?|categorias?)( membership)?$",
    ),
)
_LONGEST = 100  # characters of a title that are looked at


def words_of(title: str) -> list[str]:
    """The words of a title, plain and lower case: `ptEMail_Address` is email, address."""
    text = unicodedata.normalize("NFKD", title)
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    for number, (pattern, word) in enumerate(_SPELLINGS):
        text = re.sub(pattern, word, text if number < 2 else text.lower())  # the second rule goes by capitals
    said = text.split()
    return [word for word in said if word not in _NOISE] or (["name"] if _NOISE.intersection(said) else [])


@cache
def _compiled() -> tuple[tuple[Meaning, re.Pattern[str]], ...]:
    """The rules, made when a title is met that needs them."""
    return tuple((meaning, re.compile(pattern)) for meaning, pattern in _RULES)


@lru_cache(maxsize=4096)
def meaning_of(title: str) -> Meaning:
    """What a column with this title holds."""
    words = words_of(title[:_LONGEST])
    text = " ".join(words)
    for meaning, pattern in _compiled():
        if pattern.search(text):
            return meaning
    if "email" in words and _EMAIL_WORDS.issuperset(words):
        return Meaning.EMAIL
    return _name(frozenset(words)) or (Meaning.PRIVATE if re.search(rf"\b({_PRIVATE})\b", text) else Meaning.OTHER)


def meanings(titles: tuple[str, ...]) -> tuple[Meaning, ...]:
    """What each column holds; a title of two meanings is read by its neighbours.

    `Estado` beside a town is part of an address, `Group` beside an insurance is a number there, and `Nombre` without a column
    of surnames is the whole name. In a list of ours, `nickname` beside `first_name` is a field of its own.
    """
    found = [meaning_of(title) for title in titles]
    plain = [" ".join(words_of(title)) for title in titles]
    town = any(re.search(r"\b(ciudad|city|codigo|calle|colonia|municipio|zip)\b", text) for text in plain)
    insured = any(re.search(r"\b(insur\w*|policy|payer|payor|member|poliza|seguro)\b", text) for text in plain)
    for index, text in enumerate(plain):
        if (text == "estado" and town) or (text in ("group", "grupo") and insured):
            found[index] = Meaning.PRIVATE
        if text == "nombre" and Meaning.LAST not in found:
            found[index] = Meaning.FULL
        if found[index] is Meaning.PREFERRED and "first_name" in titles:
            found[index] = Meaning.OTHER
    return tuple(found)


def rank(title: str) -> tuple[int, int]:
    """Which of several address columns is looked at first: the primary one, then by number; work and second ones last."""
    words = set(words_of(title))
    number = next((int(word) for word in words if word.isdigit()), 1)
    if words & {"primary", "main", "default", "best", "preferred", "principal"}:
        return 0, number
    if words & {"secondary", "second", "alternate", "alternative", "additional", "other"}:
        return 3, number
    return (2 if words & {"work", "business", "trabajo"} else 1), number


def _name(words: frozenset[str]) -> Meaning | None:
    """Which part of a name a column of these words holds, if any."""
    if not words or not (_FIRST | _LAST | _NAME_WORDS).issuperset(words):
        return None
    if words & _FIRST and words & (_LAST | {"completo", "complete", "full"}):
        return Meaning.FULL
    if words & (_FIRST | _LAST):
        return Meaning.FIRST if words & _FIRST else Meaning.LAST
    return Meaning.FULL if "name" in words and not words & {"middle", "mi", "initial"} else None
