"""Rows as the API shows them: with balances and links that follow from payments."""

from collections import defaultdict
from decimal import Decimal
from functools import cached_property

from ledgerwire.sandbox.quickbooks.kinds import SALES
from ledgerwire.sandbox.quickbooks.state import QuickBooksState, unapplied
from ledgerwire.sandbox.quickbooks.wire import ZERO, Json, cents

_SIGNS = {"Invoice": 1, "CreditMemo": -1, "Bill": 1, "VendorCredit": -1}


class Presenter:
    """Shows the rows of one moment; make a new one for each call."""

    def __init__(self, state: QuickBooksState) -> None:
        self._state = state

    def show(self, name: str, row: Json) -> Json:
        """One row with everything that is computed when it is read."""
        if name in _SIGNS:
            return self._document(name, row)
        if name in {"Payment", "BillPayment"}:
            return row | {"LinkedTxn": [link for line in row["Line"] for link in line["LinkedTxn"]]}
        if name == "Customer":
            balance = self._open["CustomerRef", str(row["Id"])]
            return row | {"Balance": balance, "BalanceWithJobs": balance}
        if name == "Vendor":
            return row | {"Balance": self._open["VendorRef", str(row["Id"])]}
        return row

    def _document(self, name: str, row: Json) -> Json:
        row_id = str(row["Id"])
        balance = row["TotalAmt"] - self._state.applied(name, row_id)
        links = [
            {"TxnId": payment_id, "TxnType": "BillPaymentCheck" if kind == "BillPayment" else kind}
            for kind, payment_id in self._state.links.get((name, row_id), {})
        ]
        shown = row | {"Balance": balance, "LinkedTxn": links}
        if name == "CreditMemo":
            shown["RemainingCredit"] = balance
        if self._state.multi_currency and name in SALES:
            shown["HomeBalance"] = cents(balance * row["ExchangeRate"])
        return shown

    @cached_property
    def _open(self) -> defaultdict[tuple[str, str], Decimal]:
        """What each customer or vendor owes or is owed, in its own currency."""
        sums: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        for name, sign in _SIGNS.items():
            party = "CustomerRef" if name in SALES else "VendorRef"
            for row in self._state.all(name):
                left = row["TotalAmt"] - self._state.applied(name, str(row["Id"]))
                sums[party, row[party]["value"]] += sign * left
        for name, party in (("Payment", "CustomerRef"), ("BillPayment", "VendorRef")):
            for row in self._state.all(name):
                sums[party, row[party]["value"]] -= unapplied(row)
        return sums
