"""Speed of `qcanalysis.sampling`, measured in one run and printed as a table.

Run it with ``python benchmarks/sampling_speed.py``. Each time is the median of
several repeats; a ratio divides two times of the same run, so that it means the
same on a slow or a busy machine.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

from qcanalysis.sampling import RiskPoint, SamplingPlan, find_plan, probability_of_acceptance
from qcanalysis.sampling.standard import ISO_2859_1_1999, tabulated_plans

REPEATS = 9
COLD_STARTS = 5

SINGLE = SamplingPlan.single(sample_size=315, acceptance_number=5)
SEVEN_STAGES = SamplingPlan(  # MIL-STD-105E, code letter L, AQL 1.5, normal
    sample_sizes=(50,) * 7,
    acceptance_numbers=(0, 1, 3, 5, 7, 10, 13),
    rejection_numbers=(4, 6, 8, 10, 11, 12, 14),
)


class Row(NamedTuple):
    """One line of the table: a time, what it is held against, and the limit."""

    task: str
    seconds: float
    measure: str
    limit: str
    is_met: bool


def median_seconds(task: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median wall-clock time of a task [s]; the first call warms caches and is left out."""
    task()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def cold_seconds(*command: str) -> float:
    """Median processor time of a fresh Python process that runs a command to its end [s].

    On an idle machine that is the time one waits; on a busy one it is still the work done.
    """
    times = []
    for _ in range(COLD_STARTS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(times)


def within(task: str, seconds: float, limit: float) -> Row:
    """Row of a task with a limit in seconds."""
    return Row(
        task, seconds, f"{seconds / limit:.2f} of the limit", f"{limit:g} s", seconds <= limit
    )


def single_plan() -> Row:
    """Single plan at 100,000 qualities against one bare call of scipy on the same array."""
    quality = np.linspace(0.0, 0.1, 100_000)
    n, limit = SINGLE.sample_size, SINGLE.acceptance_number
    ours = median_seconds(lambda: probability_of_acceptance(SINGLE, quality))
    bare = median_seconds(lambda: special.bdtr(limit, n, quality))
    ratio = ours / bare
    task = "single plan 315/5, 100,000 qualities"
    return Row(task, ours, f"{ratio:.2f} x bare scipy.special.bdtr", "2 x", ratio <= 2)


def seven_stage_plan(points: int, limit: float) -> Row:
    """Seven-stage plan at many qualities."""
    quality = np.linspace(0.0, 0.1, points)
    seconds = median_seconds(lambda: probability_of_acceptance(SEVEN_STAGES, quality))
    return within(f"seven-stage plan, {points:,} qualities", seconds, limit)


def large_design() -> Row:
    """The plan for two close qualities: n = 234,045, Ac = 259."""
    producer, consumer = RiskPoint(0.001, 0.95), RiskPoint(0.0012, 0.10)
    seconds = median_seconds(lambda: find_plan(producer, consumer))
    return within(f"find_plan: {find_plan(producer, consumer)!r}", seconds, 0.020)


def whole_standard() -> Row:
    """Every single plan of ISO 2859-1:1999; Poisson, as AQLs above 10 allow counts above n."""
    plans = [cell.plan for cell in tabulated_plans(ISO_2859_1_1999)]
    quality = np.linspace(0.0, 0.2, 200)
    seconds = median_seconds(
        lambda: [
            probability_of_acceptance(plan, quality, distribution="poisson") for plan in plans
        ],
        repeats=3,
    )
    return within(f"{len(plans):,} ISO single plans x 200 qualities", seconds, 1.0)


def cold_starts() -> list[Row]:
    """Fresh processes, against one that does nothing [s of processor time]."""
    nothing = cold_seconds("-c", "pass")
    imported = cold_seconds("-c", "import qcanalysis.sampling")
    plan = ("plan", "--lot-size", "8000", "--aql", "2.5", "--json")
    answered = cold_seconds("-m", "qcanalysis", *plan)
    return [
        Row("python -c pass [CPU]", nothing, "1 x", "", True),
        Row(
            "import qcanalysis.sampling, cold [CPU]",
            imported,
            f"{imported / nothing:.1f} x python -c pass",
            "1 s",
            imported <= 1,
        ),
        Row(
            "qcanalysis plan --json, cold [CPU]",
            answered,
            f"{answered / nothing:.1f} x python -c pass",
            "1 s",
            answered <= 1,
        ),
    ]


def main() -> int:
    """Table on standard output; exit code 1 when a limit is missed."""
    rows = [
        single_plan(),
        seven_stage_plan(1_000, 0.020),
        seven_stage_plan(100_000, 1.0),
        large_design(),
        whole_standard(),
        *cold_starts(),
    ]
    print("| task | median ms | measure | limit | met |")
    print("|---|---:|---|---|---|")
    for row in rows:
        met = "yes" if row.is_met else "NO"
        print(f"| {row.task} | {1000 * row.seconds:.2f} | {row.measure} | {row.limit} | {met} |")
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
