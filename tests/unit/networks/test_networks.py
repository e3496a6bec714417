"""What all networks have in common, and what sets each apart."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

from tunesmith.networks.encoder_decoder import EncoderDecoder  # noqa: E402
from tunesmith.networks.fits import Fits  # noqa: E402
from tunesmith.networks.itransformer import ITransformer  # noqa: E402
from tunesmith.networks.linear import DLinear, NLinear, RLinear  # noqa: E402
from tunesmith.networks.nhits import NHits  # noqa: E402
from tunesmith.networks.patch_tst import PatchTST  # noqa: E402
from tunesmith.networks.sparse_tsf import SparseTSF  # noqa: E402
from tunesmith.networks.ts_mixer import TsMixer  # noqa: E402

LOOKBACK, HORIZON = 24, 8
SMALL = {"width": 8, "heads": 2, "hidden": 16, "dropout": 0.0}


def informer(channels: int) -> nn.Module:
    options = {"attention": "prob_sparse", "factor": 2, "distilling": True, "start": 12}
    return EncoderDecoder(lookback=LOOKBACK, horizon=HORIZON, channels=channels, **options, **SMALL)


def transformer(channels: int) -> nn.Module:
    return EncoderDecoder(lookback=LOOKBACK, horizon=HORIZON, channels=channels, normalised=True, **SMALL)


NETWORKS: dict[str, Callable[[int], nn.Module]] = {
    "dlinear": lambda c: DLinear(lookback=LOOKBACK, horizon=HORIZON, channels=c),
    "nlinear": lambda c: NLinear(lookback=LOOKBACK, horizon=HORIZON, channels=c),
    "rlinear": lambda c: RLinear(lookback=LOOKBACK, horizon=HORIZON, channels=c),
    "sparse_tsf": lambda c: SparseTSF(lookback=LOOKBACK, horizon=HORIZON, channels=c, season=6),
    "fits": lambda c: Fits(lookback=LOOKBACK, horizon=HORIZON, channels=c, frequencies=9),
    "nhits": lambda c: NHits(lookback=LOOKBACK, horizon=HORIZON, channels=c, hidden=16),
    "ts_mixer": lambda c: TsMixer(lookback=LOOKBACK, horizon=HORIZON, channels=c, hidden=8, dropout=0.0),
    "patch_tst": lambda c: PatchTST(lookback=LOOKBACK, horizon=HORIZON, channels=c, patch=6, stride=3, **SMALL),
    "itransformer": lambda c: ITransformer(lookback=LOOKBACK, horizon=HORIZON, channels=c, **SMALL),
    "transformer": transformer,
    "informer": informer,
}
MIXING = {"ts_mixer", "itransformer", "transformer", "informer"}
"""Those in which a channel is forecast from all of them."""
SHIFTED = {"nlinear", "rlinear", "sparse_tsf", "fits", "nhits", "ts_mixer", "patch_tst", "itransformer", "transformer"}
"""Those whose forecast moves with the level of the window."""


def windows(batch: int = 4, channels: int = 3) -> Tensor:
    return torch.randn(batch, LOOKBACK, channels, generator=torch.Generator().manual_seed(1))


def waves(batch: int, steps: int) -> Tensor:
    """Sines of one frequency and any phases, shape `(batch, steps, 2)`."""
    phases = torch.rand(batch, 1, 2, generator=torch.Generator().manual_seed(2))
    return torch.sin(2 * math.pi * (torch.arange(steps)[:, None] / 8 + phases))


@pytest.mark.parametrize("name", NETWORKS)
def test_forecasts_have_the_shape_of_the_horizon(name: str) -> None:
    for channels in (1, 3):
        outputs = NETWORKS[name](channels)(windows(channels=channels))
        assert outputs.shape == (4, HORIZON, channels)
        assert torch.isfinite(outputs).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_windows_of_a_batch_do_not_see_each_other(name: str) -> None:
    network, both = NETWORKS[name](3).eval(), windows(2)
    torch.testing.assert_close(network(both)[:1], network(both[:1]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_channels_see_each_other_in_mixing_networks_alone(name: str) -> None:
    torch.manual_seed(0)
    network, changed = NETWORKS[name](3).eval(), windows()
    changed[:, :, 2] = torch.randn(4, LOOKBACK, generator=torch.Generator().manual_seed(5))
    same = torch.allclose(network(windows())[..., :2], network(changed)[..., :2], atol=1e-5)
    assert same is (name not in MIXING)


@pytest.mark.parametrize("name", sorted(SHIFTED))
def test_a_higher_window_has_a_higher_forecast(name: str) -> None:
    network = NETWORKS[name](1).double().eval()
    inputs = windows(channels=1).double()
    torch.testing.assert_close(network(inputs + 50), network(inputs) + 50)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_learns(name: str) -> None:
    torch.manual_seed(0)
    network = NETWORKS[name](2)
    series = waves(8, LOOKBACK + HORIZON)
    nn.functional.mse_loss(network(series[:, :LOOKBACK]), series[:, LOOKBACK:]).backward()
    idle = [key for key, part in network.named_parameters() if part.grad is None or not part.grad.abs().sum() > 0]
    assert [key for key in idle if not key.startswith("blocks.2.past")] == [], "all but N-HiTS' last past are used"


@pytest.mark.parametrize("name", sorted(set(NETWORKS) - {"informer", "transformer"}))
def test_waves_are_learned(name: str) -> None:
    """A tiny over-fit."""
    torch.manual_seed(0)
    network = NETWORKS[name](2)
    series = waves(16, LOOKBACK + HORIZON)
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-2)
    for _ in range(50):
        loss = nn.functional.mse_loss(network(series[:, :LOOKBACK]), series[:, LOOKBACK:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.25, "the mean has 0.5"


def test_prob_sparse_attention_and_distilling_make_an_informer() -> None:
    """With all queries and without distilling it is the plain Transformer."""
    torch.manual_seed(0)
    shape = {"lookback": LOOKBACK, "horizon": HORIZON, "channels": 2, "start": 12}
    plain = EncoderDecoder(**shape, **SMALL).eval()
    sparse = EncoderDecoder(attention="prob_sparse", factor=1_000, **shape, **SMALL).eval()
    sparse.load_state_dict(plain.state_dict())
    inputs = windows(channels=2)
    torch.testing.assert_close(sparse(inputs), plain(inputs))


def test_distilling_halves_the_tokens_between_layers() -> None:
    network = EncoderDecoder(
        lookback=LOOKBACK, horizon=HORIZON, channels=1, encoder_layers=3, distilling=True, **SMALL
    ).eval()
    lengths: list[int] = []
    for layer in network.encoder:
        layer.register_forward_hook(lambda layer, inputs, output: lengths.append(output.shape[1]))
    network(windows(channels=1))
    assert lengths == [24, 12, 6]


def test_the_decoder_starts_from_the_end_of_the_window_and_knows_nothing_after_it() -> None:
    network = EncoderDecoder(lookback=LOOKBACK, horizon=HORIZON, channels=1, start=5, **SMALL).eval()
    seen: list[Tensor] = []
    network.decoder_embedding.register_forward_hook(lambda part, inputs, output: seen.append(inputs[0]))
    inputs = windows(channels=1)
    network(inputs)
    torch.testing.assert_close(seen[0], torch.cat([inputs[:, -5:], torch.zeros(4, HORIZON, 1)], dim=1))


def test_the_calendar_of_the_horizon_matters() -> None:
    torch.manual_seed(0)
    network = EncoderDecoder(lookback=LOOKBACK, horizon=HORIZON, channels=1, marks=4, **SMALL).eval()
    marks = torch.zeros(4, LOOKBACK + HORIZON, 4)
    other = marks.clone()
    other[:, LOOKBACK:] = 0.5
    assert not torch.allclose(network(windows(channels=1), marks), network(windows(channels=1), other))


def test_fits_passes_low_frequencies_and_nothing_else() -> None:
    """Each frequency mapped to the same of twice the length: the forecast repeats the low frequencies of the window."""
    kept = 4
    network = Fits(lookback=LOOKBACK, horizon=LOOKBACK, channels=1, frequencies=kept).double()
    for part in (network.real, network.imaginary):
        nn.init.zeros_(part.weight)
        nn.init.zeros_(part.bias)
    with torch.no_grad():
        network.real.weight[2 * torch.arange(kept), torch.arange(kept)] = 1.0
    steps = torch.arange(LOOKBACK, dtype=torch.float64) * 2 * math.pi / LOOKBACK
    low = (3 + torch.sin(steps) + 0.5 * torch.cos(3 * steps))[None, :, None]
    high = torch.sin(8 * steps)[None, :, None]
    torch.testing.assert_close(network(low), low, rtol=0, atol=1e-5)
    torch.testing.assert_close(network(low + high), low, rtol=0, atol=1e-5)


def test_fits_is_a_complex_layer_between_fourier_transforms() -> None:
    torch.manual_seed(0)
    network = Fits(lookback=LOOKBACK, horizon=HORIZON, channels=2, frequencies=7).double()
    inputs = windows(channels=2).double()
    normalised, middle, spread = network.norm(inputs)
    weight = torch.complex(network.real.weight, network.imaginary.weight)
    bias = torch.complex(network.real.bias - network.imaginary.bias, network.real.bias + network.imaginary.bias)
    spectrum = torch.fft.rfft(normalised.transpose(1, 2))[..., :7] @ weight.T + bias
    total = LOOKBACK + HORIZON
    padded = nn.functional.pad(spectrum, (0, total // 2 + 1 - spectrum.shape[-1]))
    longer = torch.fft.irfft(padded, n=total)[..., LOOKBACK:] * total / LOOKBACK
    expected = network.norm.undo(longer.transpose(1, 2), middle, spread)
    torch.testing.assert_close(network(inputs), expected, rtol=0, atol=1e-5)


def test_nhits_interpolates_the_knots_of_coarse_blocks() -> None:
    torch.manual_seed(0)
    block = NHits(lookback=LOOKBACK, horizon=HORIZON, channels=1, poolings=(8,), hidden=4).blocks[0]
    assert block.future.out_features == 1, "one knot for eight steps"
    _, future = block(torch.randn(2, LOOKBACK))
    torch.testing.assert_close(future, future[:, :1].expand(-1, HORIZON))


def test_nhits_adds_up_what_its_blocks_explain() -> None:
    torch.manual_seed(0)
    network = NHits(lookback=LOOKBACK, horizon=HORIZON, channels=1, poolings=(4, 1), hidden=4).eval()
    normalised, middle, spread = network.norm(windows(channels=1))
    rest = normalised[..., 0]
    past, first = network.blocks[0](rest)
    _, second = network.blocks[1](rest - past)
    torch.testing.assert_close(
        network(windows(channels=1)), network.norm.undo((first + second)[..., None], middle, spread)
    )


def test_patches_overlap_and_end_with_a_padded_one() -> None:
    network = PatchTST(lookback=24, horizon=8, channels=1, patch=8, stride=4, **SMALL).eval()
    seen: list[Tensor] = []
    network.embed.register_forward_hook(lambda part, inputs, output: seen.append(inputs[0]))
    network(torch.arange(24.0).reshape(1, 24, 1))
    steps = [[*range(start, start + 8)] for start in (0, 4, 8, 12, 16)] + [[20, 21, 22, 23, 23, 23, 23, 23]]
    normalised, _, _ = network.norm(torch.arange(24.0).reshape(1, 24, 1))
    torch.testing.assert_close(seen[0][0], normalised[0, :, 0][torch.tensor(steps)])


def test_sparse_tsf_continues_each_place_in_the_season_by_itself() -> None:
    torch.manual_seed(0)
    network = SparseTSF(lookback=24, horizon=8, channels=1, season=6).double().eval()
    nn.init.zeros_(network.smooth.weight)
    nn.init.constant_(network.layer.weight, 1 / 4)
    season = torch.tensor([5.0, 1.0, 2.0, 8.0, 3.0, 4.0], dtype=torch.float64)
    outputs = network(season.repeat(4).reshape(1, 24, 1))
    torch.testing.assert_close(outputs[0, :, 0], season.repeat(2)[:8])


def test_dlinear_splits_a_window_into_a_trend_and_the_rest() -> None:
    """With the same weights for both, it is one linear layer on the window."""
    network = DLinear(lookback=LOOKBACK, horizon=HORIZON, channels=2, kernel=5)
    network.rest.load_state_dict(network.trend.state_dict())
    inputs = windows(channels=2)
    one = inputs.transpose(1, 2) @ network.trend.weight.T + 2 * network.trend.bias
    torch.testing.assert_close(network(inputs), one.transpose(1, 2))
