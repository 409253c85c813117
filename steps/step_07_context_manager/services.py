"""The use cases. Their constructor names ports: who fits them is not their business."""

from steps.domain import ports
from steps.domain.entities import AuditEvent, User
from steps.domain.errors import InvalidCredentials, UserNotFound
from steps.domain.schemas import Credentials, NewUser


class UserService:
    def __init__(
        self, unit_of_work: ports.UnitOfWork, password_hasher: ports.PasswordHasher
    ) -> None:
        self._unit_of_work = unit_of_work
        self._password_hasher = password_hasher

    def sign_up(self, new_user: NewUser) -> User:
        password_hash = self._password_hasher.hash(new_user.password.get_secret_value())
        with self._unit_of_work() as transaction:
            user = transaction.users.add(new_user.email, password_hash)
            transaction.audit_events.add(user.id, "signed up")
            transaction.commit()
        return user

    def log_in(self, credentials: Credentials) -> User:
        with self._unit_of_work() as transaction:
            user = transaction.users.get_by_email(credentials.email)
        password = credentials.password.get_secret_value()
        password_hash = user.password_hash if user else None
        if not self._password_hasher.verify(password, password_hash) or user is None:
            raise InvalidCredentials
        return user

    def get_user(self, user_id: int) -> User:
        with self._unit_of_work() as transaction:
            return self._get_user(transaction, user_id)

    def list_audit_events(self, user_id: int) -> list[AuditEvent]:
        with self._unit_of_work() as transaction:
            user = self._get_user(transaction, user_id)
            return transaction.audit_events.list_for_user(user.id)

    def _get_user(self, transaction: ports.Transaction, user_id: int) -> User:
        user = transaction.users.get(user_id)
        if user is None:
            raise UserNotFound
        return user
