from asr.training.silence import Silence


def test_silence_begins_after_the_first_noise_and_ends_for_good() -> None:
    silence = Silence(0.05)
    ended = [silence.see(said, step, 0) for step, said in enumerate([3, 0.01, 0, 0.1, 0.2, 0.9], 1)]
    assert ended == [False, False, False, False, True, False]
    assert silence.summary() == {
        "entered": {"step": 2, "epoch": 1}, "left": {"step": 5, "epoch": 1},
    }  # fmt: skip


def test_who_falls_silent_again_has_not_left() -> None:
    silence = Silence(0.05)
    for step, said in enumerate([0, 1, 0], 1):
        silence.see(said, step, 0)
    assert silence.summary() == {"entered": {"step": 1, "epoch": 1}, "left": None}
    again = Silence(0.05)
    again.restore(silence.state())
    assert again.see(1, 4, 2)
    assert again.summary()["left"] == {"step": 4, "epoch": 3}


def test_who_always_speaks_was_never_silent() -> None:
    silence = Silence(0.05)
    assert not silence.see(1, 1, 0)
    assert silence.summary() == {"entered": None, "left": None}
