"""A tiny copy of each corpus, in the layout that data/README.md documents."""

import gzip
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from torchaudio.datasets import gtzan

from asr.data.corpora.cmuarctic import CMUArctic
from asr.data.corpora.commonvoice import CommonVoice
from asr.data.corpora.fluent_speech_commands import FluentSpeechCommands
from asr.data.corpora.folders import Folders
from asr.data.corpora.gtzan import GTZAN
from asr.data.corpora.iemocap import IEMOCAP
from asr.data.corpora.lhotse import Lhotse
from asr.data.corpora.librispeech import LibriSpeech
from asr.data.corpora.libritts import LibriTTS
from asr.data.corpora.ljspeech import LJSpeech
from asr.data.corpora.manifest import Manifest
from asr.data.corpora.shards import Shards
from asr.data.corpora.snips import Snips
from asr.data.corpora.speech_commands import SpeechCommands
from asr.data.corpora.tedlium import Tedlium
from asr.data.corpora.vctk import VCTK
from asr.data.corpora.yesno import YesNo
from asr.data.utterance import Corpus


@pytest.fixture
def build(tmp_path: Path) -> Callable[[str], Corpus]:
    """Write the tree of a corpus under ``tmp_path`` and open it."""
    return lambda name: TREES[name](tmp_path)


def write_audio(path: Path, seconds: float = 0.01, rate: int = 16_000, **how: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(round(seconds * rate), np.float32), rate, **how)


def write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def yesno(root: Path) -> Corpus:
    for number in range(60):
        write_audio(root / "waves_yesno" / ("_".join(f"{number:08b}") + ".wav"), rate=8_000)
    return YesNo(str(root), download=False)


def speech_commands(root: Path) -> Corpus:
    folder = root / "SpeechCommands" / "speech_commands_v0.02"
    for word in ("bed", "no", "yes"):
        for speaker in ("0a7c2a8d", "1b4c9b89", "2c6d3924", "3d53244b"):
            for number in (0, 1):
                write_audio(folder / word / f"{speaker}_nohash_{number}.wav")
    write_audio(folder / "_background_noise_" / "pink_noise.wav")
    lists = {"validation_list.txt": "2c6d3924", "testing_list.txt": "3d53244b"}
    for name, speaker in lists.items():
        clips = [
            f"{word}/{speaker}_nohash_{n}.wav" for word in ("yes", "no", "bed") for n in (1, 0)
        ]
        write_text(folder / name, "\n".join(clips) + "\n")
    return SpeechCommands(str(root), download=False)


def librispeech(root: Path) -> Corpus:
    for subset, speaker in (("train-clean-100", 19), ("dev-clean", 84), ("test-clean", 61)):
        folder = root / "LibriSpeech" / subset / str(speaker) / "198"
        for number in (0, 1):
            write_audio(folder / f"{speaker}-198-{number:04d}.flac")
        lines = [f"{speaker}-198-{n:04d} CHAPTER {n} OF {speaker}\n" for n in (0, 1)]
        write_text(folder / f"{speaker}-198.trans.txt", "".join(lines))
    return LibriSpeech(str(root), download=False)


def libritts(root: Path) -> Corpus:
    for subset, speaker in (("train-clean-100", 19), ("dev-clean", 84), ("test-clean", 61)):
        stem = root / "LibriTTS" / subset / f"{speaker}" / "198" / f"{speaker}_198_000000_000000"
        write_audio(stem.with_suffix(".wav"), rate=24_000)
        write_text(stem.with_suffix(".original.txt"), "Chapter 1.\n")
        write_text(stem.with_suffix(".normalized.txt"), "Chapter one.\n")
    return LibriTTS(str(root), download=False)


def ljspeech(root: Path) -> Corpus:
    folder = root / "LJSpeech-1.1"
    names = [f"LJ{chapter:03d}-{number:04d}" for chapter in (1, 2, 3, 4, 5) for number in (1, 2)]
    for name in names:
        write_audio(folder / "wavs" / f"{name}.wav", rate=22_050)
    lines = [f'{name}|"In {n}, he said|"In number {n}, he said\n' for n, name in enumerate(names)]
    write_text(folder / "metadata.csv", "".join(lines))
    return LJSpeech(str(root), download=False)


def cmuarctic(root: Path) -> Corpus:
    for speaker in ("awb", "bdl", "clb", "jmk", "ksp", "rms", "slt"):
        folder = root / "ARCTIC" / f"cmu_us_{speaker}_arctic"
        for number in (1, 2):
            write_audio(folder / "wav" / f"arctic_a{number:04d}.wav")
        lines = [
            f'( arctic_a{n:04d} "Author of the trail, Philip, number {n}." )\n' for n in (1, 2)
        ]
        write_text(folder / "etc" / "txt.done.data", "".join(lines))
    return CMUArctic(str(root), download=False)


def commonvoice(root: Path) -> Corpus:
    header = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccents\n"
    for speaker, table in enumerate(("train", "dev", "test")):
        names = [f"common_voice_en_{speaker}{number}.mp3" for number in (1, 2, 3)]
        sentences = ["Plain.", '"I never closed this quote.', "Ends here\u2028after all."]
        rows = [
            f"speaker{speaker}\t{name}\t{sentence}\t2\t0\t\tfemale\t\n"
            for name, sentence in zip(names, sentences, strict=True)
        ]
        write_text(root / f"{table}.tsv", header + "".join(rows))
        for name in names:
            write_audio(root / "clips" / name, format="MP3")
    return CommonVoice(str(root))


def tedlium(root: Path) -> Corpus:
    folder = root / "TEDLIUM_release-3"
    for part, talk in (
        ("data", "Ann_2010"),
        ("legacy/dev", "Bob_2011"),
        ("legacy/test", "Cy_2012"),
    ):
        speaker = talk.partition("_")[0]
        write_audio(folder / part / "sph" / f"{talk}.sph", seconds=3, format="NIST")
        write_text(
            folder / part / "stm" / f"{talk}.stm",
            f"{talk} 1 {speaker} 0.25 1.75 <o,f0,female> it 's <unk> here\n"
            f"{talk} 1 inter_segment_gap 1.75 2 <o,,unknown> ignore_time_segment_in_scoring\n"
            f"{talk} 1 {speaker} 2 2.5 <o,f0,female> thank you\n",
        )
    return Tedlium(str(root), download=False)


def vctk(root: Path) -> Corpus:
    folder = root / "VCTK-Corpus-0.92"
    for speaker in ("p226", "p227", "p245", "p225"):
        for number in ("001", "002"):
            write_text(
                folder / "txt" / speaker / f"{speaker}_{number}.txt", "Please call Stella.\n"
            )
            audio = folder / "wav48_silence_trimmed" / speaker / f"{speaker}_{number}_mic2.flac"
            write_audio(audio, rate=48_000)
    return VCTK(str(root), download=False)


def fluent_speech_commands(root: Path) -> Corpus:
    folder = root / "fluent_speech_commands_dataset"
    header = ",path,speakerId,transcription,action,object,location\n"
    for speaker, table in (("2BqVo8kV", "train"), ("4BrX8aDq", "valid"), ("xRQE5VD7", "test")):
        names = [f"wavs/speakers/{speaker}/{number}-4474.wav" for number in (0, 1)]
        rows = [
            f'{n},{name},{speaker},"On, please",activate,lights,none\n'
            for n, name in enumerate(names)
        ]
        write_text(folder / "data" / f"{table}_data.csv", header + "".join(rows))
        for name in names:
            write_audio(folder / name)
    return FluentSpeechCommands(str(root))


def snips(root: Path) -> Corpus:
    lines = []
    for subset in ("train", "valid", "test"):
        for voice in ("Amy", "Joey"):
            name = f"{voice}-snips-{subset}-0"
            write_audio(root / "SNIPS" / subset / f"{name}.mp3", format="MP3")
            lines.append(f"{name} BOS play some jazz EOS\tO O O B-genre PlayMusic\n")
    write_text(root / "SNIPS" / "all.iob.snips.txt", "".join(lines))
    return Snips(str(root))


def gtzan_tree(root: Path) -> Corpus:
    for name in (*gtzan.filtered_train, *gtzan.filtered_valid, *gtzan.filtered_test):
        write_audio(root / "genres" / name.partition(".")[0] / f"{name}.wav", rate=22_050)
    return GTZAN(str(root))


def iemocap(root: Path) -> Corpus:
    for session in (1, 2, 3, 4, 5):
        folder = root / "IEMOCAP" / f"Session{session}"
        dialogue = f"Ses{session:02d}F_impro01"
        turns = {"F000": "neu", "M000": "exc", "F001": "xxx", "M001": "hap"}
        for turn in turns:
            write_audio(folder / "sentences" / "wav" / dialogue / f"{dialogue}_{turn}.wav")
        lines = [
            f"[6.29 - 8.23]\t{dialogue}_{turn}\t{emotion}\t[2.5, 2.5, 2.5]\n"
            for turn, emotion in turns.items()
        ]
        label_file = folder / "dialog" / "EmoEvaluation" / f"{dialogue}.txt"
        write_text(label_file, "% a header\n" + "".join(lines))
    return IEMOCAP(str(root))


def manifest(root: Path) -> Corpus:
    rows = [
        {"audio_filepath": f"audio/{n}.wav", "duration": 0.01, "text": f"text {n}", "split": split}
        for n, split in enumerate(("train", "train", "dev", "test"))
    ]
    for row in rows:
        write_audio(root / str(row["audio_filepath"]))
    write_text(root / "manifest.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    return Manifest(path=str(root / "manifest.jsonl"))


def folders(root: Path) -> Corpus:
    for label in ("cat", "dog"):
        for speaker in ("ann", "bob", "cy"):
            for number in range(10):
                write_audio(root / label / f"{speaker}{number}_take.flac")
    return Folders(str(root), val=0.2, test=0.3, speaker="^([^_]+)_")


def shards(root: Path) -> Corpus:
    for split in ("train", "val", "test"):
        for number in (0, 1):
            with tarfile.open(root / f"{split}-{number:06d}.tar", "w") as archive:
                for key in ("000000", "000001"):
                    write_audio(root / "loose" / f"{key}.flac")
                    write_text(root / "loose" / f"{key}.txt", "a text")
                    for ending in ("flac", "txt"):
                        name = f"{key}.{ending}"
                        archive.add(root / "loose" / name, arcname=name)
    shutil.rmtree(root / "loose")
    return Shards(str(root))


def lhotse(root: Path) -> Corpus:
    for split in ("train", "dev", "test"):
        path = root / "audio" / f"{split}.wav"
        write_audio(path, seconds=2)
        source = {"type": "file", "channels": [0], "source": str(path)}
        cuts = [
            {
                "id": f"{split}-{number}", "start": float(number), "duration": 1.0, "channel": 0,
                "supervisions": [
                    {"id": f"s{number}", "start": 0.0, "duration": 1.0, "text": "a text"}
                ],
                "recording": {"id": split, "sources": [source]}, "type": "MonoCut",
            }
            for number in (0, 1)
        ]  # fmt: skip
        lines = "".join(json.dumps(cut) + "\n" for cut in cuts)
        (root / f"cuts_{split}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    return Lhotse(str(root))


TREES: dict[str, Callable[[Path], Corpus]] = {
    "yesno": yesno,
    "speech_commands": speech_commands,
    "librispeech": librispeech,
    "libritts": libritts,
    "ljspeech": ljspeech,
    "cmuarctic": cmuarctic,
    "commonvoice": commonvoice,
    "tedlium": tedlium,
    "vctk": vctk,
    "fluent_speech_commands": fluent_speech_commands,
    "snips": snips,
    "gtzan": gtzan_tree,
    "iemocap": iemocap,
    "manifest": manifest,
    "folders": folders,
    "shards": shards,
    "lhotse": lhotse,
}
