"""Which comes first, the commit or the answer: seen on real servers."""

from steps.workbook.experiments.step_01 import commit_and_answer


def test_in_the_default_scope_the_client_has_its_201_before_the_row_is_there() -> None:
    assert commit_and_answer.default_scope_answers_before_the_commit() == {
        "status": 201,
        "rows at the answer": 0,
        "rows later": 1,
    }


def test_in_the_function_scope_the_row_is_there_when_the_client_has_its_201() -> None:
    assert commit_and_answer.function_scope_commits_before_the_answer() == {
        "status": 201,
        "rows at the answer": 1,
    }


def test_only_the_function_scope_tells_the_client_that_the_commit_failed() -> None:
    assert commit_and_answer.status_when_the_commit_fails() == {
        "default-scope, OSError": 201,
        "function-scope, OSError": 500,
        "default-scope, HTTPException": 201,
        "function-scope, HTTPException": 507,
        "rows": 0,
    }


def test_the_default_scope_acknowledges_ten_sign_ups_that_it_loses() -> None:
    assert commit_and_answer.twenty_sign_ups_with_ten_emails() == {
        "default-scope": {"status 201": 20, "rows": 10, "logged errors": 10},
        "function-scope": {"status 201": 10, "status 409": 10, "rows": 10, "logged errors": 0},
    }


def test_the_test_client_waits_for_a_commit_that_a_real_client_does_not_wait_for() -> None:
    assert commit_and_answer.the_test_client_waits_for_the_commit() == {
        "status": 201,
        "rows at the answer": 1,
    }


def test_the_test_client_raises_the_error_of_a_commit_where_a_real_client_has_a_201() -> None:
    assert commit_and_answer.the_test_client_raises_what_no_real_client_sees() == {
        "real client": "201",
        "TestClient": "OSError('disk full')",
    }
