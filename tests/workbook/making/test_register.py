"""The register of what is often said is made from the tests that show what happens."""

import ast
import json
import re
from collections import Counter

import pytest

from steps.workbook.catalogue import PROJECT
from steps.workbook.making.register import FILE, Claim, all_claims, cells
from tests.often_said import VERDICTS, often_said

CLAIMS = all_claims()


def test_it_is_the_one_that_the_tests_make() -> None:
    notebook = json.loads(FILE.read_text(encoding="utf-8"))
    found = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]

    assert found == cells(), "Make it anew: python -m steps.workbook register"


def test_no_claim_stands_twice_and_there_are_many() -> None:
    assert [said for said, times in Counter(c.said for c in CLAIMS).items() if times > 1] == []
    assert len(CLAIMS) >= 80


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.test)
def test_a_claim_is_judged_in_whole_sentences(claim: Claim) -> None:
    assert VERDICTS.fullmatch(claim.verdict)
    assert claim.said.endswith((".", ".`", "`."))
    assert re.fullmatch(r"(dependency-injector|[A-Z`0-9]).+\.", claim.answer)


def test_the_test_of_a_claim_runs_in_every_run() -> None:
    """It is not skipped, nor expected to fail: then a claim could stand without a proof.

    But for what a system does not have, such as signals.
    """
    for claim in CLAIMS:
        tree = ast.parse((PROJECT / claim.file).read_text(encoding="utf-8"))
        (test,) = [node for node in tree.body if getattr(node, "name", "") == claim.test]
        marks = map(ast.unparse, getattr(test, "decorator_list", ()))
        assert claim.test.startswith("test_")
        assert not [mark for mark in marks if re.match(r"pytest\.mark\.(skip|xfail)\b", mark)]


def test_what_is_no_verdict_is_refused() -> None:
    with pytest.raises(ValueError, match="no verdict"):
        often_said("All is well.", "true", "It is.", step=1)
