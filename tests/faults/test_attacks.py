"""The table of attacks, one by one: each is refused in one line, and none of them runs anything."""

import ast
import io
import json
import pickle
import re
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import save_file

from asr.bundle import KEY, description, load_model
from asr.compose import CONFIGS, compose
from asr.data.corpora.on_disk import fetch
from asr.errors import InputError
from asr.own_parts import refuse_strangers
from asr.training.run_folder import without_secrets, write_config
from tests.faults.conftest import Run, refused, write_rows, write_tone

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
SECONDS = 10.0  # for any refusal, on a busy machine


class Payload:
    """Makes a file when it is unpickled, which is all that it does."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return (Path.touch, (self.mark,))


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """A file that must not appear."""
    return tmp_path / "executed"


@cache
def _calls(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}


def _archive(path: Path, content: Any) -> None:
    torch.save(content, path)


def _legacy(path: Path, content: Any) -> None:
    torch.save(content, path, _use_new_zipfile_serialization=False)


def _bare(path: Path, content: Any) -> None:
    path.write_bytes(pickle.dumps(content))


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(_archive, id="attack-01-zip"),
        pytest.param(_legacy, id="attack-01-legacy"),
        pytest.param(_bare, id="attack-01-bare-pickle"),
    ],
)
@pytest.mark.parametrize("name", ["evil.ckpt", "evil.safetensors", "evil.pt", "evil.nemo"])
def test_a_pickle_is_not_run(run: Run, train: Run, tmp_path, mark, write, name: str) -> None:
    write(tmp_path / name, {"state_dict": {"model.x": Payload(mark)}, KEY: Payload(mark)})
    before = time.monotonic()

    if name.endswith((".pt", ".nemo")):
        refused(run("import", tmp_path / name, tmp_path / "out"), name)
    else:
        refused(run("describe", tmp_path / name), name)
        refused(train("corpus=tones", f"finetune.from={tmp_path / name}", "run_dir=out"), name)

    assert not mark.exists()
    assert time.monotonic() - before < SECONDS


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:9/model.ckpt", "https://example.org/model.safetensors",
     "s3://bucket/model.ckpt", "file:///etc/passwd"],
)  # fmt: skip
def test_attack_02_an_address_is_not_opened(run: Run, train: Run, address: str) -> None:
    refused(run("describe", address), "download the file first")
    refused(train("corpus=tones", f"finetune.from='{address}'", "run_dir=out"), "download the file")
    refused(train("corpus=tones", f"resume='{address}'"), "holds no run")


FORBIDDEN = [
    pytest.param("torch.hub", id="attack-03-torch-hub"),
    pytest.param("torchaudio.pipelines", id="attack-04-torchaudio-pipelines"),
    pytest.param("load_from_checkpoint", id="attack-05-load-from-checkpoint"),
    pytest.param("instantiate", id="attack-06-hydra-instantiate"),
    pytest.param("yaml.unsafe_load", id="attack-10-unsafe-yaml"),
    pytest.param("yaml.full_load", id="attack-10-full-yaml"),
    pytest.param("extractall", id="attack-08-extractall"),
    pytest.param("os.system", id="attack-14-system"),
    pytest.param("os.popen", id="attack-14-popen"),
    pytest.param("pickle.load", id="attack-01-unpickling"),
    pytest.param("torch.export.load", id="attack-16-exported-program"),
    pytest.param("torch.jit.load", id="attack-16-torchscript"),
    pytest.param("eval", id="attack-06-eval"),
    pytest.param("exec", id="attack-06-exec"),
]


@pytest.mark.parametrize("name", FORBIDDEN)
def test_no_source_calls_what_runs_foreign_code(name: str) -> None:
    for path in SOURCES:
        calls = _calls(path)
        assert not [c for c in calls if c == name or c.startswith(name + ".")], path
        assert not [c for c in calls if "." in c and c.endswith(f".{name}") and name != "eval"], (
            path
        )


def test_attack_01_and_14_no_source_loads_without_limits_or_runs_a_shell() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            given = {k.arg: ast.unparse(k.value) for k in node.keywords}
            name = ast.unparse(node.func)
            assert given.get("shell") in (None, "False"), path
            assert given.get("allow_pickle") in (None, "False"), path
            assert name != "torch.load" or given["weights_only"] == "True", path
            if name in ("trainer.fit", "trainer.test"):
                assert given["weights_only"] == "True", path


def test_attack_05_an_instantiator_of_a_checkpoint_is_not_called(
    run: Run, bundle: Path, tmp_path: Path, mark: Path
) -> None:
    path = _checkpoint(bundle, tmp_path)
    content = torch.load(path, weights_only=True)
    content["hyper_parameters"] = {"_instantiator": "pathlib.Path.touch", "self": str(mark)}
    torch.save(content, path)
    assert run("describe", path).status == 0  # what is not looked at does no harm
    assert not mark.exists()


def _checkpoint(bundle: Path, folder: Path, change: Callable[[Any], object] | None = None) -> Path:
    """The bundle as a checkpoint, its description changed."""
    recognizer, facts = load_model(bundle)
    header = json.loads(description(recognizer, facts))
    if change:
        change(header)
    weights = {f"model.{name}": value for name, value in recognizer.model.state_dict().items()}
    torch.save({"state_dict": weights, KEY: json.dumps(header)}, folder / "best.ckpt")
    return folder / "best.ckpt"


def _rewritten(bundle: Path, folder: Path, change: Callable[[Any], object]) -> Path:
    """The bundle with its description changed."""
    recognizer, facts = load_model(bundle)
    header = json.loads(description(recognizer, facts))
    change(header)
    path = folder / "evil.safetensors"
    save_file(dict(recognizer.model.state_dict()), path, {KEY: json.dumps(header)})
    return path


TARGETS = [
    "os.system", "subprocess.run", "builtins.open", "builtins.eval", "pathlib.Path.write_text",
    "pathlib.Path.touch", "torch.load", "torch.hub.load", "torch.utils.data.dataloader.os.system",
    "asr.bundle.json.loads", "asr.models.acoustic.nn.Module", "asr.data.audio.os.system",
    "asr.text.units.Units.fitted", "asr.config.build", "hydra.utils.instantiate",
]  # fmt: skip


@pytest.mark.parametrize("name", [pytest.param(t, id=f"attack-06-{t}") for t in TARGETS])
@pytest.mark.parametrize("key", ["class", "_target_"])
@pytest.mark.parametrize("write", [_checkpoint, _rewritten], ids=["checkpoint", "bundle"])
def test_a_description_names_nothing_foreign(
    run: Run, bundle: Path, tmp_path: Path, mark: Path, name: str, key: str, write: Any
) -> None:
    node = {
        key: name,
        "command": f"touch {mark}",
        "self": str(mark),
        "file": str(mark),
        "mode": "w",
    }
    path = write(bundle, tmp_path, lambda header: header["parts"].update(features=node))
    refused(run("describe", path))
    assert not mark.exists()


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(("parts", "features", "sample_rate"), id="attack-07-argument"),
        pytest.param(("parts", "vocabulary", "units"), id="attack-07-units"),
        pytest.param(("parts", "task", "${oc.env:SECRET_TOKEN}"), id="attack-07-key"),
        pytest.param(("facts", "test"), id="attack-07-facts"),
    ],
)
def test_an_environment_variable_is_not_read_for_a_file(
    run: Run, bundle: Path, tmp_path: Path, monkeypatch, place: tuple[str, ...]
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "planted-0123")

    def change(header: Any) -> None:
        for key in place[:-1]:
            header = header[key]
        header[place[-1]] = "${oc.env:SECRET_TOKEN}"

    outcome = run("describe", _rewritten(bundle, tmp_path, change), "--json")
    assert outcome.status == (0 if place[0] == "facts" else 2)
    assert "planted-0123" not in outcome.printed + outcome.errors


def test_attack_07_secrets_are_starred_where_a_config_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "planted-0123")
    monkeypatch.setenv("WANDB_API_KEY", "planted-4567")
    config = compose([
        "corpus=tones", "data_root='${oc.env:SECRET_TOKEN}/x'", "+logger.x.api_key=planted-89",
        "+logger.wandb={_target_: asr.training.wandb_log.WandbLog, project: planted-4567, "
        "entity: 'https://user:planted-4567@host'}",
    ])  # fmt: skip
    assert config["data_root"] == "planted-0123/x"
    write_config(tmp_path, config)
    text = (tmp_path / "config.yaml").read_text("utf-8")
    assert "planted" not in text
    assert "***" in text


@pytest.mark.parametrize(
    "name",
    ["key", "api_key", "apikey", "apiKey", "token", "access_token", "hf_token", "password",
     "passwd", "secret", "client_secret", "credentials", "SECRET_KEY", "auth_token"],
)  # fmt: skip
def test_attack_07_a_value_is_starred_for_its_name(name: str) -> None:
    assert without_secrets({"logger": {name: "planted"}}) == {"logger": {name: "***"}}
    kept = {"column": "split", "keys": 3, "monitor": "val/wer", "tokens": 5, "keyboard": "a"}
    assert without_secrets(kept) == kept


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("+logger.x.api_key=planted-0123", "logger.x.api_key=***"),
        ("+logger.x={token: planted-0123, a: 3}", "{'token': '***', 'a': 3}"),
        ("data_root=https://user:planted-4567@host", "data_root=https://user:***@host"),
    ],
)
def test_attack_07_a_sweep_says_what_it_tries_without_secrets(
    train: Run, monkeypatch: pytest.MonkeyPatch, override: str, told: str
) -> None:
    monkeypatch.setenv("HUB_PASSWORD", "planted-4567")
    outcome = train("-m", "seed=1,2", "corpus=tones", "trainer=cpu", override)
    assert "planted" not in outcome.printed + outcome.errors
    first = next(line for line in outcome.printed.splitlines() if line.startswith("trial 0: "))
    assert "seed=1" in first
    assert told in first


def _tar(path: Path, *members: tuple[str, bytes, str]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, kind, link in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            member.size = 4 if kind == tarfile.REGTYPE else 0
            archive.addfile(member, io.BytesIO(b"evil") if member.size else None)


@pytest.mark.parametrize(
    "members",
    [
        pytest.param([("../outside", tarfile.REGTYPE, "")], id="attack-08-parent"),
        pytest.param([("/{tmp}/outside", tarfile.REGTYPE, "")], id="attack-08-absolute"),
        pytest.param([("corpus/link", tarfile.SYMTYPE, "../.."),
                      ("corpus/link/outside", tarfile.REGTYPE, "")], id="attack-08-symlink"),
        pytest.param([("corpus/a", tarfile.LNKTYPE, "../../secret")], id="attack-08-hard-link"),
        pytest.param([("corpus/fifo", tarfile.FIFOTYPE, "")], id="attack-08-fifo"),
    ],
)  # fmt: skip
def test_an_archive_stays_where_it_is_unpacked(tmp_path: Path, members: Any) -> None:
    (tmp_path / "secret").write_text("secret")
    root = tmp_path / "data"
    named = [(n.format(tmp=tmp_path), k, t.format(tmp=tmp_path)) for n, k, t in members]

    def download(partial: Path) -> None:
        _tar(partial / "c.tar.gz", ("corpus/good", tarfile.REGTYPE, ""), *named)
        with tarfile.open(partial / "c.tar.gz") as archive:
            for member in archive:  # as torchaudio does
                archive.extract(member, partial)

    with pytest.raises(InputError, match="could not be downloaded"):
        fetch(root, "corpus", "the web", download, allowed=True)
    assert not (tmp_path / "outside").exists()
    assert not (root / "outside").exists()
    assert not (root / "corpus").exists()


ALIASES = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)

REFERENCES = re.sub(r"&a\d+ ", "", re.sub(r"\*(a\d+)", r"${\1}", ALIASES))


def _nemo(path: Path, config: str) -> Path:
    weights = io.BytesIO()
    torch.save({}, weights)
    with tarfile.open(path, "w") as archive:
        for name, data in (("model_config.yaml", config.encode()),
                           ("model_weights.ckpt", weights.getvalue())):  # fmt: skip
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(ALIASES, id="attack-09-alias-bomb"),
        pytest.param(REFERENCES, id="attack-09-reference-bomb"),
        pytest.param("a: !!python/object/apply:os.system ['true']", id="attack-10-python-object"),
        pytest.param("a: !!python/name:os.system", id="attack-10-python-name"),
    ],
)  # fmt: skip
def test_a_yaml_from_elsewhere_neither_grows_nor_runs(run: Run, tmp_path: Path, config) -> None:
    before = time.monotonic()
    refused(
        run("import", _nemo(tmp_path / "a.nemo", config), tmp_path / "out"), "model_config.yaml"
    )
    assert time.monotonic() - before < SECONDS


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ALIASES, id="attack-09-alias-bomb-of-a-run"),
        pytest.param("a: !!python/object/apply:os.system ['true']", id="attack-10-run-folder"),
        pytest.param("a: [", id="row-96-config-of-a-run"),
        pytest.param("{_target_: torch.optim.torch.load}", id="attack-06-alias-in-a-run"),
        pytest.param("model: {_target_: os.system, command: 'true'}", id="attack-06-run-folder"),
        pytest.param("a: {_target_: asr.config.build}", id="attack-06-own-function-in-a-run"),
    ],
)
def test_a_run_folder_from_elsewhere_neither_grows_nor_runs(
    train: Run, tmp_path: Path, text: str
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.yaml").write_text(text)
    (tmp_path / "run" / "last.ckpt").write_bytes(b"")
    before = time.monotonic()
    refused(train("resume=run"), "resume: ")
    assert time.monotonic() - before < SECONDS


def test_attack_06_a_class_of_ones_own_is_vouched_for_on_the_command_line() -> None:
    config = {"model": {"_target_": "mine.Net"}, "optimizer": {"_target_": "torch.optim.SGD"}}
    with pytest.raises(InputError, match=r"say so by model\._target_=mine\.Net"):
        refuse_strangers(config, ["seed=2"])
    refuse_strangers(config, ["model._target_=mine.Net"])


@pytest.mark.parametrize("choice", sorted(CONFIGS.glob("*/*.yaml")), ids=lambda path: path.stem)
def test_attack_06_the_shipped_parts_are_ours(choice: Path) -> None:
    if choice.parent.name != "sweep":
        refuse_strangers(yaml.safe_load(choice.read_text("utf-8")) or {}, [])


def _compressed(path: Path) -> None:
    torch.save({"state_dict": {"model.x": torch.zeros(2**24)}}, path.with_suffix(".plain"))
    with (
        zipfile.ZipFile(path.with_suffix(".plain")) as plain,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for item in plain.infolist():
            archive.writestr(item.filename, plain.read(item))
    path.with_suffix(".plain").unlink()


def _expanded(bundle: Path, path: Path) -> None:
    content = torch.load(_checkpoint(bundle, path.parent), weights_only=True)
    first = next(name for name, value in content["state_dict"].items() if value.dim() == 3)
    content["state_dict"][first] = torch.zeros(1).expand(2**40)
    torch.save(content, path)


def _hollow(bundle: Path, path: Path) -> None:
    content = torch.load(_checkpoint(bundle, path.parent), weights_only=True)
    first = next(name for name, value in content["state_dict"].items() if value.dim() == 3)
    content["state_dict"][first] = torch.zeros(1).expand(content["state_dict"][first].shape)
    torch.save(content, path)


def _npz(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", bytes(1 << 26))


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda _, path: _npz(path), id="attack-11-npz"),
        pytest.param(lambda _, path: _compressed(path), id="attack-11-compressed-checkpoint"),
        pytest.param(_expanded, id="attack-12-expanded"),
        pytest.param(_hollow, id="attack-12-expanded-to-the-right-shape"),
    ],
)
def test_a_checkpoint_takes_no_more_memory_than_its_file(
    run: Run, bundle: Path, tmp_path: Path, make: Any
) -> None:
    make(bundle, tmp_path / "evil.ckpt")
    before = time.monotonic()
    refused(run("describe", tmp_path / "evil.ckpt"), "evil.ckpt")
    assert time.monotonic() - before < SECONDS


def _safetensors(path: Path, header: bytes, data: bytes = b"", length: int | None = None) -> None:
    path.write_bytes(struct.pack("<Q", len(header) if length is None else length) + header + data)


def _header(**tensors: tuple[int, int, list[int]]) -> bytes:
    described = {
        name: {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
        for name, (begin, end, shape) in tensors.items()
    }
    return json.dumps(described).encode()


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda p: _safetensors(p, b"{}", length=2**62), id="attack-13-header-bomb"),
        pytest.param(lambda p: _safetensors(p, b"{" + b" " * (1 << 20)), id="attack-13-no-json"),
        pytest.param(lambda p: _safetensors(p, b'{"a":' * 100_000), id="attack-13-nested"),
        pytest.param(
            lambda p: _safetensors(p, _header(a=(0, 8, [2]), b=(4, 12, [2])), bytes(12)),
            id="attack-13-overlap",
        ),
        pytest.param(
            lambda p: _safetensors(p, _header(a=(0, 8, [2**40])), bytes(8)),
            id="attack-13-shape-beyond-data",
        ),
        pytest.param(
            lambda p: _safetensors(p, _header(a=(0, 8, [2**62, 8])), bytes(8)),
            id="attack-13-shape-that-overflows",
        ),
        pytest.param(lambda p: p.write_bytes(pickle.dumps({"a": 1})), id="attack-13-pickle"),
        pytest.param(lambda p: torch.save({"a": 1}, p), id="attack-13-checkpoint-renamed"),
        pytest.param(lambda p: p.write_bytes(bytes(7)), id="attack-13-seven-bytes"),
    ],
)  # fmt: skip
def test_a_damaged_safetensors_file_is_refused(run: Run, tmp_path: Path, make: Any) -> None:
    make(tmp_path / "evil.safetensors")
    before = time.monotonic()
    refused(run("describe", tmp_path / "evil.safetensors"), "not a bundle that can be read")
    assert time.monotonic() - before < SECONDS


@pytest.mark.parametrize(
    ("part", "change"),
    [
        pytest.param("model", {"blocks": [{"channels": 8, "kernels": [3], "repeat": 10**9}]},
                     id="attack-13-a-thousand-million-blocks"),
        pytest.param("model", {"blocks": [{"channels": 8, "kernels": [3]}] * 20_000},
                     id="attack-13-blocks-without-end"),
        pytest.param("model", {"blocks": [{"channels": 8, "kernels": [3], "stride": 10**9}]},
                     id="attack-13-stride-without-end"),
        pytest.param("model", {"blocks": [{"channels": 2**62, "kernels": [3]}]},
                     id="attack-13-channels-that-overflow"),
        pytest.param("model", {"blocks": [{"channels": 8, "kernels": [2**61 + 1]}]},
                     id="attack-13-kernel-that-overflows"),
        pytest.param("features", {"bins": 2**40}, id="attack-13-bins"),
        pytest.param("features", {"channels": 2**40}, id="attack-13-channels-of-features"),
        pytest.param("vocabulary", {"units": ["a"] * 100_000}, id="attack-13-units"),
        pytest.param("features", {f"x{n}": n for n in range(1000)}, id="attack-13-arguments"),
    ],
)  # fmt: skip
def test_a_description_costs_no_more_than_its_weights(
    run: Run, bundle: Path, tmp_path: Path, part: str, change: dict[str, Any]
) -> None:
    path = _rewritten(bundle, tmp_path, lambda header: header["parts"][part].update(change))
    before = time.monotonic()
    assert len(refused(run("describe", path))) < 1000
    assert time.monotonic() - before < SECONDS


SHELL = [
    "sox a.wav - |", "| touch {mark}", "pipe:touch {mark}", "http://127.0.0.1:9/a.wav",
    "s3://bucket/a.wav", "a.wav; touch {mark}", "$(touch {mark})", "`touch {mark}`",
]  # fmt: skip


@pytest.mark.parametrize(
    "text", [pytest.param(t, id=f"attack-14-{n}") for n, t in enumerate(SHELL)]
)
def test_a_path_is_no_command(run: Run, bundle: Path, tmp_path: Path, mark: Path, text) -> None:
    path = text.format(mark=mark)
    file = write_rows(tmp_path / "m.jsonl", {"audio_filepath": path, "text": "a"})
    refused(run("evaluate", bundle, "--manifest", file), "m.jsonl")
    run("check", "--manifest", file)
    run("transcribe", bundle, path)
    assert not mark.exists()


HOSTILE = "\x1b[31m\x1b]0;title\x07 <script>alert(1)</script> =HYPERLINK(1) \u202e\r\nerror: forged"


def test_attack_15_text_from_a_manifest_steers_no_terminal(
    run: Run, bundle: Path, tmp_path: Path
) -> None:
    write_tone(tmp_path / "a.wav")
    write_tone(tmp_path / "b.wav", seconds=1.2)
    row = {"audio_filepath": "a.wav", "text": HOSTILE, "id": HOSTILE, "speaker": HOSTILE}
    rows = [{**row, "split": "train"}, {**row, "split": "test", "label": HOSTILE},
            {**row, "audio_filepath": HOSTILE, "id": "x" + HOSTILE, "split": "test"},
            {"audio_filepath": "b.wav", "text": "a", "split": HOSTILE}]  # fmt: skip
    file = write_rows(tmp_path / "m.jsonl", *rows)
    for argv in (
        ["check", "--manifest", file, "--model", bundle, "--decode"],
        ["check", "--manifest", file],
        ["evaluate", bundle, "--manifest", file, "--split", "test", "--output", tmp_path / "o"],
        ["evaluate", bundle, "--manifest", file, "--split", HOSTILE],
        ["evaluate", bundle, "--manifest", file, "--split", "x" + HOSTILE],
        ["describe", bundle, "--manifest", file],
        ["transcribe", bundle, HOSTILE],
        [HOSTILE],
    ):
        outcome = run(*argv)
        for told in (outcome.printed, outcome.errors):
            assert not [c for c in told if not c.isprintable() and c != "\n"], argv
            assert not [line for line in told.splitlines() if line.startswith("error: forged")]
    json.loads(run("check", "--manifest", file, "--json").printed)


def test_attack_17_the_malicious_and_the_leaking_releases_are_ruled_out() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    assert '"lightning>=2.6.6"' in text
    assert '"torch>=2.10"' in text
    assert '"hydra-core>=1.3.8"' in text
    pins = (ROOT / "constraints.txt").read_text("utf-8")
    assert "lightning==2.6.2" not in pins
    assert "lightning==2.6.3" not in pins


def test_attack_09_a_config_is_written_without_aliases(tmp_path: Path) -> None:
    shared = [1, 2]
    write_config(tmp_path, {"a": shared, "b": shared})
    text = (tmp_path / "config.yaml").read_text("utf-8")
    assert "&" not in text
    assert yaml.safe_load(text) == {"a": [1, 2], "b": [1, 2]}
