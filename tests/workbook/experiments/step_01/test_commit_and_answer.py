"""Which comes first, the commit or the answer: seen on real servers."""

from steps.workbook.experiments.step_01 import commit_and_answer
from tests.often_said import often_said


@often_said(
    "After the answer is made, the framework cleans up, and then the client gets it.",
    "held until 0.117",
    "In request scope, the default, the client has its whole answer before the code after the"
    " `yield` runs, as it had until 0.105; only from 0.106 to 0.117 the clean-up came first.",
    step=1,
)
def test_in_the_default_scope_the_client_has_its_201_before_the_row_is_there() -> None:
    assert commit_and_answer.default_scope_answers_before_the_commit() == {
        "status": 201,
        "rows at the answer": 0,
        "rows later": 1,
    }


@often_said(
    "A 201 means that the row is there.",
    "depends",
    "In function scope (since 0.121) it does, with a commit after the `yield`; in request "
    "scope it does not.",
    step=1,
)
def test_in_the_function_scope_the_row_is_there_when_the_client_has_its_201() -> None:
    assert commit_and_answer.function_scope_commits_before_the_answer() == {
        "status": 201,
        "rows at the answer": 1,
    }


@often_said(
    "A commit that fails becomes an error for the client.",
    "depends",
    "In function scope it is a 500, or the `HTTPException` that you raise; in request scope "
    "the client already has its 201.",
    step=1,
)
def test_only_the_function_scope_tells_the_client_that_the_commit_failed() -> None:
    assert commit_and_answer.status_when_the_commit_fails() == {
        "default-scope, OSError": 201,
        "function-scope, OSError": 500,
        "default-scope, HTTPException": 201,
        "function-scope, HTTPException": 507,
        "rows": 0,
    }


@often_said(
    "A unique constraint protects you from acknowledging a row that is not kept.",
    "depends",
    "Checked at a commit after the `yield`, in request scope: twenty sign-ups with ten "
    "emails get twenty 201, and ten rows are kept.",
    step=1,
)
def test_the_default_scope_acknowledges_ten_sign_ups_that_it_loses() -> None:
    assert commit_and_answer.twenty_sign_ups_with_ten_emails() == {
        "default-scope": {"status 201": 20, "rows": 10, "logged errors": 10},
        "function-scope": {"status 201": 10, "status 409": 10, "rows": 10, "logged errors": 0},
    }


@often_said(
    "`TestClient` sees what a client sees.",
    "never held",
    "It returns after the clean-up, so it finds a row that a client on a socket does not find yet.",
    step=1,
)
def test_the_test_client_waits_for_a_commit_that_a_real_client_does_not_wait_for() -> None:
    assert commit_and_answer.the_test_client_waits_for_the_commit() == {
        "status": 201,
        "rows at the answer": 1,
    }


@often_said(
    "A test sees the error of a clean-up as its client does.",
    "never held",
    "In request scope `TestClient` raises the error, where a client on a socket has its 201.",
    step=1,
)
def test_the_test_client_raises_the_error_of_a_commit_where_a_real_client_has_a_201() -> None:
    assert commit_and_answer.the_test_client_raises_what_no_real_client_sees() == {
        "real client": "201",
        "TestClient": "OSError('disk full')",
    }
