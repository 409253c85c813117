"""Pictures are legible on light and on dark ground, and say the same in words."""

import re
from base64 import b64decode
from html import unescape

import pytest

from steps.workbook.pictures import chart, graph
from steps.workbook.pictures.svg import (
    ALWAYS_DARK,
    ALWAYS_LIGHT,
    BY_THE_PAGE,
    COLOURS,
    DARK,
    DARK_COLOURS,
    LIGHT,
    Picture,
    palette_of,
    picture,
)

EACH_THEME = pytest.mark.parametrize(
    ("palette", "theme"),
    [(palette_of(LIGHT, COLOURS), 0), (palette_of(DARK, DARK_COLOURS), 1)],
    ids=["light", "dark"],
)

A_PICTURE = Picture(picture('"<i>', 900, 90, style=chart.STYLE, class_="lifetimes"), 'a "<i>')


def channels(colour: str) -> list[int]:
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def luminance(colour: str) -> float:
    parts = [part / 255 for part in channels(colour)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Return how much two colours differ, from 1 to 21. Source: WCAG 2.2, contrast ratio."""
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def laid(colour: str, opacity: float, ground: str) -> str:
    pairs = zip(channels(colour), channels(ground), strict=True)
    return "#" + "".join(f"{round(c * opacity + g * (1 - opacity)):02x}" for c, g in pairs)


def opacity_of(style: str, name: str) -> float:
    (found,) = re.findall(rf"\.{name}{{fill-opacity:(\.\d+)}}", style)
    return float(found)


@EACH_THEME
def test_frames_and_marks_stand_out_and_texts_are_legible(
    palette: dict[str, str], theme: int
) -> None:
    solid = float(re.findall(r"--solid:(\.\d+)", chart.STYLE)[theme])
    ink, paper, bad = (palette.pop(name) for name in ("ink", "paper", "bad"))

    for colour in palette.values():
        life = laid(colour, opacity_of(chart.STYLE, "life"), paper)
        span = laid(colour, solid, life)
        box = laid(colour, opacity_of(graph.STYLE, "box"), paper)
        assert min(contrast(colour, ground) for ground in (paper, life)) >= 3
        assert min(contrast(ink, ground) for ground in (paper, life, span, box)) >= 4.5
    assert contrast(bad, paper) >= 4.5
    assert contrast(palette["app"], paper) >= 4.5  # the names of what nothing uses any more


@pytest.mark.parametrize("style", [chart.STYLE, graph.STYLE], ids=["chart", "graph"])
def test_every_colour_has_its_rule_on_light_and_on_dark_ground(style: str) -> None:
    light, dark = (
        dict(re.findall(r"--(\w+):(#\w{6});", part)) for part in style.split(BY_THE_PAGE)
    )

    assert light == palette_of(LIGHT, COLOURS)
    assert dark == palette_of(DARK, DARK_COLOURS)
    assert len(COLOURS) == len(set(COLOURS)) == len(DARK_COLOURS) == len(set(DARK_COLOURS))
    assert all(light[name] != dark[name] for name in light)
    assert set(re.findall(r"var\(--(\w+)\)", style)) - {"solid"} <= light.keys()


def images_of(html: str) -> list[str]:
    return [b64decode(found).decode() for found in re.findall(r'base64,([^"]+)"', html)]


def test_a_page_decides_whether_a_picture_is_dark_and_jupyterlabs_theme_does_there() -> None:
    by_the_page, light, dark = images_of(A_PICTURE.html)
    heights = re.findall(r"hidden style=\"[^\"]*font-size: calc\(var\((.+?), 0\)", A_PICTURE.html)

    assert by_the_page == A_PICTURE.svg
    assert light == by_the_page.replace(BY_THE_PAGE, ALWAYS_LIGHT)
    assert dark == by_the_page.replace(BY_THE_PAGE, ALWAYS_DARK)
    assert len({by_the_page, light, dark}) == 3
    assert heights == ["--jp-content-line-height", "--jp-shadow-base-lightness"]


def test_a_picture_keeps_its_size_and_scrolls() -> None:
    assert A_PICTURE.html.startswith('<div style="overflow-x: auto"><div style="position: relative')
    assert "width: 900px" in A_PICTURE.html
    assert A_PICTURE.html.count("max-width: none") == 3


def test_a_viewer_that_drops_the_picture_has_its_words() -> None:
    bundle = A_PICTURE._repr_mimebundle_()

    assert bundle["text/plain"] == A_PICTURE.words
    long = Picture(A_PICTURE.svg, "word " * 40)._repr_mimebundle_()["text/plain"]
    assert long.split() == ["word"] * 40
    assert max(map(len, long.splitlines())) <= 88
    _, _, folded = bundle["text/html"].partition("<details><summary>The same in words</summary>")
    assert unescape(folded) == f"<p>{A_PICTURE.words}</p></details>"
    assert "<i>" not in bundle["text/html"]
    assert [unescape(alt) for alt in re.findall(r'alt="([^"]*)"', bundle["text/html"])] == [
        A_PICTURE.words, " ", " ",
    ]  # fmt: skip
