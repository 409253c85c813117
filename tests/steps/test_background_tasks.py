"""What a background task may be handed: it works after the answer, and a session may not."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from threading import Event
from typing import Annotated, Any, Literal, get_args

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI
from fastapi.requests import HTTPConnection
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from steps.domain.schemas import NewUser
from steps.workbook.catalogue import STEPS, Step
from steps.workbook.world.databases import count_users, new_user
from steps.workbook.world.environment import variables
from steps.workbook.world.postgresql import new_postgresql_database
from steps.workbook.world.serving import client_of, serve, server_log
from steps.workbook.world.singletons import own_singletons
from tests.contract.database import Database

pytestmark = pytest.mark.usefixtures("own_database", "no_s3", "quick_hashing")

PATIENCE_S = 20
"""Seconds after which a task of a failed test stops waiting."""

ADA = {"email": "ada@example.com", "password": "correct horse"}
SESSION_PER_REQUEST = [step for step in STEPS if step.transaction == "request"]
SESSION_PER_CALL = [step for step in STEPS if step.transaction != "request"]


def name_of(step: Step) -> str:
    return f"step_{step.number:02}"
