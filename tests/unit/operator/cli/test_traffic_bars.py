from hypothesis import given
from hypothesis import strategies as st

from bertrelease_operator.cli.render.traffic import BAR_CELLS, bar_cells


@given(st.integers(0, 100))
def test_the_bar_of_two_versions_is_always_full_and_shows_both(weight: int) -> None:
    cells = bar_cells([100 - weight, weight])
    assert sum(cells) == BAR_CELLS
    assert (cells[0] > 0, cells[1] > 0) == (weight < 100, weight > 0)


def test_one_percent_is_still_a_cell() -> None:
    assert bar_cells([99, 1]) == [39, 1]


def test_half_of_the_traffic_is_half_of_the_bar() -> None:
    assert bar_cells([50, 50]) == [20, 20]
