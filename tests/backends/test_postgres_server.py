"""What a Postgres store says of a server, or of what is there, that cannot be its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from stories import step, submitted

from flopod.backend import RunQuery
from flopod.errors import BackendError
from flopod_backends import PostgresBackend, open_backend, postgres_open
from flopod_backends.postgres_errors import Lost
from flopod_backends.postgres_url import address
from postgres_server import VARIABLE


@pytest.fixture
async def server(postgres_server: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Give a connection to the server."""
    connection = await asyncpg.connect(postgres_server)
    yield connection
    await connection.close()


async def refused(url: str) -> str:
    """Return what is said when the store there cannot be opened: one line."""
    store = PostgresBackend(url)
    with pytest.raises(BackendError) as error:
        await store.list_runs(RunQuery())
    await store.close()
    assert "\n" not in str(error.value)
    return str(error.value)


async def test_a_database_that_is_not_there_is_told(postgres_server: str) -> None:
    there = urlsplit(postgres_server)
    assert "has no such database" in await refused(there._replace(path="/nowhere").geturl())


async def test_a_server_that_is_not_there_is_told_within_some_seconds(tmp_path: Path) -> None:
    async with asyncio.timeout(8):
        assert "cannot be reached" in await refused(f"postgresql:///db?host={tmp_path}")
        assert "nothing listens" in await refused("postgresql://127.0.0.1:1/db")


async def test_a_user_without_rights_is_told_what_to_ask_for(
    postgres_server: str, server: asyncpg.Connection[asyncpg.Record]
) -> None:
    await server.execute("DROP ROLE IF EXISTS nobody_here")
    await server.execute("CREATE ROLE nobody_here LOGIN")
    there = urlsplit(postgres_server)
    told = await refused(f"postgresql://nobody_here@{there.path}?{there.query}&schema=t_theirs")
    assert "CREATE SCHEMA" in told
    await server.execute("DROP ROLE nobody_here")


async def test_a_read_only_replica_is_told(postgres: str) -> None:
    told = await refused(f"{postgres}&default_transaction_read_only=on")
    assert "is a read-only replica; name the primary" in told


async def test_tables_of_another_program_are_left_alone(
    postgres: str, server: asyncpg.Connection[asyncpg.Record]
) -> None:
    schema = postgres.rpartition("=")[2]
    await server.execute(f'CREATE SCHEMA "{schema}"; CREATE TABLE "{schema}".runs (id int)')
    assert "holds tables of another program (runs)" in await refused(postgres)
    assert await server.fetchval(f'SELECT count(*) FROM "{schema}".runs') == 0


async def test_a_store_written_by_a_newer_version_is_refused(
    postgres: str, server: asyncpg.Connection[asyncpg.Record]
) -> None:
    store = PostgresBackend(postgres)
    await store.append("r1", [submitted()])
    await store.close()
    schema = postgres.rpartition("=")[2]
    await server.execute(f'INSERT INTO "{schema}".format VALUES (2)')
    assert "newer flopod (format 2, this one reads 1)" in await refused(postgres)


async def test_a_store_that_lacks_a_table_is_told(
    postgres: str, server: asyncpg.Connection[asyncpg.Record]
) -> None:
    store = PostgresBackend(postgres)
    await store.append("r1", [submitted()])
    await store.close()
    await server.execute(f'DROP TABLE "{postgres.rpartition("=")[2]}".runs')
    assert "lacks a table of the store; restore it from a backup" in await refused(postgres)


async def test_too_old_a_server_is_told(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_open, "_OLDEST", 99)
    assert "flopod needs 99 or later" in await refused(postgres)


async def test_a_setting_that_is_none_is_told_by_name(postgres: str) -> None:
    assert "bogus" in await refused(f"{postgres}&bogus=1")
    assert "sslmode" in await refused(f"{postgres}&sslmode=bogus")


async def test_many_that_come_first_make_the_tables_once(postgres: str) -> None:
    stores = [PostgresBackend(postgres) for _ in range(6)]
    await asyncio.gather(*(store.append("r1", [step()]) for store in stores))
    assert len(await stores[0].events("r1")) == 6
    for store in stores:
        await store.close()


async def test_a_store_of_two_schemas_is_two_stores(
    postgres: str, server: asyncpg.Connection[asyncpg.Record]
) -> None:
    one, two = PostgresBackend(postgres), PostgresBackend(f"{postgres}_2")
    await one.append("r1", [submitted()])
    assert await two.summary("r1") is None
    for store in (one, two):
        await store.close()
    await server.execute(f'DROP SCHEMA "{postgres.rpartition("=")[2]}_2" CASCADE')


async def test_another_connection_that_has_the_same_process_behind_it_is_a_pooler(
    postgres: str,
) -> None:
    store = PostgresBackend(postgres)
    await store.append("r1", [submitted()])
    connection = await asyncpg.connect(address(postgres).dsn)
    store._writes.process = (await connection.fetchval("SELECT pg_backend_pid()"), "")
    with pytest.raises(BackendError, match="pooler in transaction mode"):
        await store._prepare_reader(connection)
    await connection.close()
    await store.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://alice:s3cret@db:5433/runs",
        "postgres://alice:s3cret@/runs?host=/run/pg",
        "postgresql://db/runs?user=alice&password=s3cret",
    ],
)
def test_a_password_is_never_told(url: str) -> None:
    store = open_backend(url)
    assert "s3cret" not in store.url
    assert "alice" in store.url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///runs?host=/run/pg",
        "postgresql://alice@[::1]:5433/runs",
        "postgresql://alice@one:5432,two:5433/runs?target_session_attrs=read-write",
        "postgresql://al%40ice@db/runs?schema=other",
    ],
)
def test_a_store_is_told_as_it_is_opened_again(url: str) -> None:
    assert PostgresBackend(url).url == url


@pytest.mark.parametrize("host", ["db:port", "db:99999", "[::1", "a:b:c", "one,two:x"])
def test_a_host_that_cannot_be_one_is_refused_by_name(host: str) -> None:
    with pytest.raises(
        BackendError, match=r"the Postgres url (cannot be read|names host '.+'; take)"
    ):
        PostgresBackend(f"postgresql://alice@{host}/runs")


@pytest.mark.parametrize("password", ["s3/cret", "s3?cret", "s3#cret", "s3@cret/:x"])
def test_a_password_that_hides_the_host_is_not_told(password: str) -> None:
    with pytest.raises(BackendError) as refused:
        PostgresBackend(f"postgresql://alice:{password}@db/runs")
    assert "s3" not in str(refused.value)
    assert "cret" not in str(refused.value)


@pytest.mark.parametrize("url", ["postgresql:///runs", "postgresql://", "postgresql://db/runs"])
def test_a_store_tells_the_url_that_opens_it(url: str) -> None:
    assert open_backend(open_backend(url).url).url == url


@pytest.fixture
async def guarded(postgres: str, server: asyncpg.Connection[asyncpg.Record]) -> AsyncIterator[str]:
    """Give the URL, without its password, of a store whose user has the password s3cret."""
    user, there = "with_a_password", urlsplit(postgres)
    await server.execute(f"DROP ROLE IF EXISTS {user}")
    await server.execute(f"CREATE ROLE {user} LOGIN SUPERUSER PASSWORD 's3cret'")
    url = f"postgresql://{user}@{there.path}?{there.query}"
    with first_rule(await server.fetchval("SHOW hba_file"), f"local all {user} scram-sha-256"):
        await server.execute("SELECT pg_reload_conf()")
        async with asyncio.timeout(10):
            while await lets_in(url):  # noqa: ASYNC110 (the server reads its rules in its own time)
                await asyncio.sleep(0.01)
        yield url
    await server.execute("SELECT pg_reload_conf()")
    await server.execute(f"DROP OWNED BY {user}")
    await server.execute(f"DROP ROLE {user}")


@contextmanager
def first_rule(file: str, rule: str) -> Iterator[None]:
    """Have a rule stand before all others of a file until the end of the block."""
    rules = Path(file)
    before = rules.read_text()
    try:
        rules.write_text(f"{rule}\n{before}")
        yield
    finally:
        rules.write_text(before)


async def lets_in(url: str) -> bool:
    """Return whether the server takes a user without a password."""
    try:
        connection = await asyncpg.connect(address(url).dsn)
    except asyncpg.InvalidPasswordError:
        return False
    await connection.close()
    return True


@pytest.mark.skipif(VARIABLE in os.environ, reason="writes the server's pg_hba.conf")
async def test_a_password_is_asked_for_and_taken_from_url_or_environment(
    guarded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = guarded.replace("@", ":wr0ng@", 1)
    for url in (guarded, wrong):
        told = await refused(url)
        assert "set PGPASSWORD or ~/.pgpass" in told
        assert "wr0ng" not in told
    monkeypatch.setenv("PGPASSWORD", "s3cret")
    for url in (guarded, guarded.replace("@", ":s3cret@", 1)):
        store = PostgresBackend(url)
        assert await store.list_runs(RunQuery()) == []
        assert store.url == guarded.partition("&schema=")[0] + "&schema=" + address(url).schema
        await store.close()


async def test_a_password_that_is_wrong_is_told_without_it() -> None:
    told = await refused("postgresql://alice:s3cret@127.0.0.1:1/runs")
    assert "s3cret" not in told


@pytest.mark.parametrize("parameters", [(), (1, 2), ("one",), (2**40,)])
async def test_parameters_that_no_server_would_take_are_told_at_once_and_cost_no_connection(
    postgres: str, parameters: tuple[object, ...]
) -> None:
    store = PostgresBackend(postgres)
    await store.append("r1", [submitted()])
    before = store._writes.process
    async with asyncio.timeout(3):
        with pytest.raises(BackendError, match="argument") as refused:
            await store._writes.read("SELECT $1::int", *parameters)
    assert not isinstance(refused.value, Lost)
    assert "\n" not in str(refused.value)
    assert store._writes.process == before
    await store.close()


@pytest.mark.parametrize("name", ["Big", "a-b", "", "x" * 64, 'a"b'])
def test_a_schema_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(BackendError, match="small letters"):
        PostgresBackend("postgresql:///runs", schema=name or " ")


async def test_a_forked_child_is_told_to_open_the_store_again(postgres: str) -> None:
    store = PostgresBackend(postgres)
    await store.append("r1", [submitted()])
    child = os.fork()
    if child == 0:
        try:
            store._writes.check_process()
        except BackendError:
            os._exit(7)
        os._exit(0)
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    assert os.waitstatus_to_exitcode(status) == 7
    await store.close()


async def test_a_run_id_that_another_run_has_in_other_letters_is_refused(postgres: str) -> None:
    store = PostgresBackend(postgres)
    await store.append("r1", [submitted()])
    with pytest.raises(Exception, match="only upper and lower case differ"):
        await store.append("R1", [submitted()])
    await store.close()
