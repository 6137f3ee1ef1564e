"""Pages per second of the batch beside shell loops, and beside no Jupyter at all.

Run it with ``python benchmarks/batch_speed.py [--pages 50] [--loop-pages 8] [--compare 50]``.
All routes make pages of the same notebook for the same simulated suppliers, each in a process of
its own, one after the other in one run: compare the ratios, times move with the machine. A loop
costs the same for each page, so it is measured on fewer; the batch and no Jupyter run in turn, and
the median of ``--rounds`` counts. With ``--compare`` the executed notebooks of so many pages are
compared, byte for byte, with those of plain Papermill. With ``--growth 1000`` only the batch runs:
on 100 suppliers and on so many, a page each, preparation included.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
import yaml

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
SEED = 4
BIN = Path(sys.executable).parent
Page = Mapping[str, Any]


def shell_loop(notebook: Path, pages: list[Page], folder: Path, _: int) -> None:
    """What a user would do: two commands per page, one page after the other."""
    here = ("-k", "python3", "--language", "python", "--cwd", str(NOTEBOOKS))
    for page in pages:
        executed, parameters = folder / f"{page['name']}.ipynb", folder / f"{page['name']}.yaml"
        parameters.write_text(yaml.safe_dump(page["parameters"]))
        for command in (
            ["papermill", *here, "--no-progress-bar", "-f", parameters, notebook, executed],
            ["jupyter", "nbconvert", "--to", "html", "--no-input", "--embed-images", executed],
        ):
            subprocess.run([BIN / command[0], *command[1:]], check=True, capture_output=True)


def two_shell_loops(notebook: Path, pages: list[Page], folder: Path, workers: int) -> None:
    """Two of them side by side."""
    with ThreadPoolExecutor(2) as loops:
        halves = [pages[::2], pages[1::2]]
        list(loops.map(lambda half: shell_loop(notebook, half, folder, workers), halves))


def batch(notebook: Path, pages: list[Page], folder: Path, workers: int) -> None:
    """The batch of this package, as ``qcanalysis scorecards`` runs it."""
    import qcanalysis.reporting.quick_start  # noqa: F401 - the command line's first import
    from qcanalysis.reporting.batch.pages import PageTask
    from qcanalysis.reporting.batch.run import run_batch
    from qcanalysis.reporting.batch.run_log import RunLog
    from qcanalysis.reporting.batch.storage import Storage

    storage = Storage.at(str(folder))
    storage.make()
    result = run_batch(
        [PageTask(page["name"], page["parameters"], "measured") for page in pages],
        notebook=notebook,
        folder=storage,
        log=RunLog(storage, io.StringIO()),
        workers=workers,
    )
    assert len(result.made) == len(pages), [str(failure) for failure in result.failed]


def no_jupyter(notebook: Path, pages: list[Page], folder: Path, _: int) -> dict[str, float]:
    """The same cells by ``exec`` in two warm processes, and the same page of what they show.

    No kernel, no client, no messages, no Papermill, nothing isolated; the page goes through
    the same template, for it is to be the same HTML.
    """
    import importlib

    import qcanalysis.reporting.quick_start  # noqa: F401 - as the batch
    from qcanalysis.reporting.kernels.warm import imported_modules

    pages_made_by = ("qcanalysis.reporting.figures", "qcanalysis.reporting.page")
    for module in (*imported_modules(notebook), *pages_made_by):
        with contextlib.suppress(ModuleNotFoundError):  # a name of a package, not a module
            importlib.import_module(module)
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        count = len(pages)
        parts = list(pool.map(bare_page, [notebook] * count, pages, [folder] * count))
    return {name: statistics.median(part[name] for part in parts) for name in parts[0]}


PARTS = {
    "figures drawn": ("qcanalysis.reporting.", "plots", "plot_"),
    "figures encoded": ("qcanalysis.reporting.", "display", "show_figure"),
    "tables and texts": ("qcanalysis.reporting.", "display", "show_"),
}
SPENT: dict[str, float] = {}
SHOWN: list[Any] = []


def bare_page(notebook: Path, page: Page, folder: Path) -> dict[str, float]:
    """CPU seconds of one page by part, without a kernel."""
    from qcanalysis.reporting.notebook import cell_tags, for_audience, read_notebook
    from qcanalysis.reporting.page import render_page
    from qcanalysis.reporting.provenance import run_facts

    watch_parts()
    SPENT.update(dict.fromkeys(PARTS, 0.0))
    os.chdir(NOTEBOOKS)
    start = time.process_time()
    variables: dict[str, Any] = {}
    executed = for_audience(read_notebook(notebook), "buyer")
    for cell in executed.cells:
        if cell.cell_type == "code":
            SHOWN.clear()
            exec(cell.source, variables)
            cell.outputs = list(SHOWN)
            if "parameters" in cell_tags(cell):
                variables.update(page["parameters"])
    middle = time.process_time()
    made = render_page(
        executed, name=page["name"], audience="buyer", facts=run_facts(notebook=notebook)
    )
    (folder / f"{page['name']}.html").write_text(made.html)
    end = time.process_time()
    computed = middle - start - sum(SPENT.values())
    return {"data read and computed": computed, **SPENT, "page rendered": end - middle}


@functools.cache
def watch_parts() -> None:
    """Collect what is shown, and time the functions that draw and show; once per process."""
    from nbformat import from_dict

    from qcanalysis.reporting import display

    def emit(kind: str, content: str, plain: str, metadata: Any = None) -> None:
        data = {kind: content, "text/plain": plain}
        output = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
        SHOWN.append(from_dict(output))

    display._emit = emit
    for part, (package, module, prefix) in PARTS.items():
        for loaded in [each for name, each in sys.modules.items() if name.startswith(package)]:
            if not loaded.__name__.endswith(module):
                continue
            for name, function in list(vars(loaded).items()):
                if name.startswith(prefix) and not hasattr(function, "is_timed"):
                    setattr(loaded, name, timed(part, function))


def timed(part: str, function: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        start = time.process_time()
        try:
            return function(*args, **kwargs)
        finally:
            SPENT[part] += time.process_time() - start

    call.is_timed = True  # type: ignore[attr-defined]
    return call


def by_part(notebook: Path, pages: list[Page], _: Path, workers: int) -> dict[str, float]:
    """CPU seconds of one page of the batch by process, in one process with one warm parent."""
    from qcanalysis.reporting.execution import execute
    from qcanalysis.reporting.kernels.warm import imported_modules, warm_kernels
    from qcanalysis.reporting.notebook import for_audience, read_notebook
    from qcanalysis.reporting.outcomes import TimeLimits
    from qcanalysis.reporting.page import render_page
    from qcanalysis.reporting.provenance import run_facts

    source = for_audience(read_notebook(notebook), "buyer")
    facts = run_facts(notebook=notebook)
    clients, renders = [], []
    with warm_kernels(imported_modules(notebook)) as zygote:
        assert zygote is not None
        (warm,) = (p for p in psutil.Process().children() if "zygote" in " ".join(p.cmdline()))
        kernels = 0.0
        for page in (pages[0], *pages):
            if len(clients) == 1:  # the first one found everything cold
                kernels, clients, renders = cpu_seconds(warm), [0.0], [0.0]
            start = time.process_time()
            executed = execute(
                source,
                name=page["name"],
                folder=NOTEBOOKS,
                parameters=dict(page["parameters"]),
                limits=TimeLimits(),
                zygote=zygote,
            )
            middle = time.process_time()
            render_page(executed, name=page["name"], audience="buyer", facts=facts)
            clients.append(middle - start)
            renders.append(time.process_time() - middle)
        kernels = cpu_seconds(warm) - kernels
    count = len(pages)
    return {
        "kernel": kernels / count,
        "client": sum(clients) / count,
        "page rendered": sum(renders) / count,
    }


def machine_seconds() -> float:
    """CPU seconds of the whole machine: not every worker's are told to who started it."""
    spent = psutil.cpu_times()
    return float(spent.user + spent.nice + spent.system)


def cpu_seconds(process: psutil.Process) -> float:
    """CPU seconds of a process and of its children that have ended."""
    return sum(process.cpu_times()[:4])


def compared(notebook: Path, pages: list[Page], _: Path, workers: int) -> dict[str, float]:
    """Number of pages whose executed notebook is, byte for byte, that of plain Papermill."""
    from qcanalysis.reporting.kernels.warm import imported_modules, warm_kernels

    os.environ["MPLBACKEND"] = "Agg"
    with warm_kernels(imported_modules(notebook)) as zygote, ProcessPoolExecutor(workers) as pool:
        count = len(pages)
        same = list(pool.map(is_same, [notebook] * count, pages, [zygote] * count))
    return {"pages": count, "identical": sum(same)}


def is_same(notebook: Path, page: Page, zygote: str) -> bool:
    from qcanalysis.reporting.execution import execute
    from qcanalysis.reporting.notebook import for_audience, read_notebook
    from qcanalysis.reporting.outcomes import TimeLimits

    source = for_audience(read_notebook(notebook), "buyer")
    parameters = dict(page["parameters"])
    plain = by_plain_papermill(source, parameters, NOTEBOOKS)
    forked = execute(
        source,
        name=page["name"],
        folder=NOTEBOOKS,
        parameters=parameters,
        limits=TimeLimits(),
        zygote=zygote,
    )
    return comparable(forked) == comparable(plain)


def by_plain_papermill(source: Any, parameters: dict[str, Any], folder: Path) -> Any:
    """A copy of a notebook that Papermill has run by its own engine in a plain kernel."""
    import nbformat
    import papermill

    return papermill.execute_notebook(
        nbformat.from_dict(source),
        None,
        parameters,
        kernel_name="python3",
        language="python",
        cwd=folder,
        progress_bar=False,
        record_timing=False,
    )


def comparable(notebook: Any) -> str:
    """A notebook as text, without the times and paths that Papermill notes in it."""
    import nbformat

    for part in (notebook, *notebook.cells):
        part.metadata.pop("papermill", None)
        if "injected-parameters" in part.metadata.get("tags", []):
            part.id = "injected"
    return str(nbformat.writes(notebook))


ROUTES = {
    route.__name__: route
    for route in (shell_loop, two_shell_loops, batch, no_jupyter, by_part, compared)
}


@contextlib.contextmanager
def prepared_pages(notebook: Path, count: int) -> Iterator[list[Page]]:
    """Pages to make: one for each of so many suppliers, or the bundled case again and again."""
    if not notebook.stem.startswith("07_"):
        level = 0.95
        yield [
            {"name": f"page-{n:04}", "parameters": {"confidence_level": level}}
            for n in range(count)
        ]
        return
    from qcanalysis.records.history import open_history
    from qcanalysis.reporting.notebook import read_notebook
    from qcanalysis.reporting.parameters import declared_parameters
    from qcanalysis.reporting.scorecards import prepare
    from qcanalysis.suppliers.period import Period

    declared = {each.name: each.default for each in declared_parameters(read_notebook(notebook))}
    with tempfile.TemporaryDirectory() as scratch:
        drawn, prepared = Path(scratch, "history"), Path(scratch, "prepared")
        draw_history(drawn, count)
        with open_history(str(drawn)) as history:
            found = prepare(history, Period.parse(declared["period"]), declared, prepared).pages
        yield [{"name": page.page_name, "parameters": dict(page.parameters)} for page in found]


def draw_history(folder: Path, suppliers: int) -> None:
    """Write a simulated history of so many suppliers, as they would come from a database."""
    from qcanalysis.suppliers.simulation import simulate_history

    folder.mkdir()
    for name, table in simulate_history(SEED, suppliers=suppliers).tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    header = {"title": f"{suppliers} simulated suppliers", "is_simulated": True}
    (folder / "history.yaml").write_text(yaml.safe_dump(header))


def measured(route: str, notebook: Path, pages: list[Page], workers: int) -> dict[str, Any]:
    """Wall seconds of a route in a process of its own, the machine's CPU seconds, what it found."""
    with tempfile.TemporaryDirectory() as folder:
        work = {"notebook": str(notebook), "pages": pages, "folder": folder, "workers": workers}
        before, start = machine_seconds(), time.perf_counter()
        done = subprocess.run(
            [sys.executable, __file__, "--route", route],
            input=json.dumps(work),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        seconds = time.perf_counter() - start
        cpu = machine_seconds() - before
        found = json.loads(done.stdout.splitlines()[-1])
        if route in ("batch", "no_jupyter"):
            sizes = [path.stat().st_size for path in Path(folder).rglob("*.html")]
            assert len(sizes) == len(pages), f"{route} made {len(sizes)} of {len(pages)} pages"
            found["kB of a page"] = statistics.median(sizes) / 1000
    return {"seconds": seconds, "cpu": cpu, "pages": len(pages), "found": found}


def run_route(name: str) -> None:
    work = json.load(sys.stdin)
    found = ROUTES[name](
        Path(work["notebook"]), work["pages"], Path(work["folder"]), work["workers"]
    )
    print(json.dumps(found or {}))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--route", choices=ROUTES, help=argparse.SUPPRESS)
    scorecard = sorted(NOTEBOOKS.glob("07_*.ipynb"))
    default = scorecard[0] if scorecard else NOTEBOOKS / "02_lot_defect_rate.ipynb"
    parser.add_argument("--notebook", type=Path, default=default)
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--loop-pages", type=int, default=8)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--compare", type=int, default=0, metavar="PAGES")
    parser.add_argument("--growth", type=int, default=0, metavar="SUPPLIERS")
    options = parser.parse_args()
    if options.route:
        run_route(options.route)
        return 0
    notebook = options.notebook.resolve()
    if options.growth:
        return growth(notebook, options.growth, options.workers)
    with prepared_pages(notebook, max(options.pages, options.loop_pages, options.compare)) as pages:
        many, few = pages[: options.pages], pages[: options.loop_pages]
        loops = ("shell_loop", "two_shell_loops")
        runs = {name: measured(name, notebook, few, options.workers) for name in loops}
        runs |= in_turn(notebook, many, options.workers, options.rounds)
        parts = measured("by_part", notebook, few, options.workers)["found"]
        print(f"{notebook.name}: {options.pages} pages, loops on {options.loop_pages}\n")
        report(runs, parts)
        is_same_everywhere = True
        if options.compare:
            same = measured("compared", notebook, pages[: options.compare], 2)["found"]
            print(f"\n{same['identical']} of {same['pages']} executed notebooks identical")
            is_same_everywhere = same["identical"] == same["pages"]
    return 0 if is_same_everywhere and goals(runs) else 1


def in_turn(
    notebook: Path, pages: list[Page], workers: int, rounds: int
) -> dict[str, dict[str, Any]]:
    """The median run of the batch and of no Jupyter; in turn, for the machine's speed drifts."""
    pair: dict[str, list[dict[str, Any]]] = {"batch": [], "no_jupyter": []}
    for _ in range(rounds):
        for name, runs in pair.items():
            runs.append(measured(name, notebook, pages, workers))
    in_rounds = zip(*pair.values(), strict=True)
    shares = [floor["seconds"] / batch["seconds"] for batch, floor in in_rounds]
    print(f"Share of no Jupyter, round by round: {', '.join(f'{s:.2f}' for s in shares)}\n")
    return {
        name: sorted(runs, key=lambda run: float(run["seconds"]))[rounds // 2]
        for name, runs in pair.items()
    }


def growth(notebook: Path, suppliers: int, workers: int) -> int:
    """Print what a page costs among a hundred suppliers and among many; 1 if it grows."""
    costs = {}
    print("| suppliers | prepared s | pages s | CPU s per page |\n|---:|---:|---:|---:|")
    for count in (100, suppliers):
        start = time.perf_counter()
        with prepared_pages(notebook, count) as pages:
            prepared = time.perf_counter() - start
            run = measured("batch", notebook, pages[:count], workers)
        costs[count] = (prepared + run["seconds"]) / count
        cpu = run["cpu"] / count
        print(f"| {count} | {prepared:.1f} | {run['seconds']:.1f} | {cpu:.2f} |", flush=True)
    ratio = costs[suppliers] / costs[100]
    print(f"\nA page among {suppliers} costs {ratio:.2f} of one among 100.")
    return 0 if ratio < 1.1 else 1


def report(runs: dict[str, dict[str, Any]], parts: dict[str, float]) -> None:
    """Print speeds, then where the CPU seconds of a page go."""
    print("| route | pages/s | CPU s per page |\n|---|---:|---:|")
    for name, run in runs.items():
        speed, cpu = run["pages"] / run["seconds"], run["cpu"] / run["pages"]
        print(f"| {name.replace('_', ' ')} | {speed:.2f} | {cpu:.2f} |")
    floor = dict(runs["no_jupyter"]["found"])
    floor.pop("kB of a page")
    floor.pop("page rendered")
    batch_run = runs["batch"]
    started = batch_run["cpu"] - batch_run["pages"] * sum(parts.values())
    rows = {f"cells: {name}": seconds for name, seconds in floor.items()}
    rows["kernel forked, messages, shell"] = parts["kernel"] - sum(floor.values())
    rows["client of the kernel"] = parts["client"]
    rows["page rendered"] = parts["page rendered"]
    rows["started once per batch, shared"] = started / batch_run["pages"]
    print("\n| CPU of a page | ms |\n|---|---:|")
    for name, seconds in rows.items():
        print(f"| {name} | {1000 * seconds:.0f} |")
    print(f"\nA page has {batch_run['found']['kB of a page']:.0f} kB.")


def goals(runs: dict[str, dict[str, Any]]) -> bool:
    """Print the ratios asked for; whether all are reached."""
    speed = {name: run["pages"] / run["seconds"] for name, run in runs.items()}
    wanted = {"shell_loop": 8.0, "two_shell_loops": 4.0, "no_jupyter": 0.6}
    print("\n| batch beside | ratio | at least | met |\n|---|---:|---:|---|")
    met = []
    for name, least in wanted.items():
        ratio = speed["batch"] / speed[name]
        met.append(ratio >= least)
        answer = "yes" if met[-1] else "no"
        print(f"| {name.replace('_', ' ')} | {ratio:.2f} x | {least:g} x | {answer} |")
    return all(met)


if __name__ == "__main__":
    sys.exit(main())
