"""Real servers for tests: a PostgreSQL of its own and a local Spark, started when first asked for and stopped at the end.

A test that asks for one is skipped where it cannot be had; where ICPFIT_FORBID_SKIPS is set that fails the run.
With pytest-xdist every worker has its own.
"""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SECONDS_TO_START = 60.0


class NotHereError(Exception):
    """A server cannot be started here; the words say why."""


@dataclass(frozen=True)
class PostgresServer:
    """``url`` of the database ``postgres``, with user and password. The server's own zone is not UTC, as at many companies."""

    url: str
    password: str

    def new_database(self, language: str | None = None) -> str:
        """The URL of an empty database; ``language`` ("en-US") orders texts as its dictionaries do, not by their bytes."""
        import psycopg

        name = f"db_{secrets.token_hex(6)}"
        how = f" LOCALE_PROVIDER icu ICU_LOCALE '{language}'" if language else ""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0{how}")  # type: ignore[arg-type]
        return re.sub(r"/postgres$", f"/{name}", self.url)


def postgres_programs() -> Path:
    """The folder with ``initdb`` and ``postgres``: the newest that Debian installed, or the one on PATH."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: (len(p.parent.name), p.parent.name), reverse=True)
    found = shutil.which("initdb")
    for folder in [*installed, *([Path(found).resolve().parent] if found else [])]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NotHereError("PostgreSQL is not installed (initdb and postgres are not there)")


def _servant() -> dict[str, Any]:
    """How to start a program as somebody else than root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise NotHereError("PostgreSQL does not run as root, and there is no user postgres or nobody")


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def postgres_running() -> Iterator[PostgresServer]:
    """A fresh server on 127.0.0.1 in a folder of its own, gone afterwards."""
    programs, servant = postgres_programs(), _servant()
    # Not in pytest's own folder, which nobody but the one who runs the tests may enter.
    folder = Path(tempfile.mkdtemp(prefix="icpfit-pg-", dir="/tmp"))
    process: subprocess.Popen[bytes] | None = None
    try:
        password = f"secret-{secrets.token_hex(8)}"
        (folder / "password").write_text(password)
        if servant:
            for path in (folder, folder / "password"):
                os.chown(path, servant["user"], servant["group"])
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": str(folder)}
        common: dict[str, Any] = {"cwd": folder, "env": environment, **servant}
        options = ["-U", "postgres", "--auth=scram-sha-256", "--pwfile=password", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        made = subprocess.run([programs / "initdb", "-D", "data", *options], capture_output=True, text=True, **common)
        if made.returncode != 0:
            raise NotHereError(f"initdb failed: {made.stderr.strip()[-500:]}")
        port = _free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": folder,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "autovacuum": "off",
            "timezone": "Asia/Kolkata",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([programs / "postgres", "-D", "data", *flags], stdout=log, stderr=log, **common)
        url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        _wait_for_postgres(process, url, folder / "log")
        yield PostgresServer(url, password)
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)  # a fast shutdown: clients are cut off
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for_postgres(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    import psycopg

    end = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
            return
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > end:
                said = log.read_text(errors="replace").strip()[-500:]
                raise NotHereError(f"PostgreSQL did not start: {error}; {said}") from None
            time.sleep(0.05)


@contextmanager
def spark_running() -> Iterator[SparkSession]:
    """A session on one thread in a folder of its own, with Spark's own defaults where they bear on what SQL means."""
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        raise NotHereError("Spark needs Java, and there is none")
    folder = Path(tempfile.mkdtemp(prefix="icpfit-spark-"))
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder / "local"),
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "OFF",
        # Tiny tables and many queries: what takes the time is to compile them.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={folder} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    try:
        with warnings.catch_warnings():
            # Spark's own code warns of its own future; ours warns nobody here.
            warnings.simplefilter("ignore")
            from pyspark.sql import SparkSession

            builder = SparkSession.builder.master("local[1]").appName("icpfit tests")
            for name, value in settings.items():
                builder = builder.config(name, value)
            session = builder.getOrCreate()
        try:
            yield session
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                session.stop()
                # The Java process ends with its gateway, not with the session.
                from pyspark import SparkContext

                gateway = SparkContext._gateway
                if gateway is not None:
                    gateway.shutdown()
                    gateway.proc.stdin.close()
                    gateway.proc.wait(timeout=30)
                    SparkContext._gateway = SparkContext._jvm = None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL, one for the whole run; ``new_database()`` gives a test its own database."""
    pytest.importorskip("psycopg")
    try:
        with postgres_running() as server:
            yield server
    except NotHereError as reason:
        pytest.skip(str(reason))


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """The URL of an empty database, a new one for each test."""
    return postgres_server.new_database()


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """A real Spark on this machine, one session for the whole run."""
    pytest.importorskip("pyspark")
    try:
        with spark_running() as session:
            yield session
    except NotHereError as reason:
        pytest.skip(str(reason))
