"""Read what a question about molecules asks for off its words."""

from __future__ import annotations

from dataclasses import replace

from molreflect.agents.analyst.atoms_asked import atoms_asked
from molreflect.agents.analyst.beside_asked import beside
from molreflect.agents.analyst.captions_asked import caption_asked
from molreflect.agents.analyst.claimed import without_value
from molreflect.agents.analyst.comparing import compare, keys_asked, only_property, similar, substitution
from molreflect.agents.analyst.described import attached, in_ring, part_described
from molreflect.agents.analyst.held_within import held_within
from molreflect.agents.analyst.lit_up import lit
from molreflect.agents.analyst.mended_speech import without_slip
from molreflect.agents.analyst.names_wanted import FLAT, name_wanted, without_stereo
from molreflect.agents.analyst.nominal import name_and_class, nominal
from molreflect.agents.analyst.odd_one import odd_one_out, which_is_not
from molreflect.agents.analyst.orders import ordered
from molreflect.agents.analyst.out_of_scope import out_of_scope
from molreflect.agents.analyst.particular import configuration_asked, counted_with_hydrogen, degrees_asked, kind_of
from molreflect.agents.analyst.positions_asked import position_asked
from molreflect.agents.analyst.question import FEWER, MORE, Intent, Question
from molreflect.agents.analyst.readings import (
    base,
    changes,
    draw,
    follow_up,
    is_present,
    pointer,
    tells,
    which_has,
    which_rings,
)
from molreflect.agents.analyst.restricted import restricted
from molreflect.agents.analyst.same_place import same_place
from molreflect.agents.analyst.sentence import Chunk, Role, Sentence, is_group, reads_as_name, take_apart
from molreflect.agents.analyst.stereo_asked import label_asked, stereo_asked
from molreflect.agents.analyst.vocabulary import english, vocabulary
from molreflect.agents.analyst.within import (
    asks_count,
    bearer,
    counted_kind,
    inner,
    of_kind,
    other_atoms,
    within_part,
)
from molreflect.agents.analyst.written import pattern_asked, valid_asked
from molreflect.tools.facts.classes import is_adjective
from molreflect.tools.facts.groups import noun_of
from molreflect.tools.facts.molecules import is_known_name, looks_like_smiles

_GREETINGS = frozenset(["hi", "hello", "hey", "thanks", "thank", "cheers", "bye", "goodbye", "ok", "okay", "great"])


def read_question(text: str, aside: frozenset[str] = frozenset(), named: frozenset[str] = frozenset()) -> Question:
    """Read off its words what a question asks for.

    Args:
        text: The question, of any length; what is behind `MAX_WORDS` is not read.
        aside: Words, in small letters, that are known to name nothing in it.
        named: Words that are known to name a group, though they read like a molecule's name.
    """
    if (flat := without_stereo(text)) != text:
        found = read_question(flat, aside, named)
        if found.intent is Intent.NAME:
            return replace(found, text=text, keys=(*found.keys, FLAT))
    asked, value = without_value(text)
    if value:
        found = read_question(asked, aside, named)
        one = found.intent is Intent.PROPERTY and len(found.keys) == 1 and found.keys[0] not in ("all", "lipinski")
        if one or (found.intent is Intent.NAME and found.keys == ("inchikey",)):
            return replace(found, text=text, claimed=value)
    sentence = take_apart(text, aside, named)
    if (meant := without_slip(sentence)) is not None and not sentence.quoted:
        return read_question(meant, aside, named)
    found = _intent(sentence)
    read = found.sentence if found.sentence.words else sentence  # that of a part which is a question of its own
    return replace(found, text=text, mended=sentence.mended, sentence=read, aside=aside, named=named)


def _intent(sentence: Sentence) -> Question:
    """Try the readings in the order of how telling their words are."""
    for reading in (
        _empty, ordered, valid_asked, same_place, odd_one_out, which_is_not, _caption, _correction,
        pattern_asked, _fraction, lit, draw, atoms_asked, changes, position_asked, held_within, restricted,
        beside, out_of_scope, _why, label_asked, compare, similar, substitution, configuration_asked,
        counted_kind, stereo_asked, in_ring, attached, part_described, kind_of, _degree, _every_atom,
        _value_of_one, other_atoms, of_kind, inner, bearer, within_part, which_rings, which_has, _count,
        is_present, _where, name_wanted, _property, _which_name, _class, _has, _contents, _help, follow_up,
        nominal, _in_each,
    ):  # fmt: skip
        found = reading(sentence)
        if found is not None:
            return found
    if (same := _is_it(sentence)) is not None:
        return same
    if sentence.chunks and len(sentence.words) <= 12 and not _says_more(sentence):
        only_groups = all(c.role is not Role.MOLECULE for c in sentence.chunks)
        if any(c.before in vocabulary().function["place"] for c in sentence.chunks) and len(sentence.chunks) > 1:
            return base(Intent.WHERE, sentence)
        first = sentence.chunks[0]
        of_one = [c for c in sentence.chunks[1:] if c.before == "of" and c.role is not Role.GROUP]
        if of_one and first.role is Role.GROUP:
            return base(Intent.WHERE, sentence)  # "nitrile carbon of CCC#N"
        return base(Intent.FOLLOW_UP if only_groups else Intent.CONTENTS, sentence)
    return base(Intent.UNKNOWN, sentence)


def _is_it(sentence: Sentence) -> Question | None:
    """Read "is CCO ethanol?" as whether two names, or a SMILES and a name, mean the same."""
    if len(sentence.chunks) != 2 or sentence.words[0] not in vocabulary().function["be"]:
        return None
    one, two = sentence.chunks
    written = sum(looks_like_smiles(c.text) for c in (one, two))
    if one.role is Role.GROUP or two.role is Role.GROUP or two.first != one.last or written != 1:
        return None
    return base(Intent.SAME, sentence, molecules=(one.text, two.text), either=())


def _which_name(sentence: Sentence) -> Question | None:
    """Read "is CCO ethanol or methanol", "is X maleic acid or fumaric acid": which name means the same as a SMILES."""
    if len(sentence.chunks) != 3 or sentence.words[0] not in vocabulary().function["be"] or not sentence.has("or"):
        return None
    first, *others = (c.text for c in sentence.chunks)
    named = all(is_known_name(each) or reads_as_name(each) or each.endswith("ic acid") for each in others)
    if not looks_like_smiles(first) or not named or any(c.article for c in sentence.chunks):
        return None
    return base(Intent.SAME, sentence, molecules=(first, *others), groups=(), either=())


def _in_each(sentence: Sentence) -> Question | None:
    """Read "aspirin, ibuprofen, naproxen - carboxylic acid in all of them?" as whether each has it."""
    each = sentence.polar or sentence.has("all of them", "each of them", "any of them", "all", "each")
    if not each or not (sentence.polar or "?" in sentence.text):
        return None
    groups = [c for c in sentence.chunks if c.role is Role.GROUP or (is_group(c.text) and not is_known_name(c.text))]
    others = tuple(c.text for c in sentence.chunks if c not in groups)
    if len(groups) != 1 or len(others) < 2:
        return None
    return base(Intent.HAS, sentence, molecules=others, groups=(groups[0].text,), either=(), pointer="")


def _says_more(sentence: Sentence) -> bool:
    """Whether two or more plain words stand beside what is named, which no reading knew: "cite prior art for X"."""
    inside = {i for chunk in sentence.chunks for i in range(chunk.first, chunk.last)}
    speech = vocabulary()
    if any(speech.role(word.casefold()) in ("be", "do", "have", "question") for word in sentence.words):
        return False
    plain = [w for i, w in enumerate(sentence.words) if i not in inside and w in english() and not speech.role(w)]
    return len(plain) > 1


def _empty(sentence: Sentence) -> Question | None:
    if not sentence.words and not sentence.quoted:
        return base(Intent.HELP, sentence)
    if all(word in _GREETINGS or word in ("you", "there", "so", "much") for word in sentence.words):
        return base(Intent.GREETING, sentence)
    return None


def _caption(sentence: Sentence) -> Question | None:
    return caption_asked(sentence, read_question)


def _correction(sentence: Sentence) -> Question | None:
    for opening in ("i mean", "i meant"):
        tail = sentence.text.casefold().rpartition(opening)[2]
        if sentence.has(opening) and 2 < len(tail.split()) < len(sentence.text.split()):
            meant = read_question(sentence.text[-len(tail) :].lstrip(" :,"))
            if meant.intent not in (Intent.CONTENTS, Intent.FOLLOW_UP, Intent.CORRECTION, Intent.UNKNOWN, Intent.HELP):
                return meant  # a whole question of its own
    if sentence.has("i meant", "i mean", "sorry i meant", "no i meant", "meant") or (
        sentence.words[:1] in (("no",), ("actually",), ("sorry",))
        and 0 < len(sentence.chunks) <= 2
        and not (sentence.text.rstrip().endswith("?") and sentence.of_role(Role.GROUP))
        and len(sentence.words) <= 6
    ):
        return base(Intent.CORRECTION, sentence)
    return None


def _why(sentence: Sentence) -> Question | None:
    if sentence.words[0] == "why" or sentence.says("why"):
        adjectives = tuple(word for word in sentence.words if is_adjective(word))
        inside = " ".join(chunk.text.casefold() for chunk in sentence.chunks)
        told = tuple(word for word in adjectives if word not in inside)
        groups = tuple(c.text for c in sentence.of_role(Role.GROUP))
        return base(Intent.WHY, sentence, groups=(*told, *groups))
    if sentence.words[0] in ("explain", "justify") and len(sentence.words) < 4:
        return base(Intent.WHY, sentence)
    return None


def _degree(sentence: Sentence) -> Question | None:
    found = degrees_asked(sentence)
    if found is None:
        return None
    groups, kept = found
    return base(Intent.CLASS, replace(sentence, chunks=kept), groups=groups)


def _every_atom(sentence: Sentence) -> Question | None:
    found = counted_with_hydrogen(sentence)
    if found is None:
        return None
    group, kept = found
    return base(Intent.COUNT, replace(sentence, chunks=kept), groups=(group,))


_COUNTED_KEYS = {
    "rotatable": "rotatable bonds", "donors": "hydrogen bond donors", "acceptors": "hydrogen bond acceptors",
    "heavy_atoms": "heavy atoms", "elements": "chemical elements",
}  # fmt: skip


def _count(sentence: Sentence) -> Question | None:
    if not asks_count(sentence):
        return None
    keys = keys_asked(sentence)
    counted = tuple(_COUNTED_KEYS[key] for key in keys if key in _COUNTED_KEYS)
    if counted:
        kept = tuple(c for c in sentence.chunks if c.role is Role.MOLECULE or c.role is Role.EITHER)
        told = {word for each in (*counted, *keys) for word in each.replace("_", " ").split()}
        others = [c for c in sentence.of_role(Role.GROUP) if not only_property(c)]
        more = [c.text for c in others if not told & {*c.text.split(), f"{c.text}s"}]
        return base(Intent.COUNT, replace(sentence, chunks=kept), groups=(*counted, *more))
    groups = sentence.of_role(Role.GROUP, Role.EITHER)
    if "peptide" in sentence.text.casefold():  # its name is left out of the words
        called = {"amino acids": "amino acid residues", "amino acid": "amino acid residues"}
        renamed = tuple(
            replace(c, text=called[c.text], role=Role.GROUP) if c.text in called else c for c in sentence.chunks
        )
        sentence = replace(sentence, chunks=renamed)
    if keys and not groups:
        return base(Intent.PROPERTY, sentence, keys=keys)
    kept = tuple(c for c in sentence.chunks if not only_property(c))
    return base(Intent.COUNT, replace(sentence, chunks=kept), keys=keys) if keys else base(Intent.COUNT, sentence)


def _value_of_one(sentence: Sentence) -> Question | None:
    """Read "which logP has benzene": a value, and not which of several has something."""
    asks = sentence.words[0] in ("which", "what") and len(sentence.chunks) == 1
    if not asks or not set(sentence.words) & vocabulary().function["have"] or not keys_asked(sentence):
        return None
    return _property(sentence)


def _where(sentence: Sentence) -> Question | None:
    words = set(sentence.words)
    telling = words & vocabulary().intent["where"]
    if sentence.words[0] in vocabulary().function["be"] and sentence.has("is there", "are there"):
        return None  # "is there a nitrile, and where": whether comes first, and the answer has the atoms
    if sentence.words[0] in ("exists", "exist"):
        return None
    if keys_asked(sentence) and not sentence.of_role(Role.GROUP) and len(sentence.chunks) < 2:
        return None  # "find the molecule's net charge: ..."
    parts = any(c.article == "the" for c in sentence.of_role(Role.GROUP, Role.EITHER))
    polar = sentence.has("is there", "are there", "does", "do", "has", "have", "any", "contains")
    if telling == {"atoms"} and polar and not (parts and sentence.has("which atoms")):
        return None  # "are there any sulfur atoms": whether, not where
    shown = sentence.has("show the", "show both", "show all", "show me both", "show me all", "show its")
    shown = (shown or sentence.has("show me its", "see the", "see both")) and bool(
        sentence.of_role(Role.GROUP, Role.EITHER)
    )
    shown = shown or any(
        c.before in ("list", "enumerate") and (c.role is Role.GROUP or (c.role is Role.EITHER and c.article))
        for c in sentence.chunks
    )
    described = [c for c in sentence.of_role(Role.GROUP, Role.EITHER) if noun_of(c.text) != c.text]
    shown = shown or (sentence.words[0] == "which" and bool(described) and len(sentence.chunks) > 1)
    if telling or sentence.says("where") or shown:
        if sentence.of_role(Role.GROUP, Role.EITHER) or len(sentence.chunks) > 1:
            return base(Intent.WHERE, sentence)
        if sentence.chunks and sentence.chunks[0].role is Role.MOLECULE and not sentence.has("which molecule"):
            return base(Intent.WHERE, sentence)
        if not sentence.chunks:
            return base(Intent.WHERE, sentence)
    return None


def _fraction(sentence: Sentence) -> Question | None:
    """Read "what fraction of the carbons in toluene are sp3"."""
    if "sp3" not in sentence.words or not sentence.has("fraction", "percentage", "proportion", "share of"):
        return None
    left = ("fraction", "percentage", "proportion", "share", "fsp3")
    named = tuple(c.text for c in sentence.chunks if c.role is not Role.GROUP and c.text.casefold() not in left)
    return base(Intent.PROPERTY, sentence, molecules=named, groups=(), either=(), keys=("fraction_sp3",))


def _property(sentence: Sentence) -> Question | None:
    keys = keys_asked(sentence)
    if not keys:
        return None
    if "mass" in keys and ("exact_mass" in keys or "mass_percent" in keys):
        keys = tuple(k for k in keys if k != "mass")
    words = set(sentence.words)
    kept = tuple(c for c in sentence.chunks if not only_property(c))
    if (
        keys == ("elements",)
        and any(c.article == "the" and c.role is not Role.MOLECULE for c in kept)
        and "does" in words
    ):
        return base(Intent.WHERE, replace(sentence, chunks=kept))  # "what atoms does the thiazole of X comprise"
    if keys == ("charge",) and words & vocabulary().function["have"] and any(c.role is Role.GROUP for c in kept):
        return None
    return base(Intent.PROPERTY, replace(sentence, chunks=kept), keys=keys)


def _class(sentence: Sentence) -> Question | None:
    words, be = sentence.words, vocabulary().function["be"]
    low = [w.casefold() for w in words]
    inside = {i for chunk in sentence.chunks for i in range(chunk.first, chunk.last) if " " in chunk.text}
    adjectives = tuple(w for i, w in enumerate(low) if i not in inside and is_adjective(w))
    if low[-1:] == [*adjectives] and not sentence.chunks and set(low[:-1]) <= {"and", "so", "is"}:
        return base(Intent.CLASS, sentence, groups=adjectives, pointer="it")  # "cyclic?"
    opens = low[0] in be or sentence.says("is_a") or tells(sentence)
    if sentence.says("what_class") and not sentence.of_role(Role.GROUP):
        return base(Intent.CONTENTS, sentence)
    if sentence.has("is there", "are there") or (low[0] in vocabulary().function["do"] and sentence.has(*MORE, *FEWER)):
        return None  # "does X have more N or more O"
    if (
        "or" in low
        and (len(sentence.of_role(Role.MOLECULE)) < 2 or low[0] in ("for", "in"))
        and len(sentence.of_role(Role.GROUP, Role.EITHER)) >= 2
        and (low[0] in be or low[0] in ("for", "in") or len(low) <= 8)
    ):
        first, second = sentence.chunks[0], sentence.chunks[1]
        apart = first.first == 0 and second.first == first.last and len(sentence.chunks) > 2  # "benzaldehyde: A or B"
        subject = first if (low[0] in be or apart) and first.role is Role.EITHER else None
        molecules = sentence.of_role(Role.MOLECULE) or ((subject,) if subject is not None else ())
        groups = tuple(c.text for c in sentence.of_role(Role.GROUP, Role.EITHER) if c not in molecules)
        named = tuple(c.text for c in molecules)
        return base(Intent.CLASS, sentence, molecules=named, groups=groups, either=())
    if "or" in low and len(sentence.chunks) == 2 and sentence.chunks[1].role is not Role.MOLECULE:
        first, second = sentence.chunks  # "ethyl acetate ester or ether"
        called, _, its_class = first.text.rpartition(" ")
        end = called.rpartition(" ")[2]
        is_name = is_known_name(called) or reads_as_name(end) or is_group(end)
        if called and is_name and is_group(its_class) and not is_known_name(first.text):
            return base(Intent.CLASS, sentence, molecules=(called,), groups=(its_class, second.text), either=())
    if not opens and not any(w in be for w in low):
        return None
    classes = [c for c in sentence.chunks if c.article in ("a", "an") and c.first > 0]
    if adjectives and (opens or low[0] in be):
        sentence = _with_adjectives(sentence, adjectives)
        adjectives = tuple(w for w in adjectives if not any(w in c.text.casefold().split() for c in sentence.chunks))
        chunks = tuple(c for c in sentence.chunks if c.text.casefold() not in adjectives)
        return base(
            Intent.CLASS,
            replace(sentence, chunks=chunks),
            groups=(*adjectives, *(c.text for c in chunks if c.role is Role.GROUP)),
        )
    if opens and classes:
        named = tuple(
            c.text
            for c in sentence.chunks
            if c not in classes and c.role is not Role.GROUP and not _follows_or(sentence, c, classes)
        )
        groups = tuple(c.text for c in sentence.chunks if c in classes or _follows_or(sentence, c, classes))
        return base(Intent.CLASS, sentence, molecules=named, groups=groups, either=())
    if (
        opens
        and len(sentence.chunks) >= 2
        and sentence.chunks[-1].role is not Role.MOLECULE
        and sentence.chunks[-1].before not in vocabulary().function["place"]
    ):
        begins, *rest = sentence.chunks
        listed = [c for c in sentence.chunks[:-1] if c is begins or (c.joined and _may_be_name(c.text))]
        if low[0] == "are" and len(listed) == len(rest) and len(rest) > 1 and begins.role is not Role.GROUP:
            told = tuple(c.text for c in listed)  # "are pyridine and pyrimidine both azines"
            return base(Intent.CLASS, sentence, molecules=told, groups=(rest[-1].text,), either=(), pointer="")
        if begins.role is not Role.GROUP:
            return base(Intent.CLASS, sentence, molecules=(begins.text,), groups=tuple(c.text for c in rest), either=())
    if opens and pointer(sentence) and sentence.chunks and low[0] in be:
        return base(Intent.CLASS, sentence, molecules=(), groups=tuple(c.text for c in sentence.chunks), either=())
    if opens and low[0] in be and sentence.chunks and " " in sentence.chunks[-1].text:
        # "is cyclohexanol cycloalkane", "are phenol and cresol phenols": no article between a name and a class
        *others, last = sentence.chunks
        called, its_class = name_and_class(last.text)
        if called and all(c.role is not Role.GROUP for c in others) and (last.joined or not others):
            named = tuple(c.text for c in others)
            return base(Intent.CLASS, sentence, molecules=(*named, called), groups=(its_class,), either=())
    return None


def _may_be_name(text: str) -> bool:
    return is_known_name(text) or reads_as_name(text) or looks_like_smiles(text)


def _with_adjectives(sentence: Sentence, adjectives: tuple[str, ...]) -> Sentence:
    """Join an adjective to the class behind it where an article stands before both: "an unsaturated alcohol"."""
    chunks = []
    for chunk in sentence.chunks:
        before = sentence.words[chunk.first - 1].casefold() if chunk.first > 1 else ""
        opened = chunk.first > 1 and sentence.words[chunk.first - 2] in ("a", "an")
        named = chunk is sentence.chunks[-1] and len(sentence.chunks) > 1 and not is_known_name(chunk.text)
        if before in adjectives and opened and (is_group(chunk.text) or named):
            chunk = replace(chunk, text=f"{before} {chunk.text}", role=Role.GROUP, first=chunk.first - 1)
        chunks.append(chunk)
    return replace(sentence, chunks=tuple(chunks))


def _follows_or(sentence: Sentence, chunk: Chunk, classes: list[Chunk]) -> bool:
    """Whether a chunk goes on with a class: "an aldehyde or ketone"."""
    return (
        chunk.joined
        and any(c.last < chunk.first and chunk.first - c.last <= 2 for c in classes)
        and is_group(chunk.text)
    )


def _is_compound(chunk: Chunk) -> bool:
    return chunk.role is Role.EITHER and not chunk.article and is_known_name(chunk.text)


def _has(sentence: Sentence) -> Question | None:
    words = sentence.words
    have = vocabulary().function["have"]
    tells_own = sentence.has("i have", "we have", "i got", "we got", "i've", "we've")
    if tells_own and all(c.role is Role.MOLECULE or _is_compound(c) for c in sentence.chunks):
        owned = tuple(c.text for c in sentence.chunks)
        return base(Intent.CONTENTS, sentence, molecules=owned, either=())  # "I have this compound, CCO"
    exists = words[0] in ("exists", "exist") or (words[0] in vocabulary().function["do"] and "exist" in words)
    if exists or sentence.has("is there", "are there", "there is", "there are", "any") or any(w in have for w in words):
        if sentence.has("which functional", "what functional") and len(sentence.chunks) == 1:
            named = replace(sentence.chunks[0], role=Role.MOLECULE)
            return base(
                Intent.CONTENTS, replace(sentence, chunks=(named,))
            )  # "benzoic acid possesses which functional groups"
        if words[0] in ("what", "which") and sentence.has("groups", "functionalities") and len(sentence.chunks) == 1:
            return base(Intent.CONTENTS, sentence)  # "what groups has phenol"
        if sentence.of_role(Role.GROUP, Role.EITHER):
            return base(Intent.HAS, sentence)
        if len(sentence.chunks) > 1:
            return base(Intent.HAS, sentence)
        if words[0] in ("what", "which") or sentence.has("what does", "what groups"):
            return base(Intent.CONTENTS, sentence)
    return None


def _contents(sentence: Sentence) -> Question | None:
    words = set(sentence.words)
    if sentence.has("what about", "how about", "and what about"):
        return None
    if words & vocabulary().intent["contents"] or sentence.says("contents"):
        if sentence.has("what can you", "what do you do", "what are you", "who are you"):
            return None
        if not sentence.chunks and not pointer(sentence) and not sentence.has("functional groups", "groups"):
            return None
        return base(Intent.CONTENTS, sentence)
    return None


def _help(sentence: Sentence) -> Question | None:
    if sentence.says("help"):
        return base(Intent.HELP, sentence)
    return None
