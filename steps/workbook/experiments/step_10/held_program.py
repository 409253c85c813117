"""Serves step 10 with a gate before its sign-ups: each says that it is there, and waits.

Without GATE, the port of the gate, nobody waits. GRACE_S is the program's own where it is not set.
How strong a hash is, is not the subject: it has argon2's smallest parameters.
"""

import asyncio
import os
import sys

from starlette.types import ASGIApp, Receive, Scope, Send

from steps.infrastructure import passwords
from steps.step_10_route_registrars import __main__ as program
from steps.step_10_route_registrars.main import create_app
from steps.workbook.world.serving import HOST


def hold_sign_ups(app: ASGIApp) -> ASGIApp:
    gate = os.environ.get("GATE")

    async def held(scope: Scope, receive: Receive, send: Send) -> None:
        if gate and scope["type"] == "http" and scope["path"] == "/users":
            reader, writer = await asyncio.open_connection(HOST, int(gate))
            await reader.read()  # until the gate lets go of the connection
            writer.close()
        await app(scope, receive, send)

    return held


if __name__ == "__main__":
    vars(passwords).update(MEMORY_KIB=8, TIME_COST=1)
    vars(program).update(
        create_app=lambda config: hold_sign_ups(create_app(config)),
        GRACE_S=int(os.environ.get("GRACE_S", program.GRACE_S)),
    )
    sys.exit(program.main())
