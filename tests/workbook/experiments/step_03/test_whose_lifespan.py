"""A lifespan runs for its own app, and its requests share what it opened."""

from steps.workbook.experiments.step_03 import whose_lifespan
from tests.often_said import often_said

NO_CORE = "AttributeError: 'State' object has no attribute 'core'"


@often_said(
    "`TestClient(app)` starts the app.",
    "depends",
    "Only `with TestClient(app)` runs the lifespan; without the `with`, a request finds "
    "nothing on `app.state`.",
    step=3,
)
def test_a_test_client_outside_a_with_block_runs_no_lifespan() -> None:
    assert whose_lifespan.client_without_with() == NO_CORE


@often_said(
    "`httpx` with `ASGITransport` starts the app.",
    "never held",
    "It runs no lifespan, unless you enter `app.router.lifespan_context(app)` yourself.",
    step=3,
)
def test_asgi_transport_runs_no_lifespan_unless_you_enter_it_yourself() -> None:
    assert whose_lifespan.asgi_transport_runs_no_lifespan() == {
        "transport alone": NO_CORE,
        "in app.router.lifespan_context(app)": "200",
    }


@often_said(
    "`FastAPI(lifespan=lifespan)` may stand above the function.",
    "never held",
    "It is a `NameError`.",
    step=3,
)
def test_an_app_that_is_made_above_its_lifespan_function_is_a_name_error() -> None:
    assert whose_lifespan.app_above_its_lifespan() == "NameError: name 'lifespan' is not defined"


@often_said(
    "Lifespans of mounted apps run.",
    "never held",
    "Those of included routers do; that of a mounted app does not.",
    step=3,
)
def test_the_lifespan_of_an_included_router_runs_and_that_of_a_mounted_app_does_not() -> None:
    assert whose_lifespan.lifespans_that_run() == ["app", "included router"]


@often_said(
    "Whether an accessor is `async def` does not matter.",
    "never held",
    "As `def` it costs each request one trip to a worker thread more.",
    step=3,
)
def test_an_accessor_without_async_costs_a_request_one_thread_hop_more() -> None:
    hops = whose_lifespan.thread_hops_of_a_request()

    assert hops == {"async def get_core": 2, "def get_core": 3}


@often_said(
    "State that a lifespan yields is shared by all requests.",
    "depends",
    "Each request has a shallow copy: they share the objects in it, and not what they add.",
    step=3,
)
def test_requests_share_the_core_of_the_yielded_state_but_not_the_state_itself() -> None:
    assert whose_lifespan.each_request_gets_a_shallow_copy() == [
        {"requests": 1, "note from before": False},
        {"requests": 2, "note from before": False},
    ]


@often_said(
    "`Request[AppState]` gives an endpoint a typed state.",
    "never held",
    "FastAPI refuses such a parameter when the endpoint is registered.",
    step=3,
)
def test_fastapi_refuses_a_request_with_the_type_of_its_state() -> None:
    assert (
        whose_lifespan.typed_request_is_refused() == "FastAPIError: Invalid args for response field"
    )
