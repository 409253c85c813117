"""What step 05 asks of those who call it, and step 06 does not."""

import ast

from pydantic import Secret
from sqlalchemy.orm import Session

from steps.domain.schemas import NewUser
from steps.domain.settings import load_settings
from steps.step_05_ioc_container import container as step_05
from steps.step_06_session_decorator import container as step_06
from steps.workbook.catalogue import find_step
from steps.workbook.world.databases import count_users, new_engine
from steps.workbook.world.environment import new_database

ADA = NewUser(email="ada@example.com", password=Secret("correct horse"))


def script_in_step_05() -> str:
    with (
        new_database(),
        step_05.open_container(load_settings()) as container,
        Session(container.engine()) as session,
    ):
        service = container.user_service(users__session=session, audit_events__session=session)
        user = service.sign_up(ADA)
        session.commit()
    return f"{user.email} is signed up"


def script_in_step_06() -> str:
    with new_database(), step_06.open_container(load_settings()) as container:
        user = container.user_service().sign_up(ADA)
    return f"{user.email} is signed up"


def script_in_step_05_without_a_session() -> str:
    with new_database():
        container = step_05.Container(settings=load_settings())
        try:
            container.user_service()
        except TypeError as error:
            return f"TypeError: {error}"
    return "no error"


def users_after_a_script_without_a_commit() -> int:
    with new_engine() as engine:
        container = step_05.Container(settings=load_settings())
        with Session(engine) as session:
            service = container.user_service(users__session=session, audit_events__session=session)
            service.sign_up(ADA)
        return count_users(engine)


def signatures_with_a_session() -> dict[str, list[str]]:
    """Return the functions of each step that take or return a session, but for the adapters."""
    found: dict[str, list[str]] = {}
    for number in (5, 6):
        names = found[f"step {number:02}"] = []
        for module in ("services", "dependencies", "routes"):
            text = (find_step(number).folder / f"{module}.py").read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    returned = ast.unparse(node.returns) if node.returns else ""
                    if "Session" in ast.unparse(node.args) + returned:
                        names.append(f"{module}.{node.name}")
    return found
