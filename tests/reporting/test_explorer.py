import subprocess
import sys

import ipywidgets

from qcanalysis.reporting import explorer, provenance


def test_sliders_draw_the_curve_of_their_plan(monkeypatch, capsys):
    asked = {}
    monkeypatch.setattr(explorer, "is_interactive", lambda: True)
    monkeypatch.setattr(
        ipywidgets, "interact", lambda draw, **sliders: asked.update(sliders, draw=draw)
    )
    explorer.explore_oc_curve(sample_size=80, acceptance_number=5, lot_size=300)
    assert (asked["sample_size"].value, asked["sample_size"].max) == (80, 300)
    assert asked["acceptance_number"].value == 5
    asked["draw"](80, 5)
    assert "(80 5/6): 95% at 3.3%" in capsys.readouterr().out  # requirements, section 4, J 2.5
    asked["draw"](5, 10)
    assert "accepted throughout" in capsys.readouterr().out


def test_explorer_is_silent_in_batch_and_loads_no_widgets():
    script = (
        "import sys\n"
        "from qcanalysis.reporting.explorer import explore_oc_curve\n"
        "explore_oc_curve(sample_size=80, acceptance_number=5, lot_size=8000)\n"
        "assert not {'ipywidgets', 'matplotlib'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=provenance.batch_environment(),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
