import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.series.weighted_median import weighted_median


@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(1, 9)), min_size=1, max_size=12),
)
def test_it_is_the_median_of_values_repeated_by_their_weights(members):
    values, counts = (np.array(column) for column in zip(*members, strict=True))
    repeated = np.repeat(values, counts)
    expected = np.median(repeated)
    found = weighted_median(values[:, None], counts / counts.sum())
    np.testing.assert_allclose(found, [expected], rtol=1e-12, atol=1e-9)
