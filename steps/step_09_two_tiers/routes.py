"""The calls of the service."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from sqlalchemy import text

from steps.domain.entities import AuditEvent, User
from steps.domain.schemas import (
    LARGEST_ID,
    AuditEventOut,
    BucketOut,
    Credentials,
    Health,
    NewBucket,
    NewUser,
    UserOut,
)

from . import NUMBER
from .dependencies import BucketRepositoryDep, EngineDep, UserServiceDep, require_api_key

router = APIRouter()

UserId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


@router.post("/users", status_code=201, response_model=UserOut)
async def sign_up(new_user: NewUser, service: UserServiceDep) -> User:
    return await service.sign_up(new_user)


@router.post("/login", response_model=UserOut)
async def log_in(credentials: Credentials, service: UserServiceDep) -> User:
    return await service.log_in(credentials)


@router.get("/users/{user_id}", response_model=UserOut)
async def get_user(user_id: UserId, service: UserServiceDep) -> User:
    return await service.get_user(user_id)


@router.get("/users/{user_id}/events", response_model=list[AuditEventOut])
async def list_audit_events(user_id: UserId, service: UserServiceDep) -> list[AuditEvent]:
    return await service.list_audit_events(user_id)


@router.get("/buckets")
def list_buckets(buckets: BucketRepositoryDep) -> list[str]:
    return buckets.list_names()


@router.post("/buckets", status_code=201, dependencies=[Depends(require_api_key)])
def create_bucket(new_bucket: NewBucket, buckets: BucketRepositoryDep) -> BucketOut:
    buckets.add(new_bucket.name)
    return BucketOut(name=new_bucket.name)


@router.get("/health")
async def health(engine: EngineDep) -> Health:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    return Health(step=NUMBER, database="ok")
