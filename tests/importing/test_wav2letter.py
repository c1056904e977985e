from pathlib import Path

import pytest
import torch
import torchaudio

from asr.bundle import load_model
from asr.errors import InputError
from asr.importing.imported import import_model
from asr.padded import Padded

UNITS = ["<blank>", "<space>", "a", "b", "c"]


def write(folder: Path, kind: str, units: list[str] = UNITS) -> torchaudio.models.Wav2Letter:
    torch.manual_seed(0)
    features = 1 if kind == "waveform" else 13
    theirs = torchaudio.models.Wav2Letter(len(UNITS), input_type=kind, num_features=features)
    torch.save(theirs.state_dict(), folder / "wav2letter.pt")
    (folder / "units.txt").write_text("\n".join(units), encoding="utf-8")
    return theirs.eval()


@pytest.mark.parametrize("kind", ["waveform", "mfcc"])
@torch.inference_mode()
def test_it_computes_what_torchaudios_class_does(kind: str, tmp_path: Path) -> None:
    theirs = write(tmp_path, kind)
    import_model(tmp_path / "wav2letter.pt", tmp_path / "out", tmp_path / "units.txt", 8000)
    recognizer = load_model(tmp_path / "out").recognizer
    x = torch.randn(2, 1, 9000) if kind == "waveform" else torch.randn(2, 13, 101)
    padded = Padded(x, torch.tensor([x.shape[-1]] * 2))
    ours = recognizer.model.head(recognizer.model.encoder(padded)).values.log_softmax(dim=1)
    expected = theirs(x)[:, [1, 2, 3, 4, 0]]  # our blank is the last
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-5)
    assert recognizer.vocabulary.symbols == (" ", "a", "b", "c")
    assert recognizer.model.sample_rate == 8000


def test_units_must_fit(tmp_path: Path) -> None:
    write(tmp_path, "mfcc", ["a", "b", "c", "d", "e"])
    with pytest.raises(InputError, match="5 lines, one for each class, <blank> one of them"):
        import_model(tmp_path / "wav2letter.pt", tmp_path / "out", tmp_path / "units.txt")


def test_a_state_dict_needs_units(tmp_path: Path) -> None:
    write(tmp_path, "mfcc")
    with pytest.raises(InputError, match="give --units FILE"):
        import_model(tmp_path / "wav2letter.pt", tmp_path / "out")


def test_another_state_dict_is_refused(tmp_path: Path) -> None:
    torch.save({"fc.weight": torch.ones(2, 2)}, tmp_path / "a.pt")
    with pytest.raises(InputError, match="not a state dict of torchaudio's Wav2Letter"):
        import_model(tmp_path / "a.pt", tmp_path / "out")
    assert not (tmp_path / "out").exists()
