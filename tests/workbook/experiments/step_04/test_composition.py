"""What notebook 04 says of use cases, ports and the composition root."""

import pytest

from steps.domain import ports
from steps.workbook.experiments.step_04 import composition
from tests.often_said import often_said

PORT = """
from typing import Protocol

from steps.domain import ports

class Greeter(Protocol):
    def greet(self, name: str) -> str: ...

class Polite:
    def greet(self, name: str) -> str:
        return f"Good morning, {name}"

class Silent:
    def nod(self) -> None:
        pass
"""


@often_said(
    "A use case that FastAPI builds can be imported without FastAPI.",
    "never held",
    "To import step 03's use cases loads FastAPI, SQLAlchemy and pwdlib; with ports, step "
    "04's load none of the three.",
    step=4,
)
def test_the_use_cases_of_step_03_load_three_libraries_and_those_of_step_04_none() -> None:
    of_step_03 = composition.libraries_loaded_by("steps.step_03_lifespan_singleton.services")

    assert of_step_03 == ["fastapi", "pwdlib", "sqlalchemy"]
    assert composition.libraries_loaded_by("steps.step_04_ports.services") == []


@often_said(
    "An adapter has to inherit from its port.",
    "never held",
    "If the port is a `Protocol`, mypy accepts what fits it by its shape.",
    step=4,
)
def test_mypy_accepts_what_fits_a_port_by_its_shape() -> None:
    assert composition.what_mypy_says(f"{PORT}\ngreeter: Greeter = Polite()") == "no error"


@often_said(
    "Without inheritance nobody finds a missing method before it is called.",
    "never held",
    "mypy refuses an object without the method where the port is expected.",
    step=4,
)
@pytest.mark.parametrize("misfit", ["Silent()", "object()"])
def test_mypy_refuses_what_does_not_fit(misfit: str) -> None:
    said = composition.what_mypy_says(f"{PORT}\ngreeter: Greeter = {misfit}")

    assert "Incompatible types in assignment" in said
    assert said.count("error:") == 1


@often_said(
    "A `Protocol` is checked when the program runs.",
    "never held",
    "A constructor whose parameter is a port takes any object; Python misses a method only where "
    "it is called.",
    step=4,
)
def test_python_misses_a_method_of_a_port_only_where_it_is_called() -> None:
    class Service:
        def __init__(self, users: ports.UserRepository) -> None:
            self.users = users

    service = Service(object())  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="get_by_email"):
        service.users.get_by_email("ada@example.com")
