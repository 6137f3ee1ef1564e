from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcanalysis.recovery.documents.evidence import (
    KINDS,
    EvidenceChange,
    EvidenceFile,
    EvidenceIndex,
)

A, B = "a" * 64, "b" * 64


def test_r74_a_changed_a_removed_and_an_added_file_are_detected():
    index = EvidenceIndex.of([("report.pdf", A), ("photo-1.jpg", A)])
    assert index.changes([("report.pdf", A), ("photo-1.jpg", A)]) == ()
    assert index.changes([("report.pdf", B), ("message-1.txt", A)]) == (
        EvidenceChange("report.pdf", "changed"),
        EvidenceChange("photo-1.jpg", "removed"),
        EvidenceChange("message-1.txt", "added"),
    )


def test_r74_every_kind_of_evidence_that_is_not_there_is_named():
    assert EvidenceIndex.of([]).missing == tuple(KINDS.values())
    full = EvidenceIndex.of([(f"{kind}-1.pdf", A) for kind in KINDS])
    assert full.missing == ()
    assert "photos of the defects" not in EvidenceIndex.of([("x/Photo_1.JPG", A)]).missing


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: EvidenceFile("report.pdf", "xyz"), "64 hexadecimal digits"),
        (lambda: EvidenceIndex.of([("a", A), ("a", B)]), "twice: a"),
        (lambda: EvidenceIndex.from_csv("name,hash\n"), "file,sha256"),
        (lambda: EvidenceIndex.from_csv(""), "file,sha256"),
        (lambda: EvidenceIndex.from_csv(f"file,sha256\na,{A},more\n"), "a name and a hash"),
    ],
)
def test_a_wrong_index_is_refused(make: Callable[[], object], message: str):
    with pytest.raises(ValueError, match=message):
        make()


@given(st.dictionaries(st.text(min_size=1), st.sampled_from([A, B])))
def test_an_index_survives_the_way_through_csv(files):
    index = EvidenceIndex.of(files.items())
    assert EvidenceIndex.from_csv(index.to_csv()) == index
