"""The shell of somebody whose proxies lead nowhere, and know no exception for this machine."""

import pytest

from steps.workbook.world.proxies import NO_PROXIES

NOBODY = "127.0.0.1:9"
PROXIES = {
    "HTTP_PROXY": f"http://{NOBODY}",
    "HTTPS_PROXY": f"http://{NOBODY}",
    "ALL_PROXY": f"socks5://{NOBODY}",
}


def set_dead_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, url in PROXIES.items():
        monkeypatch.setenv(name, url)
        monkeypatch.setenv(name.lower(), url)
    for name in NO_PROXIES:
        monkeypatch.delenv(name, raising=False)
