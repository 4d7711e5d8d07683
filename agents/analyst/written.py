"""Questions about what is written: whether a SMILES can be read, where a SMARTS or a fragment matches."""

from __future__ import annotations

from dataclasses import replace

from molreflect.agents.analyst.answers import finished
from molreflect.agents.analyst.context import Spoken, Understood
from molreflect.agents.analyst.dialogue import Call, Talk, Turn
from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Role, Sentence
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.agents.analyst.within import asks_count
from molreflect.tools.facts.groups import SMARTS
from molreflect.tools.facts.molecules import looks_like_smiles

_VALID = ("valid", "invalid", "parse", "parses", "parseable", "parsable", "well-formed", "malformed", "correct smiles")
_WRONG = ("wrong with this smiles", "wrong with the smiles", "wrong with this structure", "wrong in this smiles")
_PATTERN = frozenset(
    ["smarts", "substructure", "pattern", "match", "matches", "matched", "fragment", "occur", "occurs", "query"]
)


_PLACES = frozenset(["in", "inside", "within", "on", "against", "to", "of"])


def valid_asked(sentence: Sentence) -> Question | None:
    """Read "is C1CC a valid SMILES", "does c1ccccc parse"."""
    if not sentence.has(*_VALID, *_WRONG) or sentence.quoted:
        return None
    written = tuple(c for c in sentence.chunks if looks_like_smiles(c.text))
    asks_more = any(c.role is Role.GROUP for c in sentence.chunks if c not in written)
    if not written or (asks_more and not sentence.has("valid", "invalid", "well-formed", "malformed")):
        return None  # "trying to parse CCO - index of the oxygen?"
    return base(Intent.VALID, replace(sentence, chunks=written), molecules=tuple(c.text for c in written), groups=())


def pattern_asked(sentence: Sentence) -> Question | None:
    """Read "does substructure C(=O)N occur in CC(=O)NC", "match SMARTS [OX2H] in CCO": the first one is the pattern."""
    low = {word.casefold() for word in sentence.words}
    written = [c for c in sentence.chunks if looks_like_smiles(c.text)]
    if not low & _PATTERN or len(sentence.chunks) != 2 or not written or low & {"common", "maximum", "similar"}:
        return None
    first, second = sentence.chunks
    if first not in written or (second not in written and second.role is Role.GROUP):
        return None
    if second.before not in _PLACES:
        return None
    opens = (
        sentence.words[0] in vocabulary().function["be"] | vocabulary().function["do"] | vocabulary().function["have"]
    )
    intent = Intent.COUNT if asks_count(sentence) else Intent.HAS if opens else Intent.WHERE
    kept = replace(sentence, chunks=(second,))
    return base(intent, kept, molecules=(second.text,), groups=(f"{SMARTS}{first.text}",), either=())


def answer_valid(talk: Talk) -> Turn:
    """Say whether what is written is a SMILES that can be read, and why not."""
    words = talk.question.molecules
    read = yield Call("read_molecules", {"words": list(words)})
    understood = Understood(Intent.VALID, ())
    if read.error:
        return finished(talk, [read.error], understood)
    lines, spoken = [], []
    for word in words:
        entry = read.value["molecules"][word]
        if entry.get("smiles"):
            spoken.append(Spoken(word, entry["smiles"]))
            lines.append(f"Yes: {word} is a SMILES that RDKit reads, {entry.get('formula', 'a molecule')}.")
        else:
            lines.append(f"No: {entry['why_not']}.")
    return finished(talk, lines, Understood(Intent.VALID, tuple(spoken)))
