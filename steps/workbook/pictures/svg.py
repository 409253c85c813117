"""Pictures for notebooks: SVG of our own, which needs no network and no script."""

from base64 import b64encode
from dataclasses import dataclass
from html import escape
from textwrap import fill

COLOURS = ("#0072B2", "#D55E00", "#00946B", "#C2639C", "#5C4300", "#12324F")
"""Colours that colour-blind readers tell apart, dark enough for thin lines on white paper.

After Okabe and Ito, Color Universal Design; theirs are lighter, most of all the last two.
"""

DARK_COLOURS = ("#3FA9E6", "#F2853F", "#21B083", "#E38BBB", "#F2C14E", "#BFE3FA")
"""The same hues in the same order, lighter, on a dark ground."""

LIGHT = {"ink": "#111827", "paper": "#ffffff", "app": "#6b7280", "bad": "#a4260b"}
DARK = {"ink": "#f3f4f6", "paper": "#18202c", "app": "#9ca3af", "bad": "#ff9d85"}

WIDTH = 860
MARGIN = 16
LINE = 88
"""How many characters a line of the words has at most, as in all outputs."""
LETTER = 7
"""How wide a letter is at most, on average."""
SMALL_LETTER = 6.2
"""The same in small text."""

BY_THE_PAGE = "@media(prefers-color-scheme:dark)"
ALWAYS_LIGHT, ALWAYS_DARK = "@media not all", "@media all"

IN_LAB, IN_DARK_LAB = "--jp-content-line-height", "--jp-shadow-base-lightness"
"""Numbers of JupyterLab's themes: the first is above 1 in each, the second 0 in a light one."""


@dataclass(frozen=True)
class Picture:
    """A picture as SVG, and the same in words: beside it, and for viewers that drop pictures."""

    svg: str
    words: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": fill(self.words, LINE)}

    @property
    def html(self) -> str:
        """The picture in its natural size, which scrolls where there is no room for it.

        A page's colour scheme decides whether it is dark; in JupyterLab its theme does. There a
        light picture covers the first, and a dark one both. Untrusted notebooks may have neither
        styles nor scripts, and JupyterLab drops variables from most attributes, but not from the
        size of a font: where it is 0, a height in `em` is, too. `hidden` is for viewers that drop
        all styles.
        """
        width = self.svg.partition(' width="')[2].partition('"')[0]
        covers = _cover(self.svg, ALWAYS_LIGHT, f"var({IN_LAB}, 0) * 99px")
        covers += _cover(self.svg, ALWAYS_DARK, f"var({IN_DARK_LAB}, 0) * 99px")
        words = escape(self.words, quote=True)
        return (
            '<div style="overflow-x: auto">'
            f'<div style="position: relative; width: {width}px">{_image(self.svg, words)}{covers}'
            f"</div></div><details><summary>The same in words</summary><p>{words}</p></details>"
        )


def _cover(svg: str, when: str, size: str) -> str:
    """Lay a picture of one theme over what is below it, or nothing where `size` is 0."""
    image = _image(svg.replace(BY_THE_PAGE, when, 1), " ")
    place = "display: block; position: absolute; top: 0; left: 0; overflow: hidden"
    return f'<span hidden style="{place}; font-size: calc({size}); max-height: 99em">{image}</span>'


def _image(svg: str, alt: str) -> str:
    data = b64encode(svg.encode()).decode()
    style = "display: block; max-width: none"
    return f'<img style="{style}" src="data:image/svg+xml;base64,{data}" alt="{alt}">'


def style_of(picture_class: str, *rules: str) -> str:
    """Return the colours of both themes and these rules, all for one class of pictures.

    Because a page may hold the picture itself, as HTML.
    """
    light, dark = (
        "".join(f"--{name}:{colour};" for name, colour in palette.items())
        for palette in (palette_of(LIGHT, COLOURS), palette_of(DARK, DARK_COLOURS))
    )
    light, dark = f"{light}--solid:.5;", f"{dark}--solid:.3;"  # how dense what is in use is
    whole = f".{picture_class}"
    fills = (
        f".{name}{{fill:var(--{name});stroke:var(--{name})}}"
        for name in palette_of(LIGHT, COLOURS)
        if name not in ("ink", "paper", "bad")
    )
    common = (".paper{fill:var(--paper)}", ".small{font-size:12px}")
    scoped = "".join(f"{whole} {rule}" for rule in (*fills, *rules, *common))
    by_theme = f"{whole}{{{light}fill:var(--ink)}}{BY_THE_PAGE}{{{whole}{{{dark}}}}}"
    return f"<style>{by_theme}{scoped}</style>"


def palette_of(greys: dict[str, str], colours: tuple[str, ...]) -> dict[str, str]:
    """Return the colours of a theme by their names."""
    return greys | {f"c{number}": colour for number, colour in enumerate(colours)}


def picture(title: str, width: int, height: int, *parts: str, style: str, **more: object) -> str:
    """Return a whole picture: these parts on the paper, below the title, if there is one."""
    return element(
        "svg",
        style,
        element("rect", class_="paper", width=width, height=height, rx=8 if title else 0),
        text(title, x=MARGIN, y=26, font_size=15, font_weight="bold") if title else "",
        *parts,
        **{"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {width} {height}"},
        **{"width": width, "height": height, "font_family": "sans-serif", "font_size": 13, **more},
    )


def element(name: str, *inside: str, **attributes: object) -> str:
    """Return an element with other elements in it. `class_` stands for `class`, `_` for `-`."""
    start = name + "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(rounded(value)))}"'
        for key, value in attributes.items()
    )
    return f"<{start}>{''.join(inside)}</{name}>" if inside else f"<{start}/>"


def text(words: str, **attributes: object) -> str:
    """Return a text, whatever characters it has."""
    return element("text", escape(words), **attributes)


def rounded(value: object) -> object:
    """Return a number with one decimal at most, which is fine enough for the eye."""
    return round(value, 1) if isinstance(value, float) else value
