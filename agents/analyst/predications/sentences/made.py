"""What a molecule becomes, what it is made from, and how it compares with another one that is named.

"Hydrolysis of the amide gives 4-aminophenol and acetic acid", "the ester is derived from acetic acid and ethanol",
"compared with salicylic acid, the phenolic hydroxyl has been acetylated".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.sentences.classes import is_one
from molreflect.agents.analyst.predications.sentences.named import (
    ACYL,
    ALKYL,
    differs,
    is_condensed,
    is_derived,
    of_name,
    plain,
    read_smiles,
    repeated,
)
from molreflect.agents.analyst.predications.sentences.noun_phrases import resolved
from molreflect.tools.errors import InputError
from molreflect.tools.facts.changes import change
from molreflect.tools.facts.parts import Places

_GIVES = (
    r"(?:(?:would|will|could|should|can) )?(?:then |simply )?(?:gives?|yields?|affords?|produces?|leads? to|results? in"
    r"|releases?|liberates?|furnishes|forms?|generates?|provides?|turns? it into|converts? it (?:in)?to)"
)
_OBTAINS = (
    r"(?:you|we|one|it) (?:would|will|could|can) (?:obtain|get|give|form|yield|end up with|produce|have|become|afford)"
)
_PART = r"(?:the|its|both|all|this|an?) [^,;]{2,60}?"
_CHANGED = re.compile(
    rf"(?:(?P<noun>[a-z]+(?:ysis|ation|tion|ing)) (?:of )?(?P<what>{_PART}),? {_GIVES}"
    rf"|if (?:you|we|one) (?:were to )?(?P<verb>[a-z]+) (?P<that>{_PART}),? {_OBTAINS}"
    rf"|if (?P<those>{_PART}) (?:is|are|were|was) (?P<done>[a-z]+ed),? "
    rf"(?:{_OBTAINS}|(?:the )?(?:product|result) (?:would be|will be|is)))"
    r" (?P<products>[^;:]{3,120})",
    re.IGNORECASE,
)
_AND = re.compile(r",? (?:and|plus|together with|as well as|along with) |, ")
_FROM = re.compile(
    r"(?:it|this|(?:the|this) (?P<part>[a-z]+(?: [a-z]+)?)) is (?:formally |simply )?"
    r"(?:(?:the|an?) (?P<kind>[a-z -]{3,40}?) )?"
    r"(?:derived|formed|made|obtained|prepared|built|assembled|generated|produced|resulting) (?:up )?"
    r"(?:from|between|by (?:the )?(?:condensation|reaction|condensing|combining|joining|coupling) (?:of )?) ?"
    r"(?P<names>[^;:]{3,120})",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"(?:(?:as )?compared (?:with|to)|relative to|unlike|in contrast to|in comparison (?:with|to)|by comparison with"
    r"|with respect to|versus|starting from) (?P<name>[^,;]{3,60}?) ?, (?P<rest>.+)",
    re.IGNORECASE,
)
_IT_HAS = re.compile(r"(?:it|this (?:molecule|compound)) (?:has|carries|contains|bears|features) (?P<what>.+)")
_MORE = re.compile(r"(?:an?|\w+) (?:additional|extra|further|more|fewer|less) .+|(?:an additional|another|one more) .+")
_INSTEAD = re.compile(
    r"(?:an?|the|its) (?P<one>[^,;]{2,40}?),? (?:instead of|in place of|rather than) "
    r"(?:an?|the|its) (?P<other>[^,;]{2,40})"
)
_LACKS = re.compile(
    r"(?:it|this (?:molecule|compound)) (?:lacks|is missing|has lost|has no) (?:an?|the|its|any)? ?(?P<what>.+)"
)
_DONE = re.compile(
    r"(?:the|its|one) (?P<what>[^,;]{2,50}?) (?:has been|is|was|have been|are) (?:now )?(?P<done>[a-z]+ated)"
)
_GROUP = re.compile(r"(?P<group>[a-z-]+?)ated")
_ESTERS = {"acetyl": "acetate", "benzoyl": "benzoate", "formyl": "formate", "propionyl": "propionate"}


def of_change(sentence: str, nouns: Nouns) -> bool | None:
    """Decide what a molecule is said to become, or to be made from, or how it compares; None for other sentences."""
    text = sentence.strip().rstrip(".! ")
    if (changed := _CHANGED.fullmatch(text)) is not None:
        return _becomes(changed, nouns)
    if (made := _FROM.fullmatch(text)) is not None:
        return _is_made_from(made, nouns)
    if (compared := _COMPARED.fullmatch(text)) is not None:
        return _compares(compared, nouns)
    return None


def _becomes(said: re.Match[str], nouns: Nouns) -> bool | None:
    how = said["noun"] or said["verb"] or said["done"]
    words = f"{how} of {said['what'] or said['that'] or said['those']}"
    products = re.sub(r"(?:, )?respectively$", "", said["products"])
    if (put := _HYDROGEN.search(words)) is not None:
        found = _with_group(put, nouns)
    else:
        try:
            found = list(change(words, nouns.molecule).products)
        except InputError:
            return None
    names = [name for name in _AND.split(products) if name]
    told = [_may_be(name, found, nouns) for name in names]
    if any(each is None for each in told):
        return None
    return any(all(each is not None and k in each for each in told) for k in range(len(found)))


_HYDROGEN = re.compile(
    r"replacing of the (?P<on>phenolic|phenol|hydroxyl|alcoholic|alcohol|amine|amide|n-h|acidic|acid) "
    r"(?:hydrogen|proton) (?:with|by) an? (?P<group>[a-z-]+?)(?: group)?$",
    re.IGNORECASE,
)
_BEARING = {
    **dict.fromkeys(("phenolic", "phenol"), "[c:2][OX2H:1]>>[c:2][O:1]"),
    **dict.fromkeys(("hydroxyl", "alcoholic", "alcohol"), "[#6;!$(C=O):2][OX2H:1]>>[*:2][O:1]"),
    **dict.fromkeys(("amine", "amide", "n-h"), "[#7;!H0:1]>>[#7:1]"),
    **dict.fromkeys(("acidic", "acid"), "[C:2](=[O:3])[OX2H:1]>>[C:2](=[O:3])[O:1]"),
}


def _with_group(put: re.Match[str], nouns: Nouns) -> list[tuple[str, ...]]:
    """Put a group in the place of the hydrogen that a part bears."""
    group = put["group"].lower()
    smiles = ALKYL.get(group) or ACYL.get(group)
    if smiles is None:
        return []
    return [(made,) for made in repeated(f"{_BEARING[put['on'].lower()]}{smiles}", nouns.molecule, 1)]


def _may_be(name: str, found: Sequence[Sequence[str]], nouns: Nouns) -> set[int] | None:
    """Which sets of products hold what a name or a class means; None where the words are not understood."""
    molecule = of_name(name, nouns)
    if molecule is not None:
        wanted = plain(molecule.mol)
        return {k for k, each in enumerate(found) if any(plain(read_smiles(s).mol) == wanted for s in each)}
    bare = re.sub(r"^(?:an?|the|its)(?: corresponding| free)? ", "", name)
    if bare == name:
        return None
    truths = [[is_one(bare, Nouns(read_smiles(s), nouns.resources)) for s in each] for each in found]
    if all(truth is None for each in truths for truth in each):
        return None
    return {k for k, each in enumerate(truths) if True in each}


def _is_made_from(said: re.Match[str], nouns: Nouns) -> bool | None:
    names = [name for name in re.split(r" (?:and|with) ", said["names"]) if name]
    kind = (said["kind"] or said["part"] or "").lower()
    last = kind.split()[-1] if kind else ""
    if len(names) != 2:
        return None
    if kind and last not in ("compound", "molecule", "product") and is_one(kind, nouns) is not True:
        return None if not said["part"] or nouns.places(kind) is None else False
    return is_condensed(names, nouns)


def _compares(said: re.Match[str], nouns: Nouns) -> bool | None:
    parent = of_name(said["name"], nouns)
    if parent is None:
        return None
    other, rest = Nouns(parent, nouns.resources), said["rest"].strip()
    if (lacks := _LACKS.fullmatch(rest)) is not None:
        return _more(lacks["what"], other, nouns)
    if (has := _IT_HAS.fullmatch(rest)) is not None:
        what = re.sub(r"^(?:an additional|another|one more) ", "one additional ", has["what"])
        if (swap := _INSTEAD.fullmatch(what)) is not None:
            gained = _more(swap["one"], nouns, other)
            lost = _more(swap["other"], other, nouns)
            return None if gained is None or lost is None else gained and lost
        return differs(f"differs from {said['name']} by {what}", nouns) if _MORE.fullmatch(what) else None
    done = _DONE.fullmatch(rest)
    group = _GROUP.fullmatch(done["done"]) if done is not None else None
    if done is None or group is None or not other.places(done["what"]):
        return None
    name = said["name"]
    kinds = [f"{group['group']} ester", f"{group['group']} ether", f"N-{group['group']} derivative"]
    kinds += [_ESTERS[group["group"]]] if group["group"] in _ESTERS else []
    truths = [is_derived(f"the {kind} of {name}", nouns) for kind in kinds]
    truths.append(is_derived(f"the {done['done']} derivative of {name}", nouns))
    return True if True in truths else None if all(truth is None for truth in truths) else False


def _more(noun: str, one: Nouns, other: Nouns) -> bool | None:
    """Whether one molecule has more of something than the other; None where the noun is not understood."""
    bare = re.sub(r"^(?:an?|the|its|any) ", "", noun)
    counts = [_count(bare, each) for each in (one, other)]
    if counts[0] is None or counts[1] is None:
        return None
    return len(counts[0]) > len(counts[1])


def _count(noun: str, nouns: Nouns) -> Places | None:
    found = resolved(noun, nouns)
    return found if found is not None else nouns.places(noun)
