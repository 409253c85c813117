"""The use cases. Their constructor names ports: who fits them is not their business."""

from steps.domain import listing_ports as ports
from steps.domain.entities import AuditEvent, User
from steps.domain.errors import InvalidCredentials, UserNotFound
from steps.domain.schemas import Credentials, NewUser


class UserService:
    def __init__(
        self, unit_of_work: ports.UnitOfWork, password_hasher: ports.PasswordHasher
    ) -> None:
        self._unit_of_work = unit_of_work
        self._password_hasher = password_hasher

    async def sign_up(self, new_user: NewUser) -> User:
        password_hash = await self._password_hasher.hash(new_user.password.get_secret_value())
        async with self._unit_of_work() as transaction:
            user = await transaction.users.add(new_user.email, password_hash)
            await transaction.audit_events.add(user.id, "signed up")
            await transaction.commit()
        return user

    async def log_in(self, credentials: Credentials) -> User:
        async with self._unit_of_work() as transaction:
            user = await transaction.users.get_by_email(credentials.email)
        password = credentials.password.get_secret_value()
        password_hash = user.password_hash if user else None
        if not await self._password_hasher.verify(password, password_hash) or user is None:
            raise InvalidCredentials
        return user

    async def get_user(self, user_id: int) -> User:
        async with self._unit_of_work() as transaction:
            return await self._get_user(transaction, user_id)

    async def list_users(self) -> list[User]:
        async with self._unit_of_work() as transaction:
            return await transaction.users.list_all()

    async def list_audit_events(self, user_id: int) -> list[AuditEvent]:
        async with self._unit_of_work() as transaction:
            user = await self._get_user(transaction, user_id)
            return await transaction.audit_events.list_for_user(user.id)

    async def _get_user(self, transaction: ports.Transaction, user_id: int) -> User:
        user = await transaction.users.get(user_id)
        if user is None:
            raise UserNotFound
        return user
