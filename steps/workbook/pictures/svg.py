"""Pictures for notebooks: SVG of our own, which needs no network and no script."""

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.display import HTML

COLOURS = ("#0072B2", "#D55E00", "#00946B", "#C2639C", "#5C4300", "#12324F")
"""Colours that colour-blind readers tell apart, dark enough for thin lines on white paper.

After Okabe and Ito, Color Universal Design; theirs are lighter, most of all the last two.
"""

GREY = "#6b7280"
INK = "#111827"
WIDTH = 860
MARGIN = 16


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


def embed(svg: str, alt: str) -> "HTML":
    """Return a picture that JupyterLab, GitHub and web pages show, and its words for the rest."""
    from IPython.display import HTML  # only notebooks need it

    data = b64encode(svg.encode()).decode()
    return HTML(f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(alt, quote=True)}">')
