from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator

import pytest
import torch
from transformers import LlamaConfig, MistralConfig
from transformers.cache_utils import DynamicLayer

from molreflect.agents.student.kv_cache import ROOM, RoomyLayer, cache_for, can_join, join


def states(lengths: list[int], rows: int = 3) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    source = torch.Generator().manual_seed(0)
    for length in lengths:
        yield torch.randn((rows, 2, length, 4), generator=source), torch.randn((rows, 2, length, 4), generator=source)


def same(one: DynamicLayer, other: DynamicLayer) -> bool:
    return (
        one.get_seq_length() == other.get_seq_length()
        and torch.equal(one.keys, other.keys)
        and torch.equal(one.values, other.values)
    )


def test_a_layer_with_room_holds_what_a_growing_one_holds() -> None:
    ours, theirs = RoomyLayer(), DynamicLayer()
    for keys, values in states([5] + [1] * (ROOM + 3)):
        mine = ours.update(keys, values)
        assert all(torch.equal(a, b) for a, b in zip(mine, theirs.update(keys, values), strict=True))
    for act in (
        lambda layer: layer.batch_repeat_interleave(2),
        lambda layer: layer.batch_select_indices(torch.tensor([5, 0])),
        lambda layer: layer.reorder_cache(torch.tensor([1, 0])),
        lambda layer: layer.crop(-3),
        lambda layer: layer.batch_select_indices(torch.tensor([0, 1])),
    ):
        act(ours)
        act(theirs)
        [(keys, values)] = states([2], rows=len(theirs.keys))
        ours.update(keys, values)
        theirs.update(keys, values)
        assert same(ours, theirs)
    ours.reset()
    assert ours.get_seq_length() == 0


def test_a_token_is_written_in_place_while_there_is_room() -> None:
    layer = RoomyLayer()
    first, *others = states([5] + [1] * (ROOM + 1))
    layer.update(*first)
    place = layer.keys.data_ptr()
    for new in others[:-1]:
        layer.update(*new)
        assert layer.keys.data_ptr() == place
    before = layer.keys.clone()
    layer.update(*others[-1])  # no place is left: everything moves once
    assert layer.keys.data_ptr() != place
    assert torch.equal(layer.keys[:, :, :-1], before)


def test_what_was_selected_is_not_written_over() -> None:
    layer = RoomyLayer()
    [(keys, values), (more, others)] = states([5, 1])
    layer.update(keys, values)
    layer.batch_select_indices(torch.tensor([2, 1, 0]))
    layer.update(more, others)
    assert torch.equal(layer.keys[:, :, :-1], keys[[2, 1, 0]])
    assert torch.equal(layer.values[:, :, :-1], values[[2, 1, 0]])


@pytest.mark.parametrize(
    "act",
    [
        lambda layer: layer.batch_repeat_interleave(2),
        lambda layer: layer.batch_select_indices(torch.tensor([0])),
        lambda layer: layer.reorder_cache(torch.tensor([1, 0, 2])),
        lambda layer: layer.reset(),
    ],
)
def test_what_was_replaced_takes_no_memory(act: Callable[[RoomyLayer], None]) -> None:
    layer = RoomyLayer()
    [(keys, values)] = states([5])
    layer.update(keys, values)
    wide = weakref.ref(layer._wide_keys)
    act(layer)
    gc.collect()
    assert wide() is None


def test_a_tensor_that_was_put_in_place_of_the_view_is_what_goes_on() -> None:
    layer = RoomyLayer()
    [(keys, values), (more, others)] = states([5, 1])
    layer.update(keys, values)
    layer.keys, layer.values = layer.keys * 2, layer.values * 2  # as an inherited method of a later version might
    layer.update(more, others)
    assert torch.equal(layer.keys[:, :, :-1], keys * 2)


def test_parts_are_joined_with_the_shorter_ones_padded_on_the_left() -> None:
    config = LlamaConfig(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2)
    assert can_join(config)
    parts = []
    for length in (4, 2):
        cache = cache_for(config)
        for number, (keys, values) in enumerate(states([length, length], rows=2)):
            cache.update(keys, values, number)
        parts.append(cache)
    whole = join(parts, config)
    for number, layer in enumerate(whole.layers):
        assert layer.keys.shape == (4, 2, 4, 4)
        assert torch.equal(layer.keys[:2], parts[0].layers[number].keys)
        assert torch.equal(layer.values[2:, :, 2:], parts[1].layers[number].values)
        assert not layer.keys[2:, :, :2].any()
    assert join(parts[:1], config) is parts[0]


@pytest.mark.parametrize("window", [None, 8])
def test_only_full_attention_is_joined(window: int | None) -> None:
    config = MistralConfig(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, sliding_window=window)
    assert can_join(config) == (window is None)
    kinds = {type(layer).__name__ for layer in cache_for(config).layers}
    assert kinds == ({"RoomyLayer"} if window is None else {"DynamicSlidingWindowLayer"})
