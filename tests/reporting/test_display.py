import re

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from tests.reporting.cells import HOSTILE_NAMES

from qcanalysis.reporting import display


@pytest.fixture
def emitted(monkeypatch) -> list[tuple[dict, dict]]:
    """What a notebook would show: (data, metadata) of each output."""
    outputs: list[tuple[dict, dict]] = []
    monkeypatch.setattr(display, "get_ipython", lambda: object())
    monkeypatch.setattr(
        display, "display", lambda data, metadata, raw: outputs.append((data, metadata))
    )
    return outputs


def test_answer_says_its_state_in_a_word_and_carries_it(emitted):
    display.show_answer("Rejected: 7 > 5.", state="bad")
    ((data, metadata),) = emitted
    assert data["text/html"] == (
        '<p class="answer answer-bad"><strong class="answer-state">Problem</strong> '
        "Rejected: 7 &gt; 5.</p>"
    )
    assert data["text/plain"] == "Problem: Rejected: 7 > 5."
    assert metadata == {"qcanalysis": {"answer": "Rejected: 7 > 5.", "state": "bad"}}


@pytest.mark.parametrize(("sentence", "state"), [("", "good"), (" ", "bad"), ("Yes.", "great")])
def test_an_answer_needs_words_and_a_known_state(sentence, state):
    with pytest.raises(ValueError, match=r"sentence is empty|must be one of"):
        display.show_answer(sentence, state=state)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_text_is_text_everywhere(emitted, name):
    display.show_answer(name, state="bad")
    display.show_table(pd.DataFrame({name: [name], "n": [1]}), caption=name)
    display.show_list([name], title=name)
    display.show_note(name)
    display.show_inputs({name: (name, name, name)})
    display.show_provenance(inputs=[(name, "0")], tables=name, parameters={name: name}, seed=1)
    ours = {"p", "span", "strong", "ul", "li", "div", "table", "caption"}
    ours |= {"thead", "tbody", "tr", "th", "td"}
    for data, _ in emitted:
        assert set(re.findall(r"</?(\w+)", data["text/html"])) <= ours
        assert "onerror" not in re.sub(r">[^<]*<", "><", data["text/html"])
        assert "\u202e" not in data["text/html"] + data["text/plain"]
    assert len(emitted) == 6


def test_table_has_header_scopes_a_caption_and_no_random_ids(emitted):
    frame = pd.DataFrame(
        {
            "SKU": pd.array(["pins", None], dtype="string"),
            "lot": pd.array([8000, None], dtype="Int64"),
            "rate": [0.035, float("nan")],
            "due": pd.to_datetime(["2026-11-05", None]),
            "ok": pd.array([True, None], dtype="boolean"),
        }
    )
    for _ in range(2):
        display.show_table(frame, caption="Lots", formats={"rate": "{:.1%}"})
    (first, _), (second, _) = emitted
    assert first == second
    html = first["text/html"]
    assert html.count('<th scope="col"') == 5
    assert html.count('<th scope="row"') == 2
    assert "<caption>Lots</caption>" in html
    assert '<td class="number">8,000</td><td class="number">3.5%</td><td>2026-11-05</td>' in html
    assert html.count("not stated") == 5
    assert " id=" not in html
    assert '<td class="missing">not stated</td>' in html


def test_table_shows_a_named_index_and_formats_by_either_spelling(emitted):
    frame = pd.DataFrame({"n": [1234.5], "m": [5]}, index=pd.Index(["a"], name="class"))
    display.show_table(frame, caption="c", formats={"n": ",.0f", "m": "{:03d}"})
    html = emitted[0][0]["text/html"]
    assert '<th scope="row">a</th><td class="number">1,234</td><td class="number">005</td>' in html
    display.show_table(pd.DataFrame({"a": []}), caption="Nothing")
    assert "no rows" in emitted[1][0]["text/html"]


@pytest.mark.parametrize(
    ("frame", "options"),
    [
        (pd.DataFrame({"a": [1]}), {"caption": ""}),
        (pd.DataFrame({"a": [1]}), {"caption": "c", "formats": {"b": "{}"}}),
        (pd.DataFrame({("a", "b"): [1]}), {"caption": "c"}),
    ],
)
def test_table_without_caption_or_with_unknown_columns_is_refused(frame, options):
    with pytest.raises(ValueError, match="a table needs a caption"):
        display.show_table(frame, **options)


def test_inputs_say_meaning_value_and_unit(emitted):
    values = {"n": ("Sample size", 315, "items"), "sku": ("SKU", ""), "xs": [1, 2], "b": True}
    display.show_inputs(values)
    assert emitted[0][0]["text/plain"].splitlines()[1:] == [
        "Sample size: 315 items (n)",
        "SKU: not stated (sku)",
        "xs: 1, 2",
        "b: yes",
    ]


def test_empty_list_says_none(emitted):
    display.show_list([], title="Questions")
    assert emitted[0][0]["text/plain"] == "Questions\n- none"


def test_provenance_names_version_hashes_and_seed(emitted):
    display.show_provenance(
        inputs=[("case.yaml", "ab" * 32)], tables="ISO 2859-1:1999", parameters={"n": 5}, seed=None
    )
    plain = emitted[0][0]["text/plain"]
    assert "Input file case.yaml: SHA-256 " + "ab" * 32 in plain
    assert "Seed: no random numbers" in plain
    assert "Software: qcanalysis " in plain


def drawn(points: int = 20, label: str = "Pa < 1"):
    _, ax = plt.subplots(figsize=(5, 3))
    ax.plot(range(points), [(i * 7919) % 101 for i in range(points)], label=label)
    ax.legend()
    return ax


def test_figure_is_one_reproducible_svg_with_its_text_as_text(emitted):
    for _ in range(2):
        display.show_figure(drawn(), alt="A zigzag.", caption="Fig.")
    (first, metadata), (second, _) = emitted
    assert first == second
    assert set(first) == {"image/svg+xml", "text/plain"}
    assert "Pa &lt; 1</text>" in first["image/svg+xml"]
    assert not re.search(r"<style|<metadata|<!--|<\?xml", first["image/svg+xml"])
    assert first["text/plain"] == "Figure: A zigzag."
    assert metadata["image/svg+xml"] == {"alt": "A zigzag."}
    assert not plt.get_fignums()


def test_a_heavy_figure_becomes_a_small_png(emitted):
    import numpy as np

    from qcanalysis.reporting.figures import SVG_COMFORTABLE_BYTES

    _, ax = plt.subplots(figsize=(5, 3))
    ax.scatter(*np.random.default_rng(1).random((2, 3000)))
    display.show_figure(ax.figure, alt="A cloud.")
    data, metadata = emitted[0]
    assert set(data) == {"image/png", "text/plain"}
    assert metadata["image/png"] == {"alt": "A cloud."}
    assert len(data["image/png"]) < 3 * SVG_COMFORTABLE_BYTES


def test_a_figure_without_description_is_refused():
    ax = drawn()
    with pytest.raises(ValueError, match="alt is empty"):
        display.show_figure(ax, alt=" ")
    plt.close(ax.figure)


def test_columns_are_headed_and_written_as_everywhere(emitted):
    frame = pd.DataFrame({"plan": ["L"], "acceptance_number": [10], "rate": [0.01234]})
    display.show_table(frame, caption="c")
    display.show_table(frame, caption="c", formats={"rate": "{:.0%}"})
    assert "Ac</th>" in emitted[0][0]["text/html"]
    assert "1.23%" in emitted[0][0]["text/html"]
    assert ">1%<" in emitted[1][0]["text/html"]
    mixed = pd.DataFrame({"plan": ["L"], "rate": ["cannot tell"]})
    display.show_table(mixed, caption="c")
    assert "cannot tell" in emitted[2][0]["text/html"]
