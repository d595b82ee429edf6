"""`newsletter subscribers`: the commands about the people on the list, one file each."""

from __future__ import annotations

import click

from newsletter.cli import Commands


class AboutPeople(Commands):
    """Each lives in the module `subscribers_NAME`."""

    known = {  # noqa: RUF012  # read only
        "import": "Take in a practice system's export: CSV, Excel, vCard.",
        "list": "Show who would be mailed.",
        "add": "Add somebody who agreed to it.",
        "remove": "Take somebody off the list for good.",
        "export": "Write the list for a spreadsheet.",
        "report": "Print all that is known of a person.",
        "forget": "Erase a person on their request.",
    }
    prefix = "newsletter.cli.subscribers_"


@click.command("subscribers", cls=AboutPeople)
def command() -> None:
    """Import, list, add, remove and export the people on the list."""
