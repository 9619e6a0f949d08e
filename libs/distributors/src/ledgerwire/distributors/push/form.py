"""The form of a post: the four kinds and the fields of their shapes, and no others.

A misspelled field that were passed over would be one that was left out: seats without a last day go on.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, Final, TypeVar, get_type_hints

import msgspec

from ledgerwire.common.seats import ChargeLine, SourceCustomer, SourceProduct, SubscriptionSnapshot

T = TypeVar("T")

_LONGEST: Final = 500


def _only_its_fields(shape: type) -> type[msgspec.Struct]:
    """A shape that refuses a field it does not have."""
    kinds = get_type_hints(shape)
    known = [
        (each.name, kinds[each.name]) if each.default is MISSING else (each.name, kinds[each.name], each.default)
        for each in fields(shape)
    ]
    return msgspec.defstruct(shape.__name__, known, forbid_unknown_fields=True, frozen=True)


def _kind(shape: type) -> Any:
    rows: Any = _only_its_fields(shape)
    return tuple[rows, ...]


_POST: Final = msgspec.defstruct(
    "Post",
    [
        ("customers", _kind(SourceCustomer), ()),
        ("products", _kind(SourceProduct), ()),
        ("subscriptions", _kind(SubscriptionSnapshot), ()),
        ("charges", _kind(ChargeLine), ()),
    ],
    forbid_unknown_fields=True,
    frozen=True,
)
_DECODER: Final = msgspec.json.Decoder(_POST)


class NotInForm(ValueError):  # noqa: N818 - what the post is
    """A post that is not in this form; the message names the place and what is wrong there."""


def formed(body: bytes, kind: type[T]) -> T:
    """A post as `kind`, which has the four kinds as attributes.

    Raises:
        NotInForm: it is no JSON, or has a field that is unknown, missing or of another type.
    """
    try:
        return msgspec.convert(_DECODER.decode(body), kind, from_attributes=True)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotInForm(str(error)[:_LONGEST]) from None
