"""The register of what is often said is made from the tests that show what happens."""

import ast
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict

import pytest

from steps.workbook.catalogue import PROJECT
from steps.workbook.making.register import FILE, Claim, all_claims, cells, find_test
from tests.often_said import VERDICTS, often_said

CLAIMS = all_claims()
TESTS = sorted({(claim.file.as_posix(), claim.test) for claim in CLAIMS})


def test_it_is_the_one_that_the_tests_make() -> None:
    notebook = json.loads(FILE.read_text(encoding="utf-8"))
    found = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]

    assert found == cells(), "Make it anew: python -m steps.workbook register"


def test_no_claim_stands_twice_and_there_are_many() -> None:
    assert [said for said, times in Counter(c.said for c in CLAIMS).items() if times > 1] == []
    assert len(CLAIMS) >= 80


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.test)
def test_a_claim_is_judged_in_one_whole_sentence(claim: Claim) -> None:
    assert VERDICTS.fullmatch(claim.verdict)
    assert claim.said.endswith((".", ".`", "`."))
    assert re.fullmatch(r"(dependency-injector|uvicorn|mypy|[A-Z`0-9]).+\.", claim.answer)
    assert not re.match(r"(Not|And|But|Nor) ", claim.answer), "a fragment"
    assert not re.search(r"[.!?] [A-Z`]", claim.answer), "two of them"
    assert "\n" not in claim.said + claim.answer


def test_the_words_of_a_test_lead_to_it() -> None:
    names = Counter(test for _, test in TESTS)

    assert [name for name, times in names.items() if times > 1] == []
    assert find_test(CLAIMS[-1].words) == (CLAIMS[-1].file.as_posix(), CLAIMS[-1].test)
    with pytest.raises(LookupError, match="no such test"):
        find_test("no such test")


LIST_CLAIMS = """
import json, sys, pytest

class Collected:
    def pytest_collection_finish(self, session):
        self.found = [
            (item.location[0], item.originalname, [mark.name for mark in item.iter_markers()],
             [mark.args[0] for mark in item.iter_markers("often_said")])
            for item in session.items
        ]

collected = Collected()
arguments = ["--collect-only", "-q", "-p", "no:cacheprovider", "-m", "often_said", *sys.argv[1:]]
assert pytest.main(arguments, plugins=[collected]) == 0
print(json.dumps(collected.found))
"""


def test_pytest_collects_the_test_of_each_claim_and_skips_none() -> None:
    """Nor expects one to fail: then a claim could stand without a proof.

    But for what a system does not have, such as signals: that is a `skipif`, with its reason.
    """
    files = sorted({file for file, _ in TESTS})
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", LIST_CLAIMS, *files],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )

    said: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for file, test, marks, claims in json.loads(run.stdout.splitlines()[-1]):
        assert not {"skip", "xfail"} & set(marks), test
        said[file.replace("\\", "/"), test] |= set(claims)
    assert said == {
        (file, test): {c.said for c in CLAIMS if (c.file.as_posix(), c.test) == (file, test)}
        for file, test in TESTS
    }


def test_no_test_of_a_claim_gives_up_on_its_way() -> None:
    for file, name in TESTS:
        tree = ast.parse((PROJECT / file).read_text(encoding="utf-8"))
        (test,) = [node for node in tree.body if getattr(node, "name", "") == name]
        called = {ast.unparse(node.func) for node in ast.walk(test) if isinstance(node, ast.Call)}
        assert not called & {"pytest.skip", "pytest.xfail", "pytest.importorskip"}, name


def test_what_is_no_verdict_is_refused() -> None:
    with pytest.raises(ValueError, match="no verdict"):
        often_said("All is well.", "true", "It is.", step=1)
