"""The customers that a partner has: the companies of ConnectWise, and what a customer list holds besides."""

from collections.abc import Iterable

from ledgerwire.sandbox.partnercenter.market import Customer, guid

_MOST = 40


def customers_of(companies: Iterable[str], country: str = "US") -> list[Customer]:
    """Up to forty customers by the names of companies.

    The second has no domain yet, the third shares the first one's; one more is a customer that the partner only advises.
    """
    found: list[Customer] = []
    for place, name in enumerate(list(companies)[:_MOST]):
        label = "".join(character for character in name.casefold() if character.isalnum())
        domain = {1: "", 2: found[0].domain if found else ""}.get(place, f"{label}.example")
        found.append(Customer(guid("customer", name), name, domain, country=country))
    found.append(Customer(guid("customer", "advised"), "Advised Only", "advised.example", "advisor", country))
    return found
