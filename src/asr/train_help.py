"""What ``asr train --help`` says."""

from asr.compose import CONFIGS

_USAGE = """usage: asr train [OVERRIDE ...]

Train a model, test it and leave a bundle: the same program as `python train.py`. Every part is a
choice among the YAML files below, and every value in them can be overridden.

  group=choice         take another file of a group: corpus=yesno
  key.key=value        set a value: optimizer.lr=1e-3
  key=[1,2]            set several values; quote them for the shell
  run_dir=PATH         folder of the run; runs/<date>/<time> where not given
  resume=RUN_DIR       go on with a stopped run
  -m key=1,2,3         one run for each value, in folders of their own
  --cfg job            print the whole config and stop

examples:
  asr train
  asr train corpus=yesno vocabulary=words trainer.max_epochs=100
  asr train experiment=yesno corpus.root=data/yesno run_dir=runs/yesno
  asr train finetune.from=runs/base corpus=manifest corpus.path=new.jsonl
  asr train -m seed=1,2,3 run_dir=runs/seeds

choices ({folder}):
"""


def train_help() -> str:
    """Usage, examples, and the choices of every group."""
    groups = sorted(path for path in CONFIGS.iterdir() if path.is_dir())
    width = max(len(group.name) for group in groups)
    lines = [
        f"  {group.name:<{width}}  {', '.join(sorted(file.stem for file in group.glob('*.yaml')))}"
        for group in groups
    ]
    return _USAGE.format(folder=CONFIGS) + "\n".join(lines) + "\n"
