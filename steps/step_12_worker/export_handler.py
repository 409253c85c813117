"""The calls about exports."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path

from steps.domain.entities import Export
from steps.domain.schemas import LARGEST_ID, ExportOut

from .export_service import ExportService

ExportId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


class ExportHandler:
    def __init__(self, service: Callable[[], ExportService]) -> None:
        self._service = service

    def register_routes(self, router: APIRouter) -> None:
        router.post("/exports", status_code=202, response_model=ExportOut)(self.request_export)
        router.get("/exports/{export_id}", response_model=ExportOut)(self.get_export)

    async def request_export(self) -> Export:
        return await self._service().request()

    async def get_export(self, export_id: ExportId) -> Export:
        return await self._service().get(export_id)
