"""Whether a sentence holds in other words or in parts: each of its parts as it stands, or in parts again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from molreflect.agents.analyst.by_label import by_label
from molreflect.agents.analyst.paraphrase import paraphrases
from molreflect.agents.analyst.unfolding import unfolded
from molreflect.tools.terms import Verdict

MOST_PARTS = 24
"""Parts of a sentence that are checked."""
_DEEPEST = 2
"""How often a part is parted again."""


@dataclass(slots=True)
class InParts:
    """The parts of one sentence, each checked once."""

    verdict: Callable[[str], Verdict]
    """Decides a plain sentence as it stands."""
    known: dict[str, bool] = field(default_factory=dict)
    """The parts that were checked, and whether each of them holds."""

    def holds(self, sentence: str, *, shortened: bool = False, depth: int = 0) -> bool:
        """Whether a sentence that was not read as it stands holds in other words, or in parts that each do.

        Args:
            sentence: The molecule is "It" in it.
            shortened: It is not as it was said.
            depth: How often it was parted already.
        """
        rewordings = [list(said) for said in paraphrases(sentence, shortened=shortened)]
        plain = next((said[0] for said in rewordings if len(said) == 1), sentence.strip().rstrip(".!"))
        return any(self._all_hold(said, depth) for said in (*rewordings, *by_label(plain), *unfolded(plain)))

    def _all_hold(self, parts: Sequence[str], depth: int) -> bool:
        return all(self._holds(part, depth) for part in parts)

    def _holds(self, part: str, depth: int) -> bool:
        """Whether a plain sentence holds as it stands, or in parts where nothing contradicts it."""
        if part not in self.known:
            if len(self.known) >= MOST_PARTS:
                return False
            self.known[part] = False  # while it is parted, it is no part of itself
            verdict = self.verdict(f"{part}.")
            parted = verdict is Verdict.UNCHECKED and depth < _DEEPEST
            self.known[part] = verdict is Verdict.SUPPORTED or (parted and self.holds(part, depth=depth + 1))
        return self.known[part]
