"""``augment=clips`` cut recordings to a second and left them the whole of their transcripts."""

from pathlib import Path

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from asr.augment.crop import Crop
from asr.augment.shift import Shift
from asr.augment.speed import Speed
from asr.augment.waveform import Chain
from asr.compose import CONFIGS
from asr.data.corpora.tones import Tones
from asr.data.pacing import WaveformAugment, pacing
from asr.decoding.greedy import GreedyDecoder
from asr.errors import InputError
from asr.tasks.ctc import CTC
from asr.tasks.task import Task
from asr.text.labels import Labels
from asr.text.units import Units
from asr.training.data import SpeechData
from asr.training.data_values import refuse_other_targets


def _bound(root: Path, augment: WaveformAugment, task: Task) -> SpeechData:
    tones = Tones(str(root / "tones"), train=8, val=2, test=2)
    tones.prepare()
    data = SpeechData(tones, 8000, augment=augment)
    data.read()
    data.bind(task, lambda samples: samples // 80)
    return data


def _transcripts() -> Task:
    return CTC(Units("character", units=[" ", "a", "b", "c"]), GreedyDecoder())


def test_a_transcript_is_of_a_whole_recording(tmp_path: Path) -> None:
    tree = OmegaConf.create({"augment": OmegaConf.load(Path(CONFIGS, "augment", "clips.yaml"))})
    clips = instantiate(tree.augment.waveform, _convert_="all")

    for augment in (clips, Crop(seconds=100.0)):
        with pytest.raises(InputError, match=r"^augment\.waveform has a crop.*leave out the crop$"):
            _bound(tmp_path, augment, _transcripts())


def test_what_cuts_nothing_is_not_refused(tmp_path: Path) -> None:
    _bound(tmp_path, Chain([Speed(), Shift()]), _transcripts())


def test_labels_may_be_of_a_part() -> None:
    refuse_other_targets(Labels(units=["a", "b"]), None, 0.0, pacing(Crop()))
