"""Companies and contacts."""

from __future__ import annotations

import msgspec

from ledgerwire.connectwise.models.base import CurrencyReference, Entity, Info, Reference


class Company(Entity, frozen=True, kw_only=True):
    """A company; `account_number` is its customer number in the accounting package."""

    id: int
    identifier: str | None = None
    name: str | None = None
    status: Reference | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: Reference | None = None
    phone_number: str | None = None
    fax_number: str | None = None
    website: str | None = None
    territory: Reference | None = None
    account_number: str | None = None
    default_contact: Reference | None = None
    parent_company: Reference | None = None
    vendor_identifier: str | None = None
    tax_identifier: str | None = None
    tax_code: Reference | None = None
    billing_terms: Reference | None = None
    bill_to_company: Reference | None = None
    billing_site: Reference | None = None
    billing_contact: Reference | None = None
    invoice_delivery_method: Reference | None = None
    invoice_to_email_address: str | None = None
    invoice_cc_email_address: str | None = msgspec.field(default=None, name="invoiceCCEmailAddress")
    currency: CurrencyReference | None = None
    is_vendor_flag: bool | None = None
    types: tuple[Reference, ...] | None = None
    deleted_flag: bool | None = None
    info: Info | None = msgspec.field(default=None, name="_info")


class CommunicationItem(Entity, frozen=True, kw_only=True):
    """One way to reach a contact."""

    id: int | None = None
    type: Reference | None = None
    value: str | None = None
    extension: str | None = None
    default_flag: bool | None = None
    communication_type: str | None = None


class Contact(Entity, frozen=True, kw_only=True):
    """A contact of a company."""

    id: int
    first_name: str | None = None
    last_name: str | None = None
    company: Reference | None = None
    site: Reference | None = None
    title: str | None = None
    inactive_flag: bool | None = None
    default_flag: bool | None = None
    default_billing_flag: bool | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: Reference | None = None
    communication_items: tuple[CommunicationItem, ...] | None = None

    def _default(self, kind: str) -> str | None:
        items = [item for item in self.communication_items or () if item.communication_type == kind and item.value]
        items.sort(key=lambda item: not item.default_flag)
        return items[0].value if items else None

    @property
    def email(self) -> str | None:
        """The default e-mail address, else the first."""
        return self._default("Email")

    @property
    def phone(self) -> str | None:
        """The default phone number, else the first."""
        return self._default("Phone")

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part)
