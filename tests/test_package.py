"""The wheel holds the whole package: built, installed elsewhere, and solved from."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import zonevest

ROOT = Path(__file__).parents[1]
FOLDERS = {
    "zonevest": ROOT / "src" / "zonevest",
    "zonevest/instances": ROOT / "instances",
    "zonevest/model": ROOT / "model",
    "zonevest/reports": ROOT / "reports",
    "zonevest/solvers": ROOT / "solvers",
}
LEFT_OVER = shutil.ignore_patterns("__pycache__", "*.pyc", "build", "dist", "*.egg-info")


def call(command: list[str | Path], folder: Path) -> str:
    """Run a command; its output, or a failure that shows it."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources alone."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for folder in FOLDERS.values():
        shutil.copytree(folder, source / folder.relative_to(ROOT), ignore=LEFT_OVER, dirs_exist_ok=True)
    # The extra `test` brings setuptools, so nothing is downloaded; an older one builds in an environment of its own.
    major = int(importlib.metadata.version("setuptools").split(".")[0])
    here = ["--no-build-isolation", "--no-index"] if major >= 77 else []
    call([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", *here, "-w", "dist", "."], source)
    (built,) = (source / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel, and with this one's packages behind it; its folder of programs."""
    home = tmp_path_factory.mktemp("elsewhere")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    call([sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel], home)
    site = Path(call([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], home).strip())
    behind = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "behind.pth").write_text("\n".join(sorted(behind)) + "\n", encoding="utf-8")
    return python.parent


def test_every_file_of_the_sources_is_in_the_wheel(wheel: Path) -> None:
    expected = set()
    for inside, folder in FOLDERS.items():
        for path in folder.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                expected.add(f"{inside}/{path.relative_to(folder).as_posix()}")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert sorted(expected - held) == []
    assert sorted(held - expected) == []


def test_the_version_is_the_package_s(wheel: Path) -> None:
    assert wheel.name.startswith(f"zonevest-{zonevest.__version__}-")


def test_nothing_but_zonevest_reaches_site_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert {name.split("/")[0].partition("-")[0] for name in archive.namelist()} == {"zonevest"}


def test_the_wheel_solves(elsewhere: Path, tmp_path: Path) -> None:
    where = call([elsewhere / "python", "-c", "import zonevest.reports; print(zonevest.reports.__file__)"], tmp_path)
    assert Path(where.strip()).is_relative_to(elsewhere.parent)
    call([elsewhere / "zonevest", "solve", "village", "-o", "plan"], tmp_path)
    assert {"plan.json", "report.html"} <= {path.name for path in (tmp_path / "plan").iterdir()}
    call([elsewhere / "python", "-m", "zonevest", "audit", "plan"], tmp_path)


def test_no_module_hides_what_has_its_name() -> None:
    """Importing a module puts it into its package under its name: `zonevest.pareto` would no longer be the function."""
    import zonevest as zv

    modules = {path.stem for path in (ROOT / "src" / "zonevest").glob("*.py")}
    assert not modules & set(zv.__all__)


def test_what_nobody_uses_is_not_imported() -> None:
    """Pyomo imports all of scipy's statistics where there is scipy; who wants them imports them as ever."""
    code = (
        "import sys, zonevest.api\n"
        "print(*[name for name in ('scipy.stats', 'scipy.integrate', 'scipy.spatial') if name in sys.modules])\n"
        "from pyomo.common.dependencies.scipy import spatial\n"
        "import scipy.stats, scipy.integrate, scipy.spatial, zonevest.instances.county_plots\n"
        "print(scipy.stats.norm.cdf(0.0), scipy.integrate.quad(abs, 0, 2)[0], spatial is scipy.spatial)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.splitlines() == ["", "0.5 2.0 True"]


def test_a_module_put_off_is_the_module_once_something_of_it_is_read() -> None:
    code = (
        "import sys; from zonevest.model.later import no_longer, put_off\n"
        "put_off('sched', 'os', 'colorsys', 'wave')\n"
        "import colorsys, os, sched\n"
        "print(type(sched).__name__, hasattr(sched, '__file__'), type(os).__name__)\n"
        "print(sched.scheduler.__module__, type(sys.modules['sched']).__name__)\n"
        "no_longer()\n"
        "print('colorsys' in sys.modules, 'os' in sys.modules, colorsys.rgb_to_hsv(0, 0, 1)[2])\n"
        "import colorsys, wave; print(type(colorsys).__name__, type(wave).__name__)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.splitlines() == ["_Later False module", "sched module", "False True 1", "module module"]
