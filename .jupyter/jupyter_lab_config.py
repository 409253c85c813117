"""How `make lab` opens the notebooks. Your own configuration of JupyterLab stays as it is."""

from pathlib import Path

FOLDER = Path(__file__).parent

c = get_config()  # noqa: F821  # Jupyter runs this file with it
c.LabApp.default_url = "/lab/tree/notebooks/00_vocabulary.ipynb"
c.LabApp.app_settings_dir = str(FOLDER / "settings")
c.LabApp.custom_css = True
c.ServerApp.tornado_settings = {"static_custom_path": [str(FOLDER / "custom")]}
