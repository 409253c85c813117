"""Where users, their audit events and exports are kept."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, ForeignKey, Integer, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from steps.domain.entities import AuditEvent, Export, User


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets the time zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.replace(tzinfo=value.tzinfo or UTC)


Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite only counts up in INTEGER columns


class Table(DeclarativeBase):
    """What all tables share: the metadata that knows them."""


class UserRow(Table):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]

    def to_entity(self) -> User:
        return User(id=self.id, email=self.email, password_hash=self.password_hash)


class AuditEventRow(Table):
    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    action: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: datetime.now(UTC))

    def to_entity(self) -> AuditEvent:
        return AuditEvent(id=self.id, user_id=self.user_id, action=self.action, at=self.at)


class ExportRow(Table):
    """A file that somebody wants. A worker may write it until `leased_until`, alone."""

    __tablename__ = "exports"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    done: Mapped[bool] = mapped_column(default=False, index=True)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def to_entity(self) -> Export:
        return Export(id=self.id, state="done" if self.done else "waiting")
