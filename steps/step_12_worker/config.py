"""The configuration: read from the environment and checked, all of it, before anything opens."""

from collections.abc import Callable
from typing import Annotated, Self

from pydantic import Field, PositiveFloat, SecretStr, ValidationError, field_validator

from steps.domain.errors import ConfigurationError
from steps.domain.schemas import BucketName
from steps.domain.settings import PROJECT, Settings
from steps.domain.urls import folder_url
from steps.infrastructure.database import check_database_url
from steps.infrastructure.object_storage import check_s3_endpoint_url, problems_of_aws_variables
from steps.infrastructure.task_queue import check_broker_url

DEFAULT_BROKER = folder_url(PROJECT / ".broker")


def _run(check: Callable[[str], object], value: str) -> None:
    try:
        check(value)
    except ConfigurationError as error:  # pydantic collects ValueErrors, and names the variable
        raise ValueError(str(error).partition(": ")[2]) from None


class Config(Settings):
    """What the service needs to know: what is not given, the environment says. Opens nothing."""

    port: Annotated[int, Field(ge=0, lt=2**16)] = 8000
    celery_broker_url: SecretStr = SecretStr(DEFAULT_BROKER)
    export_bucket: BucketName = "accounts-exports"
    export_lease_s: PositiveFloat = 60

    @field_validator("database_url")
    @classmethod
    def _fits_sqlalchemy(cls, url: SecretStr) -> SecretStr:
        _run(check_database_url, url.get_secret_value())
        return url

    @field_validator("celery_broker_url")
    @classmethod
    def _fits_celery(cls, url: SecretStr) -> SecretStr:
        _run(check_broker_url, url.get_secret_value())
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
