"""Lines as QuickBooks takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ledgerwire.common.ledger.document import DocumentLine

Lines = Callable[..., DocumentLine]


@pytest.fixture
def sale(line: Lines) -> Lines:
    """A sales line whose item sells to account 200."""

    def make(net: str = "100.00", tax: str = "10.00", **changes: Any) -> DocumentLine:
        return line(net, tax, **{"tax_type": "GST on sales", "item_code": "MS-SERVER", **changes})

    return make


@pytest.fixture
def cost(line: Lines) -> Lines:
    """A line of a bill."""

    def make(net: str = "100.00", tax: str = "10.00", **changes: Any) -> DocumentLine:
        return line(net, tax, **{"tax_type": "GST on costs", "account_code": "310", **changes})

    return make
