"""Questions about what stands beside a group or between two: "which carbon is next to the oxygen"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from rdkit import Chem

from molreflect.agents.analyst.answers import atoms_text, finished, not_known, noun_of_place
from molreflect.agents.analyst.context import Spoken, Understood
from molreflect.agents.analyst.dialogue import Call, NotReadError, Reply, Talk, Turn
from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Chunk, Role, Sentence, is_group
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.agents.analyst.within import asks_count
from molreflect.tools.english import counted
from molreflect.tools.facts.parts import part_named
from molreflect.tools.molecules.read import read_molecule

NEAR = "beside"
BETWEEN = "between"
NUMBER = "number"
LACKS = "lacks"
"""Key of a question for atoms that bear no hydrogen."""
_LACKING = (["lack"], ["without"], ["bear", "no"], ["have", "no"], ["carry", "no"], ["with", "no"], ["lacking"])
HOLDS = "holds"
"""Key of a question for rings that have an atom among theirs."""
BEARING = "bearing"
"""Key that goes with it where a ring that bears the atom will do, too."""
_TIED = frozenset(["attached", "bonded", "bound", "connected", "linked", "joined", "tied", "next", "adjacent", "close"])
_NEIGHBOURS = frozenset(["neighbours", "neighbors", "neighbour", "neighbor", "neighboring", "neighbouring", "flanks"])
_ASKING = frozenset(["what", "which", "what's", "whats", "who", "where", "list", "name", "give", "to", "how", "tell"])
_BEARS = frozenset(["bears", "bear", "carries", "carry", "holds", "hold", "has"])
_HOLDING = _BEARS | {"contain", "contains", "containing", "include", "includes", "possess", "possesses"}
_BEARING = frozenset(["carry", "bear", "hold", "have"])
_LINKING = ("links", "connects", "joins", "bridges", "separates", "link", "connect", "separate", "join", "tethers")
_SUBSTITUTED = frozenset(["substituted", "unsubstituted", "free"])
_OF_TWO = frozenset(
    [
        "difference",
        "differences",
        "differ",
        "relation",
        "relationship",
        "position",
        "positions",
        "similarity",
        "distance",
        "angle",
        "bond",
        "bonds",
    ]
)
"""Words that make "between" say something else than what stands there."""
_HYDROGENS = {1: "H", 2: "H2", 3: "H3"}


def beside(sentence: Sentence) -> Question | None:
    """Read what asks for the neighbours of a group, or for what is between two.

    The groups come first, then the kind of atom that is asked for, if any; what is asked stands in the keys.
    """
    low = [word.casefold() for word in sentence.words]
    if (free := _substituted(sentence, low)) is not None:
        return free
    if (related := _related(sentence, low)) is not None:
        return related
    if (distant := _distant(sentence, low)) is not None:
        return distant
    opens = set(low[:2]) & (_ASKING | _NEIGHBOURS) or (low[0] in ("in", "for") and {"what", "which"} & set(low))
    if not low or not (opens or asks_count(sentence)) or {"or", "than"} & set(low):
        return None
    return _between(sentence, low) or _near(sentence, low)


def _parts(sentence: Sentence) -> list[Chunk]:
    return [c for c in sentence.chunks if c.role is not Role.MOLECULE and is_group(c.text)]


def _asked_for(chunk: Chunk | None, low: Sequence[str]) -> bool:
    """Whether a chunk says what kind of atom or part is asked for: "which carbon", "how many nitrogens"."""
    if chunk is None or chunk.first > 8:
        return False
    number = chunk.before == "of" and low[: chunk.first - 1][-1:] in (["number"], ["count"])
    return chunk.before in ("which", "what", "many") or number


def _near(sentence: Sentence, low: list[str]) -> Question | None:
    parts = _parts(sentence)
    asked = parts[0] if parts and _asked_for(parts[0], low) and low[0] != "to" else None
    tied = [i for i, word in enumerate(low) if word in _TIED]
    target = next((c for c in parts if c is not asked and _follows_tie(c, low)), None)
    if target is None and tied and len(parts) == 1 and parts[0].first < tied[-1]:
        inside = {i for c in sentence.chunks for i in range(c.first, c.last)}
        left = {word for i, word in enumerate(low) if i > tied[-1] and i not in inside}
        if left <= {"to", "with", "in", "of", "directly"} and asked is None:
            target = parts[0]  # "what is the chlorine attached to in ..."
    bears = low[0] in ("which", "what") and low[1:2] in (["atom"], ["atoms"], ["position"]) and low[2:3] != []
    element = len(parts) == 1 and (part := part_named(parts[0].text)) is not None and part.name.endswith(" atom")
    if target is None and bears and low[2] in _BEARS and len(parts) == 1 and (parts[0].article or element):
        target = replace(parts[0], article="the")  # "which atom bears the hydroxyl", "which atom carries fluorine"
    near = next((i for i, word in enumerate(low) if word in _NEIGHBOURS), -1)
    if target is None and near >= 0:
        target = next((c for c in parts if c.first > near and c.before in ("of", "to", _NEIGHBOURS)), None)
        target = target or (parts[0] if len(parts) == 1 else None)
    if target is None and asked is None and {"what", "what's"} & set(low[:3]) and len(parts) == 1 and _is_one(parts[0]):
        what_at = next(i for i, word in enumerate(low) if word in ("what", "what's"))
        told = set(low[what_at + 1 : parts[0].first - 1])
        sits = {"is", "are", "on", "at", "sits", "there", "hangs"}
        what = {"substituents", "groups", "else", "atoms", "substituent"}
        carries = low[1:2] in (["does"], ["do"]) and set(low[parts[0].last : parts[0].last + 1]) & _BEARING
        on_it = parts[0].before in ("on", "at", "in") and told <= sits | what
        if (carries or on_it) and part_named(parts[0].text) is not None and "ring" not in parts[0].text:
            target = parts[0]  # "what does the nitrogen carry"
    if target is None and asked is not None and len(parts) == 2 and asks_count(sentence):
        other = parts[1]  # "how many hydrogens does the nitrogen carry"
        verb = set(low[other.last : other.last + 1]) | set(low[-1:])
        if (
            other.before in ("does", "do")
            and other.article
            and verb & (_BEARING - ({"have"} if _is_of_ring(other) else set()))
        ):
            target = other
    if target is None or target is asked or not (_is_one(target) or target.before in ("to", "of")):
        return None
    others = [c for c in sentence.chunks if c is not asked and c.first != target.first]
    if any(c.role is Role.GROUP or (c.article and is_group(c.text)) for c in others):
        return None
    if asked is not None and asked.text.casefold() in ("atom", "atoms"):
        asked = None
    return _made(sentence, [target], asked, others, NEAR)


def _related(sentence: Sentence, low: list[str]) -> Question | None:
    """Read "where is the carbon that bears the OH", "how many carbons carry a chlorine": the one by the other."""
    function = vocabulary().function
    asks_me = low[0] in function["do"] and low[1:2] != [] and low[1] in ("you", "i", "we")
    if (low[0] in function["be"] | function["do"] and not asks_me) or sentence.polar:
        return None
    parts = _parts(sentence)
    for asked, target in pairwise(parts):
        counts = _asked_for(asked, low) and (asks_count(sentence) or low[0] == "which")
        if not (asked.article in ("the", "each", "every", "all") or counts):
            continue
        between = low[asked.last : target.first - bool(target.article)]
        if between[:1] in (["that"], ["which"]):
            between = between[1:]
        if between[:1] in (["is"], ["are"]):
            between = between[1:]
        holds = len(between) == 1 and between[0] in _HOLDING and asked.text.casefold().endswith(("ring", "rings"))
        bears = len(between) == 1 and between[0] in _BEARS | {"bearing", "carrying", "holding", "with"}
        tied = len(between) > 1 and between[-1] in ("to", "with") and between[-2] in _TIED
        tied = tied and set(between) <= _TIED | {"to", "with", "directly", "immediately"}
        sits = between in (["on"], ["located", "on"], ["sitting", "on"], ["sit", "on"], ["sits", "on"]) and _is_one(
            target
        )
        if between in _LACKING and (part := part_named(target.text)) is not None and part.name == "hydrogen atom":
            others = [c for c in sentence.chunks if c not in (asked, target)]
            found = _made(sentence, [target], asked, others, NEAR)
            return None if any(c.role is Role.GROUP for c in others) else replace(found, keys=(*found.keys, LACKS))
        if not (bears or tied or sits or holds) or (part_named(asked.text) is None and bears and not holds):
            continue
        others = [c for c in sentence.chunks if c not in (asked, target)]
        if any(c.role is Role.GROUP or (c.article and is_group(c.text)) for c in others):
            return None
        if not target.article and target.role is not Role.GROUP:
            return None  # "how many rings has naphthalene"
        if between == ["with"] and target.text.casefold() in ("h", "hs", "hydrogen", "hydrogens"):
            return None  # "number of atoms (with H)"
        found = _made(sentence, [target], asked, others, NEAR)
        told = (HOLDS, *((BEARING,) if between[0] in _BEARS else ())) if holds else ()
        return replace(found, keys=(*found.keys, *told))
    return None


def _substituted(sentence: Sentence, low: list[str]) -> Question | None:
    """Read "is C3 of the indole substituted": whether a numbered position bears anything but hydrogen."""
    asked = [c for c in sentence.chunks if "-position-" in c.text]
    others = [c for c in sentence.chunks if c not in asked and c.text.casefold() not in _SUBSTITUTED]
    says = _SUBSTITUTED & set(low)
    if low[:1] != ["is"] or len(asked) != 1 or not says or any(c.role is Role.GROUP for c in others):
        return None
    keys = (NEAR, "", next(iter(says)))
    molecules = tuple(c.text for c in others)
    return base(Intent.BESIDE, sentence, molecules=molecules, groups=(asked[0].text.split()[0],), either=(), keys=keys)


def _is_one(chunk: Chunk) -> bool:
    """Whether a chunk speaks of one part of the molecule: by an article, or as a numbered position."""
    return bool(chunk.article) or "-position-" in chunk.text


def _is_of_ring(chunk: Chunk) -> bool:
    return chunk.text.casefold().endswith(("ring", "rings"))


_GREEK = {"alpha": 1, "\u03b1": 1, "beta": 2, "\u03b2": 2, "gamma": 3, "\u03b3": 3, "delta": 4, "\u03b4": 4}
"""How many bonds away a carbon is that is called so."""


def _distant(sentence: Sentence, low: list[str]) -> Question | None:
    """Read "which carbon is alpha to the acid": carbons at a number of bonds from a group."""
    at = next((i for i, word in enumerate(low[:-1]) if word in _GREEK and low[i + 1] == "to"), -1)
    parts = _parts(sentence)
    target = next((c for c in parts if c.first > at and c.before == "to"), None)
    if at < 0 or target is None or low[0] in vocabulary().function["be"] | vocabulary().function["do"]:
        return None
    others = [c for c in sentence.chunks if c is not target and c.text.casefold() not in _GREEK]
    others = [c for c in others if c.text.casefold() not in ("carbon", "carbons", "atom", "c", "position")]
    if any(c.role is Role.GROUP for c in others):
        return None
    return _made(sentence, [target], None, others, f"{NEAR} {_GREEK[low[at]]}")


def _follows_tie(chunk: Chunk, low: Sequence[str]) -> bool:
    """Whether "attached to", "next to" or the like stands before a chunk, its article passed over."""
    at = chunk.first - 1 - bool(chunk.article)
    if at < 0:
        return False
    if low[at] in ("to", "with") and at:
        return low[at - 1] in _TIED or (low[at - 1] in ("directly", "immediately") and low[at - 2] in _TIED)
    return low[at] in ("beside", "flanking", "neighbouring", "neighboring", "adjoining")


def _between(sentence: Sentence, low: list[str]) -> Question | None:
    parts = _parts(sentence)
    at = next((i for i, word in enumerate(low) if word == "between"), -1)
    linking = next((i for i, word in enumerate(low) if word in _LINKING), -1)
    if at < 0 and linking < 0:
        return None
    if _OF_TWO & set(low):
        return None
    ends = [
        c for c in parts if c.first > max(at, linking) and (c.article or c.joined or c.before in ("between", "two"))
    ]
    ends = [c for c in ends if c.before not in ("in", "of", "inside", "within")]
    told_before = at >= 0 and set(low[at + 1 : at + 3]) & {"them", "those", "these", "both"} and not ends
    if told_before:  # "how many carbons are between them?"
        asked = next((c for c in parts if _asked_for(c, low)), None)
        others = [c for c in sentence.chunks if c is not asked]
        return None if any(c.role is Role.GROUP for c in others) else _made(sentence, [], asked, others, BETWEEN)
    if at >= 0 and not ends:
        return None
    asked = next((c for c in parts if c not in ends and _asked_for(c, low)), None)
    twice = len(ends) == 1 and {"two", "both"} & set(low[max(at, linking) : ends[0].first])
    others = [c for c in sentence.chunks if c not in (*ends, asked)]
    if len(ends) > 2 or (len(ends) < 2 and not twice) or any(c.role is Role.GROUP for c in others):
        return None
    if asked is not None and asked.text.casefold() in ("atom", "atoms", "chain", "linker", "group", "groups"):
        asked = None
    return _made(sentence, ends, asked, others, BETWEEN)


def _made(
    sentence: Sentence, ends: Sequence[Chunk], asked: Chunk | None, others: Sequence[Chunk], kind: str
) -> Question:
    groups = tuple(c.text for c in ends)
    keys = (kind, asked.text if asked is not None else "", *((NUMBER,) if asks_count(sentence) else ()))
    molecules = tuple(c.text for c in others if c.text.casefold() not in ("atom", "atoms", "part", "group", "chain"))
    return base(Intent.BESIDE, sentence, molecules=molecules, groups=groups, either=(), keys=keys)


def answer_beside(talk: Talk) -> Turn:
    """Say which atoms stand beside a group, or between two."""
    molecules = yield from talk.molecules()
    ends, (kind, asked, *more) = talk.question.groups, talk.question.keys
    if not ends:
        ends = _told_last(talk, molecules[0])
        if len(ends) != 2:
            raise NotReadError(
                Reply("Between what? Name two groups, e.g. 'what is between the ring and the acid in ...'.")
            )
    understood = Understood(Intent.BESIDE, molecules, ends, keys=talk.question.keys)
    lines: list[str] = []
    for spoken in molecules:
        wanted = [*ends, *([asked] if asked else [])]
        result = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": list(dict.fromkeys(wanted))})
        if result.error:
            return finished(talk, [result.error], understood)
        found = [result.value["groups"][words] for words in wanted]
        unknown = [not_known(each) for each in found if each.get("why_not")]
        missing = [each["name"] for each in found[: len(ends)] if not each.get("why_not") and not each["count"]]
        if unknown or missing:
            lines += unknown or [f"There is no {missing[0]} in {spoken.shown}."]
            continue
        kept = found[len(ends)] if asked else None
        if kind.startswith(f"{NEAR} "):
            lines.append(_distant_line(spoken, found[0], int(kind[-1])))
            continue
        if kind == NEAR:
            lines.append(_opened(_beside_line(spoken, found[0], kept, more), more))
            continue
        listed = yield Call("list_groups", {"smiles": spoken.smiles})
        groups = [] if listed.error else listed.value["groups"]
        lines.append(_between_line(spoken, found[: len(ends)], kept, groups, number=NUMBER in more))
    return finished(talk, lines, understood)


def _told_last(talk: Talk, spoken: Spoken) -> tuple[str, ...]:
    """The two groups that the last answers about a molecule told, the earlier one first."""
    found: list[str] = []
    for turn in reversed(talk.context.turns):
        if any(each.smiles == spoken.smiles for each in turn.molecules):
            found += [group for group in reversed(turn.groups) if group not in found]
        if len(found) > 1:
            break
    return tuple(reversed(found[:2]))


def _beside_line(spoken: Spoken, group: dict[str, Any], asked: dict[str, Any] | None, more: Sequence[str]) -> str:
    number = NUMBER in more
    mol = read_molecule(spoken.smiles).mol
    if LACKS in more and asked is not None:
        bare = [p for p in asked["atoms"] if not mol.GetAtomWithIdx(p[0]).GetTotalNumHs(includeNeighbors=True)]
        where = f": {_told(mol, [p[0] for p in bare])}" if bare else ""
        return f"{f'{len(bare)}: ' if number else ''}{noun_of_place(asked)} without hydrogen in {spoken.shown}{where}."
    hydrogen = group["name"] == "hydrogen atom"  # its places are the atoms that bear it
    if group["name"].startswith("position ") and asked is None:
        return _borne(spoken, mol, group)
    around = {atom for place in group["atoms" if hydrogen else "bound_to"] for atom in place}
    own = f"{noun_of_place(group)} in {spoken.shown} ({atoms_text(group['atoms'])})"
    if asked is None:
        bound = sorted(around)
        hydrogens = [mol.GetAtomWithIdx(p[0]).GetTotalNumHs() for p in group["atoms"] if len(p) == 1]
        beside = f" and {counted(sum(hydrogens), 'hydrogen')}" if len(hydrogens) == 1 and hydrogens[0] else ""
        if not bound:
            return f"{own} is bound to no other heavy atom{beside and ', but to' + beside.removeprefix(' and')}."
        opening = f"{len(bound)}: " if number else ""
        return f"{opening}{own} is bound to {_told(mol, bound)}{beside}."
    within = [] if hydrogen else [set(place) for place in _cores(group)]
    if asked["name"] == "hydrogen atom":
        bearing = sorted({atom for place in _cores(group) for atom in place})
        total = sum(mol.GetAtomWithIdx(a).GetTotalNumHs(includeNeighbors=True) for a in bearing)
        at = [a for a in bearing if mol.GetAtomWithIdx(a).GetTotalNumHs(includeNeighbors=True)]
        told = f": at {_told(mol, at)}" if at else ""
        return f"{f'{total}: ' if number else ''}{counted(total, 'hydrogen')} on {own}{told}."
    places = [p for p in asked["atoms"] if set(p) & around and not any(set(p) <= own for own in within)]
    if HOLDS in more:
        own_atoms = {atom for place in group["atoms"] for atom in place}
        holding = [p for p in asked["atoms"] if set(p) & own_atoms]
        places = holding or (places if BEARING in more else [])
        more = [*more, *(() if holding else (BEARING,))]
    noun = noun_of_place(asked)
    if not places:
        return f"{'0: no' if number else 'No'} {noun} {'has' if HOLDS in more else 'is bound to'} {own}."
    opening = f"{len(places)}: " if number else ""
    shown = _told(mol, [p[0] for p in places]) if all(len(p) == 1 for p in places) else atoms_text(places)
    return f"{opening}{noun} {'with' if HOLDS in more and BEARING not in more else 'beside'} {own}: {shown}."


def _opened(line: str, more: Sequence[str]) -> str:
    """Put yes or no before what a position bears, where that was asked."""
    asked = next((word for word in more if word in _SUBSTITUTED), "")
    if not asked:
        return line
    bears = "bears atom" in line
    return f"{'Yes' if bears is (asked == 'substituted') else 'No'}: {line}"


def _borne(spoken: Spoken, mol: Chem.Mol, group: dict[str, Any]) -> str:
    """Say what a position of a ring bears, the ring itself aside."""
    told = []
    for (index,) in group["atoms"]:
        atom = mol.GetAtomWithIdx(index)
        outside = [b.GetOtherAtomIdx(index) for b in atom.GetBonds() if not b.IsInRing()]
        bears = _told(mol, outside) if outside else "no atom but hydrogen" if atom.GetTotalNumHs() else "no atom"
        told.append(f"atom {index} bears {bears}")
    return f"{group['name']} in {spoken.shown}: {'; '.join(told)}."


def _told(mol: Chem.Mol, atoms: Sequence[int]) -> str:
    """Write atoms with what each is: "atoms 0, 3 (CH3, aromatic C)"."""
    kinds = []
    for index in atoms:
        atom = mol.GetAtomWithIdx(index)
        hydrogens = atom.GetTotalNumHs(includeNeighbors=True)
        symbol = f"{atom.GetSymbol()}{_HYDROGENS.get(hydrogens, f'H{hydrogens}' if hydrogens else '')}"
        kinds.append(f"aromatic {symbol}" if atom.GetIsAromatic() else symbol)
    return f"{atoms_text([[a] for a in atoms])} ({', '.join(kinds)})"


def _between_line(
    spoken: Spoken,
    ends: Sequence[dict[str, Any]],
    asked: dict[str, Any] | None,
    groups: Sequence[dict[str, Any]],
    *,
    number: bool,
) -> str:
    mol = read_molecule(spoken.smiles).mol
    cores = [_cores(each) for each in ends]
    if len(ends) == 2:
        pairs = [(one, two) for one in cores[0] for two in cores[1]]
        told = f"{noun_of_place(ends[0])} and {noun_of_place(ends[1])}"
    else:
        pairs = list(pairwise(cores[0])) if len(cores[0]) == 2 else []
        told = f"the two places of {noun_of_place(ends[0])}"
        if not pairs:
            number_of = counted(ends[0]["count"], noun_of_place(ends[0]))
            return f"{spoken.shown} has {number_of}, and not two: say which are meant."
    nearest = _nearest(mol, *(cores if len(ends) == 2 else ([pairs[0][0]], [pairs[0][1]])))
    if nearest is None:
        return f"No chain of atoms joins {told} in {spoken.shown}."
    path, one, two = nearest
    places = f"({atoms_text([one])} and {atoms_text([two])})"
    note = " This is the shortest way; there are others." if len(pairs) > 1 else ""
    if not path:
        joined = "share an atom" if set(one) & set(two) else "are bound to each other directly"
        return f"{'0: n' if number else 'N'}othing is between {told} in {spoken.shown} {places}: they {joined}.{note}"
    inner = path
    if asked is not None:
        allowed = {atom for place in asked["atoms"] for atom in place}
        inner = [atom for atom in path if atom in allowed]
        if not inner:
            return f"{'0: no' if number else 'No'} {asked['name']} is between {told} in {spoken.shown} {places}.{note}"
    opening = f"{len(inner)}: " if number else ""
    hanging = (n.GetIdx() for a in path for n in mol.GetAtomWithIdx(a).GetNeighbors() if n.GetDegree() == 1)
    wide = {*path, *hanging} - {*one, *two}
    within = [g["name"] for g in groups if not g["whole"] and any(set(p) <= wide for p in g["atoms"])]
    kinds = f"; of it: {', '.join(dict.fromkeys(within))}" if within and asked is None else ""
    return f"{opening}between {told} in {spoken.shown} {places}: {_told(mol, inner)}{kinds}.{note}"


def _distant_line(spoken: Spoken, group: dict[str, Any], bonds: int) -> str:
    mol = read_molecule(spoken.smiles).mol
    reached = {atom for place in _cores(group) for atom in place}
    shell = set(reached)
    for _ in range(bonds):
        near = {n.GetIdx() for a in shell for n in mol.GetAtomWithIdx(a).GetNeighbors()}
        shell = {a for a in near - reached if mol.GetAtomWithIdx(a).GetAtomicNum() == 6}
        reached |= near
    letter = next(word for word, number in _GREEK.items() if number == bonds)
    own = f"{noun_of_place(group)} in {spoken.shown} ({atoms_text(group['atoms'])})"
    if not shell:
        return f"No carbon is {letter} to {own}."
    return f"carbon {letter} to {own}: {_told(mol, sorted(shell))}."


def _cores(group: dict[str, Any]) -> list[list[int]]:
    """The places of a group without the carbons that it is bound to: of a ketone the C=O alone."""
    pairs = zip(group["atoms"], group["bound_to"], strict=True)
    return [[atom for atom in place if atom not in around] or list(place) for place, around in pairs]


def _nearest(
    mol: Chem.Mol, ones: Sequence[Sequence[int]], twos: Sequence[Sequence[int]]
) -> tuple[list[int], Sequence[int], Sequence[int]] | None:
    """Find the shortest way between places of two groups, their own atoms left out; None where there is none.

    One search from all places of the first group at a time, so that it is linear in the molecule.
    """
    of_one = {atom: place for place in ones for atom in place}
    of_two = {atom: place for place in twos for atom in place}
    for atom in of_one:
        if atom in of_two:
            return [], of_one[atom], of_two[atom]
    came: dict[int, int] = dict.fromkeys(of_one, -1)
    order = list(came)
    for index in order:
        for near in mol.GetAtomWithIdx(index).GetNeighbors():
            other = near.GetIdx()
            if other in came:
                continue
            came[other] = index
            if other not in of_two:
                order.append(other)
                continue
            way, at = [], index
            while at not in of_one:
                way.append(at)
                at = came[at]
            return way[::-1], of_one[at], of_two[other]
    return None
