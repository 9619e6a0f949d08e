from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.mapper.domain.revision import Decided, fingerprint_facts, says_the_same

from .build import document, gl_line, source


def facts(given):
    return canonical_bytes(fingerprint_facts(given))


@pytest.mark.requirement("B25")
def test_padding_and_order_of_the_export_are_no_change():
    rows = source(gl_line(101, "100.00"), gl_line(102, "5.00"), tax="10.50")
    turned = replace(rows, export=replace(rows.export, lines=tuple(reversed(rows.export.lines))))
    padded = source(gl_line(101, "100.000"), gl_line(102, "5.0"), tax="10.5")
    assert facts(rows) == facts(turned) == facts(padded)


@pytest.mark.parametrize(
    "changed",
    [
        source(gl_line(107, "100.00")),
        source(gl_line(101, "100.01")),
        source(gl_line(101, "100.00", account="200")),
        source(gl_line(101, "100.00", gl_class="Projects")),
        source(gl_line(101, "100.00", non_product_id="MANAGED")),
        source(gl_line(101, "100.00", taxable=False)),
        source(tax="9.00"),
        source(document_date=date(2026, 2, 11)),
        source(due_date=date(2026, 3, 13)),
        source(bill_to_id=251),
        source(term="Net 14"),
        source(number="INV-1043"),
        source(export={"header_ids": (99,)}),
    ],
)
def test_whatever_decides_the_document_changes_the_fingerprint(changed):
    assert facts(changed) != facts(source())


def test_what_decides_nothing_does_not():
    assert facts(source(status="Sent")) == facts(source())
    assert facts(replace(source(), mapping_version=7)) == facts(source())


def decided(*documents, outcome="mapped", fingerprint="f", version=1, causes=(), company=1):
    return Decided(outcome, fingerprint, version, tuple(documents), causes, UUID(int=company))


MADE = document(source())


def with_contact(decision, candidate=None, key="250"):
    return replace(MADE, contact=replace(MADE.contact, decision=decision, candidate_id=candidate, company_key=key))


@pytest.mark.requirement("A117")
@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (decided(MADE), decided(MADE), True),
        (decided(MADE), decided(MADE, version=2), True),
        (decided(MADE), decided(MADE, fingerprint="g"), False),
        (decided(MADE), decided(MADE, company=2), False),
        (decided(MADE), decided(replace(MADE, total=Decimal(1))), False),
        (decided(MADE), decided(outcome="stopped", causes=("X[]",)), False),
        (decided(outcome="stopped", causes=("X[]",)), decided(outcome="stopped", causes=("X[]",)), True),
        (decided(outcome="stopped", causes=("X[]",)), decided(outcome="stopped", causes=("Y[]",)), False),
        (decided(outcome="stopped"), decided(outcome="stopped", version=2), False),
        (decided(with_contact("create")), decided(with_contact("linked", "c-1")), True),
        (decided(with_contact("link", "c-1")), decided(with_contact("linked", "c-1")), True),
        (decided(with_contact("link", "c-1")), decided(with_contact("link", "c-2")), False),
        (decided(with_contact("create")), decided(with_contact("linked", "c-1", "251")), False),
    ],
)
def test_when_a_look_says_nothing_new(old, new, same):
    assert says_the_same(old, new) is same
