"""What the opt-out page says, in English and Spanish; `{practice}` is the practice's name, `{contact}` how to reach it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """One page: its title, its paragraphs, the words on its button (none: no button), and small print below that."""

    title: str
    paragraphs: tuple[str, ...]
    button: str = ""
    small: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """Every page in one language."""

    ask: Said
    left: Said
    barred: Said
    back: Said
    no_such_link: Said
    wait: Said
    too_often: Said
    trouble: Said
    write_or_call: str


WORDS = {
    "en": Words(
        ask=Said(
            "Unsubscribe",
            ("Press the button, and {practice} will not send you its newsletter any more.",),
            "Unsubscribe",
            "Do you want to keep getting it? Then just close this page. Nothing has changed.",
        ),
        left=Said(
            "You are unsubscribed",
            ("You will not get any more newsletters from {practice}.", "Was this a mistake?"),
            "Subscribe again",
            "A newsletter that was already on its way may still arrive.",
        ),
        barred=Said(
            "You are unsubscribed",
            (
                "You will not get any more newsletters from {practice}.",
                "Would you like to get them again? {contact}.",
            ),
        ),
        back=Said(
            "You are subscribed again",
            ("You will get the next newsletter from {practice}.",),
            "Unsubscribe",
        ),
        no_such_link=Said(
            "This link does not work",
            (
                "It may have been cut off on its way. Open the mail again and follow the link from there.",
                "You can leave the list without the link too. {contact}, and we take you off.",
            ),
        ),
        wait=Said(
            "Please wait a minute",
            (
                "Too many links that do not work were opened from your network.",
                "You can leave the list without a link too. {contact}, and we take you off.",
            ),
        ),
        too_often=Said(
            "Please tell us",
            ("You have changed your mind several times today. Would you like the newsletter again? {contact}.",),
        ),
        trouble=Said(
            "This did not work",
            (
                "Something is wrong on our side, and nothing was changed. Please try again in a few minutes.",
                "You can also tell us. {contact}, and we take you off the list.",
            ),
        ),
        write_or_call="Write to {mail} or call {phone}",
    ),
    "es": Words(
        ask=Said(
            "Darse de baja",
            ("Pulse el botón y {practice} no le enviará más su boletín.",),
            "Darme de baja",
            "¿Quiere seguir recibiéndolo? Entonces cierre esta página. No ha cambiado nada.",
        ),
        left=Said(
            "Se ha dado de baja",
            ("Ya no recibirá más boletines de {practice}.", "¿Fue un error?"),
            "Suscribirme de nuevo",
            "Un boletín que ya estaba en camino todavía puede llegarle.",
        ),
        barred=Said(
            "Se ha dado de baja",
            ("Ya no recibirá más boletines de {practice}.", "¿Quiere recibirlos de nuevo? {contact}."),
        ),
        back=Said(
            "Está suscrito de nuevo",
            ("Recibirá el próximo boletín de {practice}.",),
            "Darme de baja",
        ),
        no_such_link=Said(
            "Este enlace no funciona",
            (
                "Puede que se haya cortado en el camino. Abra otra vez el correo y siga el enlace desde allí.",
                "También puede darse de baja sin el enlace. {contact}, y le quitamos de la lista.",
            ),
        ),
        wait=Said(
            "Espere un minuto, por favor",
            (
                "Desde su red se abrieron demasiados enlaces que no funcionan.",
                "También puede darse de baja sin enlace. {contact}, y le quitamos de la lista.",
            ),
        ),
        too_often=Said(
            "Avísenos, por favor",
            ("Hoy ha cambiado de opinión varias veces. ¿Quiere recibir de nuevo el boletín? {contact}.",),
        ),
        trouble=Said(
            "Esto no ha funcionado",
            (
                "Algo falla por nuestra parte y no se cambió nada. Inténtelo de nuevo en unos minutos.",
                "También puede avisarnos. {contact}, y le quitamos de la lista.",
            ),
        ),
        write_or_call="Escriba a {mail} o llame al {phone}",
    ),
}
