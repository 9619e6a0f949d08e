from __future__ import annotations

from pathlib import Path

import pytest

from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.settings import PREFIX, Settings, env_example, load_settings

EXAMPLE = Path(__file__).parents[4] / ".env.example"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def test_the_example_file_lists_every_setting_with_its_meaning_and_default():
    assert EXAMPLE.read_text() == env_example()


def test_the_example_file_is_a_working_configuration(monkeypatch: pytest.MonkeyPatch):
    for line in EXAMPLE.read_text().splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            monkeypatch.setenv(name, value)
    assert load_settings() == Settings()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LEDGERWIRE_DATABASE_POOL_SIZE", "12")
    assert load_settings().database_pool_size == 12


def test_an_unknown_variable_stops_the_start_and_names_the_nearest_setting(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LEDGERWIRE_DATABSE_URL", "postgresql://u:secret@h/d")
    with pytest.raises(ConfigurationError, match=r"LEDGERWIRE_DATABSE_URL .*LEDGERWIRE_DATABASE_URL") as caught:
        load_settings()
    assert "secret" not in str(caught.value)


def test_variables_of_the_test_suite_are_not_settings(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LEDGERWIRE_TEST_DATABASE_URL", "postgresql://h/d")
    assert load_settings() == Settings()


def test_a_malformed_value_is_named_by_its_variable_and_never_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LEDGERWIRE_DATABASE_POOL_SIZE", "s3cret")
    with pytest.raises(ConfigurationError, match="LEDGERWIRE_DATABASE_POOL_SIZE: ") as caught:
        load_settings()
    assert "s3cret" not in str(caught.value)


def test_secrets_do_not_show_when_settings_are_printed():
    settings = Settings(
        database_password="canary-1",
        database_passwords="lw_poster=canary-2",
        database_admin_url="postgresql://a:canary-3@h/d",
        broker_url="amqp://a:canary-4@h/",
        encryption_keys="k:canary-5",
    )
    assert "canary" not in repr(settings)
    assert "canary" not in str(settings)


def test_a_role_with_a_password_of_its_own_does_not_use_the_common_one():
    settings = Settings(database_password="common", database_passwords="lw_poster=a=b lw_mapper=c")
    assert settings.role_password("lw_poster") == "a=b"
    assert settings.role_password("lw_mapper") == "c"
    assert settings.role_password("lw_ingest") == "common"


def test_settings_cannot_be_changed_after_the_start():
    with pytest.raises(ValueError, match="frozen"):
        load_settings().log_level = "DEBUG"  # type: ignore[misc]
