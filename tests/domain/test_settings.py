"""Settings are checked when they are read, and tell what is wrong without telling secrets."""

import pytest
from pydantic import ValidationError

from steps.domain.errors import ConfigurationError
from steps.domain.settings import Settings, load_settings


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DB_ECHO", "S3_ENDPOINT_URL", "API_KEY"):
        monkeypatch.setenv(name, "")

    assert load_settings() == Settings.model_construct()
    assert load_settings().api_key is None


@pytest.mark.parametrize("said", ["false", "0", "no", "off"])
def test_no_means_no(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("DB_ECHO", said)

    assert load_settings().db_echo is False


def test_all_bad_settings_are_named_in_one_line_without_their_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DB_ECHO", "s3cret?")
    monkeypatch.setenv("S3_ENDPOINT_URL", "s3cret!")

    with pytest.raises(ConfigurationError) as caught:
        load_settings()

    assert "DB_ECHO" in str(caught.value)
    assert "S3_ENDPOINT_URL" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "s3cret")
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://ada:s3cret@localhost/accounts")

    assert "s3cret" not in f"{load_settings()!r} {load_settings()}"


def test_credentials_in_the_url_of_s3_are_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("S3_ENDPOINT_URL", "http://ada:s3cret@127.0.0.1:9000")

    with pytest.raises(ConfigurationError, match="S3_ENDPOINT_URL") as caught:
        load_settings()

    assert "s3cret" not in str(caught.value)


def test_a_value_that_is_refused_is_in_no_error_of_pydantic_either() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(s3_endpoint_url="http://ada:s3cret@127.0.0.1:9000")

    assert "s3cret" not in f"{caught.value} {caught.value!r}"
