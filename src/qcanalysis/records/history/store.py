"""The store of record: sound rows as Parquet in buckets of suppliers, switched by one rename.

A store is a folder with ``store.json``, which names the folder of the version in force. A new
version is written aside, synced to disk and put in force by replacing that one small file, so a
reader sees the old one or the new one and a kill at any moment leaves either. The version before
is kept for those who still read it.
"""

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qcanalysis.records.history.checking import Check, in_order
from qcanalysis.records.history.locations import STORE_FILE
from qcanalysis.records.history.problems import HistoryProblem, refusal
from qcanalysis.records.history.refine import BY_DAY, sort_into_buckets, stored_rows
from qcanalysis.records.history.schema import TABLES
from qcanalysis.records.history.sql import literal

if TYPE_CHECKING:
    import duckdb

SCHEMA_VERSION = 2
ROWS_PER_BUCKET = 100_000
_ROWS_PER_GROUP, _ROWS_PER_GROUP_BY_DAY = 20_000, 100_000
_META, _PROBLEMS = "meta.json", "problems.json"


@dataclass(frozen=True)
class Meta:
    """What a version of a store says about itself.

    Attributes
    ----------
    tables
        Tables that the history has.
    source_files
        Name and SHA-256 of each file read; for a server, tables and rows, never its address.
    rows, rows_unused
        Rows of inspections that are used, and not used.
    """

    schema_version: int
    title: str
    is_simulated: bool
    time_zone: str
    note: str
    buckets: int
    tables: tuple[str, ...]
    source_files: tuple[tuple[str, str], ...]
    assumptions: tuple[str, ...]
    totals: dict[str, int]
    rows: int
    rows_unused: int
    first_date: str | None
    last_date: str | None


def bucket_number(supplier_id: str, buckets: int) -> int:
    """Bucket that holds the rows of a supplier.

    Examples
    --------
    >>> bucket_number("S-001", 1)
    0
    """
    return int(hashlib.md5(supplier_id.encode(), usedforsecurity=False).hexdigest()[:8], 16) % (
        buckets
    )


def bucket_file(version: Path, bucket: int) -> Path:
    """File of one bucket of inspections.

    Examples
    --------
    >>> bucket_file(Path("v"), 3).as_posix()
    'v/inspections/bucket=0003/part.parquet'
    """
    return version / "inspections" / f"bucket={bucket:04d}" / "part.parquet"


def write_version(check: Check, version: Path) -> None:
    """Write the sound rows, the problems and the meta file of a finished check into a folder."""
    connection = check.connection
    rows = _number(connection, "SELECT count(*) FROM sound")
    buckets = max(1, -(-rows // ROWS_PER_BUCKET))
    unused = _number(connection, "SELECT count(*) FROM raw_inspections") - rows
    first, last = connection.execute(
        "SELECT min(inspected_on), max(inspected_on) FROM sound"
    ).fetchall()[0]
    assumptions = [*check.sources.assumptions, *_assumed_shipments(connection)]
    version.mkdir(parents=True)
    _write_inspections(connection, version, buckets)
    for table in check.sources.tables:
        if table not in ("inspections", "findings", "suppliers"):
            names = ", ".join(column.name for column in TABLES[table])
            query = f"SELECT {names} FROM sound_{table} ORDER BY ALL"
            _copy(connection, query, version / f"{table}.parquet")
    if "findings" in check.sources.tables:
        query = (
            "SELECT f.inspection_id, defect_code, f.defect_class, count, supplier_id, lot_id, "
            "inspected_on, is_counted FROM sound_findings AS f JOIN stored AS s "
            "ON f.inspection_id = s.inspection_id AND s.is_first_row "
            "ORDER BY supplier_id, inspected_on, ALL"
        ).replace(", ALL", ", f.inspection_id, f.defect_class, defect_code, count")
        _copy(connection, query, version / "findings.parquet")
    _copy(connection, _suppliers(check.sources.tables), version / "suppliers.parquet")
    query = 'SELECT "table", rule, supplier_id, rows FROM unused ORDER BY ALL'
    _copy(connection, query, version / "unused.parquet")
    about = check.sources.about
    meta = Meta(
        schema_version=SCHEMA_VERSION,
        title=about.title,
        is_simulated=about.is_simulated,
        time_zone=about.time_zone,
        note=about.note,
        buckets=buckets,
        tables=tuple(check.sources.tables),
        source_files=tuple(check.sources.files),
        assumptions=tuple(assumptions),
        totals=dict(check.totals),
        rows=rows,
        rows_unused=unused,
        first_date=str(first) if first else None,
        last_date=str(last) if last else None,
    )
    problems = [asdict(problem) for problem in in_order(check.problems)]
    (version / _PROBLEMS).write_text(json.dumps(problems, ensure_ascii=False), "utf-8")
    text = json.dumps(asdict(meta), ensure_ascii=False, indent=1)
    (version / _META).write_text(text, "utf-8")


def _write_inspections(
    connection: "duckdb.DuckDBPyConnection", version: Path, buckets: int
) -> None:
    """Write the sound inspections, bucket by bucket and by day; ``stored`` is a view of them."""
    sort_into_buckets(connection, buckets)
    files = [bucket_file(version, bucket) for bucket in range(buckets)]
    for bucket, file in enumerate(files):
        file.parent.mkdir(parents=True)
        _copy(connection, stored_rows(bucket), file)
    connection.execute("DROP TABLE judged")
    written = ", ".join(literal(str(file)) for file in files)
    connection.execute(
        f"CREATE TEMP VIEW stored AS SELECT * FROM read_parquet([{written}], "
        "hive_partitioning = false)"
    )
    for name, query in BY_DAY.items():
        _copy(connection, query, version / f"{name}.parquet", _ROWS_PER_GROUP_BY_DAY)


def _copy(
    connection: "duckdb.DuckDBPyConnection",
    query: str,
    file: Path,
    rows_per_group: int = _ROWS_PER_GROUP,
) -> None:
    connection.execute(
        f"COPY ({query}) TO {literal(str(file))} "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {rows_per_group})"
    )


def _number(connection: "duckdb.DuckDBPyConnection", query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _assumed_shipments(connection: "duckdb.DuckDBPyConnection") -> list[str]:
    count = _number(
        connection,
        "SELECT count(DISTINCT inspection_id) FROM sound ANTI JOIN sound_lots "
        "USING (supplier_id, lot_id) WHERE disposition IS NULL "
        "AND kind IN ('pre_shipment', 'reinspection')",
    )
    if not count:
        return []
    unknown = f"Of {count:,} inspections it is not said what became of the lot"
    if _number(connection, "SELECT count(*) FROM sound_lots"):
        return [f"{unknown}: no lot of theirs is in the lots table, so it did not ship."]
    return [f"{unknown}: it is taken as shipped when it was accepted, and else as not shipped."]


def _suppliers(tables: list[str]) -> str:
    own = [table for table in tables if table not in ("inspections", "findings", "suppliers")]
    ids = " UNION ".join(
        ["SELECT supplier_id FROM stored", "SELECT supplier_id FROM sound_suppliers"]
        + [f"SELECT supplier_id FROM sound_{table}" for table in own]
    )
    return (
        f"SELECT supplier_id, coalesce(supplier_name, supplier_id) AS supplier_name, country "
        f"FROM ({ids}) LEFT JOIN sound_suppliers USING (supplier_id) "
        "WHERE supplier_id IS NOT NULL ORDER BY supplier_id"
    )


def read_meta(version: Path) -> Meta:
    """Meta file of a version.

    Raises
    ------
    HistoryError
        If it cannot be read, or was written by another version of the package.
    """
    name = version.parent.name
    try:
        content: dict[str, Any] = json.loads((version / _META).read_text("utf-8"))
        if content.get("schema_version") != SCHEMA_VERSION:
            raise refusal(
                name,
                f"the store has schema version {content.get('schema_version')}, and this is "
                f"{SCHEMA_VERSION}",
                "Build the store again from its source.",
            )
        lists = ("tables", "assumptions")
        content |= {key: tuple(content[key]) for key in lists}
        content["source_files"] = tuple((str(a), str(b)) for a, b in content["source_files"])
        return Meta(**content)
    except (OSError, json.JSONDecodeError, KeyError, TypeError) as error:
        message = f"the store cannot be read ({type(error).__name__})"
        raise refusal(name, message, "Build it again from its source.") from None


def read_problems(version: Path) -> list[HistoryProblem]:
    """Problems that the check of a version listed, errors first."""
    return [
        HistoryProblem(**problem)
        for problem in json.loads((version / _PROBLEMS).read_text("utf-8"))
    ]


def version_in_force(store: Path) -> Path:
    """Folder of the version that a store's ``store.json`` names.

    Raises
    ------
    HistoryError
        If the file is damaged.
    """
    try:
        return (
            store / Path(str(json.loads((store / STORE_FILE).read_text("utf-8"))["version"])).name
        )
    except (OSError, ValueError, KeyError, TypeError):
        message = "store.json is damaged or cannot be read"
        raise refusal(store.name, message, "Build the store again from its source.") from None


def publish(version: Path, store: Path) -> Path:
    """Copy a version into a store and put it in force; returns the store.

    Raises
    ------
    FileExistsError
        If the folder holds something else.
    """
    from filelock import FileLock

    if store.exists() and any(store.iterdir()) and not (store / STORE_FILE).is_file():
        others = [path.name for path in store.iterdir() if not _is_leftover(path)]
        if others:
            raise FileExistsError(
                f"{store} holds {others[0]!r} and is no store; give an empty or a new folder"
            )
    store.mkdir(parents=True, exist_ok=True)
    with FileLock(store / ".lock"):
        is_first = not (store / STORE_FILE).is_file()
        before = "" if is_first else version_in_force(store).name
        number = max((int(p.name[1:]) for p in store.glob("v[0-9]*")), default=0) + 1
        new = store / f"v{number:06d}"
        shutil.copytree(version, new)
        _sync(new)
        temporary = store / f"{STORE_FILE}.new"
        temporary.write_text(json.dumps({"version": new.name}), "utf-8")
        _sync(temporary)
        os.replace(temporary, store / STORE_FILE)  # noqa: PTH105 - the word for an atomic switch
        _sync_one(store)
        for old in store.glob("v[0-9]*"):
            if old.name not in (before, new.name):
                shutil.rmtree(old, ignore_errors=True)
    return store


def _is_leftover(path: Path) -> bool:
    """Whether a killed first write may have left this behind."""
    is_version = path.name[:1] == "v" and path.name[1:].isdigit()
    return path.name in (".lock", f"{STORE_FILE}.new") or is_version


def _sync(path: Path) -> None:
    for inner in sorted(path.rglob("*")) if path.is_dir() else []:
        _sync_one(inner)
    _sync_one(path)


def _sync_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
