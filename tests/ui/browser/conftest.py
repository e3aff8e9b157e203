"""A real Chromium on a real `millwright serve` over a small prepared plant, shared by all tests of this folder."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models.demo_plant import cached_demo_plant, copy_plant
from models.storage import Storage
from settings import Settings

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: it is a development tool")

MACHINES = ["PUMP_GRUNDFOS_CR3_004", "COMPRESSOR_ATLAS_COPCO_GA30_007", "CNC_HAAS_VF2_016"]
SCREENSHOTS = Path("build/screenshots")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
READY_S = 90.0


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Path:
    """A copy of a demo plant of three machines; the other seventeen are known, and nothing was recorded of them."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed; on Debian: apt-get install chromium")
    prepared = cached_demo_plant(Storage(Settings().home).cache, 7, lambda share, step: None, machines=MACHINES)
    place = tmp_path_factory.mktemp("browser") / "home"
    copy_plant(prepared, place)
    return place


@pytest.fixture(scope="session")
def address(home) -> Iterator[str]:
    with served(home) as address:
        yield address


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The address of a `millwright serve` of that plant, with its slash."""
    port, grpc = _free_port(), _free_port()
    environment = {**os.environ, "MILLWRIGHT_HOME": str(home), "MILLWRIGHT_USER": "anna"}
    with (home / "serve.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "ui.cli", "serve", "--port", str(port), "--grpc-port", str(grpc)],
            env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}/healthz", server)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture(scope="module")  # Playwright keeps an event loop running, in which no test of another file starts one
def browser(address) -> Iterator[object]:
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def visit(browser, address, request) -> Iterator[Callable[..., object]]:
    """Opens the page for a new person. At the end: no console errors, no broken requests, none to another host."""
    contexts, wrong = [], []

    def visited(path: str = "", wide: int = 1440, high: int = 900, dark: bool = False):
        touch = {"has_touch": True} if wide < 1000 else {}
        context = browser.new_context(
            viewport={"width": wide, "height": high}, color_scheme="dark" if dark else "light", **touch
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda said: wrong.append(f"console: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("request", lambda asked: _at_home(asked.url, address, wrong))
        page.on("response", lambda got: wrong.append(f"{got.status}: {got.url}") if got.status >= 400 else None)
        page.goto(address + path)
        page.wait_for_selector("#message", state="attached")
        return page

    yield visited
    for place, context in enumerate(contexts):
        if request.session.testsfailed:
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            for page in context.pages:
                page.screenshot(path=SCREENSHOTS / f"failed-{request.node.name}-{place}.png")
        context.close()
    assert not wrong


def ask(page, text: str):
    """Say something and wait for the whole answer; returns it."""
    before = page.locator(".answer:not(.live)").count()
    page.fill("#message", text)
    page.press("#message", "Enter")
    return answered(page, before)


def answered(page, before: int):
    """The answer after `before` others."""
    page.wait_for_function("n => document.querySelectorAll('.answer:not(.live)').length > n", arg=before)
    return page.locator(".answer:not(.live)").last


def shoot(page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(300)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def _at_home(url: str, address: str, wrong: list[str]) -> None:
    if not url.startswith((address, "data:", "blob:")):
        wrong.append(f"another host: {url}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(f"millwright serve ended with {server.returncode}")
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError("millwright serve did not answer")
