"""A turn of the offline analyst as a generator: it yields tool calls, is sent their results, and returns its answer.

The generator is run anew from the question after each result, so that nothing has to be kept but the messages.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from molreflect.agents.analyst.context import UNDERSTOOD, Context, Spoken, Understood
from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.sentence import Chunk, is_group
from molreflect.tools.facts.molecules import looks_like_smiles
from molreflect.tools.molecules.read import read_molecule


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call that an answer needs."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool answered."""

    value: dict[str, Any]
    error: str = ""
    """What was wrong with the call; `value` is then empty."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the analyst says."""

    text: str
    understood: Understood | None = None
    unread: str = ""
    """A name in the question that could not be read."""


Turn = Generator[Call, Result, Reply]
"""An answer in the making."""


class NotReadError(Exception):
    """The question cannot be answered as it stands; carries what to say."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class UnreadError(NotReadError):
    """A name that the question holds cannot be read."""


@dataclass(slots=True)
class Talk:
    """What handlers of a turn share."""

    question: Question
    context: Context
    tools: frozenset[str] = field(default_factory=frozenset)

    def molecules(self, *, most: int = 6, need: int = 1) -> Generator[Call, Result, tuple[Spoken, ...]]:
        """Read the molecules of the question: named in it, or pointed to.

        Raises:
            NotReadError: One cannot be read, or none is meant.
        """
        named = yield from self._named()
        pointer = self.question.pointer
        if named and (len(named) >= need or not self.context.current):
            return self._enough(named[:most], need)
        if pointer in ("", "it", "last", "all", "other", "first", "second", "third", "fourth"):
            if self.context.unread and not named and pointer in ("", "it"):
                raise NotReadError(
                    Reply(
                        f"I could not read {self.context.unread!r}, so I do not know which molecule is meant. {GIVE}",
                        unread=self.context.unread,
                    )
                )
            meant = self.context.meant(pointer)
            if need > 1 and len(meant) < need and not pointer:
                meant = self.context.meant("all")
            if pointer == "other" and any(c.before == "other" and is_group(c.text) for c in self._chunks()):
                meant = meant or self.context.current  # "the other halogen" of the same molecule
            joined = tuple(dict.fromkeys((*meant, *named)))
            if (
                pointer == "it"
                and len(meant) > 1
                and not named
                and need == 1
                and self.question.sentence.has("it", "its")
            ):
                names = [spoken.words for spoken in meant]
                raise NotReadError(Reply(f"Which one: {', '.join(names[:-1])} or {names[-1]}?"))
            if joined:
                self.pointed = " ".join(spoken.smiles for spoken in meant)
                return self._enough(joined[:most], need)
        raise NotReadError(Reply(f"Which molecule? {GIVE}"))

    def _chunks(self) -> tuple[Chunk, ...]:
        return self.question.sentence.chunks

    def _enough(self, found: tuple[Spoken, ...], need: int) -> tuple[Spoken, ...]:
        if len(found) < need:
            raise NotReadError(
                Reply(f"Which other molecule? I have {found[0].words}. {GIVE}", Understood("unknown", found))
            )
        return found

    def _named(self) -> Generator[Call, Result, tuple[Spoken, ...]]:
        words = self.question.molecules
        if not words:
            return ()
        among_smiles = any(looks_like_smiles(word) and word not in _TURNED for word in words)
        meant = {word: _TURNED[word] for word in words if word in _TURNED and among_smiles}  # among SMILES one more
        read = yield Call("read_molecules", {"words": list(dict.fromkeys(meant.get(word, word) for word in words))})
        if read.error:
            raise NotReadError(Reply(read.error))
        for word, turned in meant.items():
            read.value["molecules"][word] = read.value["molecules"][turned] | {"smiles": word}
        found = []
        labels = self._labels(words, read.value["molecules"])
        given = dict(self.question.sentence.labels)
        known = {spoken.words.casefold(): spoken for spoken in self.context.all}
        for word in words:
            if word in labels.values():
                continue
            if (
                word.casefold() in known
                and not looks_like_smiles(word)
                and not read.value["molecules"][word].get("smiles")
            ):
                found.append(known[word.casefold()])  # "A = CCO" in an earlier question
                continue
            if word in given:
                found.append(Spoken(given[word], read.value["molecules"][word]["smiles"]))
                continue
            entry = read.value["molecules"][labels.get(word, word)]
            if word in labels:
                if not read.value["molecules"][word].get("smiles"):
                    self.guesses.append(f"{word} is taken to be {labels[word]}.")
                entry = entry | {"guess": False, "listed": entry.get("listed", ())}
            if entry.get("smiles"):
                self.listed += [listed_line(word, match) for match in entry.get("listed", ()) if match["noted"]]
                found.append(Spoken(entry.get("read_as") if entry.get("guess") else word, entry["smiles"]))
                if entry.get("guess"):
                    self.guesses.append(f"{word} is read as {entry['read_as']}.")
                elif entry.get("how") == "formula":
                    self.guesses.append(f"{word} is read as {entry['smiles']}.")
                continue
            more = yield from self._within(word)
            if more is None:
                text = entry["why_not"]
                text = text[0].upper() + text[1:] if text[:1].isalpha() else text
                advice = "" if entry.get("offers") else f" {GIVE}"
                listed = "".join(f"\n{listed_line(word, match)}" for match in entry.get("listed", ()))
                raise UnreadError(Reply(f"I cannot read {word!r} as a molecule: {text}.{advice}{listed}", unread=word))
            found += more
        self.read = tuple(dict.fromkeys(found))
        return self.read

    def _labels(self, words: Sequence[str], read: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Find names with their SMILES behind them ("acetylacetone, CC(=O)CC(C)=O"): one molecule, not two.

        A name that cannot be read is a label then; one that means another compound stays a molecule of its own.
        """
        chunks = [c for c in self.question.sentence.chunks if c.text in words]
        asks_of_both = self.question.intent in (Intent.SAME, Intent.COMPARE, Intent.SIMILARITY)
        found = {}
        for name, written in pairwise(chunks):
            between = self.question.sentence.words[name.last : written.first]
            if any(name.last <= c.first and c.last <= written.first for c in self.question.sentence.chunks):
                continue  # something else stands between them
            if looks_like_smiles(name.text) or not looks_like_smiles(written.text):
                continue
            smiles, named = read[written.text].get("smiles"), read[name.text].get("smiles")
            same = bool(smiles and named) and read_molecule(named).block == read_molecule(smiles).block
            apposed = not set(between) - _APPOSING or self._behind_a_mark(written.text)
            only = asks_of_both and bool(named) and len(chunks) == 2  # "the right structure for acetone: CC(C)=O"
            if smiles and not only and ((same and not asks_of_both) or (apposed and (same or not named))):
                found[name.text] = written.text
        return found

    def _behind_a_mark(self, smiles: str) -> bool:
        """Whether a SMILES stands behind a question that is over: "what is the mass of quinine? COc1ccc2..."."""
        head, found, _ = self.question.text.partition(smiles)
        return bool(found) and head.rstrip(" (")[-1:] in ("?", ":")

    def _within(self, words: str) -> Generator[Call, Result, list[Spoken] | None]:
        """Look for a molecule and a group in words that stand together: "naproxen acid"."""
        parts = words.split()
        if not 1 < len(parts) <= 6 or parts[-1].casefold() in _COUNTERIONS:
            return None  # "naproxen sodium" is not naproxen
        spans = [
            " ".join(parts[i:j])
            for n in range(len(parts) - 1, 0, -1)
            for i in range(len(parts) - n + 1)
            for j in (i + n,)
        ]
        read = yield Call("read_molecules", {"words": spans[:20]})
        if read.error:
            return None
        for span in spans[:20]:
            entry = read.value["molecules"][span]
            if entry.get("smiles") and not entry.get("guess") and not is_group(span):
                rest = words.replace(span, " ").split()
                left = " ".join(rest)
                beside = read.value["molecules"].get(left, {})
                if beside.get("smiles") and not beside.get("guess") and not is_group(left):
                    return [Spoken(span, entry["smiles"]), Spoken(left, beside["smiles"])]  # two names side by side
                if left and is_group(left):
                    self.extra_groups.append(left)
                elif left and not self.question.sentence.has("is", "are"):
                    return None
                return [Spoken(span, entry["smiles"])]
        return None

    read: tuple[Spoken, ...] = ()
    """Molecules that were read in the question, kept where it cannot be answered, too."""
    pointed: str = ""
    guesses: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    """What public lists of controlled chemicals say of the molecules that are named in the question."""
    extra_groups: list[str] = field(default_factory=list)


_COUNTERIONS = frozenset(
    ["sodium", "potassium", "calcium", "magnesium", "lithium", "hydrochloride", "hydrobromide", "dihydrochloride",
     "hcl",
     "mesylate", "maleate", "tartrate", "citrate", "fumarate", "succinate", "besylate", "tosylate", "hydrate",
     "monohydrate", "dihydrate"]
)  # fmt: skip
"""Words behind a name that make it another compound, a salt or a hydrate."""
_TURNED = {"CO": "OC", "NO": "ON"}
"""SMILES that are formulas, too, and the same molecules written from the other end."""
_APPOSING = frozenset(["i.e", "ie", "smiles", "namely", "the", "structure", "inchi", "as", "its", "is", "formula"])
"""Words that may stand between a name and its SMILES."""


def listed_line(words: str, match: Mapping[str, Any]) -> str:
    """Say that a list of controlled chemicals names a compound."""
    called = "" if words.casefold() == match["name"].casefold() else f" as {match['name']}"
    return f"{words} is named{called} in {match['listed_in']} (match by {match['by']})."


GIVE = "Give it as SMILES, InChI or by its name, e.g. 'what is in CC(=O)Oc1ccccc1C(=O)O'."


def last_question(messages: Sequence[BaseMessage]) -> int:
    """Index of the question that is to be answered."""
    return max(i for i, message in enumerate(messages) if isinstance(message, HumanMessage))


def step(talk: Talk, turn: Turn, messages: Sequence[BaseMessage], asked: int) -> AIMessage:
    """Run a turn as far as the results go: the next tool call, or the answer."""
    results = [_result(m) for m in messages[asked + 1 :] if isinstance(m, ToolMessage)]
    try:
        call = next(turn)
        for result in results:
            call = turn.send(result)
    except StopIteration as done:
        return _message(done.value)
    except NotReadError as error:
        reply = error.reply
        if reply.understood is None:  # what was asked is kept, for "I meant ..."
            asked_for = talk.question
            kept = Understood(
                asked_for.intent,
                talk.read,
                groups=asked_for.groups,
                keys=asked_for.keys,
                caption=asked_for.caption,
            )
            reply = replace(reply, understood=kept)
        return _message(reply)
    number = len(results)
    return AIMessage(
        content="",
        # ids are counted and not drawn, so that traces do not differ from run to run
        tool_calls=[{"name": call.tool, "args": dict(call.arguments), "id": f"{call.tool}-{asked}-{number}"}],
    )


def _result(message: ToolMessage) -> Result:
    content = str(message.content)
    if message.status == "error":
        return Result({}, content)
    try:
        return Result(json.loads(content))
    except json.JSONDecodeError:
        return Result({}, content)


def _message(reply: Reply) -> AIMessage:
    kept: dict[str, Any] = {}
    if reply.understood is not None:
        kept = json.loads(json.dumps(reply.understood.to_json()))  # plain types alone: it goes into a checkpoint
    if reply.unread:
        kept = (kept or Understood("unknown").to_json()) | {"unread": reply.unread}
    return AIMessage(content=reply.text, additional_kwargs={UNDERSTOOD: kept} if kept else {})
