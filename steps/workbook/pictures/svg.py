"""Pictures for notebooks: SVG of our own, which needs no network and no script."""

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.display import HTML

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Colours that colour-blind readers tell apart. Source: Okabe and Ito, Color Universal Design."""

GREY = "#6b7280"
INK = "#111827"
WIDTH = 860


def embed(svg: str, alt: str) -> "HTML":
    """Return a picture that JupyterLab, GitHub and web pages show, and its words for the rest."""
    from IPython.display import HTML  # only notebooks need it

    picture = b64encode(svg.encode()).decode()
    return HTML(f'<img src="data:image/svg+xml;base64,{picture}" alt="{escape(alt, quote=True)}">')
