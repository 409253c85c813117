"""How `make lab` opens the notebooks. Your own configuration of JupyterLab stays as it is."""

from pathlib import Path

c = get_config()  # noqa: F821  # Jupyter runs this file with it
c.LabApp.default_url = "/lab/tree/notebooks/00_vocabulary.ipynb"
c.LabApp.app_settings_dir = str(Path(__file__).parent / "settings")
