"""The titles of a list's columns, as practice systems spell them, and the names that merge fields have for them."""

from __future__ import annotations

import re
import unicodedata

_SYNONYMS = {
    "email": "email emailaddress mail mailaddress emailid primaryemail correo correoelectronico",
    "first_name": "firstname first givenname forename fname nombre",
    "last_name": "lastname last surname familyname lname apellido apellidos",
    "tags": "tags tag labels groups etiquetas",
    "language": "language lang preferredlanguage idioma",
    "consent_source": "consentsource",
    "consent_date": "consentdate",
    "status": "status subscriptionstatus emailstatus",
    "last_visit": "lastvisit lastvisitdate dateoflastvisit ultimavisita",
}
OWN_NAMES = frozenset(_SYNONYMS)
"""The columns whose meaning their name tells."""
_FIELD_OF = {synonym: name for name, words in _SYNONYMS.items() for synonym in words.split()}


def column_name(title: str) -> str:
    """`E-mail Address` is `email`; a column of the practice's own, `Last Visit`, is `last_visit`."""
    letters = unicodedata.normalize("NFKD", title.lower())  # in which an accent is a letter of its own, and goes
    squeezed = re.sub(r"[\W_]+", "", letters)
    return _FIELD_OF.get(squeezed) or re.sub(r"\W+", "_", title.strip().lower()).strip("_")
