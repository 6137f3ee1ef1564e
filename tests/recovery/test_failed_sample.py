"""The failed sample a comparison starts from."""

from pathlib import Path

import pytest

from qcanalysis.records import read_case
from qcanalysis.recovery.reinspection.failed_sample import FailedSample, failed_sample

CASES = Path(__file__).parents[2] / "data" / "cases"


def failed(name: str, **choice: object) -> FailedSample:
    case = read_case(CASES / name)
    return failed_sample(
        case.class_results,
        case.skus,
        order_quantity=case.order.quantity,
        inspection_id=case.visit(),
        assumed_sample_size=315,
        **({"defect_classes": ["major", "minor"]} | choice),
    )


def test_what_the_report_leaves_out_is_named_as_assumed() -> None:
    sample = failed("metal-promo")
    assert (sample.lot_size, sample.sample_size, sample.nonconforming_count) == (20_000, 315, 7)
    assert repr(sample.plan) == "SamplingPlan(315 5/6)"
    assert sample.assumed == "sample size of 315: the report states none"
    assert sample.lot_in_words == "all products, 20,000 pieces"
    assert sample.result_in_words == "7 major in 315 pieces, Ac 5"


def test_the_product_that_failed_worst_is_taken() -> None:
    sample = failed("metal-promo-illustrative")
    assert (sample.product, sample.nonconforming_count) == ("zinc-keychain", 8)
    assert sample.assumed == ""


def test_a_product_can_be_named() -> None:
    sample = failed("metal-promo-illustrative", product="soft-enamel-pin")
    assert (sample.product, sample.lot_size) == ("soft-enamel-pin", 8000)


def test_without_a_count_there_is_nothing_to_compare() -> None:
    with pytest.raises(ValueError, match=r"'critical'.*no failed plan"):
        failed("metal-promo", defect_classes=["critical"])


def test_t3_more_defects_than_pieces_are_no_fraction() -> None:
    case = read_case(CASES / "metal-promo")
    results = case.class_results.assign(found=400)
    with pytest.raises(ValueError, match="400 major found in 315 pieces are defects"):
        failed_sample(
            results,
            case.skus,
            order_quantity=20_000,
            inspection_id="PSI-1",
            defect_classes=["major"],
            assumed_sample_size=315,
        )


def test_the_assumed_sample_is_never_larger_than_the_lot() -> None:
    case = read_case(CASES / "metal-promo")
    sample = failed_sample(
        case.class_results,
        case.skus,
        order_quantity=100,
        inspection_id="PSI-1",
        defect_classes=["major"],
        assumed_sample_size=315,
    )
    assert (sample.sample_size, sample.assumed) == (
        100,
        "sample size of 100: the report states none",
    )
