"""What of a solution leaves the instance: mailboxes of persons only if the operator decided so."""

from __future__ import annotations

import msgspec

from vocabularies.rdf.dcat_ap import Context
from vocabularies.rdf.dcat_text import is_function_mailbox
from vocabularies.terms import Solution


def published(solution: Solution, context: Context) -> Solution:
    """The solution as anybody may read it.

    Without personal mailboxes and telephones unless `context.emails`.
    """
    if context.emails:
        return solution
    contacts = tuple(
        msgspec.structs.replace(contact, email=_function_mailbox(contact.email), phone="")
        for contact in solution.contacts
    )
    attributions = tuple(
        msgspec.structs.replace(attribution, email=_function_mailbox(attribution.email))
        for attribution in solution.attributions
    )
    return msgspec.structs.replace(solution, contacts=contacts, attributions=attributions)


def _function_mailbox(address: str) -> str:
    return address if is_function_mailbox(address) else ""
