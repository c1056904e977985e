"""Train a recogniser: ``python train.py experiment=an4 optimizer.lr=1e-3``.

The story is told in src/asr/train.py, which is also what ``asr train`` runs.
"""

from asr.train import main

if __name__ == "__main__":
    main()
