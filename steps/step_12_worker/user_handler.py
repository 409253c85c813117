"""The calls about users."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path

from steps.domain.entities import AuditEvent, User
from steps.domain.schemas import LARGEST_ID, AuditEventOut, Credentials, NewUser, UserOut

from .services import UserService

UserId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


class UserHandler:
    def __init__(self, service: Callable[[], UserService]) -> None:
        self._service = service

    def register_routes(self, router: APIRouter) -> None:
        events = list[AuditEventOut]
        router.post("/users", status_code=201, response_model=UserOut)(self.sign_up)
        router.post("/login", response_model=UserOut)(self.log_in)
        router.get("/users/{user_id}", response_model=UserOut)(self.get_user)
        router.get("/users/{user_id}/events", response_model=events)(self.list_audit_events)

    async def sign_up(self, new_user: NewUser) -> User:
        return await self._service().sign_up(new_user)

    async def log_in(self, credentials: Credentials) -> User:
        return await self._service().log_in(credentials)

    async def get_user(self, user_id: UserId) -> User:
        return await self._service().get_user(user_id)

    async def list_audit_events(self, user_id: UserId) -> list[AuditEvent]:
        return await self._service().list_audit_events(user_id)
