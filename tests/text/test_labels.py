import pytest

from asr.text.labels import Labels


def test_labels_are_learnt_sorted_with_their_counts() -> None:
    labels = Labels().fitted(["dog", "cat", "dog", ""])
    assert labels.symbols == ("cat", "dog")
    assert labels.counts == (1, 2)


def test_arguments_make_the_same_labels_again() -> None:
    labels = Labels().fitted(["dog", "cat"])
    assert dict(Labels(**labels.arguments).arguments) == dict(labels.arguments)


def test_a_label_may_hold_spaces_and_case() -> None:
    labels = Labels(["Dog bark", "rain"])
    assert labels.decode(labels.encode("Dog bark")) == "Dog bark"
    assert labels.encode("dog bark") == []
    assert labels.unknown("snow") == {"snow": 1}


@pytest.mark.parametrize("units", [["a", "a"], [""]])
def test_labels_that_cannot_be_are_refused(units) -> None:
    with pytest.raises(ValueError, match="labels must differ"):
        Labels(units)


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(ValueError, match="no labels to learn"):
        Labels().fitted(["", ""])
