"""The composition root: it alone knows which adapter fits which port."""

from typing import Annotated

from fastapi import Depends

from steps.domain import ports
from steps.infrastructure.passwords import PasswordHasher

from .dependencies import S3ClientDep, SessionDep
from .repositories import AuditEventRepository, BucketRepository, UserRepository
from .services import UserService


async def get_user_service(session: SessionDep) -> UserService:
    return UserService(UserRepository(session), AuditEventRepository(session), PasswordHasher())


UserServiceDep = Annotated[UserService, Depends(get_user_service)]


async def get_bucket_repository(s3_client: S3ClientDep) -> ports.BucketRepository:
    return BucketRepository(s3_client)


BucketRepositoryDep = Annotated[ports.BucketRepository, Depends(get_bucket_repository)]
