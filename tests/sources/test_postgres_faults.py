"""What can be wrong with a PostgreSQL is one plain sentence, and never shows the password."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from databases import Frames, postgres_do, write_postgres
from servers import PostgresServer

from icpfit.cli import main
from icpfit.config import DatabaseSource, PostgresSource, load_config, parse_config
from icpfit.errors import ConfigError, SourceError
from icpfit.sources.database import read_database
from icpfit.sources.intake import Intake

VARIABLE = "ICPFIT_TEST_PG_URL"
CONFIG = f"source: {{kind: postgres, url_env: {VARIABLE}}}\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "acme.yaml").write_text(CONFIG)
    return tmp_path / "acme.yaml"


def checked(config: Path, url: str | None) -> Result:
    return CliRunner(env={VARIABLE: url}).invoke(main, ["check", "--config", str(config)])


def sentence(result: Result, secret: str) -> str:
    """The one line and its hint; exit code 2, no traceback, no secret."""
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert secret not in result.output
    assert re.fullmatch(r"icpfit: .+\nHint: .+\n", result.output), result.output
    return result.output


def test_a_variable_that_is_not_set(config: Path) -> None:
    for url in (None, ""):
        words = sentence(checked(config, url), "secret-")
        assert f"source.url_env names the variable {VARIABLE}, which is not set" in words
        assert f"export {VARIABLE}=postgresql://USER:PASSWORD@HOST:5432/DATABASE" in words


@pytest.mark.parametrize(
    "url",
    [
        "postgres//ann:hunter2@db.example/crm",
        "postgresql://ann:hunter2@db.example/crm?sslmode",
        "host=db.example password=hunter2 nonsense",
        "hunter2",
    ],
)
def test_an_address_that_is_none_is_not_shown(config: Path, url: str) -> None:
    assert "no address of a PostgreSQL database" in sentence(checked(config, url), "hunter2")


def test_a_server_that_is_not_there_or_lets_nobody_in(config: Path, postgres_server: PostgresServer) -> None:
    right, secret = postgres_server.url, postgres_server.password
    nowhere = re.sub(r":\d+/", ":1/", right)
    assert "cannot be reached" in sentence(checked(config, nowhere), secret)
    wrong = right.replace(secret, "hunter2")
    assert "password authentication failed" in sentence(checked(config, wrong), "hunter2")
    assert 'database "gone" does not exist' in sentence(checked(config, re.sub("/postgres$", "/gone", right)), secret)


def test_a_password_that_the_server_s_words_hold_hides_the_words(config: Path, postgres_server: PostgresServer) -> None:
    """A password that is also the user's name must not be shown under that name either."""
    url = re.sub("//[^@]+@", "//hunter2:hunter2@", postgres_server.url)
    sentence(checked(config, url), "hunter2")


def test_an_empty_database_and_a_schema_that_is_not_there(config: Path, postgres_url: str, postgres_server: PostgresServer) -> None:
    words = sentence(checked(config, postgres_url), postgres_server.password)
    assert "PostgreSQL, schema public: there is no table or view 'accounts'; it holds no tables" in words
    config.write_text(f"source: {{kind: postgres, url_env: {VARIABLE}, schema: sales}}\n")
    words = sentence(checked(config, postgres_url), postgres_server.password)
    assert "there is no schema 'sales'" in words
    assert "it has public; source.schema names it" in words


def test_a_table_that_may_not_be_read(company: Frames, config: Path, postgres_url: str, postgres_server: PostgresServer) -> None:
    write_postgres(postgres_url, company)
    reader = f"reader_{postgres_url.rsplit('_', 1)[1]}"
    postgres_do(postgres_url, f"CREATE ROLE {reader} LOGIN PASSWORD 'hunter2'", f"GRANT SELECT ON accounts TO {reader}")
    url = re.sub("//[^@]+@", f"//{reader}:hunter2@", postgres_url)
    words = sentence(checked(config, url), "hunter2")
    assert "public.deals: PostgreSQL gives no permission to read it (permission denied for table deals)" in words
    assert "GRANT SELECT" in words


def test_a_view_that_fails_on_the_way(company: Frames, config: Path, postgres_url: str, postgres_server: PostgresServer) -> None:
    write_postgres(postgres_url, company)
    postgres_do(postgres_url, "ALTER TABLE deals RENAME TO raw", "CREATE VIEW deals AS SELECT *, 1 / (amount - 7)::int AS x FROM raw")
    assert "public.deals: PostgreSQL cannot read it (division by zero)" in sentence(checked(config, postgres_url), postgres_server.password)


def test_a_row_that_is_too_long_to_be_parsed(company: Frames, config: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_postgres(postgres_url, company)
    monkeypatch.setattr("icpfit.sources.postgres_copy.BLOCK", 1000)
    postgres_do(postgres_url, "ALTER TABLE deals ADD COLUMN body text", "UPDATE deals SET body = repeat('x', 5000)")
    words = sentence(checked(config, postgres_url), "secret-")
    assert "public.deals: cannot be read after row 0" in words
    assert "make a view without its long or odd columns" in words


def test_two_columns_that_differ_only_in_case(company: Frames, config: Path, postgres_url: str, postgres_server: PostgresServer) -> None:
    write_postgres(postgres_url, company)
    postgres_do(postgres_url, 'ALTER TABLE deals ADD COLUMN "Stage" text')
    assert "public.deals: the column 'Stage' comes twice" in sentence(checked(config, postgres_url), postgres_server.password)


def test_without_psycopg(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    words = sentence(checked(config, "postgresql://ann:hunter2@localhost/crm"), "hunter2")
    assert "reading PostgreSQL needs the package psycopg, which is not there" in words
    assert "pip install 'icpfit[postgres]'" in words


def test_nothing_is_written_to_the_database(company: Frames, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A view that would write is refused by the transaction itself."""
    write_postgres(postgres_url, company)
    postgres_do(
        postgres_url,
        "CREATE FUNCTION bump() RETURNS integer LANGUAGE sql AS 'DELETE FROM events; SELECT 1'",
        "CREATE VIEW signals AS SELECT 'A' AS account_id, now() AS occurred_at, 'x' AS signal, bump() AS n",
    )
    monkeypatch.setenv(VARIABLE, postgres_url)
    source = PostgresSource.model_validate({"kind": "postgres", "url_env": VARIABLE})
    with pytest.raises(SourceError, match="read-only transaction"):
        read_database(source, Intake(0.5))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("kind: postgres, url: 'postgresql://ann:hunter2@db/crm', url_env: X", "source.url: there is no such setting"),
        ("kind: postgres, url_env: 'postgresql://ann:hunter2@db/crm'", "source.url_env: must be the name of a variable of the environment"),
        ("kind: postgres", "source.url_env: is needed and is not there"),
        ("kind: postgres, url_env: X, shema: sales", "did you mean 'schema'?"),
        ("kind: postgres, url_env: X, schema: ''", "source.schema: needs a text of 1 or more letters"),
        ("kind: postgres, url_env: X, files: {deals: x}", "source.files: there is no such setting"),
        ("kind: duckdb, path: x, tables: {deals: 1}", "source.tables.deals: must be text, not 1"),
        ("kind: mysql, path: x", "there is no kind 'mysql'"),
    ],
)
def test_a_declaration_that_is_wrong(written: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(f"source: {{{written}}}", Path("acme.yaml"))
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_where_a_table_lies_is_no_part_of_the_declaration_and_how_it_is_read_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICPFIT_TEST_DATA", "/data")

    def fingerprint(source: str) -> str:
        (tmp_path / "acme.yaml").write_text(f"source: {{{source}}}")
        return load_config(tmp_path / "acme.yaml").fingerprint()

    folder = fingerprint("kind: folder, path: data, files: {deals: d.csv}")
    assert folder == fingerprint("kind: duckdb, path: '${ICPFIT_TEST_DATA}/acme.duckdb', schema: sales, tables: {deals: d}")
    assert folder == fingerprint("kind: postgres, url_env: X, schema: sales")
    mapped = "values: {deals: {stage: {Won: won}}}"
    assert folder != fingerprint(f"kind: folder, path: data, {mapped}") == fingerprint(f"kind: postgres, url_env: X, {mapped}")
    (tmp_path / "acme.yaml").write_text("source: {kind: duckdb, path: '${ICPFIT_TEST_DATA}/a.duckdb'}")
    assert load_config(tmp_path / "acme.yaml").source.path == Path("/data/a.duckdb")


@pytest.mark.parametrize("name", ["duckdb", "postgres"])
def test_the_examples_are_configurations(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_WAREHOUSE", "/data")
    source = load_config(Path(__file__).parents[2] / "configs" / "examples" / f"{name}.yaml").source
    assert source.kind == name
    assert isinstance(source, DatabaseSource)
    assert source.schema_name != type(source).model_fields["schema_name"].default
