"""A batch of nothing but clips that speed had made too short for a frame ended a run of M5."""

import torch

from asr.assemble import assemble
from asr.compose import compose
from asr.data.batch import Batch
from asr.padded import pad

SHORT = torch.arange(1000) / 1000  # M5 wants 1,024 samples


def test_clips_too_short_for_a_frame_are_heard_as_they_are_beside_longer_ones() -> None:
    recognizer = assemble(compose(["model=m5", "vocabulary=labels", "vocabulary.units=[a,b]"]))
    model, task = recognizer.model, recognizer.task
    model.eval()
    short, long = SHORT[None], torch.zeros(1, 2000)

    assert model.frames(SHORT.numel()) == 0
    alone, beside = model(pad([short])), model(pad([short, long]))
    torch.testing.assert_close(alone.values, beside.values[:1])

    model.train()
    keys = torch.tensor([1, 2])
    waveforms, tokens = pad([short, short / 2]), pad([torch.tensor([0]), torch.tensor([1])])
    batch = Batch(waveforms, tokens, keys, ("a", "b"), ("1", "2"), (0, 1))
    loss = task.loss(model(waveforms, keys), batch)
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)
