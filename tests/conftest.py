"""What every test may use: the browser, the real layers, and how often hypothesis tries."""

from __future__ import annotations

import gc
import os
import shutil
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

import zonevest as zv
from zonevest.instances import place
from zonevest.instances.cells import texts_of_python

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# CI tries more cases than a desk does; neither has a deadline, because the first call of a solver is slow.
settings.register_profile("desk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("desk"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

# Tables and models are built by thousands, and nothing of them lives long: there is little to gain by looking for
# cycles at each 700th object, as Python does by itself.
gc.set_threshold(50_000, 20, 20)

# As the command does; modules that use the fixture `pandas_as_it_is` work as a program does that imports the package.
texts_of_python()


def find_browser() -> str | None:
    """The path of Chromium (or Chrome), or None: ZONEVEST_BROWSER wins over what is on the path."""
    named = os.environ.get("ZONEVEST_BROWSER")
    return named or next((path for path in map(shutil.which, BROWSERS) if path), None)


def find_land() -> Path | None:
    """The folder of real layers, or None: ZONEVEST_LAND wins over `shared/data` beside the checkout."""
    named = os.environ.get("ZONEVEST_LAND")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder.resolve() if folder.is_dir() else None


def browser_required() -> bool:
    """Whether a browser test that skips is a failure."""
    return os.environ.get("ZONEVEST_REQUIRE_BROWSER", "") not in ("", "0")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, and say so, what needs something that this machine has not; what takes long is begun first.

    A long test among the last is done by one process while the others wait.
    """
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    no_browser = pytest.mark.skip(reason="no Chromium on this machine (set ZONEVEST_BROWSER to its path)")
    no_land = pytest.mark.skip(reason="no real layers on this machine (set ZONEVEST_LAND to their folder)")
    for item in items:
        if item.get_closest_marker("browser") and find_browser() is None:
            item.add_marker(no_browser)
        if item.get_closest_marker("land") and find_land() is None:
            item.add_marker(no_land)


def pytest_collection_finish() -> None:
    """What has been imported and collected stays until the end: it need not be looked through again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where a browser is required, a browser test that skipped has failed."""
    report = yield
    if report.skipped and browser_required() and item.get_closest_marker("browser"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: a browser test was skipped although ZONEVEST_REQUIRE_BROWSER is set"
    return report


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The path of Chromium; tests that use it carry the marker `browser`."""
    path = find_browser()
    if path is None:
        pytest.skip("no Chromium on this machine (set ZONEVEST_BROWSER to its path)")
    return path


@pytest.fixture(scope="session")
def browser(browser_path: str) -> Iterator[Browser]:
    """Chromium, started once; each test opens a context of its own in it."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        engine = driver.chromium.launch(executable_path=browser_path, args=FLAGS)
        yield engine
        engine.close()


@pytest.fixture(scope="session")
def village_plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan folder of the bundled village, solved and written once for all processes: to be read, or copied."""
    home = tmp_path_factory.getbasetemp()
    folder = (home.parent if "PYTEST_XDIST_WORKER" in os.environ else home) / "village" / "plan"
    folder.parent.mkdir(exist_ok=True)
    while not folder.exists():
        try:
            with place.claimed(folder):
                if not folder.exists():
                    zv.solve(zv.read_study("village")).write(folder)
        except place.BusyError:
            time.sleep(0.2)
    return folder


@pytest.fixture(scope="module")
def pandas_as_it_is() -> Iterator[None]:
    """Texts in columns of Arrow, where pandas chooses."""
    with pd.option_context("mode.string_storage", "auto"):
        yield


@pytest.fixture(scope="session")
def land() -> Path:
    """The folder of real layers; tests that use it carry the marker `land`."""
    folder = find_land()
    if folder is None:
        pytest.skip("no real layers on this machine (set ZONEVEST_LAND to their folder)")
    return folder
