"""Train a recogniser: ``python train.py experiment=an4 optimizer.lr=1e-3``.

The story is told in src/asr/train.py, which is also what ``asr train`` runs.
"""

import sys

if __name__ == "__main__":
    try:
        from asr.train import main
    except KeyboardInterrupt:  # it takes seconds
        sys.exit(130)
    main()
