"""What callers send and get back. Every limit that bad input meets is written here."""

from datetime import datetime
from ipaddress import IPv4Address
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    EmailStr,
    Field,
    Secret,
    StringConstraints,
)

from steps.domain.entities import ExportState

LARGEST_ID = 2**63 - 1
"""SQLite and PostgreSQL keep ids as signed 64-bit integers and refuse to compare larger ones."""


def _is_not_reserved(name: str) -> str:
    """Raise ValueError for the names that S3 refuses although their characters are allowed.

    Source: "Bucket naming rules" in the Amazon S3 User Guide.
    """
    if ".." in name:
        raise ValueError("two dots may not stand side by side")
    if name.startswith(("xn--", "sthree-", "amzn-s3-demo-")):
        raise ValueError("this prefix is reserved")
    if name.endswith(("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")):
        raise ValueError("this suffix is reserved")
    try:
        IPv4Address(name)
    except ValueError:
        return name
    raise ValueError("a name may not look like an IP address")


Email = Annotated[EmailStr, AfterValidator(str.lower)]
"""Emails are compared without case, so the service only ever sees lower case."""

BucketName = Annotated[
    str,
    StringConstraints(min_length=3, max_length=63, pattern=r"^[a-z0-9][a-z0-9.-]*[a-z0-9]$"),
    AfterValidator(_is_not_reserved),
]


class Credentials(BaseModel):
    """What a login sends. A short password is not invalid here, only wrong."""

    email: Email
    password: Secret[Annotated[str, Field(min_length=1, max_length=128)]]


class NewUser(BaseModel):
    """What a sign-up sends. The upper limit keeps a caller from having a megabyte hashed."""

    email: Email
    password: Secret[Annotated[str, Field(min_length=8, max_length=128)]]


class UserOut(BaseModel):
    id: int
    email: str


class AuditEventOut(BaseModel):
    id: int
    action: str
    at: datetime


class NewBucket(BaseModel):
    name: BucketName


class BucketOut(BaseModel):
    name: str


class ExportOut(BaseModel):
    id: int
    state: ExportState


class Health(BaseModel):
    step: int
    database: Literal["ok"]
