"""The command line: what it lists, how it exits, where it prints."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

import zonevest as zv
from tests.chinese import CHINESE, english_in, names_in
from tests.instances.faults_tables import CELLS, REFERENCES, SENSE
from tests.instances.studies import BASE, write_base
from zonevest import api, cli
from zonevest.arguments import default_plan, parse_settings
from zonevest.cli import app
from zonevest.console import InputError, ProgressLine, number, percent
from zonevest.instances import read
from zonevest.instances.say import say
from zonevest.words import words

NAMES = [
    *names_in(read.CASES / "village"),
    *(word for text in BASE.values() for word in re.findall(r"\w+", text.partition("parcels =")[2] or text)),
    *("STUDY", "CNY", "village-plan", "root", "figure"),
]
"""The names in the cases of these tests, and what else is the same in both languages (root: the runner's own)."""
COMMANDS = [
    "new", "import", "check", "solve", "draw", "scenarios", "decide", "pareto", "alternatives", "diagnose",
    "sensitivity", "replan", "milestones", "report", "audit", "explain", "compare",
]  # fmt: skip


def zonevest(*arguments: object) -> Any:
    """Run the command line in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the bundled case, made by the command."""
    folder = tmp_path_factory.mktemp("cli") / "village"
    assert zonevest("new", folder, "--case", "village").exit_code == 0
    return folder


@pytest.fixture(scope="module")
def solving(village: Path) -> Any:
    """What its solve printed for machines."""
    return zonevest("solve", village, "--json")


@pytest.fixture(scope="module")
def solved(village: Path, solving: Any) -> Path:
    """Its plan folder, solved once, at the default place."""
    assert solving.exit_code == 0, solving.output
    return village.with_name("village-plan")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A copy of the case that a test may spoil."""
    folder = tmp_path / "study"
    api.copy_case("village", folder)
    return folder


class TestHelp:
    def test_it_lists_exactly_the_commands_that_work(self) -> None:
        registered = [each.name or each.callback.__name__ for each in app.registered_commands if each.callback]
        assert registered == COMMANDS
        plain = re.sub(r"\x1b\[[0-9;]*m", "", zonevest("--help").output)
        listed = re.findall(r"^│ ([a-z]+) {2,}", plain, re.MULTILINE)
        assert listed == COMMANDS

    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_command_prints_for_machines_and_in_both_languages(self, command: str) -> None:
        done = zonevest(command, "--help")
        assert done.exit_code == 0
        assert "--json" in done.output
        assert "--lang" in done.output

    def test_it_comes_at_once(self) -> None:
        # The heavy libraries are what would make it slow; they are loaded when a command runs.
        code = (
            "import sys, zonevest, zonevest.cli; dir(zonevest)\n"
            "heavy = {'numpy', 'pandas', 'pyomo', 'highspy', 'geopandas', 'shapely', 'scipy', 'jinja2'}\n"
            "print(*sorted(heavy & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.split() == []

    def test_the_module_is_the_same_command(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "zonevest", "--version"], capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith("zonevest ")


class TestDone:
    def test_new_writes_a_study_that_is_sound(self, village: Path) -> None:
        assert (village / "study.toml").is_file()
        done = zonevest("check", village)
        assert done.exit_code == 0
        assert done.stdout.strip()

    def test_new_draws_a_county(self, tmp_path: Path) -> None:
        done = zonevest("new", tmp_path / "county", "--parcels", "300", "--seed", "5", "--json")
        told = json.loads(done.stdout)
        assert told == {
            "study": str(tmp_path / "county"),
            "parcels": len(api.read_study(tmp_path / "county").parcels),
            "seed": 5,
        }
        assert abs(told["parcels"] - 300) <= 12  # within 4 %
        assert zonevest("check", tmp_path / "county").exit_code == 0

    def test_where_it_takes_a_while_progress_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path / "county"
        assert zonevest("new", folder, "--parcels", "120", "--no-polygons").stderr == ""
        monkeypatch.setattr(cli, "QUIET", 50)
        done = zonevest("check", folder, "--json")
        assert json.loads(done.stdout)["faults"] == 0
        for phase in ("options", "policy model", "size of the program", "doing nothing", "ties"):
            assert phase in done.stderr
        assert "写入" in zonevest("new", tmp_path / "other", "--parcels", "120", "--lang", "zh").stderr

    def test_check_for_machines(self, village: Path) -> None:
        assert isinstance(json.loads(zonevest("check", village, "--json").stdout), dict)

    def test_solve_writes_a_plan_with_its_report(self, solved: Path) -> None:
        assert {"plan.json", "report.html", "parcels.parquet", "study"} <= {path.name for path in solved.iterdir()}

    def test_solve_for_machines_keeps_stdout_clean(self, solving: Any, solved: Path) -> None:
        figures = json.loads(solving.stdout)
        assert figures["status"] == "optimal"
        assert figures["plan"] == str(solved)
        assert solving.stderr  # progress

    def test_overwrite_replaces_and_set_changes_the_study_of_this_run_only(self, village: Path, tmp_path: Path) -> None:
        plan, before = tmp_path / "plan", (village / "study.toml").read_bytes()
        plan.mkdir()
        (plan / "plan.json").write_text("{}", encoding="utf-8")
        done = zonevest("solve", village, "-o", plan, "--overwrite", "--set", "rates.social=0.011")
        assert done.exit_code == 0
        assert words("en")["status_optimal"] in done.stdout
        assert json.loads((plan / "plan.json").read_text(encoding="utf-8"))["status"] == "optimal"
        assert api.read_plan(plan).study.settings.rates.social == 0.011
        assert (village / "study.toml").read_bytes() == before

    def test_audit_of_a_sound_plan(self, solved: Path) -> None:
        assert zonevest("audit", solved).exit_code == 0
        assert isinstance(json.loads(zonevest("audit", solved, "--json").stdout), dict)


class TestExitCodes:
    def test_1_a_plan_that_was_tampered_with(self, solved: Path, tmp_path: Path) -> None:
        shutil.copytree(solved, tmp_path / "plan")
        path = tmp_path / "plan" / "ledger.parquet"
        ledger = pd.read_parquet(path)
        ledger["value"] = ledger["value"] + 1.0
        ledger.to_parquet(path)
        done = zonevest("audit", tmp_path / "plan")
        assert done.exit_code == 1
        assert done.stdout.strip()

    def test_2_all_faults_of_a_study_at_once(self, study: Path, tmp_path: Path) -> None:
        text = (study / "study.toml").read_text(encoding="utf-8")
        (study / "study.toml").write_text("curency = 'CNY'\n" + text, encoding="utf-8")
        limits = pd.read_csv(study / "limits.csv", dtype=str)
        limits.loc[0, "account"] = "no such account"
        limits.to_csv(study / "limits.csv", index=False)
        for command in (("check", study), ("solve", study, "-o", tmp_path / "plan")):
            done = zonevest(*command)
            assert done.exit_code == 2
            assert "curency" in done.stderr
            assert "no such account" in done.stderr
            assert done.stderr.count("    must:  ") >= 2
            assert done.stdout == ""
        assert not (tmp_path / "plan").exists()
        faults = json.loads(zonevest("check", study, "--json").stdout)["faults"]
        assert {tuple(fault) for fault in faults} == {("where", "must", "found", "do")}

    @pytest.mark.parametrize(
        "arguments",
        [
            ("check", "nowhere"),
            ("solve", "nowhere", "-o", "plan"),
            ("report", "nowhere"),
            ("audit", "nowhere"),
            ("new", "somewhere", "--case", "nowhere"),
            ("new", "somewhere", "--case", "village", "--parcels", "300"),
            ("new", "somewhere", "--parcels", "3"),
            ("new", "somewhere", "--seed", "3"),
            ("new", "somewhere", "--no-polygons"),
            ("solve", "village", "-o", "plan", "--set", "rates.social"),
            ("solve", "village", "-o", "plan", "--set", "rates.sozial=0.1"),
            ("solve", "village", "-o", "plan", "--method", "magic"),
            ("solve", "village", "-o", "plan", "--gap", "-1"),
            ("solve", "village", "-o", "plan", "--gap", "nan"),
            ("solve", "village", "-o", "plan", "--time-limit", "inf"),
            ("check", "village", "--lang", "fr"),
            ("compare", "a", "b"),
        ],
        ids=" ".join,
    )
    def test_2_what_was_asked_for_is_wrong(
        self, arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        done = zonevest(*arguments)
        assert done.exit_code == 2
        assert done.stderr
        assert list(tmp_path.iterdir()) == []

    def test_2_an_existing_target_before_any_work(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def work(*_: object, **__: object) -> None:
            raise AssertionError("no work before the target is looked at")

        for name in ("read_study", "copy_case"):
            monkeypatch.setattr(api, name, work)
        (tmp_path / "there").mkdir()
        for command in (("solve", "village", "-o", tmp_path / "there"), ("new", tmp_path / "there")):
            done = zonevest(*command)
            assert done.exit_code == 2
            assert "there" in done.stderr
        (tmp_path / "file").touch()
        assert zonevest("solve", "village", "-o", tmp_path / "file" / "plan").exit_code == 2

    def test_3_no_plan_exists(self, study: Path, tmp_path: Path) -> None:
        limits = pd.read_csv(study / "limits.csv", dtype=str)
        row = {"limit": "too_much", "account": "area.converted", "sense": ">=", "value": "1e9"}
        pd.concat([limits, pd.DataFrame([row])]).to_csv(study / "limits.csv", index=False)
        done = zonevest("solve", study, "-o", tmp_path / "plan")
        assert done.exit_code == 3
        assert words("en")["status_infeasible"] in done.stdout
        assert json.loads((tmp_path / "plan" / "plan.json").read_text())["status"] == "infeasible"
        assert zonevest("audit", tmp_path / "plan").exit_code == 1

    @pytest.mark.parametrize(("value", "code"), [("5", 3), ("0", 0)])
    def test_3_a_limit_in_which_nothing_is_decided(self, study: Path, tmp_path: Path, value: str, code: int) -> None:
        """What changes less what changes is nothing, whatever is planned: 5 of it are not to be had."""
        row = {"limit": "odd", "account": "area.converted", "sense": ">=", "value": value}
        term = {"limit": "odd", "account": "area.converted", "coefficient": "-1"}
        for name, added in (("limits", row), ("limit_terms", term)):
            table = pd.read_csv(study / f"{name}.csv", dtype=str)
            pd.concat([table, pd.DataFrame([added])]).to_csv(study / f"{name}.csv", index=False)
        assert zonevest("check", study).exit_code == 0
        done = zonevest("solve", study, "-o", tmp_path / "plan")
        assert done.exit_code == code, done.output
        status = "infeasible" if code else "optimal"
        assert json.loads((tmp_path / "plan" / "plan.json").read_text())["status"] == status
        assert (words("en")["status_infeasible"] in done.stdout) == bool(code)

    def test_2_a_study_is_never_replaced(self, study: Path) -> None:
        done = zonevest("solve", study, "-o", study, "--overwrite")
        assert done.exit_code == 2
        assert (study / "limits.csv").exists()
        assert zonevest("solve", study, "-o", study.parent, "--overwrite").exit_code == 2

    def test_2_a_damaged_plan_cannot_be_reported(self, solved: Path, tmp_path: Path) -> None:
        for name in ("plan.json", "parcels.parquet", "limits.csv", "projects.csv", "ledger.parquet"):
            folder = tmp_path / name
            shutil.copytree(solved, folder)
            (folder / name).write_bytes(b"")
            done = zonevest("report", folder)
            assert done.exit_code == 2, name
            assert "must" in done.stderr

    def test_a_report_written_anew_carries_the_audit(self, solved: Path, tmp_path: Path) -> None:
        shutil.copytree(solved, tmp_path / "plan")
        before = (tmp_path / "plan" / "report.html").read_text(encoding="utf-8")
        (tmp_path / "plan" / "report.html").unlink()
        assert zonevest("report", tmp_path / "plan").exit_code == 0
        assert (tmp_path / "plan" / "report.html").read_text(encoding="utf-8") == before

    def test_a_run_without_a_plan_leaves_the_plan_that_is_there(self, solved: Path, tmp_path: Path) -> None:
        shutil.copytree(solved, tmp_path / "plan")
        before = (tmp_path / "plan" / "plan.json").read_text()
        done = zonevest("solve", "village", "-o", tmp_path / "plan", "--overwrite", "--time-limit", "0")
        assert done.exit_code == 4
        assert words("en")["nothing_written"] in done.stdout
        assert (tmp_path / "plan" / "plan.json").read_text() == before

    @pytest.mark.parametrize(("status", "code"), [("feasible", 0), ("no_plan", 4), ("interrupted", 130)])
    def test_the_status_of_a_plan_decides(
        self, status: str, code: int, solved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plan = api.read_plan(solved)
        plan.status, plan.has_plan = status, status != "no_plan"
        monkeypatch.setattr(api, "solve", lambda *_, **__: plan)
        done = zonevest("solve", "village", "-o", tmp_path / "plan")
        assert done.exit_code == code
        assert words("en")[f"status_{status}"] in done.stdout
        assert json.loads((tmp_path / "plan" / "plan.json").read_text())["status"] == status

    def test_130_stopped_before_there_is_a_plan(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def stop(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(api, "solve", stop)
        assert zonevest("solve", "village", "-o", tmp_path / "plan").exit_code == 130
        assert list(tmp_path.iterdir()) == []

    def test_130_stopped_inside_a_library_that_catches_everything(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stop(*_: object, **__: object) -> None:
            try:
                raise KeyboardInterrupt
            except BaseException:
                raise ValueError("failed casting")  # noqa: B904, as Pyomo does

        monkeypatch.setattr(api, "solve", stop)
        assert zonevest("solve", "village", "-o", tmp_path / "plan").exit_code == 130

    def test_nobody_reads_on(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "zonevest", "check", "village"]
        running = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert running.stdout is not None
        running.stdout.close()  # as `| head` does once it has its lines
        assert running.stderr is not None
        told = running.stderr.read()
        running.stderr.close()
        assert (running.wait(timeout=60), told) == (0, "")

    def test_130_in_earnest(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "zonevest", "solve", "village", "-o", "plan"]
        running = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        assert running.stderr is not None
        running.stderr.readline()  # it has begun
        os.killpg(running.pid, signal.SIGINT)
        _, told = running.communicate(timeout=60)
        assert running.returncode == 130
        assert "Traceback" not in told

    def test_a_bug_is_no_fault_of_the_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def bug(*_: object, **__: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(api, "read_study", bug)
        with pytest.raises(ZeroDivisionError):
            zonevest("check", "village")


class TestChinese:
    """With --lang zh every sentence is Chinese; names, options and files stay as they are."""

    def told(self, *arguments: object) -> Any:
        done = zonevest(*arguments, "--lang", "zh")
        known = [*NAMES, *(word for each in arguments for word in re.findall(r"\w+", str(each)))]
        shown = re.sub(r"/[^\s，：]+", "", done.stdout + done.stderr)
        assert CHINESE.search(shown)
        assert english_in(shown, known) == []
        return done

    def test_a_study_with_faults(self, tmp_path: Path) -> None:
        folder = write_base(tmp_path / "study", [CELLS["choice"], SENSE["soft"], SENSE["shares"], REFERENCES["actor"]])
        for command in (("check", folder), ("solve", folder, "-o", tmp_path / "plan")):
            done = self.told(*command)
            assert done.exit_code == 2
            assert "limits.csv，第 3 行，penalty 列" in done.stderr
            assert "应当：软约束的 penalty 大于 0，即每缺一个单位的惩罚" in done.stderr
            assert "是否应为 'farmers'？若不是，改正名称，或补上所指的行" in done.stderr
        faults = json.loads(zonevest("check", folder, "--json", "--lang", "zh").stdout)["faults"]
        assert {tuple(fault) for fault in faults} == {("where", "must", "found", "do")}
        assert "同一账户、角色与项目的分配比例合计为 1" in {fault["must"] for fault in faults}

    @pytest.mark.parametrize(
        "arguments",
        [
            ("check", "nowhere"),
            ("solve", "nowhere", "-o", "plan"),
            ("report", "nowhere"),
            ("audit", "nowhere"),
            ("new", "somewhere", "--case", "nowhere"),
            ("solve", "village", "-o", "plan", "--set", "rates.social"),
            ("solve", "village", "-o", "plan", "--set", "rates.sozial=0.1"),
            ("solve", "village", "-o", "plan", "--set", "periods.1999.years=3"),
            ("solve", "village", "-o", "plan", "--gap", "nan"),
            ("solve", "village", "-o", "file/plan"),
            ("new", "file/study"),
            ("new", "file"),
            # what the framework refuses
            ("solve", "village", "-o", "plan", "--gap", "-1"),
            ("solve", "village", "-o", "plan", "--gap=much"),
            ("solve", "village", "-o", "plan", "--threads", "1.5"),
            ("solve", "village", "-o", "plan", "--method", "magic"),
            ("solve", "village", "more"),
            ("solve", "village", "--overwrite=3"),
            ("solve", "village", "--owerwrite"),
            ("solve",),
            ("compare", "a", "b"),
        ],
        ids=" ".join,
    )
    def test_what_was_asked_for_is_wrong(
        self, arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "file").touch()
        assert self.told(*arguments).exit_code == 2
        assert [path.name for path in tmp_path.iterdir()] == ["file"]

    def test_an_option_without_its_value(self) -> None:
        done = zonevest("solve", "village", "--lang", "zh", "--gap")
        assert done.exit_code == 2
        assert "实际：--gap 缺少取值" in done.stderr
        assert "应当：--lang 取值为 en 或 zh" in zonevest("check", "village", "--lang", "zh", "--lang", "fr").stderr

    def test_a_plan(self, village: Path, tmp_path: Path) -> None:
        plan = tmp_path / "plan"
        assert self.told("check", village).exit_code == 0
        done = self.told("solve", village, "-o", plan)
        assert done.exit_code == 0
        assert words("zh")["status_optimal"] in done.stdout
        assert self.told("audit", plan).exit_code == 0
        (plan / "report.html").unlink()
        done = self.told("report", plan)
        assert done.exit_code == 0
        assert "report.html、report.xlsx、" in done.stdout
        assert "tables/" in done.stdout
        assert (plan / "report.html").stat().st_size > 1000
        ledger = pd.read_parquet(plan / "ledger.parquet")
        ledger.assign(value=ledger["value"] + 1.0).to_parquet(plan / "ledger.parquet")
        done = self.told("audit", plan)
        assert done.exit_code == 1
        assert "应为: " in done.stdout
        breaches = json.loads(zonevest("audit", plan, "--lang", "zh", "--json").stdout)["breaches"]
        assert "每一格与复算一致" in {breach["must"] for breach in breaches}
        (plan / "ledger.parquet").write_bytes(b"")
        assert self.told("report", plan).exit_code == 2

    def test_the_message_of_a_plan_is_chinese_also_when_it_is_read_again(self, village: Path, tmp_path: Path) -> None:
        plan = tmp_path / "plan"
        done = self.told("solve", village, "-o", plan, "--time-limit", 0)
        assert done.exit_code == 4
        assert "已达时限" in done.stdout
        assert json.loads((plan / "plan.json").read_text(encoding="utf-8"))["message"] == "the time limit was reached"
        (plan / "report.html").unlink()
        assert zonevest("report", plan, "--lang", "zh").exit_code == 0
        assert "已达时限" in (plan / "report.html").read_text(encoding="utf-8")
        assert "没有可审计的方案" in self.told("audit", plan).stdout

    @pytest.mark.parametrize("command", COMMANDS)
    def test_the_help(self, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        done = zonevest(command, "--help", "--lang", "zh")
        assert done.exit_code == 0
        assert "屏幕输出与报告的语言。" in re.sub(r"[\s│]", "", done.stdout)
        assert "…" not in done.stdout  # a line that found no place to break
        assert "显示本帮助并退出。" not in zonevest(command, "--help").stdout

    def test_english_is_the_default(self) -> None:
        assert "the name of a bundled case" in zonevest("check", "nowhere").stderr
        assert "No such option" in zonevest("check", "village", "--langue", "zh").stderr


@dataclass(frozen=True)
class Progress:
    phase: str
    seconds: float
    value: float | None = None
    bound: float | None = None
    gap: float | None = None


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestProgress:
    def test_a_terminal_has_one_line_that_is_written_over(self) -> None:
        stream = Terminal()
        with ProgressLine(stream, "en") as line:
            line(Progress("solve", 1.0))
            line(Progress("solve", 1.2, 1234.5, 1250.0, 0.0125))
        assert "\n" not in stream.getvalue()
        assert "\r\x1b[2K1 s  solving  plan 1,234.5  bound 1,250  gap 1.25 %" in stream.getvalue()
        assert stream.getvalue().endswith("\r\x1b[2K")

    def test_a_line_fits_its_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "10")
        stream = Terminal()
        ProgressLine(stream, "zh")(Progress("solve", 1.0, 1234.5))
        assert len(stream.getvalue().removeprefix("\r\x1b[2K").encode("gbk")) <= 9

    def test_elsewhere_a_line_now_and_then(self) -> None:
        stream = io.StringIO()
        with ProgressLine(stream, "en") as line:
            for tick in range(100):
                line(Progress("solve", tick / 4))
            line(Progress("audit", 25.0))
        assert stream.getvalue().splitlines() == ["0 s  solving", "10 s  solving", "20 s  solving", "25 s  audit"]

    def test_a_phase_that_is_a_sentence_is_told_in_the_language(self) -> None:
        stream = io.StringIO()
        with ProgressLine(stream, "zh") as line:
            line(Progress(say("solve {number}", number=3), 1.0))
            line(Progress(say("alternative {number}", number=2), 2.0))
        assert stream.getvalue().splitlines() == ["1 秒  第 3 次求解", "2 秒  替代方案 2"]

    @pytest.mark.parametrize("progress", [{}, {"phase": None}, {"phase": "new phase", "gap": float("inf")}, object()])
    def test_it_takes_what_it_gets(self, progress: Any) -> None:
        ProgressLine(io.StringIO(), "zh")(progress)
        ProgressLine(Terminal(), "en")(progress)


@pytest.mark.parametrize(
    ("study", "plan"),
    [("village", "village-plan"), ("a/lake/", "a/lake-plan"), ("lake.v2", "lake.v2-plan"), ("a/l.xlsx", "a/l-plan")],
)
def test_the_default_plan_stands_beside_the_study(study: str, plan: str) -> None:
    assert default_plan(study) == Path(plan)


def test_the_default_plan_of_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lake").mkdir()
    monkeypatch.chdir(tmp_path / "lake")
    assert default_plan(".") == (tmp_path / "lake-plan").resolve()


def test_settings_are_read_as_toml_or_as_text() -> None:
    pairs = ["a=1", "b.c = 0.5", "d=true", 'e=["x", "y"]', "f=floor", "g=a=b", "h={ x = 1 }"]
    assert parse_settings(pairs) == {
        "a": 1,
        "b.c": 0.5,
        "d": True,
        "e": ["x", "y"],
        "f": "floor",
        "g": "a=b",
        "h": {"x": 1},
    }
    with pytest.raises(InputError):
        parse_settings(["=1"])


def test_both_languages_say_the_same_things() -> None:
    english, chinese = words("en"), words("zh")
    for name, phrase in english.items():
        assert sorted(re.findall(r"\{\w+", phrase)) == sorted(re.findall(r"\{\w+", chinese[name])), name


def test_figures() -> None:
    assert [number(x) for x in (None, 0.0, 1234.567, -12345678.9, 1e-4)] == [
        "–",
        "0",
        "1,234.57",
        "-12,345,679",
        "0.0001",
    ]
    assert percent(0.00123) == "0.12 %"


class TestExplain:
    def test_it_tells_why(self, tmp_path: Path) -> None:
        plan, folder = api.solve(api.read_study("village")), tmp_path / "plan"
        plan.write(folder)
        parcel = plan.study.parcels["parcel_id"].iloc[0]
        told = zonevest("explain", folder, "--parcel", parcel, "--json")
        assert told.exit_code == 0
        assert json.loads(told.stdout)["options"]
        in_chinese = zonevest("explain", folder, "--parcel", parcel, "--lang", "zh")
        assert in_chinese.exit_code == 0
        assert CHINESE.search(in_chinese.stdout)
        several = ["--parcel", parcel, "--limit", "x"]
        for wrong in (["--parcel", "?"], ["--limit", "?"], ["--project", "?"], [], several):
            assert zonevest("explain", folder, *wrong).exit_code == 2


def test_compare_prints_writes_and_fails_where_figures_do_not_hold(solved: Path, tmp_path: Path) -> None:
    told = json.loads(zonevest("compare", solved, solved, "--json").stdout)
    assert told["names"] == ["village-plan", "village-plan (2)"]
    assert told["ok"]
    assert not told["inputs"]
    other = tmp_path / "other"
    shutil.copytree(solved, other)
    stated = json.loads((other / "plan.json").read_text(encoding="utf-8"))
    (other / "plan.json").write_text(json.dumps(stated | {"cash": stated["cash"] + 1.0}), encoding="utf-8")
    both = tmp_path / "both"
    wrong = zonevest("compare", solved, other, "-o", both, "--lang", "zh")
    assert wrong.exit_code == 1
    assert "未通过：other" in wrong.stdout
    assert {path.name for path in both.iterdir()} == {"comparison.html", "comparison.xlsx", "tables"}
    for arguments in ((solved,), (solved, tmp_path), (solved, other, "-o", both)):
        assert zonevest("compare", *arguments).exit_code == 2


class TestPareto:
    def test_a_front_is_written_with_its_plans(self, tmp_path: Path) -> None:
        done = zonevest("pareto", "village", "--points", "2", "--gap", "0.05", "-o", tmp_path / "front", "--json")
        assert done.exit_code == 0
        told = json.loads(done.stdout)
        assert len(told["points"]) == 2
        assert {"front.html", "points.csv", "solves.csv", "point-01"} <= {
            p.name for p in (tmp_path / "front").iterdir()
        }
        plan = api.read_plan(tmp_path / "front" / "point-02")
        assert plan.cash == pytest.approx(told["points"][1]["cash"])
        assert api.audit(tmp_path / "front" / "point-02").ok
        again = zonevest("pareto", "village", "-o", tmp_path / "front")
        assert again.exit_code == 2

    def test_what_was_asked_for_is_wrong(self) -> None:
        done = zonevest("pareto", "village", "--terms", "cash,nothing.such", "--lang", "zh")
        assert done.exit_code == 2
        assert "没有账户 'nothing.such'" in done.stderr


class TestAlternatives:
    def test_plans_near_the_best_are_written(self, tmp_path: Path) -> None:
        near = tmp_path / "near"
        asked = ("--count", "1", "--no-projects", "--parcel", "B07", "--spread-gap", "0.2", "--json")
        done = zonevest("alternatives", "village", *asked, "-o", near)
        assert done.exit_code == 0
        told = json.loads(done.stdout)
        assert [row["plan"] for row in told["table"]] == ["best", "1"]
        assert [row["parcel_id"] for row in told["parcels"] if row["how"] == "resolved"] == ["B07"]
        assert api.audit(near / "alternative-01").ok
        assert api.read_plan(near / "alternative-01").objective == pytest.approx(told["table"][1]["objective"])
        # a plan folder is taken as the best plan
        again = zonevest("alternatives", near / "best", "--count", "0", "--no-projects", "--lang", "zh")
        assert again.exit_code == 0
        assert "最优方案" in again.stdout
        for wrong, word in (
            (("village", "-o", near), "不存在"),
            (("village", "--parcel", "nobody"), "nobody"),
            ((near / "best", "--set", "rates.social=0.02"), "--set"),
        ):
            refused = zonevest("alternatives", *wrong, "--lang", "zh")
            assert refused.exit_code == 2
            assert word in refused.stderr

    def test_what_cannot_be_written_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from zonevest.reports.alternatives import Alternatives

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device", "near")

        monkeypatch.setattr(Alternatives, "write", full)
        done = zonevest("alternatives", "village", "--count", "0", "--no-projects", "-o", tmp_path / "near")
        assert done.exit_code == 2
        assert "Best plan" in done.stdout
        assert "No space left" in done.stderr

    def test_a_plan_that_its_audit_does_not_find_is_no_best_plan_without_a_word(self, tmp_path: Path) -> None:
        folder = tmp_path / "plan"
        assert zonevest("solve", "village", "--gap", "0.2", "-o", folder).exit_code == 0
        told = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        told["objective"] *= 1.02
        (folder / "plan.json").write_text(json.dumps(told), encoding="utf-8")
        done = zonevest("alternatives", folder, "--count", "0", "--no-projects", "--json")
        assert done.exit_code == 1
        assert "objective" in done.stderr
        assert json.loads(done.stdout)["table"][0]["holds"] is False
        assert not zv.alternatives(zv.read_plan(folder), count=0, projects=False).holds

    def test_stopped_by_ctrl_c(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from zonevest.nearby import Nearby

        def stop(*_: object, **__: object) -> Any:
            raise KeyboardInterrupt

        monkeypatch.setattr(Nearby, "solve", stop)
        done = zonevest("alternatives", "village", "-o", tmp_path / "near")
        assert done.exit_code == 130
        assert api.audit(tmp_path / "near" / "best").ok
        assert "Stopped on request" in done.stdout
