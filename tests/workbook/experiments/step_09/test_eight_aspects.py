"""What can be counted of a framework's injection and of a container of one's own."""

from steps.workbook.experiments.step_09 import eight_aspects


def test_what_can_be_counted_does_not_favour_one_side_in_every_aspect() -> None:
    aspects = eight_aspects.eight_aspects()
    lines = aspects.pop("running cost")

    assert list(lines.values()) == sorted(lines.values(), key=int)
    assert aspects == {
        "learning": {1: 1, 3: 1, 8: 5, 9: 1, 10: 1},
        "lifetime": {1: 3, 3: 1, 8: 1, 9: 1, 10: 1},
        "performance": {1: 7, 3: 7, 8: 2, 9: 2, 10: 0},
        "signatures": {1: 8, 3: 8, 8: 8, 9: 8, 10: 1},
        "visibility": {1: 3, 3: 3, 8: 1, 9: 2, 10: 2},
        "testing": {1: "2, 0", 3: "2, 1", 8: "1, 1", 9: "1, 1", 10: "1, 1"},
        "reuse": {1: "no", 3: "no", 8: "yes", 9: "yes", 10: "yes"},
    }
