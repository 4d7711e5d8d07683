"""Answers about stereochemistry: centres, double bonds, chirality, how many stereoisomers there can be."""

from __future__ import annotations

from typing import Any

from molreflect.agents.analyst.answers import finished
from molreflect.agents.analyst.context import Spoken, Understood
from molreflect.agents.analyst.dialogue import Call, Talk, Turn
from molreflect.agents.analyst.question import Intent
from molreflect.tools.english import counted

_OF_CHIRALITY = frozenset(
    {"chiral", "achiral", "chirality", "enantiomer", "enantiomers", "optically", "racemic", "meso"}
)


def answer_stereo(talk: Talk) -> Turn:
    """Describe stereochemistry."""
    molecules = yield from talk.molecules()
    lines: list[str] = []
    verdicts: list[tuple[str, str, str]] = []
    words = {w.casefold() for w in talk.question.sentence.words} | set(talk.question.keys)
    keys = tuple(dict.fromkeys((*talk.question.keys, *sorted(words & _OF_CHIRALITY))))  # for "and Y?"
    for spoken in molecules:
        result = yield Call("describe_stereochemistry", {"smiles": spoken.smiles})
        if result.error:
            return finished(talk, [result.error], Understood(Intent.STEREO, molecules))
        asked = next(iter(talk.question.keys), "")
        if {"cis", "trans"} <= words and words & {
            "exist",
            "exists",
            "isomers",
            "isomerism",
            "form",
            "forms",
            "show",
            "shows",
        }:
            number = len(result.value["bonds"])
            can = f"{counted(number, 'double bond')} that can be cis or trans" if number else "no such double bond"
            lines.append(f"{'Yes' if number else 'No'}: {spoken.shown} has {can}.")
        told = [*_configured(spoken, result.value, asked, words), *_stereo_lines(spoken, result.value, words)]
        lines += told
        if told[0].startswith(("Yes", "No")) and (not asked or asked in _OF_CHIRALITY):  # for "why?"
            verdicts.append((spoken.smiles, "chirality", f"{spoken.shown}: {result.value['why']}."))
    return finished(talk, lines, Understood(Intent.STEREO, molecules, keys=keys, verdicts=tuple(verdicts)))


def _configured(spoken: Spoken, value: dict[str, Any], asked: str, words: set[str]) -> list[str]:
    """Say whether the double bonds, or the centres, have the configuration that is asked for; nothing where none is."""
    if asked not in ("cis", "trans", "E", "Z", "R", "S"):
        return []
    if asked in ("R", "S"):
        noun, labels = "stereocentre", [label for _, label in value["centres"]]
    else:
        geometry = asked in ("cis", "trans")
        noun = "stereogenic double bond"
        labels = [
            "?" if label == "?" else (known or "neither") if geometry else label
            for (_, label), known in zip(value["bonds"], value["cis_trans"], strict=True)
        ]
    if not labels:
        return [f"No: {spoken.shown} has no {noun}."]
    like = labels.count(asked)
    enough = like > 0 if words & {"have", "has", "any", "there", "contain"} else like == len(labels)
    if enough:
        return [f"Yes: {like} of {counted(len(labels), noun)} in {spoken.shown} {_is(like)} {asked}."]
    if "?" in labels and like + labels.count("?") == len(labels):
        return [f"Undecided: {spoken.shown} leaves open whether {labels.count('?')} of {len(labels)} is {asked}."]
    if "neither" in labels:
        return [f"Undecided: in {spoken.shown} cis and trans do not say which groups are meant; E and Z do."]
    return [f"No: {like} of {counted(len(labels), noun)} in {spoken.shown} {_is(like)} {asked}."]


def _is(number: int) -> str:
    return "is" if number < 2 else "are"


def _stereo_lines(spoken: Spoken, value: dict[str, Any], words: set[str]) -> list[str]:
    centres, bonds = value["centres"], value["bonds"]
    open_ones = [index for index, label in centres if label == "?"]
    lines = []
    if "meso" in words:
        lines.append(_meso(spoken, value, len(open_ones)))
    elif words & _OF_CHIRALITY:
        achiral_asked = "achiral" in words and "chiral" not in words
        if open_ones and value["chiral"]:
            lines.append(
                f"{'No' if achiral_asked else 'Yes'}, as far as stated: {spoken.shown} has "
                f"{counted(len(centres), 'stereocentre')}, and {len(open_ones)} of them "
                f"{'is' if len(open_ones) == 1 else 'are'} left open, so this may be a racemate or a mixture."
            )
        else:
            yes = value["chiral"] != achiral_asked
            said = "chiral" if value["chiral"] else "not chiral"
            lines.append(f"{'Yes' if yes else 'No'}: {spoken.shown} is {said}: {value['why']}.")
    if centres:
        listed = ", ".join(f"atom {index} is {'left open' if label == '?' else label}" for index, label in centres)
        lines.append(f"{spoken.shown} has {counted(len(centres), 'stereocentre')}: {listed} (CIP labels by RDKit).")
    elif not lines and not (bonds and words & {"e", "z", "cis", "trans", "geometric", "e/z"}):
        lines.append(f"{spoken.shown} has no stereocentre.")
    if bonds:
        listed = ", ".join(
            f"{a}={b} is {'left open' if label == '?' else label}{f' ({geometry})' * bool(geometry)}"
            for ((a, b), label), geometry in zip(bonds, value["cis_trans"], strict=True)
        )
        lines.append(f"Double bonds that can be E or Z: {listed}.")
    elif words & {"e", "z", "cis", "trans", "geometric", "e/z"}:
        lines.append(f"{spoken.shown} has no double bond that can be E or Z.")
    if value["stereoisomers"] > 1:
        lines.append(f"What is left open allows {_how_many(value, 'stereoisomers')}.")
    if words & {"many", "number", "count", "possible"}:
        bound = "" if value["exact"] else "At most "
        number = value["of_constitution"]
        lines.insert(
            0, f"{bound}{number}: {spoken.shown} has a constitution of {counted(number, 'stereoisomer')} in all."
        )
    return lines


def _meso(spoken: Spoken, value: dict[str, Any], open_ones: int) -> str:
    """Say whether a molecule is a meso form: achiral, with stereocentres that cancel."""
    number = len(value["centres"])
    if not number:
        return f"No: {spoken.shown} has no stereocentre, and a meso form has some."
    if not open_ones:
        return f"{'No' if value['chiral'] else 'Yes'}: {value['why']}."
    if value["exact"] and value["of_constitution"] == 2**number * 2 ** len(value["bonds"]):
        return f"No: no form of {spoken.shown} is a meso form, all its {value['of_constitution']} stereoisomers differ."
    return (
        f"Undecided: {open_ones} of {counted(number, 'stereocentre')} of {spoken.shown} are left open; it may be the "
        "meso form or a chiral one. Give the configuration."
    )


def _how_many(value: dict[str, Any], key: str) -> str:
    return f"{'' if value['exact'] else 'up to '}{counted(value[key], 'stereoisomer')}"
