"""Payments are read side by side; what one read meets is what is told."""

from __future__ import annotations

from typing import Any

import pytest

from ledgerwire.common.errors import Transient
from ledgerwire.poster.payments.cases import _payments


class Failing:
    """A ConnectWise that does not answer."""

    async def of_invoice(self, invoice_id: int) -> Any:
        raise Transient(f"invoice {invoice_id} cannot be read now")


async def test_a_read_that_fails_for_now_is_passing_trouble_and_no_fault_of_ours() -> None:
    psa: Any = Failing()
    with pytest.raises(Transient, match="cannot be read now"):
        await _payments(psa, [1, 2])
