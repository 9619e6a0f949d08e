"""The mapping settings of an account: one immutable version of them decides every treatment that is a choice."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from ledgerwire.common.ledger.document import ContactPolicy


@dataclass(frozen=True, slots=True)
class DefaultItem:
    """A fall-back Non-Product ID with its own switch (A073-A076); a disabled one is never used."""

    enabled: bool = False
    item_code: str = ""


@dataclass(frozen=True, slots=True)
class DefaultNonProductIds:
    """The four fall-backs, by revenue kind (A072): R, RE, RA and RD."""

    service: DefaultItem = DefaultItem()
    expense: DefaultItem = DefaultItem()
    agreement: DefaultItem = DefaultItem()
    deferred_revenue: DefaultItem = DefaultItem()


class TaxMode(StrEnum):
    """Where the tax type of a taxable line comes from; the printed tax is the total in every mode (M11)."""

    BY_NAME = "by_name"
    GL_AMOUNTS = "gl_amounts"
    STATIC = "static"


@dataclass(frozen=True, slots=True)
class TaxSettings:
    """How lines are taxed (M12).

    Attributes:
        untaxed_type: ledger tax type of untaxed lines: zero, exempt or out of scope; never guessed.
        mode: by_name matches the PSA's tax name to a ledger rate; gl_amounts takes the ledger rate whose percentage
            fits the exported amounts; static uses `static_type` for every taxable line.
        links: PSA tax code or cross-reference -> ledger tax type; wins over matching by name.
        static_type: required by the static mode.
    """

    untaxed_type: str
    mode: TaxMode = TaxMode.BY_NAME
    links: dict[str, str] = field(default_factory=dict)
    static_type: str | None = None


class RoundingPolicy(StrEnum):
    """What happens to a line whose quantity x price is not its total, and to a document that misses by cents (M11).

    document: such a line is written as 1 x total; cents left on the document become one adjustment line.
    line: quantity and price stay visible and a rounding line follows that line; cents left on the document as above.
    stop: lines as in `document`; cents left on the document stop it.
    """

    LINE = "line"
    DOCUMENT = "document"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class RoundingSettings:
    """Where rounding goes and how much of it there may be.

    Attributes:
        account: ledger account code of rounding and adjustment lines.
        tax_type: the ledger's no-tax type for those lines.
        document_limit: None = 0.01 x (lines + 1), at most 0.10; 0 = none allowed; more only by this explicit choice.
    """

    account: str
    tax_type: str
    policy: RoundingPolicy = RoundingPolicy.DOCUMENT
    document_limit: Decimal | None = None


class OnMissing(StrEnum):
    """Missing or unknown tracking: post the line without it and warn, or stop (A068)."""

    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class TrackingSettings:
    """Ledger names of the two tracking categories, fed by the first and second class segment (A056)."""

    category_1: str | None = None
    category_2: str | None = None
    on_missing: OnMissing = OnMissing.WARN


@dataclass(frozen=True, slots=True)
class TermsSettings:
    """Links: PSA term name or cross-reference -> term name in the ledger (M14)."""

    links: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContactSettings:
    """What to do with a bill-to company that has no linked contact (D9). Links: PSA company id -> ledger contact id."""

    policy: ContactPolicy = ContactPolicy.HOLD
    links: dict[str, str] = field(default_factory=dict)


class ExclusionTreatment(StrEnum):
    """What an exclusion rule says about the records it matches (M19)."""

    LEAVE_UNPOSTED = "leave_unposted"
    BATCH_WITHOUT_POSTING = "batch_without_posting"


@dataclass(frozen=True, slots=True)
class ExclusionRule:
    """Records that match every non-empty condition are excluded.

    Attributes:
        number_prefixes: the invoice number starts with one of these.
        invoice_types: PSA invoice types (Standard, Agreement, ...).
        company_ids: PSA ids of the bill-to company.
    """

    name: str
    treatment: ExclusionTreatment = ExclusionTreatment.LEAVE_UNPOSTED
    number_prefixes: tuple[str, ...] = ()
    invoice_types: tuple[str, ...] = ()
    company_ids: tuple[int, ...] = ()


class ZeroEffect(StrEnum):
    """A record that nets to zero on every account and tracking: batch it without a document, or post it (M4)."""

    BATCH = "batch"
    POST = "post"


class PostAs(StrEnum):
    """Whether documents arrive approved or as drafts (A113)."""

    APPROVED = "approved"
    DRAFT = "draft"


class LockPolicy(StrEnum):
    """A document dated in a closed period: hold it for a person, or date it on the first open day (D14)."""

    HOLD = "hold"
    FIRST_OPEN_DAY = "first_open_day"


@dataclass(frozen=True, slots=True)
class MappingSettings:
    """All of one mapping version. `account_links`: PSA account string -> ledger account code."""

    tax: TaxSettings
    rounding: RoundingSettings
    default_non_product_ids: DefaultNonProductIds = DefaultNonProductIds()
    tracking: TrackingSettings = TrackingSettings()
    terms: TermsSettings = TermsSettings()
    contacts: ContactSettings = ContactSettings()
    account_links: dict[str, str] = field(default_factory=dict)
    exclusions: tuple[ExclusionRule, ...] = ()
    zero_effect: ZeroEffect = ZeroEffect.BATCH
    post_as: PostAs = PostAs.APPROVED
    lock_policy: LockPolicy = LockPolicy.HOLD
