"""How `make lab` saves the notebooks."""

import warnings
from typing import Any

STANDARD = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""What `make notebooks` keeps in a notebook, too."""


def keep_metadata(model: dict[str, Any], **_: object) -> None:
    """Save a notebook without what its kernel tells of itself: so to save it changes no byte."""
    if model["type"] == "notebook":
        model["content"]["metadata"].update(STANDARD)


c = get_config()  # noqa: F821  # Jupyter runs this file with it
c.FileContentsManager.pre_save_hook = keep_metadata
# The server reads its configuration twice, and warns of the second time.
warnings.filterwarnings("ignore", message="Overriding existing pre_save_hook")
