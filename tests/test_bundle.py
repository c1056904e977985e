import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from asr.assemble import Recognizer, assemble
from asr.bundle import KEY, description, load_model, save_bundle
from asr.compose import compose
from asr.errors import InputError
from asr.padded import pad
from asr.text.units import Units

SMALL = [
    "features.sample_rate=8000", "features.bins=20", "features.normalize=global",
    "model.blocks=[{channels: 8, pool: {kind: max, kernel: 2}}, {channels: 12}]",
]  # fmt: skip


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    torch.manual_seed(0)
    made = assemble(compose(SMALL), Units("character", units="abc "))
    with torch.no_grad():
        for tensor in made.model.state_dict().values():
            tensor.add_(torch.rand_like(tensor) / 10)
    made.model.eval()
    return made


@pytest.fixture
def bundle(recognizer: Recognizer, tmp_path: Path) -> Path:
    save_bundle(tmp_path / "model.safetensors", recognizer, {"test": {"wer": 0.25}})
    return tmp_path / "model.safetensors"


def _rewritten(bundle: Path, **changes: Any) -> Path:
    """The same bundle with its description changed."""
    header = json.loads(_description(bundle))
    header.update(changes)
    path = bundle.with_name("changed.safetensors")
    save_file(load_file(bundle), path, {KEY: json.dumps(header)})
    return path


def _description(bundle: Path) -> str:
    length = int.from_bytes(bundle.read_bytes()[:8], "little")
    return json.loads(bundle.read_bytes()[8 : 8 + length])["__metadata__"][KEY]


def _parts(bundle: Path) -> dict[str, Any]:
    return json.loads(_description(bundle))["parts"]


def test_a_bundle_gives_the_same_logits_as_the_model_it_came_from(
    recognizer: Recognizer, bundle: Path
) -> None:
    loaded, facts = load_model(bundle)
    waveforms = pad([torch.randn(1, 4000), torch.randn(1, 2500)])
    torch.testing.assert_close(
        loaded.model(waveforms).values, recognizer.model(waveforms).values, rtol=0, atol=0
    )
    assert loaded.vocabulary.symbols == recognizer.vocabulary.symbols
    assert facts == {"test": {"wer": 0.25}}
    assert not loaded.model.training


def test_saving_what_was_loaded_gives_the_same_file(bundle: Path, tmp_path: Path) -> None:
    loaded, facts = load_model(bundle)
    save_bundle(tmp_path / "again.safetensors", loaded, facts)
    assert (tmp_path / "again.safetensors").read_bytes() == bundle.read_bytes()


def test_a_run_folder_stands_for_its_bundle(bundle: Path) -> None:
    assert load_model(bundle.parent).facts == {"test": {"wer": 0.25}}


def test_a_checkpoint_can_be_loaded_as_well(recognizer: Recognizer, tmp_path: Path) -> None:
    weights = {f"model.{name}": t for name, t in recognizer.model.state_dict().items()}
    torch.save({"state_dict": weights, KEY: description(recognizer, {})}, tmp_path / "best.ckpt")
    loaded = load_model(tmp_path).recognizer
    waveforms = pad([torch.randn(1, 4000)])
    torch.testing.assert_close(
        loaded.model(waveforms).values, recognizer.model(waveforms).values, rtol=0, atol=0
    )


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "builtins.open",
        "pathlib.Path",
        "asr.bundle.json.loads",
        "asr.data.audio.torch.load",
        "asr.models.conv_stack.ConvBlock",  # imported there, not defined there
        "asr.models.acoustic.nn.Module",
        "asr.features.log_mel._filters",  # a function
        "asr.tasks.ctc.CTC",  # ours, but no features
        "asr.models.nothing.Nothing",
        "torch.nn.Linear",
        "",
        7,
        None,
        ["asr.features.log_mel.LogMel"],
    ],
)
def test_a_bundle_cannot_name_what_is_not_ours(bundle: Path, name: Any) -> None:
    parts = {**_parts(bundle), "features": {"class": name}}
    with pytest.raises(InputError, match=r"may only name classes of asr\.features"):
        load_model(_rewritten(bundle, parts=parts))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version 2, but this application reads version 1"),
        ({"format": "other"}, "not one of this application"),
        ({"parts": {}}, "described by features, model, task, vocabulary"),
        ({"parts": None}, "described by"),
    ],
)
def test_another_format_is_refused(bundle: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_model(_rewritten(bundle, **change))


@pytest.mark.parametrize(
    ("part", "node", "message"),
    [
        ("features", {"_target_": "os.system", "command": "true"}, "may not hold '_target_'"),
        ("features", {"sample_rate": 8000}, "names no class"),
        ("features", {"sample_rate": "${oc.env:HOME}"}, "plain values, not the interpolation"),
        ("features", 3, "names no class"),
    ],
)
def test_a_description_holds_plain_values(bundle: Path, part: str, node: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_model(_rewritten(bundle, parts={**_parts(bundle), part: node}))


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("features", {"bins": "many"}, "features.bins"),
        ("features", {"colour": 1}, "takes no such argument"),
        ("features", {"n_fft": 2**40}, "n_fft must be"),
        ("model", {"blocks": [{"channels": 2**40, "kernels": [3]}]}, "."),
        ("model", {"every": {"dropout": 2.0}}, "."),
    ],
)
def test_wrong_arguments_are_refused_in_one_line(
    bundle: Path, part: str, change: dict[str, Any], message: str
) -> None:
    parts = _parts(bundle)
    parts[part] = {**parts[part], **change}
    with pytest.raises(InputError, match=message) as error:
        load_model(_rewritten(bundle, parts=parts))
    assert str(error.value).startswith(str(bundle.with_name("changed.safetensors")))


def test_a_huge_model_is_refused_before_memory_is_taken_for_it(bundle: Path) -> None:
    parts = _parts(bundle)
    parts["model"]["blocks"][0]["channels"] = 2**20  # 32 TB of weights
    with pytest.raises(InputError, match="has shape"):
        load_model(_rewritten(bundle, parts=parts))


def test_weights_that_do_not_fit_are_named(bundle: Path) -> None:
    header = {KEY: _description(bundle)}
    weights = load_file(bundle)
    first = next(iter(weights))
    for changed in (
        {**weights, first: torch.zeros(3, 3)},
        {name: tensor for name, tensor in weights.items() if name != first},
        {**weights, "stranger": torch.zeros(1)},
    ):
        save_file(changed, bundle.with_name("bad.safetensors"), header)
        with pytest.raises(InputError, match=r"has shape|missing|unexpected"):
            load_model(bundle.with_name("bad.safetensors"))


class _Payload:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("executed"),))


def test_a_pickled_payload_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": {"x": _Payload()}}, tmp_path / "evil.ckpt")
    (tmp_path / "bare.ckpt").write_bytes(pickle.dumps(_Payload()))
    (tmp_path / "evil.safetensors").write_bytes(pickle.dumps(_Payload()))
    for name in ("evil.ckpt", "bare.ckpt", "evil.safetensors"):
        with pytest.raises(InputError, match=r"cannot be|can be read"):
            load_model(tmp_path / name)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    "make",
    [
        lambda path: None,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("hello"),
        lambda path: path.mkdir(),
        lambda path: save_file({"x": torch.zeros(1)}, path),
    ],
    ids=["missing", "empty", "text", "folder", "other safetensors"],
)
@pytest.mark.parametrize("suffix", ["safetensors", "ckpt"])
def test_what_is_no_model_is_refused_in_one_line(tmp_path: Path, make: Any, suffix: str) -> None:
    path = tmp_path / f"model.{suffix}"
    make(path)
    with pytest.raises(InputError) as error:
        load_model(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_truncated_bundle_is_refused(bundle: Path) -> None:
    bundle.write_bytes(bundle.read_bytes()[:-10])
    with pytest.raises(InputError, match="not a bundle that can be read"):
        load_model(bundle)


def test_an_address_is_not_opened() -> None:
    with pytest.raises(InputError, match="download the file first"):
        load_model(Path("http://example.org/model.ckpt"))


def test_a_bundle_does_not_name_the_files_of_a_search(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("ab\n")
    search = ["decoder=beam", f"decoder.lexicon='{tmp_path}/words'"]
    made = assemble(compose([*SMALL, *search]), Units("character", units="abc "))
    save_bundle(tmp_path / "model.safetensors", made, {})
    assert str(tmp_path) not in _description(tmp_path / "model.safetensors")
    assert _parts(tmp_path / "model.safetensors")["task"]["decoder"] == {
        "class": "asr.decoding.greedy.GreedyDecoder"
    }
    assert type(made.task.decoder).__name__ == "WordBeam"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "decoder",
    [
        {"class": "asr.language.beam.Beam", "lm": "/etc/passwd"},
        {"class": "asr.language.kenlm.KenlmModel", "path": "/etc/passwd", "words": []},
    ],
)
def test_a_bundle_cannot_name_a_decoder_that_reads_files(
    bundle: Path, decoder: dict[str, Any]
) -> None:
    parts = _parts(bundle)
    parts["task"] = {**parts["task"], "decoder": decoder}
    with pytest.raises(InputError, match="may only name classes"):
        load_model(_rewritten(bundle, parts=parts))
