"""The difference of two steps in red and green, for notebooks and for the terminal."""

import re
from html import unescape
from io import StringIO

import pytest
from nbconvert.filters import markdown2html

from steps.workbook.catalogue import STEPS, Step, find_step
from steps.workbook.reading.coloured import PARTED, ColouredDiff, as_ansi, as_html
from steps.workbook.reading.printing import print_diff
from steps.workbook.reading.sources import changes_of, show_diff

LINES = (
    "--- before/main.py",
    "+++ after/main.py",
    "@@",
    " def open():",
    "-    engine = open_engine(settings)",
    "+    engine = stack.open_engine(settings)",
    "-    del everything",
    "+<script>",
)


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html)).rstrip("\n")


@pytest.mark.parametrize("step", STEPS[1:], ids=lambda step: step.name)
def test_no_character_of_a_difference_is_lost_in_colour(step: Step) -> None:
    changes = changes_of(step)
    assert changes
    html, ansi = text_of(as_html(changes.lines)), re.sub(r"\x1b\[\d+m", "", as_ansi(changes.lines))

    def of_files(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.startswith(("@@", PARTED))]

    assert of_files(html) == of_files(ansi) == of_files(str(changes))


def test_a_line_that_changed_marks_its_changed_words_and_no_others() -> None:
    html = as_html(LINES)

    assert re.findall(r"<ins [^>]*>(.*?)</ins>", html) == ["stack."]
    assert re.findall(r"<del [^>]*>(.*?)</del>", html) == []
    assert "\x1b[7mstack.\x1b[27m" in as_ansi(LINES)


def test_what_is_marked_are_words_without_the_space_around_them() -> None:
    html = as_html(("-def get(self, key: int) -> str:", "+async def get(self) -> str:  # an aside"))

    assert re.findall(r"<del [^>]*>(.*?)</del>", html) == [", key: int"]
    assert re.findall(r"<ins [^>]*>(.*?)</ins>", html) == ["async", "# an aside"]


def test_changed_words_that_follow_each_other_are_marked_together() -> None:
    html = as_html(("-these stay, and old words go", "+these stay, and new ones come"))

    assert re.findall(r"<(?:ins|del) [^>]*>(.*?)</", html) == ["old words go", "new ones come"]


def test_a_hunk_says_which_function_or_class_it_is_in() -> None:
    heads = [
        line
        for line in (line for step in STEPS[1:] for line in str(changes_of(step)).splitlines())
        if line.startswith("@@")
    ]
    names = {"def create_app", "class UserService", "class Container", ""}

    assert all(re.fullmatch(r"@@|@@ (async def|def|class) \w+ @@", head) for head in heads)
    assert names < {head.strip("@ ") for head in heads}
    # What stands in the hunk itself is not said once more.
    assert "@@ class UserService @@\n     def get_user(" in str(changes_of(find_step(7)))


def test_signs_between_hunks_are_put_in_words_where_people_read() -> None:
    lines = (*LINES[:4], "@@ class Other @@", "+    a = 1", "@@", "+b = 2")

    for text in (text_of(as_html(lines)), re.sub(r"\x1b\[\d+m", "", as_ansi(lines))):
        assert text.splitlines()[2:] == [
            *(" def open():", f"{PARTED} class Other", "+    a = 1", PARTED, "+b = 2")
        ]
    assert "@@ class Other @@" in ColouredDiff(lines)._repr_mimebundle_()["text/markdown"]


def test_lines_that_have_little_in_common_are_marked_as_a_whole() -> None:
    html = as_html(("-    del everything", "+    return 7"))

    assert "<ins" not in html
    assert html.count("background-color") == 2


def test_a_difference_cannot_break_the_page() -> None:
    assert "<script>" not in as_html(LINES)
    assert "+&lt;script&gt;" in as_html(LINES)


def test_a_viewer_of_each_kind_finds_its_own_form() -> None:
    forms = ColouredDiff(LINES)._repr_mimebundle_()

    assert forms["text/markdown"] == "```diff\n" + "\n".join(LINES) + "\n```"
    assert forms["text/plain"] == "\n".join(LINES)
    assert text_of(forms["text/html"]) == "\n".join(line for line in LINES if line != "@@")


def test_a_viewer_that_drops_styles_colours_a_difference_as_it_does_a_fence() -> None:
    """GitHub keeps classes, and prefers HTML to Markdown."""
    forms = ColouredDiff(LINES)._repr_mimebundle_()
    html = re.sub(r' style="[^"]*"', "", forms["text/html"])

    for form in (html, markdown2html(forms["text/markdown"])):
        assert '<div class="highlight"><pre>' in form
        classes = set(re.findall(r'<span class="(\w+)">([-+@]|·)', form))
        assert {("gd", "-"), ("gi", "+")} <= classes
    assert "<ins>stack.</ins>" in html


def test_what_only_changes_imports_is_left_out_on_request() -> None:
    every, idea = (changes_of(find_step(12), imports=yes) for yes in (True, False))
    assert every
    assert idea

    assert every.left_out == 0
    assert idea.left_out == 8
    hunks = [sum(line.startswith("@@") for line in some.lines) for some in (idea, every)]
    assert hunks[0] == hunks[1] - 8
    left = [line for line in every.lines if line not in idea.lines]
    assert all(
        re.match(r"[ +-](from |import |    \w+,|\))|--- |\+\+\+ |[ ]", line) for line in left
    )


def test_a_notebook_shows_one_file_without_hunks_of_imports() -> None:
    lines = show_diff(6, "container.py").lines

    assert [line for line in lines if line.startswith("+++")] == [
        "+++ step_06_session_decorator/container.py"
    ]


def test_nothing_can_be_shown_of_the_step_where_it_starts() -> None:
    with pytest.raises(ValueError, match="follows no other step"):
        show_diff(1)


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stdout", "environment", "coloured"),
    [
        (Terminal, {"TERM": "xterm"}, True),
        (Terminal, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Terminal, {"TERM": "dumb"}, False),
        (StringIO, {"TERM": "xterm"}, False),
    ],
)
def test_only_a_terminal_that_wants_them_gets_colours(
    stdout: type[StringIO],
    environment: dict[str, str],
    coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("PAGER", "cat")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    shown: list[str] = []
    monkeypatch.setattr("pydoc.pager", shown.append)
    monkeypatch.setattr("sys.stdout", printed := stdout())
    changes = changes_of(find_step(5), imports=False)
    assert changes

    print_diff(changes, "make diff STEP=5 ALL=1")

    said = "".join([*shown, printed.getvalue()])
    assert ("\x1b[32m" in said) == coloured
    assert said.rstrip().endswith("imports: 2. To see all: make diff STEP=5 ALL=1")
