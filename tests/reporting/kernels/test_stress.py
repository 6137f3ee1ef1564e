import pytest
from benchmarks.kernel_stress import stress


@pytest.mark.slow
def test_forty_kernels_eight_at_a_time_all_work_and_leave_nothing(tmp_path):
    result = stress(kernels=40, at_a_time=8, folder=tmp_path)
    assert result.failures == []
    assert result.is_clean, result
