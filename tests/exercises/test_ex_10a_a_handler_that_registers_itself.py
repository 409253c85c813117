"""Exercise 10a: a handler is given what it needs, and registers its own routes."""

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from steps.exercises import ex_10a_a_handler_that_registers_itself as exercise
from tests.exercises.checks import expect, in_words


class NotedCounter:
    """Counts from a number, and notes what is called."""

    def __init__(self, visits: int = 0) -> None:
        self.visits = visits
        self.calls: list[str] = []

    def add(self) -> None:
        self.calls.append("add")
        self.visits += 1

    def count(self) -> int:
        self.calls.append("count")
        return self.visits


def answer(app: FastAPI, method: str, path: str = "/visits") -> str:
    """Return a status, and for GET what was answered, in words."""
    client = TestClient(app, raise_server_exceptions=False)
    response = client.request(method, path)
    return f"{response.status_code}" + (f" {response.text}" if method == "GET" else "")


def test_a_visit_is_added() -> None:
    counter = NotedCounter()
    expect(
        "The status of POST /visits",
        seen=answer(exercise.create_app(counter), "POST"),
        expected="201",
        why="A call that adds something answers 201. A 404 says that nobody registered it.",
    )


def test_visits_are_counted() -> None:
    app = exercise.create_app(NotedCounter())
    before, _, after = answer(app, "GET"), answer(app, "POST"), answer(app, "GET")
    expect(
        "GET /visits before and after a POST",
        seen=(before, after),
        expected=("200 0", "200 1"),
        why="The number is asked for at each call, when it is needed.",
    )


def test_the_counter_that_is_given_is_the_one_that_counts() -> None:
    counter = NotedCounter(visits=41)
    app = exercise.create_app(counter)
    seen = answer(app, "POST"), answer(app, "GET")
    expect(
        "POST and then GET with a counter that has seen 41 visits",
        seen=(*seen, counter.visits),
        expected=("201", "200 42", 42),
        why="The handler uses what it was given. So a test, or another app, can give another one.",
    )


def test_registering_calls_nothing() -> None:
    counter = NotedCounter()
    try:
        exercise.create_app(counter)
        seen: object = counter.calls
    except Exception as error:
        seen = in_words(error)
    expect(
        "What is called of the counter while the app is made",
        seen=seen,
        expected=[],
        why="Registering tells the router what to call later, and calls nothing itself.",
    )


def test_two_apps_know_nothing_of_each_other() -> None:
    one, two = exercise.create_app(NotedCounter()), exercise.create_app(NotedCounter())
    answer(one, "POST")
    expect(
        "GET /visits in an app after a POST in it, and in another app",
        seen=(answer(one, "GET"), answer(two, "GET")),
        expected=("200 1", "200 0"),
        why="Each handler has its own counter. What a class or a module keeps is everybody's.",
    )


def test_any_router_will_do() -> None:
    router, app = APIRouter(prefix="/v1"), FastAPI()
    try:
        exercise.VisitHandler(NotedCounter()).register_routes(router)
        app.include_router(router)
        seen = answer(app, "POST", "/v1/visits")
    except Exception as error:
        seen = in_words(error)
    expect(
        "POST /v1/visits, where the router has the prefix /v1",
        seen=seen,
        expected="201",
        why="A handler adds its routes to the router that it is given, and knows no other.",
    )
