import pytest
import torch

from asr.keyed import generator, key, uniform, utterance_keys, view_keys


def test_a_key_never_changes_between_releases() -> None:
    assert key("utterance", 0, 7) == 2_380_946_034_645_667_746


def test_a_key_is_a_seed_that_torch_and_int64_accept() -> None:
    keys = [key("a", index) for index in range(1000)]

    assert all(0 <= k < 1 << 63 for k in keys)
    assert len(set(keys)) == 1000


@pytest.mark.parametrize(
    ("one", "other"),
    [((1, 2), (12,)), ((1,), ("1",)), (("a", "b"), ("ab",)), (("a", ""), ("a",)), ((1, 2), (2, 1))],
)
def test_different_parts_give_different_keys(
    one: tuple[int | str, ...], other: tuple[int | str, ...]
) -> None:
    assert key(*one) != key(*other)


@pytest.mark.parametrize("keys", [torch.arange(500), torch.arange(500) * 2**40 - 2**50])
def test_numbers_are_uniform_over_columns_and_over_keys(keys: torch.Tensor) -> None:
    values = uniform(keys, 3, 400)

    assert float(values.min()) >= 0
    assert float(values.max()) < 1
    assert _distance_to_uniform(values.flatten()) < 1.95 / 200_000**0.5  # p = 0.001
    assert _distance_to_uniform(values[:, 0]) < 1.95 / 500**0.5
    assert _distance_to_uniform(values[0]) < 1.95 / 400**0.5


def test_neighbouring_columns_keys_and_streams_are_uncorrelated() -> None:
    values = uniform(torch.arange(1000), 0, 100)
    pairs = [
        (values[:, 1:], values[:, :-1]),
        (values[1:], values[:-1]),
        (values, uniform(torch.arange(1000), 1, 100)),
    ]

    for left, right in pairs:
        both = torch.stack([left.flatten(), right.flatten()])
        assert abs(float(torch.corrcoef(both)[0, 1])) < 4 / both.shape[1] ** 0.5


def test_a_row_does_not_depend_on_the_rest_of_the_batch() -> None:
    keys = torch.tensor([5, 900, key("x"), -3])

    together = uniform(keys, 1, 8)

    for row in range(len(keys)):
        assert torch.equal(uniform(keys[row : row + 1], 1, 8), together[row : row + 1])
    assert torch.equal(uniform(keys.flip(0), 1, 8), together.flip(0))


def test_the_first_numbers_do_not_depend_on_how_many_are_drawn() -> None:
    keys = torch.arange(4)

    assert torch.equal(uniform(keys, 0, 3), uniform(keys, 0, 9)[:, :3])


def test_the_hash_is_splitmix64() -> None:
    keys = [0, 1, 2**62 + 12345]

    values = uniform(torch.tensor(keys), 7, 3)

    expected = [[_reference(k, 7, column) for column in range(3)] for k in keys]
    assert values.tolist() == expected


def test_the_global_generator_neither_matters_nor_moves() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = uniform(torch.arange(3), 0, 4), torch.rand(4, generator=generator(9))
    torch.testing.assert_close(torch.get_rng_state(), before)

    torch.manual_seed(2)
    second = uniform(torch.arange(3), 0, 4), torch.rand(4, generator=generator(9))

    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])


def test_the_second_view_has_keys_of_its_own_that_tell_whose_it_is() -> None:
    keys = torch.tensor([key("view", number) for number in range(1000)])

    views = view_keys(keys, 2)

    assert torch.equal(view_keys(keys, 1), keys)
    assert torch.equal(views[:1000], keys)
    assert len(views.unique()) == 2000
    assert torch.equal(view_keys(keys[7:8], 2), views[[7, 1007]])
    assert torch.equal(utterance_keys(views), keys.repeat(2))
    one, other = uniform(views, 0, 100).view(2, -1)
    assert abs(float(torch.corrcoef(torch.stack([one, other]))[0, 1])) < 4 / 100_000**0.5
    assert _distance_to_uniform(other) < 1.95 / 100_000**0.5
    with pytest.raises(ValueError, match="one view or two, got 3"):
        view_keys(keys, 3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_every_device_gives_the_same_bits() -> None:
    keys = torch.arange(100) * 2**45

    assert torch.equal(uniform(keys.cuda(), 2, 50).cpu(), uniform(keys, 2, 50))


def _distance_to_uniform(values: torch.Tensor) -> float:
    """The Kolmogorov-Smirnov statistic."""
    ordered = values.double().sort().values
    steps = torch.arange(1, len(ordered) + 1, dtype=torch.float64) / len(ordered)
    return max(float((steps - ordered).max()), float((ordered - steps).max()) + 1 / len(ordered))


def _reference(key: int, stream: int, column: int) -> float:
    weyl, mask = 0x9E3779B97F4A7C15, (1 << 64) - 1

    def mix(x: int) -> int:
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
        return x ^ (x >> 31)

    seed = mix((mix(key & mask) + weyl * (stream + 1)) & mask)
    return (mix((seed + weyl * (column + 1)) & mask) >> 40) / (1 << 24)
