from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from tunesmith.networks.attention import AttentionKind, AttentionLayer, FullAttention, ProbSparseAttention  # noqa: E402

EVERY_QUERY = 1_000
"""A factor with which all queries attend."""


def tokens(length: int = 12, others: int = 12, seed: int = 0) -> list[torch.Tensor]:
    """Queries, keys and values of two samples, three heads and four numbers."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(2, 3, steps, 4, generator=generator) for steps in (length, others, others)]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_prob_sparse_attention_of_all_queries_is_full_attention(causal: bool, training: bool) -> None:
    sparse = ProbSparseAttention(factor=EVERY_QUERY, causal=causal).train(training)
    full = FullAttention(causal=causal)
    torch.testing.assert_close(sparse(*tokens()), full(*tokens()))


def test_queries_that_do_not_attend_get_the_mean_of_the_values() -> None:
    queries, keys, values = tokens(length=20)
    keys[..., 0] = keys[..., 0].abs() + 1
    queries[:, :, 0] = torch.tensor([100.0, 0, 0, 0])  # Far from uniform, whichever keys are drawn.
    outputs = ProbSparseAttention(factor=1).eval()(queries, keys, values)
    means = values.mean(dim=2, keepdim=True)
    passive = torch.isclose(outputs, means.expand_as(outputs)).all(dim=-1)
    assert passive.sum(dim=-1).unique().tolist() == [20 - 3], "the natural logarithm of 20, rounded up, attends"
    torch.testing.assert_close(outputs[:, :, :1], FullAttention()(queries, keys, values)[:, :, :1])


def test_causal_queries_that_do_not_attend_get_the_sum_of_the_values_so_far() -> None:
    queries, keys, values = tokens(length=20, others=20)
    outputs = ProbSparseAttention(factor=1, causal=True).eval()(queries, keys, values)
    passive = torch.isclose(outputs, values.cumsum(dim=2)).all(dim=-1)
    assert passive.sum(dim=-1).min() >= 20 - 3


@pytest.mark.parametrize("causal", [False, True])
def test_long_sequences_choose_the_same_queries_as_short_ones(causal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Products are gathered from all of them, or computed with the keys that were drawn: the result is the same."""
    queries, keys, values = tokens(length=40, others=40)
    wide = [torch.cat([part, torch.zeros_like(part).repeat(1, 1, 1, 3)], dim=-1) for part in (queries, keys, values)]
    sparse = ProbSparseAttention(factor=1, causal=causal).eval()
    assert queries.shape[-1] * 4 < 40, "narrow keys are gathered"
    assert wide[0].shape[-1] * 4 >= 40, "wide keys are not"
    torch.testing.assert_close(sparse._sparsity(queries, keys), sparse._sparsity(*wide[:2]))


def test_outside_training_attention_is_repeatable() -> None:
    sparse = ProbSparseAttention(factor=1).eval()
    parts = tokens(length=50, others=50)
    assert torch.equal(sparse(*parts), sparse(*parts))


def test_a_causal_layer_does_not_see_later_tokens() -> None:
    torch.manual_seed(0)
    layer = AttentionLayer(width=8, heads=2, causal=True).eval()
    inputs = torch.randn(1, 6, 8)
    changed = inputs.clone()
    changed[:, 4:] = 9.0
    torch.testing.assert_close(layer(inputs)[:, :4], layer(changed)[:, :4])
    assert not torch.allclose(layer(inputs)[:, 4:], layer(changed)[:, 4:])


def test_a_layer_reads_a_memory_of_another_length() -> None:
    layer = AttentionLayer(width=8, heads=4, kind="prob_sparse", factor=2)
    assert layer(torch.randn(3, 5, 8), torch.randn(3, 11, 8)).shape == (3, 5, 8)


@pytest.mark.parametrize("kind", ["full", "prob_sparse"])
def test_dropout_leaves_out_keys_and_keeps_the_mean(kind: AttentionKind) -> None:
    torch.manual_seed(0)
    tokens = torch.randn(1, 6, 8)
    layer = AttentionLayer(width=8, heads=2, kind=kind, dropout=0.5).eval()
    expected = layer(tokens)
    torch.testing.assert_close(layer(tokens), expected)
    layer.train()
    with torch.no_grad():
        outputs = layer(tokens.expand(6_000, -1, -1))
    assert float(outputs.std(dim=0).min()) > 0.01
    torch.testing.assert_close(outputs.mean(dim=0), expected[0], rtol=0.0, atol=0.03)
