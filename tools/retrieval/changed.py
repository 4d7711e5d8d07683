"""Whose neighbours may be others, once pairs are new in a corpus: found without asking for every pair again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from molreflect.tools.retrieval.index import NeighbourIndex

_SHARE = 0.25
"""Share of new pairs from which on to look at each pair costs no less than to ask for its neighbours."""


def may_differ(index: NeighbourIndex, named: Mapping[str, Sequence[str]], new: Collection[str], k: int) -> set[str]:
    """Tell whose nearest molecules may be others than those that were found in an earlier corpus.

    Args:
        index: Of the corpus of now, in which pairs of the earlier one stand in the same order.
        named: By pair id the `k` nearest of then, most similar first; these pairs are in the corpus of now.
        new: Ids of pairs that are new or changed.
        k: How many were asked for.

    Returns:
        Ids of `named`. For all others, the same answer would be given.
    """
    rows, prints = index.rows, index.prints
    if len(new) > _SHARE * len(named):
        return set(named)
    gone = {pair_id for pair_id, near in named.items() if len(near) < k or any(n not in rows or n in new for n in near)}
    left = [pair_id for pair_id in named if pair_id not in gone]
    if not left or not new:
        return gone
    own = np.array([rows[pair_id] for pair_id in left], dtype=np.intp)
    last = np.array([rows[named[pair_id][-1]] for pair_id in left], dtype=np.intp)
    # At the similarity of the last one, the order of the corpus decides.
    near_enough = np.zeros(len(left), dtype=np.bool_)
    least = prints.between(own, last)
    for pair_id in new:
        near_enough |= prints.tanimoto(prints.bits[rows[pair_id]])[own] >= least
    return gone | {left[place] for place in np.flatnonzero(near_enough).tolist()}
