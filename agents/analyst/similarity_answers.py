"""Answers about likeness: of two molecules, of several to one, and other molecules of the corpus."""

from __future__ import annotations

from molreflect.agents.analyst.answers import finished
from molreflect.agents.analyst.context import Spoken, Understood
from molreflect.agents.analyst.dialogue import Call, Talk, Turn
from molreflect.agents.analyst.question import Intent


def answer_similarity(talk: Talk) -> Turn:
    """Say how alike two molecules are."""
    molecules = yield from talk.molecules(need=2)
    if len(molecules) > 2:
        return (yield from _closer(talk, molecules))
    result = yield Call("compare_molecules", {"smiles": [m.smiles for m in molecules[:2]]})
    if result.error:
        return finished(talk, [result.error], Understood(Intent.SIMILARITY, molecules))
    value = result.value
    one, two = molecules[0], molecules[1]
    line = (
        f"{value['tanimoto']:.3f} of 1 between {one.shown} and {two.shown} ({value['fingerprint']}); "
        f"they are {value['relation']}."
    )
    return finished(talk, [line], Understood(Intent.SIMILARITY, molecules))


def _closer(talk: Talk, molecules: tuple[Spoken, ...]) -> Turn:
    """Say which of several molecules is most like the first."""
    one, *others = molecules
    understood = Understood(Intent.SIMILARITY, molecules)
    found: list[tuple[float, str]] = []
    lines: list[str] = []
    for other in others:
        result = yield Call("compare_molecules", {"smiles": [one.smiles, other.smiles]})
        if result.error:
            return finished(talk, [result.error], understood)
        found.append((result.value["tanimoto"], other.words))
        print_of = result.value["fingerprint"]
        lines.append(f"- {result.value['tanimoto']:.3f} of 1 between {one.shown} and {other.shown} ({print_of})")
    best = max(found)[0]
    named = [words for number, words in found if number == best]
    head = f"{one.words} is most similar to {' and '.join(named)}." if len(named) < len(found) else "Equally similar."
    return finished(talk, [head, *lines], understood)


def answer_similar(talk: Talk) -> Turn:
    """Find similar molecules of the corpus."""
    molecules = yield from talk.molecules()
    spoken = molecules[0]
    result = yield Call("similar_molecules", {"smiles": spoken.smiles, "k": 3})
    if result.error:
        return finished(talk, [result.error], Understood(Intent.SIMILAR, molecules))
    found = result.value["similar"]
    if not found:
        return finished(talk, ["The corpus has no other molecule."], Understood(Intent.SIMILAR, molecules))
    lines = [f"Most similar to {spoken.shown} in the corpus (Tanimoto of Morgan fingerprints, radius 2):"]
    lines += [f"- {n['similarity']:.2f} {n['id']} {n['smiles']}: {n['caption']}" for n in found]
    nearest = yield Call("compare_molecules", {"smiles": [spoken.smiles, found[0]["smiles"]]})
    if not nearest.error:
        own, other = nearest.value["only"]
        differs = [
            f"{spoken.words} has {', '.join(own)}" if own else "",
            f"{found[0]['id']} has {', '.join(other)}" if other else "",
        ]
        told = "; ".join(part for part in differs if part)
        lines.append(f"What differs from the nearest: {told}." if told else "The nearest has the same groups.")
    return finished(talk, lines, Understood(Intent.SIMILAR, molecules))
