"""The configuration: read from the environment and checked, all of it, before anything opens."""

from collections.abc import Callable
from typing import Annotated, Self

from pydantic import Field, SecretStr, ValidationError, field_validator

from steps.domain.errors import ConfigurationError
from steps.domain.settings import Settings
from steps.infrastructure.database import check_database_url
from steps.infrastructure.object_storage import check_s3_endpoint_url, problems_of_aws_variables


def _run(check: Callable[[str], None], value: str) -> None:
    try:
        check(value)
    except ConfigurationError as error:  # pydantic collects ValueErrors, and names the variable
        raise ValueError(str(error).partition(": ")[2]) from None


class Config(Settings):
    """What the service needs to know: what is not given, the environment says. Opens nothing."""

    port: Annotated[int, Field(ge=0, lt=2**16)] = 8000

    @field_validator("database_url")
    @classmethod
    def _fits_sqlalchemy(cls, url: SecretStr) -> SecretStr:
        _run(check_database_url, url.get_secret_value())
        return url

    @field_validator("s3_endpoint_url")
    @classmethod
    def _fits_boto3(cls, url: str) -> str:
        _run(check_s3_endpoint_url, url)
        return url

    @classmethod
    def from_env(cls, *, aws: bool = True) -> Self:
        """Read the environment; `aws` checks `AWS_*`. Raises ConfigurationError, a line a flaw."""
        problems = problems_of_aws_variables() if aws else []
        try:
            config = cls()
        except ValidationError as error:
            for problem in error.errors():
                reason = problem["msg"].removeprefix("Value error, ")
                problems.append(f"{str(problem['loc'][0]).upper()}: {reason}")
        if problems:
            raise ConfigurationError("\n".join(problems))
        return config
