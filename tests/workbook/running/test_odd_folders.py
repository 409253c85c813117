"""A step is served where the project's folder, and the one for temporary files, have any name."""

import json
import os
import re
import shutil
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import httpx2
import pytest

from steps.step_12_worker.config import Config
from steps.step_12_worker.process import open_process
from steps.workbook.catalogue import PROJECT
from steps.workbook.running import companions
from steps.workbook.world.environment import variables
from steps.workbook.world.serving import CREATION_FLAGS, STOP_SIGNAL, reserve_port
from tests.odd_names import ALL_IN_ONE

UNSET = dict.fromkeys((*companions.SHARED, "API_KEY"), "")

DEFAULTS = """
from steps.infrastructure.database import check_database, open_engine
from steps.infrastructure.task_queue import open_task_queue
from steps.step_12_worker.config import Config
config = Config()
check_database(open_engine(config))
open_task_queue(config.celery_broker_url.get_secret_value())
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path / ALL_IN_ONE
    (project / "tmp").mkdir(parents=True)
    try:
        (project / "steps").symlink_to(PROJECT / "steps", target_is_directory=True)
    except OSError:  # Windows allows links to few
        shutil.copytree(PROJECT / "steps", project / "steps")
    return project


def start(project: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603
        [sys.executable, *arguments],
        cwd=project,
        env={
            **os.environ,
            **UNSET,
            "PYTHONPATH": str(project),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(project / "tmp"),
        },
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        creationflags=CREATION_FLAGS,
    )


def test_an_export_is_asked_for_written_and_printed(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with reserve_port() as taken:  # so it takes another port, which is free
        taken.listen()
        port = str(taken.getsockname()[1])
        server = start(project, "-m", "steps.workbook", "run", "12", "--port", port)
        with server:
            assert server.stdout is not None
            said = "".join(takewhile(lambda line: "Ctrl-C" not in line, server.stdout))
            try:
                url = re.findall(r"live and die: (\S+)/lifetimes", said)[0]
                asked = httpx2.post(f"{url}/exports", trust_env=False, timeout=60)
                (world,) = (project / "tmp").glob("accounts-*")
                messages = [path.name for path in (world / "broker").iterdir()]

                monkeypatch.setattr(companions, "NOTES", project)
                (noted,) = project.glob(f"{companions.PREFIX}*")
                note = json.loads(noted.read_text(encoding="utf-8"))
                with variables(note["added"]), open_process(Config.from_env()) as process:
                    process.run(process.writer.write(1))
                assert companions.print_export(1) == 0
            finally:
                server.send_signal(STOP_SIGNAL)
                server.communicate(timeout=60)

    assert asked.status_code == 202
    assert [name.partition(".")[2] for name in messages] == ["accounts.msg"]
    assert f"DATABASE_URL='{note['added']['DATABASE_URL']}'" in said
    assert capsys.readouterr().out.splitlines() == ["id,email"]
    assert not list((project / "tmp").glob("accounts-*"))


def test_without_variables_its_files_are_in_the_project(project: Path) -> None:
    with start(project, "-c", DEFAULTS) as program:
        program.communicate(timeout=60)

    assert program.returncode == 0
    assert {"accounts.db", ".broker"} <= {path.name for path in project.iterdir()}
    assert list(project.parent.iterdir()) == [project]
