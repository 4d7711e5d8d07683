"""The largest part that two molecules share, whatever its bond orders, looked for within a bound on work."""

from __future__ import annotations

from typing import Any

from rdkit import Chem
from rdkit.Chem import rdFMCS

MAX_STEPS = 10_000
"""Most steps of one search, about a second of one core: counted, so that a busy machine does not change the answer."""


class _Steps(rdFMCS.MCSProgress):  # type: ignore[misc]  # RDKit has no types
    """Count the steps of a search and end it behind the last one."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = 0

    def __call__(self, _stat: Any, _parameters: Any) -> bool:
        self.taken += 1
        return self.taken < MAX_STEPS


def common_part(left: Chem.Mol, right: Chem.Mol, *, rings_whole: bool = True) -> Any:
    """Find the largest part two molecules share as one piece: elements compared, bond orders not.

    Args:
        left: A molecule.
        right: Another one.
        rings_whole: A ring is shared as a ring or not at all; without it, a chain may lie in a ring.

    Returns:
        RDKit's answer: `numAtoms`, `smartsString`, and `canceled` where the search was given up after `MAX_STEPS`.

    Source: RDKit `rdFMCS.FindMCS`.
    """
    parameters = rdFMCS.MCSParameters()
    parameters.AtomTyper = rdFMCS.AtomCompare.CompareElements
    parameters.BondTyper = rdFMCS.BondCompare.CompareAny
    parameters.BondCompareParameters.RingMatchesRingOnly = rings_whole
    parameters.BondCompareParameters.CompleteRingsOnly = rings_whole
    parameters.Timeout = 3_600  # never reached: steps are bounded, seconds depend on who else is at work
    steps = _Steps()
    parameters.ProgressCallback = steps
    return rdFMCS.FindMCS([left, right], parameters)
