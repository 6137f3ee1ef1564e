"""A history on a real PostgreSQL, started from Debian's package."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from tests.records.history.conftest import END, START, WriteHistory, random_history

from qcanalysis.records.history import HistoryError, open_history, write_store

PASSWORD = "pa55'w@rd"
QUOTED = "pa55%27w%40rd"


def binary(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


@dataclass(frozen=True)
class Postgres:
    folder: Path

    def address(self, password: str = QUOTED) -> str:
        return f"postgresql://keeper:{password}@/postgres?host={self.folder}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    initdb, pg_ctl = binary("initdb"), binary("pg_ctl")
    if initdb is None or pg_ctl is None:
        pytest.skip(
            "NO POSTGRESQL HERE: reading a server is NOT tested (apt-get install postgresql)"
        )
    folder = Path(tempfile.mkdtemp(prefix="qc-pg-", dir="/tmp"))
    password = folder / "password"
    password.write_text(PASSWORD, "utf-8")
    as_owner: list[str] = []
    if os.getuid() == 0:  # the server refuses to run as root
        subprocess.run(["chown", "-R", "postgres", str(folder)], check=True)
        as_owner = ["runuser", "-u", "postgres", "--"]
    data = folder / "data"
    command = [initdb, "-D", str(data), "-U", "keeper", "-A", "scram-sha-256"]
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    try:
        subprocess.run(
            [*as_owner, *command, "--pwfile", str(password), "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        subprocess.run(
            [
                *as_owner,
                pg_ctl,
                "-D",
                str(data),
                "-w",
                "-l",
                str(folder / "log"),
                "-o",
                options,
                "start",
            ],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        yield Postgres(folder)
    finally:
        stop = [*as_owner, pg_ctl, "-D", str(data), "-m", "immediate", "stop"]
        subprocess.run(stop, check=False, capture_output=True, cwd=folder)
        shutil.rmtree(folder, ignore_errors=True)


def copied(postgres: Postgres, schema: str, frames: dict[str, pd.DataFrame]) -> None:
    import psycopg

    types = {
        "inspected_on": "date",
        "aql_percent": "numeric(6, 3)",
        "is_original_submission": "bool",
    }
    with psycopg.connect(postgres.address()) as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"')
        for name, frame in frames.items():
            columns = [
                f'"{column}" '
                + types.get(str(column), "bigint" if frame[column].dtype == "int64" else "text")
                for column in frame
            ]
            connection.execute(f'CREATE TABLE "{schema}".{name} ({", ".join(columns)})')
            with connection.cursor() as cursor:
                statement = f'COPY "{schema}".{name} FROM STDIN (FORMAT csv)'
                with cursor.copy(statement) as stream:
                    stream.write(frame.to_csv(index=False, header=False))


def test_a_server_gives_the_same_counts_as_the_files(
    postgres: Postgres, write_history: WriteHistory, tmp_path: Path
) -> None:
    frames = random_history(6, suppliers=5)
    copied(postgres, "quality", frames)
    with (
        open_history(write_history(**frames)) as files,
        open_history("quality", address=postgres.address()) as server,
    ):
        for name in ("class_counts", "lot_results", "lot_counts", "agency_counts"):
            pd.testing.assert_frame_equal(
                getattr(server, name)(START, END), getattr(files, name)(START, END)
            )
        pd.testing.assert_frame_equal(server.class_results("001"), files.class_results("001"))
        rows = len(frames["inspections"])
        assert server.source_files[0] == ("database: inspections", f"{rows} rows")
        store = write_store(server, tmp_path / "store")
        assert PASSWORD not in repr(server) + str(server.source_files) + str(server.assumptions)
    for file in store.rglob("*"):
        if file.is_file():
            assert b"pa55" not in file.read_bytes()
            assert b"keeper" not in file.read_bytes()


def test_bad_rows_on_a_server_are_listed_by_what_they_say(
    postgres: Postgres, tmp_path: Path
) -> None:
    frames = random_history(8, suppliers=5)
    frames["inspections"].loc[0, "sample_size"] = 10**7
    visit = frames["inspections"].loc[0, "inspection_id"]
    copied(postgres, "bad", {"visits": frames["inspections"]})
    mapping = tmp_path / "map.yaml"
    mapping.write_text("inspections: {source: visits}\n", "utf-8")
    with open_history("bad", address=postgres.address(), mapping=mapping) as history:
        problem = next(p for p in history.problems if p.rule == "sample above lot")
        assert (problem.file, problem.row) == ("visits", None)
        assert history.rows_unused == 3
        assert visit not in history.class_results("000")["inspection_id"].to_list()
    with pytest.raises(HistoryError, match="the table of inspections is missing"):
        open_history("bad", address=postgres.address())


@pytest.mark.parametrize("what", ["password", "server", "kind"])
def test_the_address_is_in_no_message(postgres: Postgres, what: str) -> None:
    address = {
        "password": postgres.address("wr0ng-secret"),
        "server": "postgresql://keeper:wr0ng-secret@localhost:1/nothing",
        "kind": "nosuchdatabase://keeper:wr0ng-secret@localhost/x",
    }[what]
    with pytest.raises(HistoryError, match="the server cannot be reached") as refused:
        open_history("", address=address)
    error: BaseException | None = refused.value
    assert error is not None
    assert error.__suppress_context__
    for word in ("wr0ng", "keeper", "localhost", str(postgres.folder)):
        assert word not in str(error)
        assert word not in repr(error)


def test_without_ibis_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "ibis", None)
    with pytest.raises(HistoryError, match=r"qcanalysis\[databases\]"):
        open_history("", address="postgresql://me:secret@host/db")
