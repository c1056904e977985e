"""How much of the machine's matrix-product speed the default stack's training step reaches.

Both are measured in turns in the same process; a profile of the step tells what it would reach if
there were nothing in it but convolutions. A step is the forward and the backward pass of the
encoder over 16 utterances of 6 seconds; its operations are two for each multiplication of a
convolution, three times over (output, gradient of the input, gradient of the weights). The last
line is JSON: of each precision, 10^9 operations a second.
"""

import argparse
import json
from collections.abc import Callable

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from asr.cpu_settings import settle_cpu
from asr.evaluation.untrained import untrained
from asr.padded import Padded
from scripts.bench.meter import interleaved

_SIZE = 2048
_PROFILED = 10  # steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="pairs", help="of configs/model")
    settle_cpu()  # as training does
    model = untrained([f"model={parser.parse_args().model}"]).recognizer.model
    encoder = model.encoder
    x = torch.randn(16, model.features.out_channels, 600)
    lengths = torch.full((16,), 600)
    operations = 0.0

    def note(layer: nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        nonlocal operations
        taps = layer.weight.shape[1] * layer.weight.shape[2]  # type: ignore[union-attr,operator,index]
        operations += 2 * taps * output.numel()

    hooks = [m.register_forward_hook(note) for m in encoder.modules() if isinstance(m, nn.Conv1d)]
    encoder(Padded(x, lengths))
    for hook in hooks:
        hook.remove()
    print(f"{3 * operations / 1e9:.1f} GFLOP a step")

    found = {}
    for dtype in (torch.float32, torch.bfloat16):
        a, b = (torch.randn(_SIZE, _SIZE, dtype=dtype) for _ in range(2))

        def step(dtype: torch.dtype = dtype) -> None:
            encoder.zero_grad()
            with torch.autocast("cpu", dtype, enabled=dtype == torch.bfloat16):
                encoder(Padded(x, lengths)).values.float().sum().backward()

        product, passes = interleaved(lambda a=a, b=b: a @ b, step)
        peak, reached = 2 * _SIZE**3 / product / 1e9, 3 * operations / passes / 1e9
        name = str(dtype).removeprefix("torch.")
        alone = reached / _convolutions(step)
        print(
            f"{name}: product {peak:.0f} GFLOP/s, step {reached:.0f}: {reached / peak:.0%}; "
            f"its convolutions {alone:.0f}: {alone / peak:.0%}"
        )
        found[name] = {"product": peak, "step": reached, "convolutions": alone}
    print(json.dumps(found))


def _convolutions(step: Callable[[], None]) -> float:
    """The share of a step's processor time that is theirs."""
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        for _ in range(_PROFILED):
            step()
    times = {event.key: event.self_cpu_time_total for event in profiled.key_averages()}
    return sum(time for name, time in times.items() if "convolution" in name) / sum(times.values())


if __name__ == "__main__":
    main()
