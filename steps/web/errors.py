"""Every error leaves as JSON with `detail`, and never repeats what was sent."""

import logging
from traceback import walk_tb

from fastapi import FastAPI, Request, routing, status
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steps.domain import errors

STATUS = {
    errors.InvalidCredentials: status.HTTP_401_UNAUTHORIZED,
    errors.InvalidApiKey: status.HTTP_401_UNAUTHORIZED,
    errors.UserNotFound: status.HTTP_404_NOT_FOUND,
    errors.ExportNotFound: status.HTTP_404_NOT_FOUND,
    errors.EmailTaken: status.HTTP_409_CONFLICT,
    errors.BucketExists: status.HTTP_409_CONFLICT,
    errors.StorageUnavailable: status.HTTP_503_SERVICE_UNAVAILABLE,
    errors.DatabaseUnavailable: status.HTTP_503_SERVICE_UNAVAILABLE,
    errors.TaskQueueUnavailable: status.HTTP_503_SERVICE_UNAVAILABLE,
    errors.OutcomeUnknown: status.HTTP_500_INTERNAL_SERVER_ERROR,
}

logger = logging.getLogger("uvicorn.error")


def install_error_handlers(app: FastAPI) -> None:
    """Give `app` the same error answers in every step."""

    @app.exception_handler(errors.AccountsError)
    async def answer_accounts_error(_: Request, error: errors.AccountsError) -> JSONResponse:
        known = [kind for kind in type(error).__mro__ if kind in STATUS]  # the nearest one first
        if not known:
            logger.error("%s has no status: %s", type(error).__name__, error)
            return _internal_server_error()
        status_code = STATUS[known[0]]
        if status_code >= status.HTTP_500_INTERNAL_SERVER_ERROR:
            logger.error("%s Cause: %r", error, error.__cause__)
        return JSONResponse({"detail": str(error)}, status_code)

    @app.exception_handler(RequestValidationError)
    async def answer_invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
        # Only these three: pydantic's "input" and "ctx" would send a password back.
        problems = [{key: p[key] for key in ("type", "loc", "msg")} for p in error.errors()]
        return JSONResponse({"detail": problems}, status.HTTP_422_UNPROCESSABLE_CONTENT)

    @app.exception_handler(HTTPException)
    async def answer_http_error(request: Request, error: HTTPException) -> Response:
        # FastAPI says 400 to bytes that no JSON parser can read and 422 to other broken JSON.
        if error.status_code == status.HTTP_400_BAD_REQUEST and _is_fastapis_own(error):
            error.status_code = status.HTTP_422_UNPROCESSABLE_CONTENT
        return await http_exception_handler(request, error)

    @app.exception_handler(Exception)
    async def answer_unexpected_error(_: Request, __: Exception) -> JSONResponse:
        return _internal_server_error()

    app.add_middleware(_ReadableStartupFailure)


def _internal_server_error() -> JSONResponse:
    detail = {"detail": "Internal Server Error"}
    return JSONResponse(detail, status.HTTP_500_INTERNAL_SERVER_ERROR)


def _is_fastapis_own(error: HTTPException) -> bool:
    """Tell by where it was raised: who raises a status on purpose may use the same words."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    return bool(frames) and frames[-1].f_globals is vars(routing)


class _ReadableStartupFailure:
    """Report a bad setting in one line, where Starlette would report a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            return await self._app(scope, receive, send)

        failure: list[Message] = []

        async def hold_back_failure(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                failure.append(message)
            else:
                await send(message)

        try:
            await self._app(scope, receive, hold_back_failure)
        except errors.ConfigurationError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise
        except BaseException:
            for message in failure:
                await send(message)
            raise
