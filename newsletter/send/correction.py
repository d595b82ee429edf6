"""A correction reaches exactly those who got the issue that it corrects, also when a run is continued."""

from __future__ import annotations

from newsletter.errors import ContentChanged, Missing, did_you_mean
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.mailing import Mailing


def corrected(ledger: Ledger, issue: str, asked: str | None) -> Mailing | None:
    """The mailing that `issue` corrects: the one asked for, or the one that its own record names; None where it is no correction.

    Raises Missing for an issue that was never sent, ContentChanged where this one has begun to go to others.
    """
    own = Mailing.find(ledger, issue)
    recorded = own.corrects if own else None
    if asked and own and own.started and recorded != asked:
        began = f"as a correction of {recorded}" if recorded else "to everybody on the list"
        raise ContentChanged(
            f'"{issue}" has begun to go {began}; it cannot become a correction of "{asked}" now.',
            "Make the correction an issue of its own: newsletter new TITLE",
        )
    name = asked or recorded
    if name is None:
        return None
    earlier = Mailing.find(ledger, name) if name != issue else None
    if earlier is None or not earlier.started:
        others = [mailing.issue for mailing in Mailing.all(ledger) if mailing.issue != issue]
        raise Missing(f'"{name}" was never sent, so there is nothing to correct.', did_you_mean(name, others))
    return earlier
