from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from asr.bundle import load_model
from asr.errors import InputError
from asr.importing.imported import import_model
from asr.padded import Padded, pad
from tests.importing.nemo_models import (
    FIXTURES,
    block,
    citrinet,
    config,
    encode,
    jasper_10x5,
    keys,
    pack,
    quartznet_15x5,
    random_weights,
)

MATCHBOXNET = FIXTURES / "nemo_MatchboxNet-3x1x64_seed0_bncal"
needs_fixtures = pytest.mark.skipif(
    not FIXTURES.exists(), reason="needs the key lists of NeMo's models"
)


@pytest.fixture(scope="module")
def matchboxnet(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("matchboxnet")
    import_model(MATCHBOXNET.with_suffix(".nemo"), folder / "bundle")
    return load_model(folder / "bundle").recognizer


@needs_fixtures
@pytest.mark.parametrize("rows", ["b1", "b2"])
@torch.inference_mode()
def test_a_real_checkpoint_computes_what_it_did(matchboxnet: Any, rows: str) -> None:
    given = np.load(MATCHBOXNET.with_suffix(".npz"))
    x = Padded(torch.tensor(given[f"{rows}_features"]), torch.tensor(given[f"{rows}_length"]))
    encoded = matchboxnet.model.encoder(x)
    logits = matchboxnet.model.head(encoded)
    expected = torch.tensor(given[f"{rows}_encoded"])
    torch.testing.assert_close(encoded.values, expected, rtol=0, atol=1e-5)
    assert encoded.lengths.tolist() == given[f"{rows}_encoded_len"].tolist()
    expected = torch.tensor(given[f"{rows}_decoder_out"])
    torch.testing.assert_close(logits.values[..., 0], expected, rtol=0, atol=1e-5)


@needs_fixtures
@torch.inference_mode()
def test_a_real_checkpoint_hears_what_it_did(matchboxnet: Any) -> None:
    given = np.load(MATCHBOXNET.with_suffix(".npz"))
    wave = torch.tensor(given["wave"])[:, None]
    features = matchboxnet.model.features.features(Padded(wave, torch.tensor([16000])))
    expected = torch.tensor(given["wave_features"])
    torch.testing.assert_close(features.values, expected, rtol=0, atol=1e-4)


@needs_fixtures
@torch.inference_mode()
def test_a_real_checkpoint_says_the_same_alone_and_in_a_batch(matchboxnet: Any) -> None:
    waves = [torch.randn(1, samples) / 10 for samples in (16000, 9000, 30000)]
    together = matchboxnet.model(pad(waves, float("nan"))).values
    for row, wave in enumerate(waves):
        alone = matchboxnet.model(pad([wave])).values[0]
        torch.testing.assert_close(together[row], alone, rtol=1e-5, atol=1e-5)


@needs_fixtures
def test_labels_come_along(matchboxnet: Any) -> None:
    assert matchboxnet.vocabulary.symbols[:3] == ("visual", "wow", "learn")
    assert "yes" in matchboxnet.vocabulary.symbols
    assert matchboxnet.model.sample_rate == 16000


@needs_fixtures
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("QuartzNet15x5", quartznet_15x5()),
        ("Citrinet-256", citrinet(256)),
        pytest.param("Jasper10x5", jasper_10x5(), marks=pytest.mark.slow),
        pytest.param("Citrinet-1024", citrinet(1024, 0.25, 1024), marks=pytest.mark.slow),
    ],
)
@torch.inference_mode()
def test_a_model_of_the_key_lists_computes_what_nemos_layers_do(
    name: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    weights = random_weights(keys(name))
    import_model(pack(tmp_path / "a.nemo", settings, weights), tmp_path / "a.safetensors")
    model = load_model(tmp_path / "a.safetensors").recognizer.model
    bins = settings["encoder"]["feat_in"]
    x, lengths = torch.randn(2, bins, 120), torch.tensor([120, 77])
    ours = model.encoder(Padded(x, lengths))
    expected = encode(settings, weights, x, lengths)
    for row, frames in enumerate(ours.lengths.tolist()):
        scale = expected[row, :, :frames].abs().max()
        difference = (ours.values - expected)[row, :, :frames].abs().max()
        assert scale > 0.1
        assert difference <= 1e-5 * max(1.0, float(scale))


SMALL = config([block(8, 5, separable=True), block(8, 3, residual=True)], bins=64)
SMALL_KEYS = [
    ("preprocessor.featurizer.window", [320]),
    ("preprocessor.featurizer.fb", [1, 64, 257]),
    ("encoder.encoder.0.mconv.0.conv.weight", [64, 1, 5]),
    ("encoder.encoder.0.mconv.1.conv.weight", [8, 64, 1]),
    *((f"encoder.encoder.0.mconv.2.{part}", [8]) for part in
      ("weight", "bias", "running_mean", "running_var")),
    ("encoder.encoder.1.mconv.0.conv.weight", [8, 8, 3]),
    *((f"encoder.encoder.1.mconv.1.{part}", [8]) for part in
      ("weight", "bias", "running_mean", "running_var")),
    ("encoder.encoder.1.res.0.0.conv.weight", [8, 8, 1]),
    *((f"encoder.encoder.1.res.0.1.{part}", [8]) for part in
      ("weight", "bias", "running_mean", "running_var")),
    ("decoder.decoder_layers.0.weight", [29, 8, 1]),
    ("decoder.decoder_layers.0.bias", [29]),
]  # fmt: skip


def small(tmp_path: Path, **changes: Any) -> Path:
    """A small .nemo file with changes to its sections, as ``encoder={...}``."""
    settings = {
        **SMALL,
        **{name: {**SMALL.get(name, {}), **change} for name, change in changes.items()},
    }
    return pack(tmp_path / "small.nemo", settings, random_weights(SMALL_KEYS))


def test_a_small_model_transcribes(tmp_path: Path) -> None:
    made = import_model(small(tmp_path), tmp_path / "out")
    assert made.left_aside == ["optim", "train_ds"]
    recognizer = load_model(tmp_path / "out").recognizer
    assert recognizer.vocabulary.symbols[:3] == (" ", "a", "b")
    [text] = recognizer.task.predict(recognizer.model(pad([torch.randn(1, 8000)])))
    assert isinstance(text, str)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"encoder": {"jasper": [block(8, 5, heads=4)]}}, r"jasper\[0\].heads is 4"),
        ({"encoder": {"jasper": [block(8, 5, groups=2)]}}, r"jasper\[0\].groups is 2"),
        ({"encoder": {"jasper": [block(8, 5, wings=2)]}}, r"jasper\[0\].wings \(2\) is not known"),
        ({"encoder": {"jasper": [block(8, 5, stride=[2], repeat=3)]}}, "stride in each of its 3"),
        (
            {"encoder": {"jasper": [block(8, 5, residual=True, residual_mode="max")]}},
            "residual_mode 'max'",
        ),
        ({"encoder": {"jasper": []}}, "not a list of blocks"),
        ({"encoder": {"activation": "selu"}}, "encoder.activation 'selu'"),
        ({"encoder": {"_target_": "nemo.x.ConformerEncoder"}}, "encoder ConformerEncoder"),
        ({"decoder": {"_target_": "nemo.x.RNNTDecoder"}}, "decoder RNNTDecoder"),
        ({"preprocessor": {"mag_power": 1.0}}, "preprocessor.mag_power is 1.0"),
        ({"preprocessor": {"normalize": "all_features"}}, "preprocessor.normalize"),
        ({"preprocessor": {"window": "hamming"}}, "window.* is not what the config"),
        ({"preprocessor": {"_target_": "nemo.x.Encodec"}}, "preprocessor Encodec"),
        ({"tokenizer": {"type": "wpe"}}, "tokenizer of type 'wpe'"),
    ],
)
def test_what_has_no_counterpart_is_named_and_nothing_is_written(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        import_model(small(tmp_path, **changes), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda w: w.pop("encoder.encoder.1.res.0.1.bias"),
            "lack 'encoder.encoder.1.res.0.1.bias'",
        ),
        (lambda w: w.update({"encoder.adapter.weight": torch.ones(1)}), "encoder.adapter.weight"),
        (
            lambda w: w.update({"encoder.encoder.1.mconv.0.conv.weight": torch.ones(8, 8, 5)}),
            r"has shape \(8, 8, 5\), but the config says \(8, 8, 3\)",
        ),
        (
            lambda w: w.update({"preprocessor.featurizer.fb": torch.ones(1, 64, 257)}),
            "featurizer.fb' is not what",
        ),
    ],
)
def test_every_weight_is_used_or_named(tmp_path: Path, change: Any, message: str) -> None:
    weights = random_weights(SMALL_KEYS)
    change(weights)
    path = pack(tmp_path / "small.nemo", SMALL, weights)
    with pytest.raises(InputError, match=message):
        import_model(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_bundle_is_not_overwritten(tmp_path: Path) -> None:
    import_model(small(tmp_path), tmp_path / "out")
    with pytest.raises(InputError, match="is there already"):
        import_model(small(tmp_path), tmp_path / "out")
