"""Questions for names and identifiers: "InChIKey of aspirin", "what would a chemist call CCO"."""

from __future__ import annotations

import re
from dataclasses import replace

from molreflect.agents.analyst.comparing import keys_asked, only_property
from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Role, Sentence
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.facts.molecules import looks_like_smiles

_NAME_KEYS = {
    "inchikeys": "inchikey",
    "inchis": "inchi",
    "names": "name",
    "smiles": "smiles",
    "canonical": "smiles",
    "canonicalise": "smiles",
    "canonicalize": "smiles",
    "canonicalised": "smiles",
    "canonicalized": "smiles",
    "inchikey": "inchikey",
    "inchi": "inchi",
    "identifier": "all",
    "identifiers": "all",
    "iupac": "name",
    "systematic": "name",
    "name": "name",
    "named": "name",
    "called": "name",
    "nomenclature": "name",
    "synonyms": "trivial",
    "synonym": "trivial",
    "trivial": "trivial",
    "common": "trivial",
    "commonly": "trivial",
    "usually": "trivial",
    "trivially": "trivial",
}


def name_wanted(sentence: Sentence) -> Question | None:
    """Read what asks for a name or an identifier; which ones stand in the keys."""
    words = {w.casefold() for w in _without_labels(sentence)}
    asked = words & vocabulary().intent["name"]
    if words & {"key", "hash"} and sentence.has(
        "its key", "the key of", "the key for", "key too", "and key", "its hash"
    ):
        asked |= {"inchikey"}
    of_molecules = bool(sentence.chunks) and all(c.role is Role.MOLECULE for c in sentence.chunks)
    if asked == {"smiles"} and sentence.words[0] in vocabulary().function["be"] | vocabulary().function["do"]:
        return None  # "is the following SMILES an alcohol"
    if sentence.has("name of the group", "name of the functional", "names of the groups", "names of the functional"):
        return base(Intent.CONTENTS, sentence)
    if sentence.has("what means", "mean", "means") and of_molecules and not asked:
        return base(Intent.NAME, sentence, keys=("name",))  # "what means the SMILES c1ccncc1"
    if sentence.words[0] in ("what", "what's", "whats") and sentence.has("stand for", "stands for", "short for"):
        return base(Intent.NAME, sentence, keys=("name",))  # "what does DMF stand for"
    if sentence.has("do you call", "do we call", "would you call this") and sentence.chunks:
        return base(Intent.NAME, sentence, keys=("name",))
    if sentence.words[0] == "what" and sentence.has("call") and of_molecules:  # "what would a chemist call CCO"
        return base(Intent.NAME, sentence, keys=("name",))
    if not asked or (
        asked <= {"called", "known", "name"}
        and sentence.has("name the groups", "name the functional", "name all", "so called")
    ):
        return None
    if asked <= {"called", "known", "named"} and any(c.article in ("a", "an") for c in sentence.of_role(Role.GROUP)):
        return None
    told = (*(w.casefold() for w in _without_labels(sentence)), *sorted(asked))
    keys = tuple(dict.fromkeys(_NAME_KEYS[word] for word in told if word in _NAME_KEYS))
    if len(keys) > 1 and sentence.words[0] == "name" and not any(c.first == 1 for c in sentence.chunks):
        keys = tuple(key for key in keys if key != "name")  # "name to SMILES"
    values = tuple(key for key in keys_asked(sentence) if key not in ("all", "lipinski"))
    kept = tuple(c for c in sentence.chunks if not only_property(c)) if values else sentence.chunks
    return base(Intent.NAME, replace(sentence, chunks=kept), keys=((*keys, *values) or ("name",)))


FLAT = "flat"
"""Key of a question for names and identifiers without stereochemistry."""
_WITHOUT_STEREO = re.compile(
    r"[,;(]?\s*\b(?:without|ignoring|disregarding|no|not counting|leaving out|regardless of|minus|excluding)"
    r"\s+(?:any\s+|the\s+)?(?:stereo(?:chemistry|descriptors?|chem| information| labels?)?|chirality)\b\)?",
    re.IGNORECASE,
)


def without_stereo(text: str) -> str:
    """Leave out of a question that stereochemistry is to be left out; the same text where it does not say so."""
    return _WITHOUT_STEREO.sub("", text[:2000]) + text[2000:]


def _without_labels(sentence: Sentence) -> list[str]:
    """The words, but for those that merely say what stands behind them: "..., SMILES: CCO"."""
    given = {c.first - 1 for c in sentence.chunks if looks_like_smiles(c.text) or c.text.startswith("InChI=")}
    labels = {i for i in given if i > 0 and sentence.words[i].casefold() in ("smiles", "inchi", "structure")}
    means = sentence.has("what means", "does the smiles", "mean", "means")
    labels = {i for i in labels if any(c.last <= i for c in sentence.chunks) or i > 3 or means}
    return [word for i, word in enumerate(sentence.words) if i not in labels]
