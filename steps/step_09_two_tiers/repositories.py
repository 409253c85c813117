"""Repositories speak SQL and S3, and hand out plain values."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from steps.domain.entities import AuditEvent, User
from steps.domain.errors import EmailTaken
from steps.infrastructure.object_storage import S3Client, create_bucket, list_bucket_names
from steps.infrastructure.tables import AuditEventRow, UserRow


class UserRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, email: str, password_hash: str) -> User:
        row = UserRow(email=email, password_hash=password_hash)
        self._session.add(row)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise EmailTaken from error
        return row.to_entity()

    async def get(self, user_id: int) -> User | None:
        row = await self._session.get(UserRow, user_id)
        return row.to_entity() if row else None

    async def get_by_email(self, email: str) -> User | None:
        row = await self._session.scalar(select(UserRow).where(UserRow.email == email))
        return row.to_entity() if row else None


class AuditEventRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, user_id: int, action: str) -> None:
        self._session.add(AuditEventRow(user_id=user_id, action=action))
        await self._session.flush()

    async def list_for_user(self, user_id: int) -> list[AuditEvent]:
        rows = select(AuditEventRow).where(AuditEventRow.user_id == user_id)
        found = await self._session.scalars(rows.order_by(AuditEventRow.id))
        return [row.to_entity() for row in found]


class BucketRepository:
    def __init__(self, s3_client: S3Client) -> None:
        self._s3_client = s3_client

    def list_names(self) -> list[str]:
        return list_bucket_names(self._s3_client)

    def add(self, name: str) -> None:
        create_bucket(self._s3_client, name)
