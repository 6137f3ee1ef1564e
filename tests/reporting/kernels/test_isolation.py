"""A forked kernel is as good as a fresh one: nothing of its parent or of another page shows."""

import json
import re

import pytest
from tests.reporting.kernels.conftest import printed, run

from qcanalysis.reporting.kernels.warm import warm_kernels

FACTS = """
import json, os, sys, threading
import matplotlib, numpy, pandas
print(json.dumps({
    "cwd": os.getcwd(), "leaked": os.environ.get("LEAKED"), "backend": matplotlib.get_backend(),
    "font": matplotlib.rcParams["font.size"], "columns": pandas.get_option("display.max_columns"),
    "argv": sys.argv[0],
    "path": sys.path, "shell": type(get_ipython()).__name__, "threads": threading.active_count(),
    "interrupt": str(__import__("signal").getsignal(2)), "gc": __import__("gc").isenabled(),
    "main": sorted(vars(sys.modules["__main__"])), "threads_of_blas": os.environ["OMP_NUM_THREADS"],
}))
"""
LEAKS = """
import os, warnings, sys
import matplotlib, pandas
os.environ["LEAKED"] = "yes"
os.chdir("/")
matplotlib.rcParams["font.size"] = 3
pandas.set_option("display.max_columns", 2)
warnings.simplefilter("ignore")
sys.path.append("/leaked")
"""
IS_FORKED = "import os; print(open(f'/proc/{os.getppid()}/cmdline').read().split(chr(0))[2])"


def test_nothing_of_one_page_is_seen_by_the_next(zygote, tmp_path):
    before = printed(run(tmp_path, FACTS, zygote=zygote))
    run(tmp_path, LEAKS, FACTS, zygote=zygote)
    assert printed(run(tmp_path, FACTS, zygote=zygote)) == before


def test_a_forked_kernel_has_the_settings_of_a_plain_one(zygote, tmp_path):
    forked, plain = (
        json.loads(printed(run(tmp_path, FACTS, zygote=address))[0]) for address in (zygote, None)
    )
    # fewer threads: nothing beats the heart for a client that does not listen, nor serves subshells
    assert plain.pop("threads") - forked.pop("threads") == 2
    assert forked == plain
    assert forked["columns"] == 20  # pandas shows all where it finds no Jupyter
    assert forked["shell"] == "ZMQInteractiveShell"
    assert forked["cwd"] == str(tmp_path)


def test_outputs_that_depend_on_the_front_end_are_those_of_a_plain_kernel(zygote, tmp_path):
    wide = "import pandas as pd\npd.DataFrame([range(40)], columns=[f'c{i}' for i in range(40)])"
    inline = "%matplotlib inline\nimport matplotlib.pyplot as plt\n_ = plt.plot([1, 3, 2])"
    warns = (
        "import warnings\n"
        "for kind in (UserWarning, DeprecationWarning, FutureWarning, ImportWarning):\n"
        "    warnings.warn('odd', kind)"
    )
    forked, plain = (
        [cell.outputs for cell in run(tmp_path, wide, inline, warns, zygote=address).cells]
        for address in (zygote, None)
    )
    assert forked[:2] == plain[:2]
    said = [re.sub(r"ipykernel_\d+", "", made[2][0].text) for made in (forked, plain)]
    assert said[0] == said[1]
    assert said[0].count("odd") >= 3
    assert "..." in forked[0][0].data["text/plain"]
    assert len(forked[1][0].data["image/png"]) > 1000


def test_every_kernel_draws_its_own_random_numbers(zygote, tmp_path):
    draw = "import random, numpy, uuid\nprint(random.random(), numpy.random.random(), uuid.uuid4())"
    pages = [printed(run(tmp_path, draw, zygote=zygote))[0].split() for _ in range(3)]
    for values in zip(*pages, strict=True):
        assert len(set(values)) == 3


def test_libraries_with_threads_and_connections_of_their_own_work_in_a_fork(tmp_path):
    use = (
        "import duckdb, numpy, pyarrow, pyarrow.parquet, pandas, subprocess, threading\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "pandas.DataFrame({'a': range(1000)}).to_parquet('a.parquet')\n"
        "total = duckdb.connect().execute(\"select sum(a) from 'a.parquet'\").fetchone()\n"
        "back = pandas.read_parquet('a.parquet')['a'].sum()\n"
        "inverse = numpy.linalg.inv(numpy.eye(300)).sum()\n"
        "said = subprocess.run(['echo', 'child'], capture_output=True, text=True).stdout\n"
        "squares = list(ThreadPoolExecutor(2).map(lambda n: n * n, range(3)))\n"
        "print(total[0], back, inverse, said.strip(), squares)"
    )
    with warm_kernels(("duckdb", "pyarrow.parquet", "pandas")) as zygote:
        executed = run(tmp_path, use, IS_FORKED, zygote=zygote)
    assert printed(executed)[0] == "499500 499500 300.0 child [0, 1, 4]\n"
    assert printed(executed)[1] == "qcanalysis.reporting.kernels.zygote\n"


def test_a_library_that_starts_a_thread_makes_the_kernels_plain_ones(tmp_path, monkeypatch):
    module = (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(99,), daemon=True).start()"
    )
    (tmp_path / "starts_a_thread.py").write_text(module)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with warm_kernels(("starts_a_thread",)) as zygote:
        assert printed(run(tmp_path, IS_FORKED, zygote=zygote)) != [
            "qcanalysis.reporting.kernels.zygote\n"
        ]


def test_code_that_changed_is_seen_by_the_next_batch(tmp_path, monkeypatch):
    module = tmp_path / "changing_module.py"
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    said = []
    for version in ("first", "second"):
        module.write_text(f"VERSION = {version!r}")
        with warm_kernels(("changing_module",)) as zygote:
            executed = run(tmp_path, "import changing_module as c; print(c.VERSION)", zygote=zygote)
            said += printed(executed)
    assert said == ["first\n", "second\n"]


@pytest.mark.parametrize(
    ("name", "value"), [("PYTHONHASHSEED", "7"), ("LC_ALL", "C"), ("TZ", "Asia/Tokyo")]
)
def test_variables_that_are_read_once_are_not_ignored(zygote, tmp_path, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert "zygote" not in printed(run(tmp_path, IS_FORKED, zygote=zygote))[0]


def test_a_variable_of_the_batch_reaches_the_kernel(zygote, tmp_path, monkeypatch):
    monkeypatch.setenv("QCANALYSIS_OPERATOR", "Ann")
    show = "import os; print(os.environ['QCANALYSIS_OPERATOR'])"
    executed = run(tmp_path, show, IS_FORKED, zygote=zygote)
    assert printed(executed) == ["Ann\n", "qcanalysis.reporting.kernels.zygote\n"]
