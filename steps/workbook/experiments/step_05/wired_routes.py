"""Routes that containers are wired to. The module exists once, however many apps include it."""

from typing import Annotated

from dependency_injector.wiring import Provide, inject
from fastapi import APIRouter, Depends

from steps.domain import ports

router = APIRouter()


@router.get("/")
@inject
def hash_password(
    hasher: Annotated[ports.PasswordHasher, Depends(Provide["password_hasher"])],
) -> str:
    return hasher.hash("correct horse")
