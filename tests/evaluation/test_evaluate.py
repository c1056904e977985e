from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from asr.assemble import assemble
from asr.bundle import Bundle, load_model
from asr.compose import compose
from asr.data.index import Index
from asr.data.utterance import Utterance
from asr.errors import InputError
from asr.evaluation.recognise import channel_for, misfit, pick_device, recognise
from asr.evaluation.scores import score
from asr.json_files import to_json
from tests.tone_models import spoken


def test_autocast_around_an_evaluation_changes_nothing(bundle: Path, tones: Path) -> None:
    recognizer = load_model(bundle).recognizer
    index = Index.of(spoken(tones))
    dtypes = []
    recognizer.model.head.register_forward_hook(lambda _m, _i, y: dtypes.append(y.values.dtype))

    plain = recognise(recognizer, index).heard
    with torch.autocast("cpu", torch.bfloat16):
        assert recognise(recognizer, index).heard == plain

    assert set(dtypes) == {torch.float32}


def test_the_shares_of_all_processes_are_the_whole(bundle: Path, tones: Path) -> None:
    recognizer = load_model(bundle).recognizer
    index = Index.of(spoken(tones))

    shares = [recognise(recognizer, index, batch=2, rank=rank, world=3) for rank in range(3)]

    assert all(share.heard for share in shares)
    together = sorted(heard for share in shares for heard in share.heard)
    assert together == sorted(recognise(recognizer, index, batch=2).heard)


def test_a_recording_with_other_channels_than_the_model_is_not_fed_to_it(tmp_path: Path) -> None:
    overrides = ["features.channels=2", "data.channel=all", "vocabulary.units=[a,b]"]
    recognizer = assemble(compose(overrides))
    recognizer.model.eval()
    for channels in (1, 2):
        soundfile.write(tmp_path / f"{channels}.wav", np.zeros((16_000, channels)), 16_000)
    index = Index.of([Utterance(f"{n}", tmp_path / f"{n}.wav", text="a") for n in (1, 2)])

    channel = channel_for(Bundle(recognizer, {}), None)
    share = recognise(recognizer, index, channel=channel)

    assert channel == "all"
    assert [heard.row for heard in share.heard] == [1]
    assert share.unread[0].reason == "has 1 channel(s), but the model takes 2"
    assert misfit(torch.zeros(2, 100), recognizer.model) is None


def test_how_sure_it_is_of_a_transcript_is_told_where_it_is_asked_for(
    bundle: Path, tones: Path
) -> None:
    recognizer = load_model(bundle).recognizer
    index = Index.of(spoken(tones))

    told = [heard.confidence for heard in recognise(recognizer, index, confident=True).heard]

    assert all(sure is not None and 0 < sure <= 1 for sure in told)
    assert len(set(told)) > 1
    assert recognise(recognizer, index).heard[0].confidence is None


def test_text_out_of_silence_is_an_infinite_rate_and_null_in_json(
    bundle: Path, tones: Path
) -> None:
    recognizer = load_model(bundle).recognizer
    [heard, *_] = recognise(recognizer, Index.of(spoken(tones)[:1])).heard

    found = score(recognizer.task, Index.of(spoken(tones)[:1]), [heard._replace(reference="")])

    assert found.rates["wer"] == float("inf")
    assert '"wer": null' in to_json(found.rates)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="use --device cpu"):
        pick_device("cuda")
    assert pick_device("auto").type == "cpu"
