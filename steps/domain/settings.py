"""The settings, read from the environment and checked before anyone uses them."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, HttpUrl, SecretStr, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from steps.domain.errors import ConfigurationError
from steps.domain.urls import sqlite_url

PROJECT = Path(__file__).parents[2]


def _http_url(url: str) -> str:
    parsed = TypeAdapter(HttpUrl).validate_python(url)
    if parsed.username or parsed.password:
        raise ValueError("credentials belong in the AWS_* variables")
    return str(parsed).rstrip("/")


class Settings(BaseSettings):
    """Each field is the environment variable of the same name in capitals; empty means unset.

    Credentials and region of S3 are not here: boto3 reads `AWS_*` itself.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, hide_input_in_errors=True)

    database_url: SecretStr = SecretStr(sqlite_url(PROJECT / "accounts.db"))
    db_echo: bool = False
    s3_endpoint_url: Annotated[str, AfterValidator(_http_url)] = "http://127.0.0.1:9000"
    api_key: SecretStr | None = None


def load_settings() -> Settings:
    """Read the environment. Raises ConfigurationError with every bad setting, without its value."""
    try:
        return Settings()
    except ValidationError as error:
        problems = [f"{str(p['loc'][0]).upper()}: {p['msg']}" for p in error.errors()]
        raise ConfigurationError("; ".join(problems)) from None
