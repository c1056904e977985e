from pathlib import Path

import pytest

from asr.cli import main
from asr.language.arpa import read_arpa


def test_a_language_model_is_learnt_from_a_text(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("one two\none three\n")

    status = main(
        ["lm", "train", f"{tmp_path}/text", "--order", "2", "--output", f"{tmp_path}/m.arpa"]
    )

    model = read_arpa(tmp_path / "m.arpa")
    assert status == 0
    assert (model.order, model.words) == (2, ["one", "three", "two"])
    assert model.sentence(["one", "two"]) > model.sentence(["two", "one"])


@pytest.mark.parametrize(
    ("text", "order", "told"), [(b"", "2", "empty"), (b"\xff", "2", "UTF-8"), (b"a", "0", "1 to 6")]
)
def test_what_cannot_be_learnt_from_leaves_no_file(
    text: bytes, order: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text").write_bytes(text)
    with pytest.raises(SystemExit):
        main(["lm", "train", f"{tmp_path}/text", "--order", order, "--output", f"{tmp_path}/m"])
    assert told in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["text"]
