"""A teacher that errs at a known rate: the rules of the lexicon, whose ties are spoilt as language models spoil them.

`noisy:lexicon?rate=.2&seed=1` is for experiments on what verification is worth: the right answer is known, and so is
how often it is not given. It reads, looks up and checks as the lexicon does, and spoils what it submits:

- Every tie with a pattern that it newly submits is wrong with probability `rate`, in one of the ways of
  `molreflect.agents.models.corruptions`.
- Asked to mend (repair, reflection), it repeats what was accepted, right or wrong. What was refused it gets wrong again
  with probability `rate`, else it gives the tie that the lexicon gives.

Errors depend on the seed, the pair and the tie, and on what was refused; not on workers, order or other pairs.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import PrivateAttr

from molreflect.agents.models.corruptions import MIXTURE, Corruption, corrupt
from molreflect.agents.models.lexicon_teacher import NAME as LEXICON
from molreflect.agents.models.lexicon_teacher import (
    LexiconModel,
    conversation_of,
    draft_step,
    second_step,
    submitted_by,
    submitting,
)
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import PhraseKind

PREFIX = "noisy"


@dataclass(frozen=True, slots=True)
class Noise:
    """How often a teacher errs, and how."""

    rate: float = 0.2
    """Probability that a newly submitted tie is wrong, 0 to 1."""
    seed: int = 0
    kinds: tuple[Corruption, ...] = tuple(Corruption)
    """What errors are made; their weights are those of `MIXTURE`."""

    @property
    def name(self) -> str:
        """The teacher's name, which `read_noise` reads back."""
        kinds = "" if self.kinds == tuple(Corruption) else f"&kinds={'+'.join(self.kinds)}"
        return f"{PREFIX}:{LEXICON}?rate={self.rate:g}&seed={self.seed}{kinds}"


def is_noisy(name: str) -> bool:
    """Whether a teacher's name is that of one which errs on purpose."""
    return name.partition(":")[0] == PREFIX


def is_embedded(name: str) -> bool:
    """Whether a teacher works by rules on this machine: the lexicon, or one that spoils its answers."""
    return name == LEXICON or is_noisy(name)


def read_noise(name: str) -> Noise:
    """Read the name of a noisy teacher, e.g. `noisy:lexicon?rate=.2&seed=1`.

    Args:
        name: Options are `rate` (.2), `seed` (0) and `kinds` (all; joined by `+`), each at most once.

    Raises:
        InputError: It is not the name of one; the message says what is wrong.
    """
    inner, _, said = name.partition(":")[2].partition("?")
    if inner != LEXICON:
        raise InputError(
            f"{shorten(name)}: errors are planted in the rules' answers only; write noisy:{LEXICON}?rate=.2&seed=1"
        )
    # In a query a plus is a blank; here it joins the kinds.
    given = parse_qsl(said.replace("+", "%2B"), keep_blank_values=True)
    options = dict(given)
    if len(options) < len(given) or (said and not given):
        raise InputError(f"{shorten(name)}: write each option once, as rate=.2&seed=1")
    if unknown := sorted(options.keys() - {"rate", "seed", "kinds"}):
        raise InputError(f"{shorten(name)}: no option {', '.join(map(shorten, unknown))}; known are rate, seed, kinds")
    kinds = options.get("kinds")
    return Noise(
        rate=_number(name, options.get("rate", "0.2")),
        seed=_integer(name, options.get("seed", "0")),
        kinds=tuple(Corruption) if kinds is None else _kinds(name, kinds),
    )


def _number(name: str, text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise InputError(f"{shorten(name)}: the rate of errors is a number from 0 to 1, not {shorten(text)}")
    return rate


def _integer(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InputError(f"{shorten(name)}: the seed is a whole number from 0 on, not {shorten(text)}")
    return int(text)


def _kinds(name: str, text: str) -> tuple[Corruption, ...]:
    asked = text.split("+")
    if unknown := [kind for kind in asked if kind not in tuple(Corruption)]:
        raise InputError(f"{shorten(name)}: kinds are {', '.join(Corruption)}, not {', '.join(map(shorten, unknown))}")
    return tuple(kind for kind in Corruption if kind in asked)


class NoisyModel(LexiconModel):
    """The lexicon's rules, with errors at a known rate."""

    kind: ClassVar[str] = PREFIX
    self_checking: ClassVar[bool] = False
    noise_name: str = Noise().name
    """As `read_noise` reads it."""
    _noise: Noise = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Read the name once."""
        super().model_post_init(context)
        self._noise = read_noise(self.noise_name)

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.noise_name}

    def _step(self, messages: Sequence[BaseMessage]) -> AIMessage:
        """Take the lexicon's next step, or submit its answer with errors."""
        data, answers = conversation_of(messages)
        if data["view"] != "pair":
            # Settings refuse it; here for whoever builds a teacher by hand.
            return AIMessage(content=f"a noisy teacher knows pairs only, not the view of the {data['view']}")
        step = draft_step(data, answers)
        if (right := submitted_by(step)) is None:
            return step
        if data["task"] == "draft":
            return submitting(self._spoilt(right, data, again={}))
        return self._second(data, answers, right)

    def _second(
        self, data: dict[str, Any], answers: dict[str, list[dict[str, Any]]], right: list[dict[str, Any]]
    ) -> AIMessage:
        """Repair or reflect: what was refused is looked at with the right tie in its place."""
        lexicon = {_place(tie): tie for tie in right}
        refused = {_place(tie): tie for tie in data["refused"]}
        mended = data | {"refused": [lexicon.get(place, tie) for place, tie in refused.items()]}
        # The draft's own check stands first among the answers, where there was anything to check.
        later = answers | {"check_alignments": answers.get("check_alignments", [])[1:]}
        if not later["check_alignments"]:
            del later["check_alignments"]
        step = second_step(mended, later)
        answered = submitted_by(step)
        if answered is None:
            return step
        kept = {(*_place(tie), tie["pattern"]) for tie in data["accepted"]}
        new = [tie for tie in answered if (*_place(tie), tie["pattern"]) not in kept]
        again = {place: str(tie["pattern"]) for place, tie in refused.items()}
        spoilt = iter(self._spoilt(new, data, again=again, beside=answered))
        return submitting([tie if (*_place(tie), tie["pattern"]) in kept else next(spoilt) for tie in answered])

    def _spoilt(
        self,
        ties: list[dict[str, Any]],
        data: dict[str, Any],
        *,
        again: dict[tuple[Any, ...], str],
        beside: list[dict[str, Any]] | None = None,
    ) -> list[dict[str, Any]]:
        """Spoil newly submitted ties, each by itself.

        Args:
            ties: Newly submitted.
            data: Of the request.
            again: Patterns that were refused, by place: another answer to them is another draw.
            beside: All ties that are submitted, whose patterns may be mixed up; `ties` where not given.
        """
        noise, molecule = self._noise, read_molecule(data["smiles"])
        mixture = {kind: MIXTURE[kind] for kind in noise.kinds}
        shown = [a["pattern"] for near in data.get("neighbours", []) for a in near["alignments"]]
        patterns = [tie["pattern"] for tie in beside or ties if tie["pattern"]] + [p for p in shown if p]
        spoilt = []
        for tie in ties:
            if tie["kind"] != PhraseKind.STRUCTURE or not tie["pattern"]:
                spoilt.append(tie)
                continue
            place = _place(tie)
            key = [noise.seed, data["smiles"], data["caption"], data["task"], *place, again.get(place, "")]
            rng = random.Random("\x1f".join(map(str, key)))
            wrong = None
            if rng.random() < noise.rate:
                wrong = corrupt(tie["pattern"], molecule, patterns, rng, mixture=mixture)
            # A model that made a pattern up does not say that it comes from the lexicon.
            new = {} if wrong is None else {"pattern": wrong[1], "source": "model", "floor": "neutral"}
            spoilt.append(tie | new)
        return spoilt


def _place(tie: dict[str, Any]) -> tuple[Any, ...]:
    return tie["start"], tie["phrase"], str(tie["kind"])
