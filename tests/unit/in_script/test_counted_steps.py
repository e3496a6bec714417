from tunesmith.in_script.steps import Steps, Thinning


def test_a_fraction_of_an_epoch_leaves_it_to_the_step_and_then_to_the_count():
    steps = Steps()
    assert [steps.next(epoch=0.5, step=50), steps.next(epoch=1.0, step=100)] == [50, 100]
    assert [steps.next(epoch=1.5), steps.next()] == [101, 102]


def test_steps_only_grow_whatever_counts():
    steps = Steps()
    given = [
        steps.next(epoch=epoch, step=step) for epoch, step in [(0, 5), (0, 9), (0, 9), (1, 2), (1, 1), (None, None)]
    ]
    new = [step for step in given if step is not None]
    assert new == sorted(set(new))
    assert len(new) >= 4


def test_the_same_epoch_again_is_no_new_step_until_it_never_changes():
    steps = Steps()
    assert [steps.next(epoch=3) for _ in range(5)] == [3, None, 4, 5, 6]


def test_odd_counts_are_none():
    for odd in (-1, float("nan"), float("inf"), 1e300, 2.5):
        assert Steps().next(epoch=odd) == 1


def test_thinning_keeps_the_first_ones_all():
    thinning = Thinning()
    kept = [thinning.keeps() for _ in range(3000)]
    assert all(kept[:1000])
    assert 1500 < sum(kept) < 2500
