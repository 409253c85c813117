"""A running step as the contract tests see it."""

from dataclasses import dataclass, field

import httpx2

from steps.workbook.catalogue import Step
from tests.contract.database import Database


@dataclass(frozen=True)
class Service:
    """A running step: how to call it, and where its rows are."""

    step: Step
    client: httpx2.Client
    database: Database
    api_key: str = field(repr=False)
