"""The use cases. Their constructor names ports: who fits them is not their business."""

from steps.domain import ports
from steps.domain.entities import AuditEvent, User
from steps.domain.errors import InvalidCredentials, UserNotFound
from steps.domain.schemas import Credentials, NewUser


class UserService:
    def __init__(
        self,
        users: ports.UserRepository,
        audit_events: ports.AuditEventRepository,
        password_hasher: ports.PasswordHasher,
    ) -> None:
        self._users = users
        self._audit_events = audit_events
        self._password_hasher = password_hasher

    def sign_up(self, new_user: NewUser) -> User:
        password_hash = self._password_hasher.hash(new_user.password.get_secret_value())
        user = self._users.add(new_user.email, password_hash)
        self._audit_events.add(user.id, "signed up")
        return user

    def log_in(self, credentials: Credentials) -> User:
        user = self._users.get_by_email(credentials.email)
        password = credentials.password.get_secret_value()
        password_hash = user.password_hash if user else None
        if not self._password_hasher.verify(password, password_hash) or user is None:
            raise InvalidCredentials
        return user

    def get_user(self, user_id: int) -> User:
        user = self._users.get(user_id)
        if user is None:
            raise UserNotFound
        return user

    def list_audit_events(self, user_id: int) -> list[AuditEvent]:
        return self._audit_events.list_for_user(self.get_user(user_id).id)
