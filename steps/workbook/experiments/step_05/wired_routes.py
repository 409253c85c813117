"""Routes that containers are wired to. The module exists once, however many apps include it."""

from dependency_injector.wiring import inject
from fastapi import APIRouter

from steps.workbook.experiments.step_05.named_hashers import Hasher

router = APIRouter()


@router.get("/")
@inject
def hash_password(hasher: Hasher) -> str:
    return hasher.hash("correct horse")
