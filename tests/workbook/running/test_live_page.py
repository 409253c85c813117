"""The page /lifetimes in a real browser, in front of real steps."""

import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event
from typing import Literal

import httpx2
import psutil
import pytest
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

from steps.workbook.calls import CALLS, Call
from steps.workbook.catalogue import find_step
from steps.workbook.recording.events import Recording
from steps.workbook.recording.recorder import record
from steps.workbook.running.live.app import Subject, with_live_page
from steps.workbook.running.live.second import serve_second
from steps.workbook.running.live.subjects import subject_of
from steps.workbook.world import serving
from steps.workbook.world.serving import reserve_port, serve
from steps.workbook.world.singletons import own_singletons
from tests.workbook.recording.served_app import PATIENCE_S

pytestmark = pytest.mark.usefixtures("environment", "quick_hashing")

CLEAN = ("DATABASE_URL", "S3_ENDPOINT_URL", "CELERY_BROKER_URL")

NO_BROWSER = (
    "no Chromium was found. To enable: install Debian's package `chromium`, "
    "or run `python -m playwright install chromium` in .venv"
)
NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        installed = next(filter(None, map(shutil.which, NAMES)), None)
        executable = Path(installed or playwright.chromium.executable_path)
        if not executable.exists():
            pytest.skip(NO_BROWSER)
        with playwright.chromium.launch(executable_path=executable, args=QUIET) as browser:
            yield browser


@dataclass
class Visit:
    """A page that is open in the browser, and what it has done so far."""

    page: Page
    url: str
    recording: Recording
    stop_server: Callable[[], None]
    asked_for: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self) -> None:
        """Open the page, and note what it does from now on."""

        def note_request(request: Request) -> None:
            self.asked_for.append(request.url)

        def note_console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                self.complaints.append(message.text)

        self.page.on("request", note_request)
        self.page.on("console", note_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(f"{self.url}/lifetimes")
        self.expect_state("Live")

    def press(self, name: str) -> None:
        """Press a button and wait until every request sent so far is answered."""
        self.page.get_by_role("button", name=name, exact=True).click()
        expect(self.page.locator("#answers .waiting")).to_have_count(0)

    def expect_answer(self, text: str) -> None:
        expect(self.page.locator("#answers li").first).to_have_text(text)

    def expect_state(self, text: str) -> None:
        """Wait until the page says so; a browser takes seconds to try a connection again."""
        status = self.page.get_by_role("status")
        expect(status).to_have_text(text, timeout=PATIENCE_S * 1_000)

    def expect_words(self, text: str) -> None:
        expect(self.page.locator(".own .words")).to_contain_text(re.compile(text))

    def rows(self, kind: str) -> list[str]:
        names = self.page.locator(".own .names li").all_text_contents()
        return [name for name in names if name.startswith(kind)]


@contextmanager
def open_page(
    browser: Browser, number: int, other: int = 0, *, dark: bool = False, width: int = 1366
) -> Iterator[Visit]:
    """Serve a step with its page and open it; `other` is a step to see beside it."""
    step = find_step(number)
    with ExitStack() as stack:
        stack.enter_context(own_singletons(step))
        recording = stack.enter_context(record())
        second = other and stack.enter_context(serve_second(find_step(other), "key", CLEAN))
        subject = subject_of(step, api_key="key", second=second or None)
        yield stack.enter_context(
            open_app(browser, step.create_app(), recording, subject, dark=dark, width=width)
        )


@contextmanager
def open_app(
    browser: Browser,
    app: FastAPI,
    recording: Recording,
    subject: Subject,
    *,
    dark: bool = False,
    width: int = 1366,
) -> Iterator[Visit]:
    """Serve an app with its page and open it."""
    stopping = Event()
    with ThreadPoolExecutor() as threads, ExitStack() as server:
        url = server.enter_context(serve(with_live_page(app, recording, subject, stopping.is_set)))
        server.callback(stopping.set)

        def stop_server() -> None:
            threads.submit(server.close).result(PATIENCE_S)

        view, theme = ViewportSize(width=width, height=900), "dark" if dark else "light"
        with browser.new_page(color_scheme=theme, viewport=view) as page:  # type: ignore[arg-type]
            visit = Visit(page, url, recording, stop_server)
            visit.open()
            yield visit


def test_a_sign_up_by_its_button_shows_the_life_of_one_request(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        visit.press("Sign up")
        visit.expect_words("request 1 ends: /users")

        assert visit.page.locator("#answers li").all_text_contents() == ["r1 POST /users 201"]
        assert visit.rows("request") == ["request 1"]
        assert visit.rows("session") == ["session 1"]
        assert visit.page.locator("svg.lifetimes .span.c0").count() == 2
        assert visit.recording.order("transaction commits", "response starts", request=1)
        assert visit.asked_for
        assert all(url.startswith(visit.url) for url in visit.asked_for)
        assert visit.complaints == []


def test_a_request_that_fails_says_so_in_words_and_colour(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        visit.press("Sign up")
        visit.press("Sign up once more")

        failed = visit.page.locator("#answers li.failed")
        assert failed.all_text_contents() == [
            "r2 POST /users 409: This email is already registered."
        ]
        visit.expect_words("transaction 2 rolls back")
        # The browser itself notes each answer of 400 and above; the page adds nothing.
        assert all("status of 409" in complaint for complaint in visit.complaints)


def test_a_server_that_is_gone_is_said(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        visit.page.context.set_offline(True)
        visit.press("Check the health")

        expect(visit.page.locator("#answers li.failed")).to_have_text("GET /health no answer")


def test_step_01_shows_an_engine_for_each_request(browser: Browser) -> None:
    with open_page(browser, 1) as visit:
        for _ in range(3):
            visit.press("Check the health")
        visit.expect_words("request 3 ends")

        assert visit.rows("engine") == ["engine 1", "engine 2", "engine 3"]


def test_step_03_shows_one_engine_over_all_requests(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        for _ in range(3):
            visit.press("Check the health")
        visit.expect_words("request 3 ends")

        assert visit.rows("engine") == ["engine 1"]
        assert visit.page.get_by_text("still open").count() == 3  # and a connection, an S3 client


def test_what_other_clients_send_shows_up(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        httpx2.get(f"{visit.url}/health", trust_env=False)

        visit.expect_words("request 1 begins: GET /health")


def test_five_new_users_at_once_are_five_requests(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        visit.press("Five new users at once")

        answers = visit.page.locator("#answers li").all_text_contents()
        assert sorted(answers) == [f"r{number} POST /users 201" for number in range(1, 6)]
        visit.expect_words("request 5 ends")


def test_a_paused_picture_stays_and_then_catches_up(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        visit.press("Pause")
        visit.press("Check the health")
        visit.page.wait_for_function("() => latest.words.includes('request 1 ends')")
        visit.page.evaluate('() => { window.firstWidth = latest.svg.match(/width="(.+?)"/)[1]; }')
        visit.page.set_viewport_size({"width": 1200, "height": 900})
        visit.page.wait_for_function('() => !latest.svg.includes(`width="${firstWidth}"`)')
        assert visit.rows("request") == []

        visit.press("Go on")
        visit.expect_words("request 1 ends")
        visit.press("Pause")
        visit.page.reload()
        visit.expect_words("request 1 ends")
        visit.expect_state("Live")


def test_clear_leaves_only_what_is_open(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        visit.press("Check the health")
        visit.expect_words("request 1 ends")
        visit.press("Clear")
        expect(visit.page.locator(".own .words")).not_to_contain_text("request 1")

        assert visit.rows("engine") == ["engine 1"]


def test_clear_shows_at_once_even_while_the_picture_pauses(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        visit.press("Check the health")
        visit.expect_words("request 1 ends")
        visit.press("Pause")
        visit.press("Clear")
        expect(visit.page.locator(".own .words")).not_to_contain_text("request 1")
        visit.press("Check the health")
        visit.page.wait_for_function("() => latest.words.includes('request 2 ends')")

        assert visit.rows("request") == []
        visit.expect_state("Live, paused")


def test_a_new_bucket_changes_nothing_about_the_user(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        for button, answer in (
            ("Sign up", "r1 POST /users 201"),
            ("Create a bucket", "r2 POST /buckets 201"),
            ("Sign up once more", "r3 POST /users 409: This email is already registered."),
            ("Log in", "r4 POST /login 200"),
        ):
            visit.press(button)
            visit.expect_answer(answer)


def test_the_user_who_is_looked_up_is_the_newest(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        for _ in range(2):
            visit.press("Sign up")
        visit.press("Look up the user")

        visit.expect_answer("r3 GET /users/2 200")


def test_a_new_bucket_takes_the_key_that_the_reader_types(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        visit.page.get_by_label("API key").fill("another")
        visit.press("Create a bucket")
        expect(visit.page.locator("#answers li.failed")).to_contain_text("401")
        visit.page.get_by_label("API key").fill("key")
        visit.press("Create a bucket")

        expect(visit.page.locator("#answers li").first).to_have_text("r2 POST /buckets 201")


NAME_OF_FOCUS = """() => {
    const { ariaLabel, labels, textContent } = document.activeElement;
    return ariaLabel ?? labels?.[0]?.textContent.trim() ?? textContent;
}"""


def test_the_keyboard_is_enough(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        keyboard, evaluate = visit.page.keyboard, visit.page.evaluate
        for _ in range(2):
            visit.press("Check the health")
        visit.expect_words("request 2 ends")
        evaluate("document.activeElement.blur(); getSelection().removeAllRanges()")
        evaluate("document.querySelector('h1').tabIndex = -1")
        evaluate("document.querySelector('h1').focus()")
        stops: list[str] = []
        while not stops or stops[-1] != "r1 GET /health 200":
            keyboard.press("Tab")
            stops.append(evaluate(NAME_OF_FOCUS) or evaluate("document.activeElement.textContent"))
            assert evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"

        calls = [call.name for call in CALLS]
        assert stops == [
            *("Pause", "Clear", "API docs", *calls, "Five new users at once", "Picture of step 03"),
            *("The same in words", "r2 GET /health 200", "r1 GET /health 200"),
        ]
        bright = visit.page.locator(".own .picture [data-request]:not(.dim)")
        assert {each.get_attribute("data-request") for each in bright.all()} == {"1"}
        visit.page.get_by_role("button", name="Sign up", exact=True).focus()
        keyboard.press("Enter")
        visit.expect_words("request 3 ends: /users")


def test_who_hears_the_page_hears_each_answer_once(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        visit.press("Sign up")
        visit.press("Sign up once more")

        said = visit.page.get_by_role("log").locator("p").all_text_contents()
        assert said == [
            "r1 POST /users 201",
            "r2 POST /users 409: This email is already registered.",
        ]
        live = visit.page.locator("[aria-live], [role=log], [role=status], [role=alert]")
        assert {each.get_attribute("id") for each in live.all() if each.is_visible()} == {
            *("said", "state")
        }
        assert visit.page.get_by_role("region").count() == 3  # the buttons, a step, its picture
        headings = visit.page.get_by_role("heading").all()
        levels = [each.evaluate("each => each.tagName") for each in headings]
        assert levels == ["H1", "H2"]
        assert visit.page.get_by_role("img", name=re.compile("^Step 03")).count() == 1


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_picture_and_page_are_light_or_dark_together(browser: Browser, *, dark: bool) -> None:
    def lightness(visit: Visit, selector: str, what: str) -> int:
        script = "([selector, what]) => getComputedStyle(document.querySelector(selector))[what]"
        colour = visit.page.evaluate(script, [selector, what])
        return sum(map(int, re.findall(r"\d+", colour)[:3])) // 3

    with open_page(browser, 3, dark=dark) as visit:
        visit.expect_words("engine 1 opened")

        assert (lightness(visit, "body", "color") > 127) == dark
        assert (lightness(visit, ".own .picture svg .paper", "fill") < 127) == dark
        assert (lightness(visit, ".own .picture svg text", "fill") > 127) == dark


# What is new


def test_an_answer_picks_out_what_its_request_did(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        for _ in range(2):
            visit.press("Check the health")
        visit.expect_words("request 2 ends")
        bright = visit.page.locator(".own .picture [data-request]:not(.dim)")
        everything = bright.count()

        visit.page.locator("#answers li").first.focus()
        numbers = {each.get_attribute("data-request") for each in bright.all()}
        assert numbers == {"2"}
        visit.press("Check the health")
        assert bright.count() >= everything


def expect_all_in_view(visit: Visit) -> None:
    """Buttons, pictures, answers and signs are in the window, and in a picture what is newest."""
    for selector in ("#calls", ".scrolled", "#pause", "#answers", "#legend"):
        for part in visit.page.locator(selector).all():
            box = part.bounding_box()
            if not part.is_visible():
                continue
            assert box, selector
            assert box["y"] >= 0, selector
            assert box["y"] + box["height"] <= 900, selector
    for picture in visit.page.locator(".scrolled:visible").all():
        box, newest = picture.bounding_box(), picture.locator(".life").last.bounding_box()
        assert box
        assert newest
        assert box["y"] <= newest["y"]
        assert newest["y"] + newest["height"] <= box["y"] + box["height"]
        assert newest["x"] + newest["width"] <= box["x"] + box["width"]


def test_picture_buttons_and_signs_are_in_view_together(browser: Browser) -> None:
    with open_page(browser, 1) as visit:
        for _ in range(3):
            visit.press("Sign up")
        visit.expect_words("request 3 ends")
        expect_all_in_view(visit)
        visit.press("Five new users at once")
        for _ in range(8):
            visit.press("Check the health")
        visit.expect_words("request 16 ends")

        expect_all_in_view(visit)
        assert visit.rows("request")[-1] == "request 16"
        expect(visit.page.locator(".missing").first).to_have_text(
            "4 earlier requests are not shown. 9 earlier requests are folded into one row each."
        )


def test_a_narrow_or_enlarged_page_is_no_wider_than_its_window(browser: Browser) -> None:
    with open_page(browser, 3, width=390) as visit:
        visit.press("Sign up")
        visit.expect_words("request 1 ends")

        for width in (390, 683):  # of a telephone, and of 1366 at 200 %
            visit.page.set_viewport_size({"width": width, "height": 450})
            assert visit.page.evaluate("document.documentElement.scrollWidth") == width
            links = visit.page.locator("nav > *")
            assert [link.is_visible() for link in links.all()] == [True] * 4
            expect(links.nth(2)).to_have_text("Beside step 02: make run STEP=3 WITH=2")


def places_of(parts: Locator, side: Literal["x", "y"]) -> list[float]:
    return [box[side] for part in parts.all() if (box := part.bounding_box())]


def test_two_steps_stand_side_by_side_behind_one_button(browser: Browser) -> None:
    with open_page(browser, 3, 1) as visit:
        for _ in range(2):
            visit.press("Check the health")
        visit.expect_words("request 2 ends")
        beside = visit.page.locator(".second")
        expect(beside.locator(".words")).to_contain_text("request 2 ends")

        expect(visit.page.get_by_role("heading", level=1)).to_have_text("Step 01 beside step 03")
        steps = visit.page.locator(".lifetimes-of")  # the older one left, or above
        assert [each.get_attribute("aria-label") for each in steps.all()] == [
            *("Lifetimes of step 01", "Lifetimes of step 03")
        ]
        older, newer = places_of(steps, "x")
        assert older < newer
        visit.page.set_viewport_size({"width": 390, "height": 844})
        older, newer = places_of(steps, "y")
        assert older < newer
        visit.page.set_viewport_size({"width": 1366, "height": 900})
        assert visit.rows("engine") == ["engine 1"]
        assert beside.locator(".opened").text_content() == "by requests: 2 engines, 2 connections"
        visit.expect_answer("r2 GET /health 200 in both")
        assert all(url.startswith(visit.url) for url in visit.asked_for)
        assert visit.complaints == []

        [process] = [each for each in psutil.Process().children() if "--beside" in each.cmdline()]
        process.kill()
        expect(visit.page.get_by_role("alert")).to_have_text("This step does not answer any more.")
        visit.expect_state("Live")
        visit.press("Check the health")
        visit.expect_answer("r3 GET /health step 01: 502: no answer; step 03: 200")
        visit.expect_words("request 3 ends")


LOST = "The connection is lost. Is the server still running?"


def test_a_page_that_is_open_lets_the_server_stop_and_says_so(browser: Browser) -> None:
    with open_page(browser, 3) as visit:
        visit.stop_server()

        assert not visit.page.is_closed()
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(visit.url, trust_env=False)
        visit.expect_state(LOST)
        visit.press("Pause")
        visit.expect_state(f"{LOST}, paused")
        visit.press("Go on")
        visit.expect_state(LOST)


def test_a_page_shows_the_server_that_comes_after_its_own(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever tries one step after the other leaves the page open."""
    with reserve_port() as reserved:
        port = reserved.getsockname()[1]
    monkeypatch.setattr(serving, "reserve_port", partial(reserve_port, port))
    with open_page(browser, 3) as visit:
        for _ in range(2):
            visit.press("Check the health")
        visit.expect_words("request 2 ends")
        visit.press("Clear")
        expect(visit.page.locator(".own .words")).not_to_contain_text("request 2")
        visit.stop_server()

        next_one, stopping = Recording(), Event()
        next_one.note("engine", 7, "opened", None)
        app = with_live_page(FastAPI(), next_one, Subject("Another step"), stopping.is_set)
        with ExitStack() as server:
            server.enter_context(serve(app))
            server.callback(stopping.set)
            heading = visit.page.get_by_role("heading", level=1)
            expect(heading).to_have_text("Another step", timeout=PATIENCE_S * 1_000)
            visit.expect_words("engine 7 opened")
            assert visit.rows("engine") == ["engine 7"]
            visit.expect_state("Live")


EASY_TO_SEE = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")


def test_two_steps_in_light_and_dark_are_easy_to_see_and_ask_nobody_else(browser: Browser) -> None:
    with open_page(browser, 12, 1) as visit:
        for button in (
            "Sign up",
            "Sign up once more",
            "Look up the user",
            "Five new users at once",
        ):
            visit.press(button)
        visit.expect_words("request 8 ends")
        expect(visit.page.locator(".second .words")).to_contain_text("request 8 ends")

        expect_all_in_view(visit)
        for theme in ("light", "dark"):
            visit.page.emulate_media(color_scheme=theme)
            found = visit.page.evaluate(EASY_TO_SEE)
            assert found["faults"] == []
            assert all(found["seen"][kind] for kind in ("text", "svg text", "mark", "border"))
        assert all(url.startswith(visit.url) for url in visit.asked_for)
        assert all("status of 409" in complaint for complaint in visit.complaints)
        visit.press("Clear")
        for words in (".own .words", ".second .words"):
            expect(visit.page.locator(words)).not_to_contain_text("request")


def odd_app(slow: Event) -> FastAPI:
    """An app whose answers are odd in many ways."""
    app = FastAPI()

    @app.get("/text")
    async def text() -> Response:
        return Response("<b>no JSON</b>", headers={"X-Request-Number": "99"})

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("on purpose")

    @app.get("/long")
    async def long() -> JSONResponse:
        return JSONResponse({"detail": "very" * 200}, 400)

    @app.get("/list")
    async def a_list(number: int) -> int:
        return number

    @app.get("/slow")
    def be_slow() -> None:
        assert slow.wait(PATIENCE_S)

    return app


ODD_PATH = "/odd/<b>&'\"é{nobody}"


def test_odd_answers_are_said_as_they_are(browser: Browser) -> None:
    slow, recording = Event(), Recording()
    paths = ("/text", "/broken", "/long", "/list?number=x", "/slow", ODD_PATH, "/users")
    calls = tuple(Call(path, "GET", path, {} if path == "/users" else None) for path in paths)
    subject = Subject("Odd", calls=calls, api_key='it\'s <a> "key"')
    with open_app(browser, odd_app(slow), recording, subject, width=390) as visit:
        assert visit.page.get_by_label("API key").input_value() == subject.api_key
        for path, answer in (
            ("/text", "r1 GET /text 200"),
            ("/broken", "r2 GET /broken 500"),
            ("/long", "r3 GET /long 400: " + "very" * 200),
            ("/list?number=x", "r4 GET /list?number=x 422"),
        ):
            visit.press(path)
            visit.expect_answer(answer)
        for part in ("document.documentElement", "document.querySelector('#answers')"):
            assert visit.page.evaluate(f"{part}.scrollWidth - {part}.clientWidth") == 0

        visit.page.get_by_role("button", name="/slow", exact=True).click()
        waiting = visit.page.locator("#answers .waiting")
        expect(waiting).to_have_text("GET /slow")
        visit.page.locator("#answers li").last.focus()
        text = visit.page.get_by_role("button", name="/text", exact=True)
        text.evaluate("button => { for (let count = 0; count < 20; count++) button.click(); }")
        slow.set()
        visit.expect_words("request 25 ends")
        assert visit.page.locator("#answers li").count() == 12
        expect(waiting).to_have_count(0)
        assert visit.page.locator(".own .picture .dim").count() == 0
