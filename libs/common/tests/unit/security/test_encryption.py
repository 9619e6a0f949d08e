from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.security.encryption import SealBrokenError, SealContext, SecretBox, new_key, read_keys
from ledgerwire.common.settings import Settings

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
HERE = SealContext("tenants.connection", "secret", UUID(int=1))


@given(st.binary(max_size=2000))
def test_what_is_sealed_opens_in_its_place(plain: bytes):
    box = SecretBox({"k1": OLD})
    assert box.open(box.seal(plain, HERE), HERE) == plain


def test_the_same_secret_never_looks_the_same_twice_and_shows_nothing():
    box = SecretBox({"k1": OLD})
    first, second = box.seal(b"hunter2hunter2", HERE), box.seal(b"hunter2hunter2", HERE)
    assert first != second
    assert b"hunter2" not in first


@pytest.mark.parametrize(
    "elsewhere",
    [
        SealContext("tenants.consent", "secret", UUID(int=1)),
        SealContext("tenants.connection", "other", UUID(int=1)),
        SealContext("tenants.connection", "secret", UUID(int=2)),
    ],
)
def test_a_secret_moved_to_another_place_does_not_open(elsewhere: SealContext):
    box = SecretBox({"k1": OLD})
    with pytest.raises(SealBrokenError):
        box.open(box.seal(b"secret", HERE), elsewhere)


@given(st.integers(min_value=0, max_value=60))
def test_an_altered_secret_does_not_open(position: int):
    box = SecretBox({"k1": OLD})
    sealed = bytearray(box.seal(b"twenty-eight bytes of secret", HERE))
    sealed[position % len(sealed)] ^= 1
    with pytest.raises(SealBrokenError):
        box.open(bytes(sealed), HERE)


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 10, 20])
def test_a_truncated_secret_does_not_open(cut: int):
    box = SecretBox({"k1": OLD})
    with pytest.raises(SealBrokenError):
        box.open(box.seal(b"secret", HERE)[:cut], HERE)


def test_a_key_that_is_gone_is_named_as_the_setting_has_it():
    sealed = SecretBox({"k1": OLD}).seal(b"secret", HERE)
    with pytest.raises(SealBrokenError, match=r"sealed with key 'k1', which is not in LEDGERWIRE_ENCRYPTION_KEYS$"):
        SecretBox({"k2": NEW}).open(sealed, HERE)


def test_rotation_opens_old_values_and_seals_with_the_new_key():
    before = SecretBox({"k1": OLD}).seal(b"secret", HERE)
    during = SecretBox({"k2": NEW, "k1": OLD})
    assert during.open(before, HERE) == b"secret"
    assert not during.is_current(before)

    after = during.seal(during.open(before, HERE), HERE)
    assert during.is_current(after)
    assert SecretBox({"k2": NEW}).open(after, HERE) == b"secret"
    with pytest.raises(SealBrokenError, match="k1"):
        SecretBox({"k2": NEW}).open(before, HERE)


def test_a_new_key_is_one_the_setting_takes():
    settings = Settings(encryption_keys=f"{new_key('k2')},{new_key('k1')}")
    box = SecretBox.from_settings(settings)
    assert box.open(box.seal(b"x", HERE), HERE) == b"x"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("k1", "look like id:base64"),
        ("k1:not base64", "'k1' is not base64"),
        ("k1:c2hvcnQ=", "'k1' must have"),
        (":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "must have an id"),
        (
            "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "stands once",
        ),
    ],
)
def test_a_missing_or_malformed_key_stops_the_start_without_showing_it(text: str, says: str):
    with pytest.raises(ConfigurationError, match=says) as caught:
        SecretBox(read_keys(text))
    assert "AAECAwQF" not in str(caught.value)
    assert "LEDGERWIRE_ENCRYPTION_KEYS" in str(caught.value)
