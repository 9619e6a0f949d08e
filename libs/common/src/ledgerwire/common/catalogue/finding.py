"""A finding: one catalogued cause with the values that make its message concrete."""

from __future__ import annotations

from dataclasses import dataclass, field

from ledgerwire.common.catalogue.registry import Entry, Severity, entry


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem or warning on a record, in the catalogue's words.

    Attributes:
        code: a code of the catalogue.
        params: values for the message template, as text.
        line: index of the GL line it concerns, None for the whole record.
        warned: a setting turned this stop into a warning (A068).
        cause_key: what makes two findings the same cause (code + mapping key + value); groups clerks' lists.
    """

    code: str
    params: dict[str, str] = field(default_factory=dict)
    line: int | None = None
    warned: bool = False

    @property
    def entry(self) -> Entry:
        return entry(self.code)

    @property
    def severity(self) -> Severity:
        stop = self.entry.severity
        return Severity.WARNING if self.warned and stop is Severity.STOP else stop

    @property
    def stops(self) -> bool:
        return self.severity is Severity.STOP

    @property
    def message(self) -> str:
        """The sentence a clerk reads (M25)."""
        return self.entry.render(self.params)

    @property
    def cause_key(self) -> str:
        keys = ",".join(f"{name}={self.params.get(name, '')}" for name in self.entry.cause_params)
        return f"{self.code}[{keys}]"


def code_of(cause: str) -> str:
    """The code of a cause: what stands before the brackets that tell it from others of that code."""
    return cause.partition("[")[0]
