"""What training takes of a corpus if nothing else is said."""

SHORTEST, LONGEST = 0.05, 35.0  # seconds of an utterance; others are skipped
MOST_SKIPPED = 0.01  # of a split; more unusable utterances stop the run
