"""`make` sets .venv up as pip's configuration says, and anew in another folder."""

import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from steps.workbook.catalogue import PROJECT
from steps.workbook.making import set_up

needs_make = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("make") is None, reason="make is not installed"
)

MAKES_A_FOLDER = "from pathlib import Path; Path('.venv').mkdir()"

FAKE_UV = """
import os, pathlib, sys
ready = pathlib.Path(".venv/ready").exists()
seen = [str(ready), os.environ["NO_PROXY"], os.environ["UV_INDEX_URL"]]
pathlib.Path("seen.txt").write_text("\\n".join(seen))
sys.exit("uv cannot")
"""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """Serve an index with two tiny packages: `tiny`, and a `uv` that notes how it was called."""
    folder = tmp_path / "index"
    for name, files in {"tiny": {"tiny.py": ""}, "uv": {"uv/__main__.py": FAKE_UV}}.items():
        of_package = folder / name
        of_package.mkdir(parents=True)
        wheel = of_package / f"{name}-1.0-py3-none-any.whl"
        about = f"{name}-1.0.dist-info"
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, text in files.items():
                archive.writestr(path, text)
            archive.writestr(f"{about}/METADATA", f"Name: {name}\nVersion: 1.0\n")
            archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            archive.writestr(f"{about}/RECORD", "")
        (of_package / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
    handler = partial(_Silent, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def _project(folder: Path, program: str | None = None) -> Path:
    """Make a folder with the Makefile, two tiny requirements and the program that sets up."""
    making = folder / "steps" / "workbook" / "making"
    making.mkdir(parents=True)
    shutil.copy(PROJECT / "Makefile", folder)
    text = Path(set_up.__file__).read_text(encoding="utf-8") if program is None else program
    (making / "set_up.py").write_text(text, encoding="utf-8")
    (folder / "requirements.txt").write_text("tiny\n")
    (folder / "constraints.txt").write_text("tiny==1.0\nuv==1.0\n")
    return folder


def _make(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHON"}
    return subprocess.run(  # noqa: S603
        ["make", *arguments, ".venv/ready"],  # noqa: S607
        cwd=folder,
        env=kept | variables,
        capture_output=True,
        encoding="utf-8",
    )


def _is_ready(folder: Path, *arguments: str, **variables: str) -> bool:
    return _make(folder, "--question", *arguments, **variables).returncode == 0


@needs_make
def test_pip_and_uv_ask_the_same_index_and_install_into_this_folder(
    index: str, tmp_path: Path
) -> None:
    folder = _project(tmp_path / "내 작업 공간")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "ready").write_text("python3 in another folder\n")
    configuration = tmp_path / "pip.conf"
    configuration.write_text(f"[global]\nindex-url = {index}\nuser = true\n")
    elsewhere = str(tmp_path / "elsewhere")
    harmful = {
        **{"PIP_USER": "1", "PIP_REQUIRE_VIRTUALENV": "1", "PIP_QUIET": "3"},
        **{"PIP_TARGET": elsewhere, "PIP_PREFIX": elsewhere, "UV_INDEX_URL": elsewhere},
        **{"PYTHONPATH": elsewhere, "PYTHONHOME": elsewhere, "VIRTUAL_ENV": elsewhere},
        **{"ALL_PROXY": "socks5://127.0.0.1:9", "NO_PROXY": "", "no_proxy": ""},
    }
    done = _make(folder, f"PYTHON={sys.executable}", PIP_CONFIG_FILE=str(configuration), **harmful)
    assert done.returncode == 0, done.stderr
    ready, direct, asked = (folder / "seen.txt").read_text().split("\n")
    assert ready == "False", "a set-up that is killed would be taken for ready"
    assert "127.0.0.1" in direct.split(",")
    assert asked == index
    assert "uv could not install" in done.stdout, "pip does it then"
    assert list(folder.glob(".venv/lib/*/site-packages/tiny.py"))
    assert not Path(elsewhere).exists()
    assert _is_ready(folder)


@needs_make
@pytest.mark.parametrize("name", ["내 작업 공간", "C# course", "a&b", "it's", "50%25", "a$b (*)"])
def test_a_moved_or_copied_folder_is_set_up_anew(name: str, tmp_path: Path) -> None:
    folder = _project(tmp_path / name, MAKES_A_FOLDER)
    assert not _is_ready(folder)
    done = _make(folder, f"PYTHON={sys.executable}")
    assert done.returncode == 0, done.stderr
    assert _is_ready(folder)
    assert not _is_ready(shutil.copytree(folder, tmp_path / "copy of it"))
    assert not _is_ready(folder.rename(tmp_path / f"moved {name}"))


@needs_make
def test_another_python_is_set_up_anew_and_none_is_any(tmp_path: Path) -> None:
    folder = _project(tmp_path / "project", MAKES_A_FOLDER)
    _make(folder, f"PYTHON={sys.executable}")
    assert _is_ready(folder)
    assert _is_ready(folder, PYTHON=sys.executable)
    assert not _is_ready(folder, "PYTHON=python3.99")
    assert not _is_ready(folder, PYTHON="python3.99")


@needs_make
def test_a_set_up_that_fails_is_not_ready(tmp_path: Path) -> None:
    folder = _project(tmp_path / "project", MAKES_A_FOLDER + "; 1 / 0")
    assert _make(folder, f"PYTHON={sys.executable}").returncode
    assert not _is_ready(folder)


def test_a_second_make_waits_for_the_first(tmp_path: Path) -> None:
    first = sqlite3.connect(tmp_path / ".set-up", isolation_level=None)
    first.execute("BEGIN EXCLUSIVE")
    second = subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", set_up.__file__], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    assert second.stdout
    assert "waiting" in second.stdout.readline()
    (tmp_path / ".venv").mkdir()
    ready = f"python3 in {tmp_path.resolve()}\n"
    (tmp_path / ".venv" / "ready").write_text(ready, encoding="utf-8")
    first.close()
    assert second.communicate(timeout=60)[0] == "", "it does not set up again"
    assert second.returncode == 0
    assert (tmp_path / ".venv" / "ready").exists()


def test_what_stands_in_the_environment_counts_before_the_files() -> None:
    listed = ":env:.find-links='/a'\nglobal.find-links='/b'\nglobal.user='1'\nlist.pre='1'\n"
    listed += "global.index-url='https://a/?b=c'\ninstall.index-url='https://install'\n"
    assert set_up.read_settings(listed) == {"find-links": "/a", "index-url": "https://install"}


@pytest.mark.parametrize(
    ("option", "value", "arguments", "variables"),
    [
        ("index-url", "https://u:p@a", "", {"UV_INDEX_URL": "https://u:p@a"}),
        ("find-links", "\n/a\n/b", "--find-links /a /b", {}),
        ("no-index", "true", "--no-index", {}),
        ("no-index", "false", "", {}),
        ("cert", "/ca.pem", "", {"SSL_CERT_FILE": "/ca.pem"}),
        ("proxy", "http://p:1", "", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": ""}),
        ("timeout", "60", "", {}),
    ],
)
def test_uv_gets_what_pip_is_configured_with(
    option: str, value: str, arguments: str, variables: dict[str, str]
) -> None:
    given = set_up.for_uv({option: value})
    assert given is not None
    assert set(given[0][3:]) == set(arguments.split())
    assert variables.items() <= given[1].items()


def test_an_option_that_uv_lacks_is_left_to_pip() -> None:
    assert set_up.for_uv({"index-url": "https://a", "keyring-provider": "import"}) is None


def test_a_python_without_venv_says_so_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit, match="install python3-venv"):
        set_up.make_ready()


def test_loopback_needs_no_proxy_but_without_one_nothing_is_said() -> None:
    assert set_up.environment({"NO_PROXY": "a"})["NO_PROXY"] == "a,localhost,127.0.0.1,::1"
    assert set_up.environment({"PATH": "/bin", "UV_INDEX": "x"}) == {"PATH": "/bin"}


def test_the_environment_of_another_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    shutil.copy(PROJECT / "tests" / "conftest.py", tmp_path / "tests")
    refused = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", "--rootdir", tmp_path, tmp_path / "tests"],
        cwd=PROJECT,
        capture_output=True,
        encoding="utf-8",
    )
    assert refused.returncode == 4
    assert "make .venv/ready" in refused.stdout + refused.stderr
