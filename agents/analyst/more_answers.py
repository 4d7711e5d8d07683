"""Answers that compare molecules, check captions, draw and change, and what is said where there is no answer."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

from rdkit import Chem

from molreflect.agents.analyst import orders
from molreflect.agents.analyst.answers import atoms_text, class_line, finished, where_line
from molreflect.agents.analyst.caption_places import with_numbers, with_places
from molreflect.agents.analyst.context import Spoken, Understood
from molreflect.agents.analyst.dialogue import Call, NotReadError, Reply, Result, Talk, Turn, listed_line
from molreflect.agents.analyst.quantities import asks_for_lack
from molreflect.agents.analyst.question import FEWER, LIT, MORE, Intent
from molreflect.agents.analyst.sentence import Sentence
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.english import counted
from molreflect.tools.molecules.read import read_molecule

CAN = (
    "I can say where a group is and how often, whether a molecule is of a class and why, what is in it, its calculated "
    "properties, stereochemistry, substitution pattern, names and identifiers; compare molecules; find similar ones in "
    "the corpus; check a caption phrase by phrase; draw a molecule; and say what it becomes when a group is changed by "
    "a rule that I know."
)
_METHYL = Chem.MolFromSmarts("[CH3;X4]")
OFFLINE = "I answer by rules and chemistry tools, without a language model."


def answer_compare(talk: Talk) -> Turn:
    """Put molecules side by side."""
    molecules = yield from talk.molecules(need=2)
    result = yield Call("compare_molecules", {"smiles": [m.smiles for m in molecules]})
    if result.error:
        return finished(talk, [result.error], Understood(Intent.COMPARE, molecules))
    value = result.value
    names = [m.words for m in molecules]
    lines = [
        " and ".join(m.shown for m in molecules) + f": {value['relation']}."
        if len(molecules) == 2
        else "; ".join(m.shown for m in molecules)
    ]
    if value["core"]:
        size = len(value["core_atoms"][0])
        places = "; ".join(
            f"{name} {atoms_text([atoms])}" for name, atoms in zip(names, value["core_atoms"], strict=True)
        )
        unsure = "" if value["core_whole"] else ", the search was ended by its bound on time"
        lines.append(f"- largest common core, {counted(size, 'atom')}{unsure}: {places}")
    else:
        lines.append("- no common core of two atoms or more")
    lines.append(
        f"- {'both' if len(names) == 2 else 'all'} have: {', '.join(value['shared'])}"
        if value["shared"]
        else "- no group of the lexicon is in both"
        if len(names) == 2
        else "- no group is in all"
    )
    lines += [f"- only {name} has: {', '.join(only)}" for name, only in zip(names, value["only"], strict=True) if only]
    methyls = [len(read_molecule(m.smiles).mol.GetSubstructMatches(_METHYL, maxMatches=10_000)) for m in molecules]
    if len(set(methyls)) > 1:
        lines.append(f"- methyl groups: {', '.join(f'{n} {k}' for n, k in zip(names, methyls, strict=True))}")
    for key, label in (
        ("formula", "formula"),
        ("mass", "molecular weight"),
        ("logp", "logP (calculated)"),
        ("tpsa", "TPSA (calculated)"),
    ):
        lines.append(
            f"- {label}: "
            + ", ".join(f"{name} {values[key]}" for name, values in zip(names, value["values"], strict=True))
        )
    lines.append(f"- likeness of {names[0]} and {names[1]}: {value['tanimoto']:.3f} ({value['fingerprint']})")
    return finished(talk, lines, Understood(Intent.COMPARE, molecules))


def answer_same(talk: Talk) -> Turn:
    """Say whether molecules are the same compound, or how else they stand to each other."""
    molecules = yield from talk.molecules(need=2)
    if len(molecules) > 2 and _relation_asked(talk) == "same":
        return finished(talk, _duplicates(molecules), Understood(Intent.SAME, molecules))
    result = yield Call("compare_molecules", {"smiles": [m.smiles for m in molecules[:2]]})
    if result.error:
        return finished(talk, [result.error], Understood(Intent.SAME, molecules))
    relation = result.value["relation"]
    one, two = molecules[0], molecules[1]
    asked = _relation_asked(talk)
    holds = _relation_holds(asked, relation)
    opening = "Yes" if holds else "No"
    formulas = [values["formula"] for values in result.value["values"]]
    shown = f"{formulas[0]} both" if formulas[0] == formulas[1] else f"{formulas[0]} and {formulas[1]}"
    return finished(
        talk,
        [f"{opening}: {one.shown} and {two.shown} are {relation} ({shown})."],
        Understood(Intent.SAME, molecules, verdicts=((one.smiles, relation, shown),)),
    )


def _duplicates(molecules: Sequence[Spoken]) -> list[str]:
    """Say which of several molecules are the same, by canonical SMILES."""
    sets: dict[str, list[Spoken]] = {}
    for spoken in molecules:
        sets.setdefault(str(Chem.MolToSmiles(read_molecule(spoken.smiles).mol)), []).append(spoken)
    same = [found for found in sets.values() if len(found) > 1]
    if not same:
        return [f"No: all {len(molecules)} are different compounds."]
    told = "; ".join(f"{' and '.join(s.shown for s in found)} are the same compound" for found in same)
    return [f"Yes: {told}."]


def _relation_asked(talk: Talk) -> str:
    for word in ("enantiomers", "diastereomers", "stereoisomers", "isomers", "epimers", "tautomers"):
        if talk.question.sentence.has(word, word.rstrip("s")):
            return word
    for adjective in ("isomeric", "stereoisomeric", "enantiomeric", "diastereomeric", "tautomeric", "epimeric"):
        if talk.question.sentence.has(adjective):
            return f"{adjective.removesuffix('ic')}s"
    if talk.question.sentence.has("mirror images", "mirror image", "mirror"):
        return "enantiomers"
    return "same"


def _relation_holds(asked: str, relation: str) -> bool:
    if asked == "same":
        return relation == "the same compound"
    if asked == "isomers":
        return relation in ("enantiomers", "diastereomers", "constitutional isomers")
    if asked == "stereoisomers":
        return relation in ("enantiomers", "diastereomers")
    if asked == "epimers":
        return relation == "diastereomers"
    return relation == asked


def answer_which_has(talk: Talk) -> Turn:
    """Say which of several molecules has a group, has more of it, or is of a class."""
    molecules = yield from talk.molecules(need=2)
    groups = talk.question.groups
    if not groups:
        raise NotReadError(Reply("Which has what? Name a group or a class, e.g. 'which of these has a nitrile'."))
    understood = Understood(Intent.WHICH_HAS, molecules, groups)
    asked = talk.question.sentence
    if not asked.has(*MORE, *FEWER) and not vocabulary().function["have"] & set(asked.words):
        return (yield from _which_is(talk, understood))
    lines: list[str] = []
    counts: list[int] = []
    for spoken in molecules:
        located = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": list(groups)})
        if located.error:
            return finished(talk, [located.error], understood)
        found = [located.value["groups"][words] for words in groups]
        unknown = next((entry["why_not"] for entry in found if entry.get("why_not")), "")
        if unknown:
            return finished(talk, [f"{unknown}."], understood)
        counts.append(min(entry["count"] for entry in found))
        lines += [_has_line(spoken, entry) for entry in found]
    head = _most(asked, molecules, counts) if asked.has(*MORE, *FEWER) else ""
    lacks = asks_for_lack(talk.question)
    yes = [spoken.words for spoken, count in zip(molecules, counts, strict=True) if bool(count) is not lacks]
    verb = ("lack" if lacks else "have") if len(yes) > 1 else ("lacks" if lacks else "has")
    head = head or (f"{' and '.join(yes)} {verb} it." if yes else _none(molecules))
    if asked.has(*MORE, *FEWER):
        best = min(counts) if asked.has(*FEWER) else max(counts)
        yes = [spoken.words for spoken, count in zip(molecules, counts, strict=True) if count == best]
    return finished(talk, [head, *(f"- {line}" for line in lines)], singled_out(understood, yes))


def _which_is(talk: Talk, understood: Understood) -> Turn:
    lines: list[str] = []
    yes: list[str] = []
    groups = list(understood.groups)
    lacks = asks_for_lack(talk.question)
    for spoken in understood.molecules:
        judged = yield Call("check_classes", {"smiles": spoken.smiles, "classes": groups})
        if judged.error:
            return finished(talk, [judged.error], understood)
        lines += [class_line(spoken, words, judged.value["classes"][words]) for words in groups]
        verdicts = [judged.value["classes"][words]["holds"] for words in groups]
        if any(verdict is False for verdict in verdicts) if lacks else all(verdicts):
            yes.append(spoken.words)
    verb = f"{'is' if len(yes) == 1 else 'are'}{' not' if lacks else ''}"
    head = f"{' and '.join(yes)} {verb}." if yes else _none(understood.molecules)
    return finished(talk, [head, *(f"- {line}" for line in lines)], singled_out(understood, yes))


def singled_out(understood: Understood, words: Sequence[str]) -> Understood:
    """Keep which molecule an answer singled out, by what it is called; unchanged where it is not one alone."""
    found = [spoken.smiles for spoken in understood.molecules if spoken.words in words]
    return replace(understood, singled=found[0]) if len(found) == 1 else understood


def _none(molecules: Sequence[Spoken]) -> str:
    return "None of them." if len(molecules) > 2 else "Neither of them."


def _most(asked: Sentence, molecules: Sequence[Spoken], counts: Sequence[int]) -> str:
    """Say which molecule has most or fewest of a group."""
    fewer = asked.has(*FEWER)
    best = min(counts) if fewer else max(counts)
    named = [spoken.words for spoken, count in zip(molecules, counts, strict=True) if count == best]
    if len(named) == len(molecules):
        return f"They have equally many, {best}."
    head = f"{' and '.join(named)} {'has' if len(named) == 1 else 'have'} {'fewest' if fewer else 'most'}, {best}."
    if len(molecules) == 2:
        return head
    ranked = sorted(zip(counts, molecules, strict=True), key=lambda each: each[0] if fewer else -each[0])
    order = ", ".join(f"{spoken.words} {count}" for count, spoken in ranked)
    return f"{head} From {'the fewest to the most' if fewer else 'the most to the fewest'}: {order}."


def _has_line(spoken: Spoken, found: dict[str, Any]) -> str:
    if not found["count"]:
        return f"{spoken.shown}: no {found['name']}"
    return f"{spoken.shown}: {found['count']} x {found['name']}, {atoms_text(found['atoms'])}"


def answer_substitution(talk: Talk) -> Turn:
    """Say how the substituents of benzene rings stand to each other."""
    molecules = yield from talk.molecules()
    lines: list[str] = []
    said = {*talk.question.sentence.words, *talk.question.keys}
    asked: list[str] = [word for word in ("ortho", "meta", "para") if word in said]
    for spoken in molecules:
        result = yield Call("describe_substitution", {"smiles": spoken.smiles})
        if result.error:
            return finished(talk, [result.error], Understood(Intent.SUBSTITUTION, molecules))
        rings = result.value["rings"]
        if len(talk.question.groups) == 2 and rings:
            told = yield from _between_groups(spoken, talk.question.groups, rings, asked)
            if told:
                lines.append(told)
                continue
        if not rings:
            lines.append(f"{spoken.shown} has no benzene ring, so ortho, meta and para say nothing of it.")
        for ring in rings:
            lines += _ring_lines(spoken, ring, asked)
    return finished(talk, lines, Understood(Intent.SUBSTITUTION, molecules))


def _between_groups(
    spoken: Spoken, groups: Sequence[str], rings: Sequence[dict[str, Any]], asked: Sequence[str]
) -> Generator[Call, Result, str]:
    """Say how two groups stand to each other on a ring; nothing where they are not at one place of one ring each."""
    located = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": list(groups)})
    if located.error:
        return ""
    found = [located.value["groups"][words] for words in groups]
    if any(each.get("why_not") for each in found):
        return ""
    reach = [{a for key in ("atoms", "bound_to") for place in each[key] for a in place} for each in found]
    for ring in rings:
        pairs = [
            (a, b, word)
            for a, b, word in ring["pairs"]
            if (a in reach[0] - reach[1] and b in reach[1] - reach[0])
            or (b in reach[0] - reach[1] and a in reach[1] - reach[0])
        ]
        if pairs:
            words = sorted({word for _, _, word in pairs})
            where = ", ".join(f"atoms {a} and {b}" for a, b, _ in pairs)
            opening = ("Yes: " if asked[0] in words else "No: ") if len(asked) == 1 else ""
            one, two = (each["name"] for each in found)
            return f"{opening}{one} and {two} in {spoken.shown} are {' and '.join(words)} to each other ({where})."
    return ""


def _ring_lines(spoken: Spoken, ring: dict[str, Any], asked: list[str]) -> list[str]:
    borne = ", ".join(
        f"atom {atom}{' bears ' + what if what else ' (fused ring)'}"
        for atom, what in zip(ring["substituted"], ring["bears"], strict=True)
    )
    fused = "; atoms of the fused ring count as substituents" if ring["fused"] else ""
    lines = [
        f"{spoken.shown}: the benzene ring ({atoms_text([ring['ring']])}) is {ring['pattern']}{fused}"
        + (f": {borne}." if borne else ".")
    ]
    if len(ring["pairs"]) > 1:
        lines.append("Pairs: " + ", ".join(f"{a} and {b} {word}" for a, b, word in ring["pairs"]) + ".")
    if len(asked) == 1 and ring["pairs"]:
        holds = any(word == asked[0] for _, _, word in ring["pairs"])
        opening = "Yes: there are" if holds else "No: there are no"
        lines.insert(0, f"{opening} substituents {asked[0]} to each other.")
    elif len(asked) > 1 and len(ring["pairs"]) == 1:
        lines.insert(0, f"{ring['pairs'][0][2].capitalize()}.")
    return lines


def answer_caption(talk: Talk) -> Turn:
    """Check a caption phrase by phrase."""
    caption = talk.question.caption
    last = talk.context.last
    if not caption and last is not None and last.caption:
        caption = last.caption
    if not caption:
        raise NotReadError(Reply("Which caption? Put it in double quotes, or behind a colon."))
    if caption.casefold().startswith(("a ", "an ")):  # "does 'a dihydroxybenzoic acid' fit ..."
        caption = f"The molecule is {caption}"
    molecules = yield from talk.molecules()
    return (yield from checked_against(talk, molecules, caption))


def checked_against(talk: Talk, molecules: tuple[Spoken, ...], caption: str) -> Turn:
    """Check a caption against each of several molecules; of several, those that it fits are told first."""
    lines: list[str] = []
    fitting: list[str] = []
    for spoken in molecules:
        result = yield Call("check_text", {"smiles": spoken.smiles, "text": caption})
        if result.error:
            return finished(talk, [result.error], Understood(Intent.CAPTION, molecules, caption=caption))
        value = yield from with_numbers(spoken, caption, result.value)
        value = yield from with_places(spoken, caption, value)
        lines += caption_lines(spoken, value)
        supported = value["claims"] and all(claim["verdict"] == "supported" for claim in value["claims"])
        fitting += [spoken.words] if supported and not value["unread"] else []
    if len(molecules) > 1 and len(fitting) == len(molecules):
        lines.insert(0, "It fits all of them.")
    elif len(molecules) > 1:
        fits = "fits" if len(fitting) == 1 else "fit"
        lines.insert(0, f"{' and '.join(fitting)} {fits}." if fitting else "Of none is all of it borne out.")
    return finished(talk, lines, Understood(Intent.CAPTION, molecules, caption=caption))


def caption_lines(spoken: Spoken, value: dict[str, Any]) -> list[str]:
    """Say what `check_text` found, the verdict first."""
    claims = value["claims"]
    if not claims:
        return [f"I find no phrase in that text that claims anything of the structure of {spoken.shown}."]
    wrong = [c for c in claims if c["verdict"] == "refuted"]
    open_ones = [c for c in claims if c["verdict"] == "unchecked"]
    number = counted(len(claims), "claim")
    if wrong:
        head = f"No: {len(wrong)} of {number} about {spoken.shown} {'is' if len(wrong) == 1 else 'are'} refuted."
    elif open_ones:
        head = (
            f"Nothing in it is refuted: {len(claims) - len(open_ones)} of {number} about {spoken.shown} supported, "
            f"{len(open_ones)} cannot be decided."
        )
    else:
        held = "the claim is supported" if len(claims) == 1 else f"all {number} are supported"
        head = f"Yes: {held} by the structure of {spoken.shown}."
    lines = [head]
    for claim in sorted(claims, key=lambda c: c["verdict"] != "refuted"):
        atoms = f", {atoms_text(claim['atoms'])}" if claim["atoms"] else ""
        why = f", {claim['why']}" if claim["verdict"] != "supported" else ""
        lines.append(f"- {claim['phrase']!r}: {claim['verdict']}{why}{atoms}")
    lines += [f"- not read: {part['text']!r}" for part in value["unread"]]
    return lines


def answer_write_caption(talk: Talk) -> Turn:
    """Write a caption with the configured student; without one, say so and what is in the molecule."""
    molecules = yield from talk.molecules()
    spoken = molecules[0]
    result = yield Call("translate", {"text": spoken.smiles, "into": "caption"})
    if result.error:
        listed = yield Call("list_groups", {"smiles": spoken.smiles})
        names = [] if listed.error else [group["name"] for group in listed.value["groups"]]
        known = f" What I can say of {spoken.shown}: it has {', '.join(names)}." if names else ""
        text = f"I cannot write a caption: {result.error.rstrip('.')}.{known}"
        return finished(talk, [text], Understood(Intent.WRITE_CAPTION, molecules))
    caption = result.value["caption"]
    checked = yield Call("check_text", {"smiles": spoken.smiles, "text": caption})
    lines = [f"The student writes: {caption}", *([] if checked.error else caption_lines(spoken, checked.value))]
    return finished(talk, lines, Understood(Intent.WRITE_CAPTION, molecules, caption=caption))


def answer_draw(talk: Talk) -> Turn:
    """Draw a molecule into a file."""
    molecules = yield from talk.molecules()
    picture = talk.question.keys[0] if talk.question.keys else "svg"
    groups = talk.question.groups
    last = talk.context.last
    if not groups and LIT in talk.question.keys and last is not None:
        groups = last.groups  # "where is the acid? - colour it"
    lines = []
    for spoken in molecules:
        result = yield Call("draw_molecule", {"smiles": spoken.smiles, "groups": list(groups), "file_format": picture})
        if result.error:
            return finished(talk, [result.error], Understood(Intent.DRAW, molecules, groups))
        if LIT in talk.question.keys and groups:
            located = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": list(groups)})
            places = {} if located.error else located.value["groups"]
            lines += [where_line(spoken, places[words]) for words in groups if words in places]
        lit = f", {' and '.join(result.value['lit'])} lit up" if result.value["lit"] else ""
        lines.append(f"{spoken.shown} is drawn in {result.value['file']}{lit}.")
    return finished(talk, lines, Understood(Intent.DRAW, molecules, groups))


def answer_change(talk: Talk) -> Turn:
    """Say what a molecule becomes when a group is changed."""
    molecules = yield from talk.molecules()
    lines: list[str] = []
    failed: list[str] = []
    for spoken in molecules:
        asked = talk.question.text[:300]
        told = [w for w in ("deprotonate", "protonate") if w in talk.question.sentence.words and w not in asked]
        result = yield Call("change_group", {"smiles": spoken.smiles, "request": " ".join((*told, asked))})
        if result.error:
            text = result.error[0].upper() + result.error[1:]
            failed.append(f"I cannot say what becomes of {spoken.shown}. {text}.")
            continue
        products = result.value["products"]
        ways = " or ".join(" and ".join(parts) for parts in products)
        places = f", at one of {len(products)} places" if len(products) > 1 else ""
        lines.append(
            f"{spoken.shown} becomes {ways} ({result.value['name']}{places}; by the rule {result.value['reaction']}, "
            f"which says nothing of conditions)."
        )
    return finished(talk, lines or failed[:1], Understood(Intent.CHANGE, molecules))


_SCREENED = ("safety", "doses", "syntheses", "prices")
"""Words of topics where it matters whether a list of controlled chemicals names a compound."""


def say_out_of_scope(talk: Talk) -> Turn:
    """Say no, and what was asked for; of safety and the like also what lists of controlled chemicals say."""
    question = talk.question
    topic = question.topic
    if topic == orders.TOPIC:
        return Reply(orders.NO_QUESTION)
    opening = f"I cannot answer that: I know nothing about {topic}, only what the structure says."
    named = [*question.molecules, *question.either]
    spoken_of = yield from readable(named)
    understood = Understood(Intent.OUT_OF_SCOPE, spoken_of) if spoken_of else None
    if not topic.startswith(_SCREENED):
        return Reply(f"{opening} {CAN}", understood)
    words = named or [spoken.words for spoken in talk.context.meant(question.pointer) if question.pointer]
    result = yield Call("screen_controlled", {"words": words[:6], "text": question.text[:2000]})
    if result.error:
        return Reply(f"{opening} {result.error}", understood)
    matches = result.value["matches"]
    found = " ".join(listed_line(match["name"], match) for match in matches)
    lists = "; ".join(result.value["lists"])
    if not found and (not words or (topic.startswith("prices") and not spoken_of)):
        return Reply(opening + f" {CAN}", understood)
    none = f"No match in {lists}; other lists were not searched, and this says nothing of risk."
    return Reply(f"{opening} Ask a safety data sheet or an authority.\n{found or none}", understood)


def readable(words: Sequence[str]) -> Generator[Call, Result, tuple[Spoken, ...]]:
    """Read the molecules of a question that is not answered, so that the next one may say "it"."""
    if not words:
        return ()
    read = yield Call("read_molecules", {"words": list(dict.fromkeys(words))[:6]})
    if read.error:
        return ()
    entries = ((word, read.value["molecules"][word]) for word in words[:6])
    return tuple(dict.fromkeys(Spoken(w, e["smiles"]) for w, e in entries if e.get("smiles") and not e.get("guess")))


def say_help(talk: Talk) -> Turn:
    """Say what can be asked."""
    yield from ()
    return Reply(f"{OFFLINE} {CAN} Give molecules as SMILES, InChI or by name.")


def say_greeting(talk: Talk) -> Turn:
    """Answer a greeting."""
    yield from ()
    return Reply("Ask me about a molecule, e.g. 'what is in caffeine' or 'where is the nitrile in N#Cc1ccccc1'.")


def say_unknown(talk: Talk) -> Turn:
    """Say what was not understood, and what can be asked instead."""
    yield from ()
    text = " ".join(talk.question.text.split())
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    quoted = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)
    return Reply(f"I did not understand {quoted!r}: it is beyond what I can answer without a language model. {CAN}")
