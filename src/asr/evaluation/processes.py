"""The utterances of an index shared by several processes."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import torch

from asr.bundle import load_model
from asr.cpu_settings import settle_cpu
from asr.data.audio import Channel
from asr.data.index import Index
from asr.errors import InputError
from asr.evaluation.recognise import Share, recognise
from asr.evaluation.redecoding import with_decoder
from asr.tasks.ctc import Decoder, WordDecoder


def recognise_in_processes(
    path: Path,
    index: Index,
    *,
    processes: int,
    batch: int,
    channel: Channel,
    device: torch.device,
    allow: Sequence[str] = (),
    decoder: Decoder | WordDecoder | None = None,
    bf16: bool = False,
) -> Share:
    """Recognise the utterances of ``index`` with the model at ``path``, in several processes.

    The batches are those of one process, dealt out in turn; the CPU's threads are shared, and
    so are the GPUs.

    Raises:
        InputError: a process was killed.
    """
    threads = max(1, torch.get_num_threads() // processes)
    # A forked child may not use a GPU, nor threads that the parent has started.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        futures = [
            pool.submit(
                _share, path, index, batch, channel, str(device), rank, processes, threads,
                tuple(allow), decoder, bf16,
            )
            for rank in range(processes)
        ]  # fmt: skip
        try:
            shares = [future.result() for future in futures]
        except BrokenProcessPool:
            raise InputError(
                "--processes: a process was killed, perhaps for want of memory; use fewer, or a "
                "smaller --batch"
            ) from None
    return Share(
        [heard for share in shares for heard in share.heard],
        [unread for share in shares for unread in share.unread],
    )


def _share(
    path: Path,
    index: Index,
    batch: int,
    channel: Channel,
    device: str,
    rank: int,
    world: int,
    threads: int,
    allow: Sequence[str],
    decoder: Decoder | WordDecoder | None,
    bf16: bool,
) -> Share:
    settle_cpu()
    torch.set_num_threads(threads)
    here = torch.device(device)
    if here.type == "cuda":
        here = torch.device("cuda", rank % torch.cuda.device_count())
    recognizer = with_decoder(load_model(path, allow).recognizer, decoder)
    return recognise(
        recognizer, index, batch=batch, channel=channel, device=here, rank=rank, world=world,
        confident=True, bf16=bf16,
    )  # fmt: skip
