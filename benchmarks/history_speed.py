"""Speed of `qcanalysis.records.history` on ten million rows of inspections, and its memory.

Run it with ``python benchmarks/history_speed.py [--rows N] [--suppliers N]``. It draws a history
in SQL, checks it, keeps it as a store, and asks the store in a fresh process each time, so that
the peak of memory is that of the question alone.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

MONTHS = 48
ASK = """
import json, statistics, sys, time
from datetime import date
start = time.perf_counter()
from qcanalysis.records.history import open_history
history = open_history(sys.argv[1])
opened = time.perf_counter() - start
period = date(2026, 10, 1), date(2026, 10, 31)
def seconds(task, repeats):
    times = []
    for _ in range(repeats):
        begin = time.perf_counter(); task(); times.append(time.perf_counter() - begin)
    return times[0], statistics.median(times[1:])
def counts(*window):
    history.class_counts(*window); history.lot_results(*window); history.lot_counts(*window)
def month():
    counts(*period)
def year():
    counts(date(2025, 11, 1), period[1])
names = history.suppliers()["supplier_id"].to_list()
turn = iter(names * 9)
tasks = {"month": month, "year": year, "rows": lambda: history.class_results(next(turn))}
first, warm = seconds(tasks[sys.argv[2]], 41 if sys.argv[2] == "rows" else 4)
peak = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps({"opened": opened, "first": first, "warm": warm, "peak": peak}))
"""


def drawn(folder: Path, rows: int, suppliers: int) -> Path:
    """Parquet file with a history of that many rows, drawn in SQL from a fixed seed."""
    visits = rows // 3
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2; SET memory_limit = '1GB'; SELECT setseed(0.42)")
        connection.execute(f"SET temp_directory = '{folder}'")
        connection.execute(
            f"""COPY (
            SELECT printf('V%09d', visit) AS inspection_id,
                printf('S%05d', visit % {suppliers}) AS supplier_id,
                DATE '2022-11-01' + CAST(hash(visit) % {MONTHS * 30} AS INTEGER) AS inspected_on,
                printf('L%09d', visit) AS lot_id,
                300 + hash(visit + 7) % 20000 AS lot_size,
                'family ' || visit % 3 AS sku_family,
                hash(visit + 1) % 20 > 0 AS is_original_submission,
                unnest(['critical', 'major', 'minor']) AS defect_class,
                unnest([0.0, 2.5, 4.0]) AS aql_percent,
                unnest([0, 5, 7]) AS acceptance_number,
                [80, 125, 200][1 + visit % 3] AS sample_size,
                hash(visit * 3 + unnest([0, 1, 2])) % (1 + unnest([0, 6, 8]))
                    AS nonconforming_count,
                'I' || visit % 40 AS inspector_id,
                'agency ' || visit % 4 AS agency,
                ['shipped', 'shipped', 'conceded', 'rejected'][1 + visit % 4] AS disposition
            FROM range({visits}) AS visits(visit)
            ) TO '{folder / "inspections.parquet"}' (FORMAT parquet)"""
        )
    return folder / "inspections.parquet"


def asked(store: Path, what: str) -> dict[str, float]:
    """Seconds and peak of memory [MB] of one question in a fresh process."""
    command = [sys.executable, "-c", ASK, str(store), what]
    answer: dict[str, float] = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )
    return answer


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--suppliers", type=int, default=5_000)
    options = parser.parse_args()
    from qcanalysis.records.history import open_history, write_store

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        begin = time.perf_counter()
        source = drawn(folder, options.rows, options.suppliers)
        print(f"{options.rows:,} rows, {options.suppliers:,} suppliers, {MONTHS} months")
        print(f"drawn in {time.perf_counter() - begin:.1f} s, {source.stat().st_size >> 20} MB")
        begin = time.perf_counter()
        with open_history(source) as history:
            checked = time.perf_counter() - begin
            store = write_store(history, folder / "store")
        size = sum(path.stat().st_size for path in store.rglob("*") if path.is_file()) >> 20
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"checked in {checked:.1f} s, store of {size} MB, peak of this process {peak:.0f} MB")
        print(
            f"{'question to the store':44}{'open s':>8}{'first s':>9}{'warm s':>8}{'MB':>6}  limit"
        )
        for what, words, limit in (
            ("month", "all suppliers, counts of one month", "2 s, 500 MB"),
            ("year", "all suppliers, counts of twelve months", "2 s, 500 MB"),
            ("rows", "rows of one supplier", "0.05 s"),
        ):
            answer = asked(store, what)
            print(
                f"{words:44}{answer['opened']:8.2f}{answer['first']:9.3f}{answer['warm']:8.3f}"
                f"{answer['peak']:6.0f}  {limit}"
            )


if __name__ == "__main__":
    main()
