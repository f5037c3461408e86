"""LibreOffice without a window, with a profile of its own, which calculates a workbook anew whatever it says of its results."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

SECONDS = 240
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


class Office:
    def __init__(self, program: str, folder: Path) -> None:
        self._program, self._folder = program, folder
        (folder / "profile" / "user").mkdir(parents=True)
        (folder / "profile" / "user" / "registrymodifications.xcu").write_text(_SETTINGS)

    def calculated(self, workbook: bytes, sheet: int) -> list[list[str]]:
        """The cells of a sheet (the first is 1) after a calculation, numbers with all their digits."""
        (self._folder / "book.xlsx").write_bytes(workbook)
        for old in self._folder.glob("book*.csv"):
            old.unlink()
        # comma, quote, UTF-8, from the first line, no column formats, English (US), every text quoted, numbers as they are
        self._run("--convert-to", f"csv:Text - txt - csv (StarCalc):44,34,76,1,,1033,true,false,false,false,false,{sheet}", "book.xlsx")
        (found,) = self._folder.glob("book*.csv")
        with found.open(encoding="utf-8", newline="") as lines:
            return list(csv.reader(lines))

    def _run(self, *arguments: str) -> None:
        profile = f"-env:UserInstallation={(self._folder / 'profile').as_uri()}"
        process = subprocess.Popen(
            [self._program, profile, "--headless", "--norestore", *arguments],
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            said, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        assert process.returncode == 0, said.decode(errors="replace")[-2000:]


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A LibreOffice on this machine; the test is skipped where there is none."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice is not installed (soffice is not there)")
    return Office(program, tmp_path_factory.mktemp("office"))
