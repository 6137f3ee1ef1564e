"""Many forked kernels, several at a time: failures, and what they leave behind.

Run it with ``python benchmarks/kernel_stress.py [--kernels 1000] [--at-a-time 8]``. It exits
with 1 when a kernel failed or a process, file, socket or file descriptor is left.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import psutil
from nbformat.v4 import new_code_cell, new_notebook

from qcanalysis.reporting.execution import execute
from qcanalysis.reporting.kernels.warm import warm_kernels
from qcanalysis.reporting.outcomes import NotebookFailed, TimeLimits

ZYGOTE = "qcanalysis.reporting.kernels.zygote"
CELLS = (
    f"import os; forked = {ZYGOTE!r} in open(f'/proc/{{os.getppid()}}/cmdline').read()",
    "import pandas as pd; frame = pd.DataFrame({'number': range(number)}); len(frame)",
    "import sys; print('forked' if forked else 'plain'); print('words', file=sys.stderr)",
)


class Stress(NamedTuple):
    """What became of the kernels, and what is left of them."""

    kernels: int
    seconds: float
    failures: list[str]
    plain: int
    processes: int
    files: list[str]
    sockets: int
    zygote_descriptors: int
    worker_descriptors: int

    @property
    def is_clean(self) -> bool:
        """Whether every kernel was a forked one that worked, and nothing is left."""
        left = self.processes + len(self.files) + self.sockets
        descriptors = self.zygote_descriptors + self.worker_descriptors
        return not (self.failures or self.plain or left or descriptors)


def stress(kernels: int, at_a_time: int, folder: Path) -> Stress:
    """Run `kernels` small notebooks, `at_a_time` at once, with all temporary files in `folder`."""
    started = time.monotonic()
    others = set(psutil.Process().children(recursive=True))
    tempfile.tempdir = str(folder)
    try:
        with warm_kernels() as zygote, ProcessPoolExecutor(at_a_time) as pool:
            assert zygote is not None, "no warm kernels on this machine"
            pool.submit(one_kernel, 1, zygote).result()
            warm = _warm_processes()[0]
            before = warm.num_fds()
            results = list(pool.map(one_kernel, range(1, kernels + 1), [zygote] * kernels))
            time.sleep(0.5)  # the last kernels' ends are told to the warm process
            zygote_descriptors = warm.num_fds() - before
            files = [str(path) for path in folder.iterdir() if path != Path(zygote).parent]
    finally:
        tempfile.tempdir = None
    time.sleep(0.5)
    first: dict[int, int] = {}
    growth = [0]
    for result in results:
        growth.append(result.descriptors - first.setdefault(result.pid, result.descriptors))
    return Stress(
        kernels=kernels,
        seconds=time.monotonic() - started,
        failures=[result.error for result in results if result.error],
        plain=sum(result.is_plain for result in results),
        processes=len(set(psutil.Process().children(recursive=True)) - others),
        files=files + [str(path) for path in folder.iterdir()],
        sockets=Path("/proc/net/unix").read_text().count(str(folder)),
        zygote_descriptors=zygote_descriptors,
        worker_descriptors=max(growth),
    )


class _Result(NamedTuple):
    pid: int
    descriptors: int
    is_plain: bool
    error: str


def one_kernel(number: int, zygote: str) -> _Result:
    notebook = new_notebook(cells=[new_code_cell(source) for source in CELLS])
    notebook.cells.insert(0, new_code_cell("number = 0", metadata={"tags": ["parameters"]}))
    error, said = "", ""
    try:
        executed = execute(
            notebook,
            name=str(number),
            folder=Path.cwd(),
            parameters={"number": number},
            limits=TimeLimits(),
            zygote=zygote,
        )
        assert executed.cells[-2].outputs[0].data["text/plain"] == str(number)
        said = "".join(o.text for o in executed.cells[-1].outputs if o.name == "stdout")
    except (NotebookFailed, AssertionError) as failure:
        error = f"{number}: {failure!r}"
    return _Result(os.getpid(), psutil.Process().num_fds(), said == "plain\n", error)


def _warm_processes() -> list[psutil.Process]:
    """Warm processes of this one, and the kernels they have forked."""
    found = []
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
            if ZYGOTE in line and str(os.getpid()) in line:
                found.append(process)
        except psutil.Error:
            continue
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kernels", type=int, default=1000)
    parser.add_argument("--at-a-time", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stress-") as folder:
        result = stress(options.kernels, options.at_a_time, Path(folder))
    print(f"| {'kernels':<40} | {result.kernels:>8} |\n|---|---:|")
    print(f"| {'seconds':<40} | {result.seconds:>8.1f} |")
    for name, count in (
        ("failures", len(result.failures)),
        ("plain kernels instead of forked ones", result.plain),
        ("processes left", result.processes),
        ("files left", len(result.files)),
        ("sockets left", result.sockets),
        ("descriptors left in the warm process", result.zygote_descriptors),
        ("descriptors left in a worker", result.worker_descriptors),
    ):
        print(f"| {name:<40} | {count:>8} |")
    for failure in result.failures:
        print(failure, file=sys.stderr)
    return 0 if result.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
