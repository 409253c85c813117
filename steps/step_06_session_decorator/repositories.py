"""Repositories speak SQL and S3, and hand out plain values."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from steps.domain.entities import AuditEvent, User
from steps.domain.errors import EmailTaken
from steps.infrastructure.object_storage import S3Client, create_bucket, list_bucket_names
from steps.infrastructure.tables import AuditEventRow, UserRow

from .sessions import SessionDecorator


class UserRepository:
    def __init__(self, with_session: SessionDecorator) -> None:
        self.add = with_session(self._add)
        self.get = with_session(self._get)
        self.get_by_email = with_session(self._get_by_email)

    def _add(self, session: Session, email: str, password_hash: str) -> User:
        row = UserRow(email=email, password_hash=password_hash)
        session.add(row)
        try:
            session.flush()
        except IntegrityError as error:
            raise EmailTaken from error
        return row.to_entity()

    def _get(self, session: Session, user_id: int) -> User | None:
        row = session.get(UserRow, user_id)
        return row.to_entity() if row else None

    def _get_by_email(self, session: Session, email: str) -> User | None:
        row = session.scalar(select(UserRow).where(UserRow.email == email))
        return row.to_entity() if row else None


class AuditEventRepository:
    def __init__(self, with_session: SessionDecorator) -> None:
        self.add = with_session(self._add)
        self.list_for_user = with_session(self._list_for_user)

    def _add(self, session: Session, user_id: int, action: str) -> None:
        session.add(AuditEventRow(user_id=user_id, action=action))
        session.flush()

    def _list_for_user(self, session: Session, user_id: int) -> list[AuditEvent]:
        rows = select(AuditEventRow).where(AuditEventRow.user_id == user_id)
        return [row.to_entity() for row in session.scalars(rows.order_by(AuditEventRow.id))]


class BucketRepository:
    def __init__(self, s3_client: S3Client) -> None:
        self._s3_client = s3_client

    def list_names(self) -> list[str]:
        return list_bucket_names(self._s3_client)

    def add(self, name: str) -> None:
        create_bucket(self._s3_client, name)
