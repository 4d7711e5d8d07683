"""Answers about one or several molecules: where, how many, whether, what, values."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

from rdkit import Chem

from molreflect.agents.analyst.context import Spoken, Understood
from molreflect.agents.analyst.dialogue import Call, NotReadError, Reply, Result, Talk, Turn
from molreflect.agents.analyst.names_wanted import FLAT
from molreflect.agents.analyst.others import asks_for_others, without_told
from molreflect.agents.analyst.quantities import Supposed, difference, more_of_one, supposed, truth
from molreflect.agents.analyst.question import BOUND, RINGS, WHICH, Intent
from molreflect.agents.analyst.restricted import placed
from molreflect.tools.english import article_of, counted
from molreflect.tools.facts.classes import describes, is_adjective
from molreflect.tools.molecules.read import read_molecule

MAX_SHOWN = 6
"""Places whose atoms an answer lists."""
_MARKS = ".,;:?!'\"()"
MAX_ATOMS = 40
"""Single atoms that an answer lists."""


def atoms_text(places: Sequence[Sequence[int]], total: int = 0) -> str:
    """Write places as people read them: `atoms (1, 2) and (5, 6)`.

    Args:
        places: Atom indices of each place.
        total: How many places there are, where that is more than are given.
    """
    most = MAX_ATOMS if all(len(place) == 1 for place in places) else MAX_SHOWN
    shown = list(dict.fromkeys(map(tuple, places)))[:most]
    left = max(total, len(set(map(tuple, places)))) - len(shown)
    if most == MAX_ATOMS:
        written = ", ".join(str(place[0]) for place in shown)
        return f"{'atom' if len(shown) == 1 else 'atoms'} {written}" + (f" and {left} more" if left else "")
    written = " and ".join("(" + ", ".join(map(str, place)) + ")" for place in shown)
    return f"atoms {written}" + (f" and {left} more places" if left else "")


def finished(talk: Talk, lines: Sequence[str], understood: Understood) -> Reply:
    """Put an answer together, guesses told first."""
    lines = [truth(line, talk.question) for line in lines]
    told = list(talk.guesses)
    for typo, word in talk.question.mended:
        if len(word) > 5:
            told.append(f"{typo!r} is read as {word!r}.")
    over = [word.strip(_MARKS) for word in talk.question.text.split()]
    over = [word for word in over if word.casefold() in talk.question.aside]
    passed = [f"(Passed over, since it names nothing I know: {', '.join(map(repr, over))}.)"] if over else []
    understood = replace(understood, guesses=(*told, *passed), it=talk.pointed)
    body = "\n".join((*lines, *dict.fromkeys(talk.listed), *passed))
    return Reply(f"{' '.join(told)}\n{body}" if talk.guesses else body, understood)


def _groups_of(talk: Talk) -> tuple[str, ...]:
    groups = (*talk.question.groups, *talk.extra_groups)
    if groups:
        return tuple(dict.fromkeys(groups))
    last = talk.context.last
    if last is not None and last.groups and talk.question.intent is not Intent.WHICH_HAS:
        return last.groups
    raise NotReadError(
        Reply(
            "Which group? Name a functional group, a ring, an element, a bond or a class, "
            "e.g. 'where is the nitrile in N#Cc1ccccc1'."
        )
    )


def answer_where(talk: Talk) -> Turn:
    """Say where groups are, how many there are, or whether they are there."""
    molecules = yield from talk.molecules()
    groups = _groups_of(talk)
    lines: list[str] = []
    verdicts: list[tuple[str, str, str]] = []
    counts: list[tuple[str, str, int]] = []
    paired = _paired(talk, molecules, groups)
    for spoken in molecules:
        result = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": list(groups)})
        if result.error:
            return finished(talk, [result.error], Understood(talk.question.intent, molecules, groups))
        for words in paired.get(spoken, groups):
            found = result.value["groups"][words]
            if found.get("why_not"):
                lines.append(not_known(found))
                continue
            if talk.question.intent is Intent.WHERE and words == "double bond" and found["count"] > 1:
                found = yield from _between_carbons(spoken, found)
            if asks_for_others(talk, words) and found["count"]:
                found = yield from without_told(talk, spoken, words, found)
            found = yield from placed(talk.question, spoken, found)
            line = _line(talk.question.intent, spoken, found, supposed(talk.question, words))
            if BOUND in talk.question.keys and found["count"]:
                bound = [[atom] for around in found["bound_to"] for atom in around]
                line += f" Bound to {atoms_text(bound)}."
            lines.append(line)
            counts.append((spoken.words, found["name"], found["count"]))
            verdicts.append((spoken.smiles, words, line))
    if len(molecules) == 1:
        head = more_of_one(talk.question, [(name, count) for _, name, count in counts], molecules[0].shown)
    else:
        one_group = len(groups) == 1 and bool(counts)
        head = difference(talk.question, [(m, n) for m, _, n in counts], counts[0][1]) if one_group else ""
    if head:
        lines = [head, *(f"- {line.removeprefix('Yes: ').removeprefix('No: ')}" for line in lines)]
    if talk.question.intent is Intent.COUNT and talk.question.keys:  # "ring count and MW of ..."
        for spoken in molecules:
            values = yield Call("calculate_properties", {"smiles": spoken.smiles})
            table = {} if values.error else values.value["properties"]
            lines += [f"{value_text(table[key], of=spoken.shown)}." for key in talk.question.keys if key in table]
    understood = Understood(talk.question.intent, molecules, groups, verdicts=tuple(verdicts))
    return finished(talk, list(dict.fromkeys(lines)), understood)


def _paired(talk: Talk, molecules: Sequence[Spoken], groups: Sequence[str]) -> dict[Spoken, tuple[str, ...]]:
    """Which group is asked of which molecule: "the oxygen in furan and the sulfur in thiophene"; else nothing."""
    chunks = [c for c in talk.question.sentence.chunks if c.text in groups or c.text in talk.question.molecules]
    kinds = [c.text in groups for c in chunks]
    if len(molecules) < 2 or len(molecules) != len(groups) or kinds != [True, False] * len(groups):
        return {}
    return {spoken: (chunk.text,) for spoken, chunk in zip(molecules, chunks[::2], strict=True)}


def where_line(spoken: Spoken, found: dict[str, Any]) -> str:
    """Say where a group is, as `locate_groups` found it."""
    return not_known(found) if found.get("why_not") else _line(Intent.WHERE, spoken, found)


def not_known(found: dict[str, Any]) -> str:
    """Say that words name no group that could be looked for."""
    text = f"{found['why_not']}: it is no group, ring, class or kind of atom that I have a pattern for."
    if found.get("offers"):
        text += f" Did you mean {' or '.join(found['offers'])}?"
    return text


def _line(intent: Intent, spoken: Spoken, found: dict[str, Any], claimed: Supposed | None = None) -> str:
    name, count, places = found["name"], found["count"], found["atoms"]
    what = found.get("counted") or name
    noun = noun_of_place(found)
    where = f": {atoms_text(places, count if all(len(place) == 1 for place in places) else 0)}" if places else ""
    more = " or more" if found.get("more") else ""
    note = _level(found)
    counted_as = f" Counted: {what}." if what != name else ""
    if intent is Intent.COUNT:
        number = f"{count}{more}" if count or more else "0"
        held = counted(count, noun, _plural(noun)) if count else f"no {noun}"
        return f"{number}: {spoken.shown} has {held}{more}{where}{note}.{counted_as}"
    if not count:
        right = claimed is not None and claimed.holds(0)
        opening = ("Yes: there" if right else "No: there") if intent is Intent.HAS else "There"
        return f"{opening} is no {noun} in {spoken.shown}{note}.{counted_as}"
    opening = "Yes: " if intent is Intent.HAS else ""
    if claimed is not None:
        opening = "Yes: " if claimed.holds(count) else f"No, not {claimed.words} but {count}{more}: "
    if count == 1:
        return f"{opening}{noun} in {spoken.shown}{where}{note}.{counted_as}"
    return f"{opening}{counted(count, noun, _plural(noun))}{more} in {spoken.shown}{where}{note}.{counted_as}"


def _between_carbons(spoken: Spoken, found: dict[str, Any]) -> Generator[Call, Result, dict[str, Any]]:
    """Take "the double bond" as the one between carbons, where there is one alone beside C=O and the like."""
    result = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": ["C=C bond"]})
    carbons = {} if result.error else result.value["groups"]["C=C bond"]
    return carbons | {"words": found["words"]} if carbons.get("count") == 1 else found


def noun_of_place(found: dict[str, Any]) -> str:
    """What one place of a group is called: by the words of the question where the name is that of a class."""
    name = str(found["name"])
    return _singular(found["words"]) if name.endswith("s") and not name.endswith("ss") else name


def _singular(words: str) -> str:
    return words[:-1] if words.endswith("s") and not words.endswith(("ss", "us", "is")) else words


def _plural(noun: str) -> str:
    if noun.startswith("position "):
        return f"atoms for {noun}"
    head, of, tail = noun.partition(" of ")
    for place in (" in a ring", " outside a ring"):
        if noun.endswith(place):
            return f"{_plural(noun.removesuffix(place))}{place}"
    if of:
        return f"{_plural(head)} of {tail}"
    if noun.endswith(("s", "x")):
        return noun
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else noun + "s"


def _level(found: dict[str, Any]) -> str:
    return "" if found.get("level", "exact") in ("exact", "flat") else " (charges aside)"


def answer_class(talk: Talk) -> Turn:
    """Say whether molecules are of a class, and why or why not."""
    molecules = yield from talk.molecules()
    classes = _groups_of(talk)
    lines: list[str] = []
    verdicts: list[tuple[str, str, str]] = []
    for spoken in molecules:
        result = yield Call("check_classes", {"smiles": spoken.smiles, "classes": list(classes)})
        if result.error:
            return finished(talk, [result.error], Understood(Intent.CLASS, molecules, classes))
        held = [words for words in classes if result.value["classes"][words]["holds"]]
        choice = WHICH in talk.question.keys or " or " in f" {' '.join(talk.question.sentence.words)} "
        judged = [result.value["classes"][words] for words in classes]
        unknown = any(each["why_not"] or each["holds"] is None for each in judged)
        if len(classes) > 1 and choice and (held or not unknown):
            if held:
                lines.append(f"{spoken.shown} is {' and '.join(_with_article(words) for words in held)}.")
            else:
                lines.append(f"{spoken.shown} is {'neither' if len(classes) == 2 else 'none of these'}.")
        for words in classes:
            line = class_line(spoken, words, result.value["classes"][words])
            line = (yield from _as_compound(talk, spoken, words, line)) or line
            lines.append(line)
            verdicts.append((spoken.smiles, words, line))
    return finished(talk, lines, Understood(Intent.CLASS, molecules, classes, verdicts=tuple(verdicts)))


def _as_compound(talk: Talk, spoken: Spoken, words: str, line: str) -> Generator[Call, Result, str]:
    """Say first whether two compounds are the same where a class without an article names one, too: "is X benzene"."""
    asked = talk.question.sentence
    chunks = [c for c in asked.chunks if c.text == words] or [c for c in asked.chunks if c.text.endswith(f" {words}")]
    chunk = chunks[0] if chunks else None
    if chunk is None or chunk.article in ("a", "an", "any") or is_adjective(words) or asked.has("or", "why"):
        return ""
    if not asked.words or asked.words[0] not in ("is", "isn't", "was") or words.endswith("s"):
        return ""
    read = yield Call("read_molecules", {"words": [words]})
    other = {} if read.error else read.value["molecules"][words]
    if not other.get("smiles") or other.get("guess"):
        return ""
    compared = yield Call("compare_molecules", {"smiles": [spoken.smiles, other["smiles"]]})
    if compared.error or compared.value["relation"] == "the same compound":
        return ""
    return f"No: {spoken.shown} and {words} ({other['smiles']}) are {compared.value['relation']}. As a class: {line}"


def _with_article(words: str) -> str:
    bare = words.strip()
    if describes(bare):
        return bare
    return bare if bare.endswith("s") and not bare.endswith("ss") else f"{article_of(bare)} {bare}"


def class_line(spoken: Spoken, words: str, found: dict[str, Any]) -> str:
    """Say whether a molecule is of a class."""
    named = _with_article(_singular(words))
    if found["why_not"]:
        offers = f" Did you mean {' or '.join(found['offers'])}?" if found["offers"] else ""
        return f"{found['why_not']}, so I cannot say whether {spoken.shown} is one.{offers}"
    because = found["because"].rstrip(".")
    if found["holds"] is None:
        return f"Undecided: whether {spoken.shown} is {named} cannot be settled here: {because}."
    atoms = f", {atoms_text(found['atoms'])}" if found["atoms"] else ""
    if found["holds"]:
        why = (
            f"{because}{atoms}"
            if because
            else (f"what makes one is there{atoms}" if atoms else "it meets what makes one")
        )
        return f"Yes: {spoken.shown} is {named}: {why}."
    return f"No: {spoken.shown} is not {named}: {because}{atoms}."


def answer_why(talk: Talk) -> Turn:
    """Give the reason of a verdict: of the one that is asked for, or of the last answer."""
    question, last = talk.question, talk.context.last
    if question.groups or question.either:
        classes = [*question.groups, *question.either]
        talk.question = replace(question, groups=tuple(classes), either=(), intent=Intent.CLASS)
        reply = yield from answer_class(talk)
        told = reply.understood.molecules if reply.understood is not None else ()
        has: tuple[str, ...] = ()
        if reply.text.startswith("No: "):
            has = yield from _what_it_has(told)
        return replace(reply, text="\n".join((reply.text, *has)))
    if last is None:
        return Reply("Why what? Ask e.g. 'why is phenol not an alcohol'.")
    if last.intent == Intent.CLASS or (last.intent in (Intent.WHERE, Intent.HAS, Intent.COUNT) and last.groups):
        molecules = last.molecules
        if question.molecules:
            molecules = yield from talk.molecules()
        lines: list[str] = []
        for spoken in molecules:
            result = yield Call("check_classes", {"smiles": spoken.smiles, "classes": list(last.groups)})
            located = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": list(last.groups)})
            for words in last.groups:
                if last.intent == Intent.CLASS and not result.error:
                    lines.append(class_line(spoken, words, result.value["classes"][words]))
                    if lines[-1].startswith("No: "):
                        lines += yield from _what_it_has((spoken,))
                if not located.error and not located.value["groups"][words].get("why_not"):
                    found = located.value["groups"][words]
                    lines.append(_because(spoken, found))
        return finished(talk, lines or ["I have no more to say about that."], replace(last, guesses=()))
    said = [why for _, _, why in last.verdicts]
    if said:
        return finished(talk, ["Because of what was found: " + " ".join(said)], replace(last, guesses=()))
    return finished(
        talk,
        [
            f"The last answer ({last.intent}) was calculated from the structure, "
            f"{', '.join(m.shown for m in last.molecules)}; nothing was judged in it."
        ],
        replace(last, guesses=()),
    )


def _what_it_has(molecules: Sequence[Spoken]) -> Generator[Call, Result, tuple[str, ...]]:
    """Say what is there instead, where a class does not hold."""
    lines = []
    for spoken in molecules:
        listed = yield Call("list_groups", {"smiles": spoken.smiles})
        names = [] if listed.error else [group["name"] for group in listed.value["groups"] if not group["whole"]]
        names = [f"{name} (an ether)" if name == "methoxy group" else name for name in names]
        lines += [f"What is in {spoken.words}: {', '.join(names)}."] if names else []
    return tuple(lines)


def _because(spoken: Spoken, found: dict[str, Any]) -> str:
    name = found["name"]
    what = found.get("counted") or name
    note = f" (counted: {what})" if what != name else ""
    opening = f"{name[0].upper()}{name[1:]}{note}"
    if not found["count"]:
        return f"{opening} does not occur in {spoken.smiles}."
    times = "once" if found["count"] == 1 else f"{found['count']} times"
    return f"{opening} occurs in {spoken.smiles} {times}: {atoms_text(found['atoms'])}."


def answer_contents(talk: Talk) -> Turn:
    """List what is in a molecule, or where the group is that stands beside its name."""
    molecules = yield from talk.molecules()
    if talk.extra_groups:
        talk.question = replace(talk.question, intent=Intent.WHERE)
        return (yield from answer_where(talk))
    lines: list[str] = []
    for spoken in molecules:
        rings = RINGS in talk.question.keys
        result = yield Call("list_groups", {"smiles": spoken.smiles} | ({"rings": True} if rings else {}))
        if result.error:
            return finished(talk, [result.error], Understood(Intent.CONTENTS, molecules))
        value = result.value
        form = "" if value["form"] == "single" else f", a {value['form']}"
        groups = value["groups"]
        lines.append(
            f"{spoken.shown}: {value['formula']}{form}."
            + ("" if groups else f" The lexicon names no {'ring' if rings else 'group'} in it.")
        )
        for group in groups:
            times = f"{len(group['atoms'])} x " if len(group["atoms"]) > 1 and not group["whole"] else ""
            opening = "as a whole " if group["whole"] else ""
            lines.append(f"- {opening}{times}{group['name']}: {atoms_text(group['atoms'])}")
    return finished(talk, lines, Understood(Intent.CONTENTS, molecules))


def answer_given(talk: Talk) -> Turn:
    """Keep the molecules that a statement gives; say only what of them was guessed, or a list says."""
    molecules = yield from talk.molecules()
    one_each = {read_molecule(spoken.smiles).block: spoken for spoken in reversed(molecules)}
    molecules = tuple(spoken for spoken in molecules if spoken in one_each.values())  # "CCO, which is ethanol"
    reply = finished(talk, [], Understood(Intent.GIVEN, molecules))
    return replace(reply, text=reply.text.strip())


def value_text(entry: dict[str, Any], of: str = "") -> str:
    """Write a calculated value with its unit and method."""
    unit = f" {entry['unit']}" if entry["unit"] else ""
    shown = f"{entry['value']:+d}" if entry["key"] == "charge" and entry["value"] else entry["value"]
    name = entry["name"][0].upper() + entry["name"][1:] if of and entry["key"] != "logp" else entry["name"]
    whose = f" of {of}" if of else ""
    return f"{name}{whose}: {shown}{unit} ({entry['method']})"


def answer_name(talk: Talk) -> Turn:
    """Give names and identifiers."""
    molecules = yield from talk.molecules()
    keys = set(talk.question.keys)
    lines: list[str] = []
    for spoken in molecules:
        named = {} if keys & {"name", "trivial", "all"} else {"names": False}
        if FLAT in keys:
            flat = str(Chem.MolToSmiles(read_molecule(spoken.smiles).mol, isomericSmiles=False))
            spoken = Spoken(flat if spoken.words == spoken.smiles else spoken.words, flat)
        result = yield Call("identify_molecule", {"smiles": spoken.smiles, **named})
        if result.error:
            return finished(talk, [result.error], Understood(Intent.NAME, molecules, keys=tuple(keys)))
        if talk.question.claimed:
            same = result.value["inchikey"] == talk.question.claimed
            lines.append(f"{'Yes' if same else 'No'}: the InChIKey of {spoken.shown} is {result.value['inchikey']}.")
            continue
        lines += _name_lines(spoken, result.value, keys)
        values = yield Call("calculate_properties", {"smiles": spoken.smiles})
        table = {} if values.error else values.value["properties"]
        lines += [f"{value_text(table[key], of=spoken.shown)}." for key in talk.question.keys if key in table]
    return finished(talk, lines, Understood(Intent.NAME, molecules, keys=talk.question.keys))


def _name_lines(spoken: Spoken, value: dict[str, Any], keys: set[str]) -> list[str]:
    lines = []
    if "all" in keys:
        keys = {"name", "trivial", "smiles", "inchi", "inchikey"}
    if "name" in keys:
        lines.append(
            f"Systematic name of {spoken.shown}: {value['name']}."
            if value["name"]
            else f"I have no systematic name of {spoken.shown}: {value['no_name']}."
        )
    if value["trivial"] and keys & {"name", "trivial"}:
        lines.append(f"Also known as {', '.join(value['trivial'])}.")
    elif "trivial" in keys:
        lines.append(f"I know no trivial name of {spoken.shown}.")
    for key, label in (("smiles", "Canonical SMILES"), ("inchi", "InChI"), ("inchikey", "InChIKey")):
        if key in keys:
            lines.append(f"{label} of {spoken.shown}: {value[key] or 'there is none (InChI has no key for it)'}")
    return lines
