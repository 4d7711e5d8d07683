"""Keys and values of a batch that is read in parts and written on in place.

`transformers.DynamicCache` makes a new tensor of all keys and values for every token: over 16 prompts that is a third
of a step's time on a CPU. `cache_for` keeps free places behind the tokens instead. This module imports torch and
transformers, so it is imported where a model is at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

ROOM = 64
"""Free places a layer takes at a time: it is copied once for so many tokens."""


class RoomyLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """Full attention's keys and values, of shape (rows, heads, tokens, head size), as views into wider tensors."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._wide_keys: torch.Tensor | None = None
        self._wide_values: torch.Tensor | None = None

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write the states of new tokens behind those that are there; what is returned shares the layer's memory."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        have = self.get_seq_length()
        keys, self._wide_keys = _appended(self.keys, self._wide_keys, key_states, have)
        values, self._wide_values = _appended(self.values, self._wide_values, value_states, have)
        self.keys, self.values = keys, values
        return keys, values

    # Each of these puts new tensors in place of the views; the wide ones would only take memory until the next token.

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeat each row."""
        super().batch_repeat_interleave(repeats)
        self._wide_keys = self._wide_values = None

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keep some rows."""
        super().batch_select_indices(indices)
        self._wide_keys = self._wide_values = None

    def reorder_cache(self, beam_idx: torch.LongTensor) -> None:
        """Put rows in another order."""
        super().reorder_cache(beam_idx)
        self._wide_keys = self._wide_values = None

    def reset(self) -> None:
        """Forget everything."""
        super().reset()
        self._wide_keys = self._wide_values = None


def _appended(
    seen: torch.Tensor | None, wide: torch.Tensor | None, new: torch.Tensor, have: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """`seen` with `new` behind it, and the wider tensor it is a view of: `wide` as long as that has places left."""
    end = have + new.shape[-2]
    # Where something else has put another tensor in place of the view, `wide` does not hold what was seen.
    if seen is None or wide is None or _memory(seen) != _memory(wide) or end > wide.shape[-2]:
        wide = new.new_empty((*new.shape[:-2], end + ROOM, new.shape[-1]))
        if seen is not None and have:
            wide[:, :, :have] = seen
    wide[:, :, have:end] = new
    return wide[:, :, :end], wide


def _memory(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def cache_for(config: Any) -> Any:
    """An empty cache for a model: its full-attention layers with room, all others as transformers makes them."""
    cache = DynamicCache(config=config)
    cache.layers = [RoomyLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


def can_join(config: Any) -> bool:
    """Whether `join` can put caches of this model together: sliding windows and recurrent states are left alone."""
    return all(type(layer) is RoomyLayer for layer in cache_for(config).layers)


def join(parts: Sequence[Any], config: Any) -> Any:
    """One cache of the rows of all parts, in order; shorter parts are padded with zeros on the left, to be masked."""
    if len(parts) == 1:
        return parts[0]
    whole = cache_for(config)
    width = max(part.get_seq_length() for part in parts)
    for number, layer in enumerate(whole.layers):
        states = [(part.layers[number].keys, part.layers[number].values) for part in parts]
        keys, values = (
            torch.cat([torch.nn.functional.pad(t, (0, 0, width - t.shape[-2], 0)) for t in kind])
            for kind in zip(*states, strict=True)
        )
        layer.update(keys, values)
    return whole
