"""Sentences of a caption, as captions have them, with the atoms that every claim in them means."""

from __future__ import annotations

import random
from collections.abc import Sequence

from rdkit import Chem

from molreflect.tools.english import article_of
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.write import mirror_image
from molreflect.tools.synthesis.class_claims import ClassClaim, takes_member_of
from molreflect.tools.synthesis.name_parts import mirrored_name
from molreflect.tools.synthesis.systematic_names import Derivation, Group

_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


class Text:
    """A caption in the making, and where it says what."""

    def __init__(self) -> None:
        self.caption = ""
        self.said: list[tuple[tuple[int, int], frozenset[int]]] = []
        """Offsets of the words of every claim, and the atoms that are meant."""

    def add(self, words: str) -> Text:
        """Add words that claim nothing."""
        self.caption += words
        return self

    def say(self, words: str, atoms: frozenset[int]) -> Text:
        """Add words that claim some atoms."""
        start = len(self.caption)
        self.caption += words
        self.said.append(((start, len(self.caption)), atoms))
        return self

    def head(self, claim: ClassClaim, rng: random.Random) -> Text:
        """Say the class that opens the caption."""
        if takes_member_of(claim.entry):
            self.add(rng.choice(("a member of the class of ", "a member of ")))
        return self.named(claim, article=not takes_member_of(claim.entry))

    def named(self, claim: ClassClaim, *, article: bool) -> Text:
        """Say a class, as one or as a family."""
        name = claim.entry.name
        if not article:
            return self.say(name if name.endswith("s") else f"{name}s", claim.atoms)
        return self.add(f"{article_of(name)} ").say(name, claim.atoms)

    def classes(self, claims: Sequence[ClassClaim]) -> Text:
        """Say classes in a sentence of their own."""
        if not claims:
            return self
        self.add(" It is ")
        for number, claim in enumerate(claims):
            self.add("" if not number else " and " if number == len(claims) - 1 else ", ")
            if takes_member_of(claim.entry):
                self.add("a member of ")
            self.named(claim, article=not takes_member_of(claim.entry))
        return self.add(".")

    def group(self, group: Group, noun: str, *, places: str) -> Text:
        """Say a substituent, with its number and, where `places` has words for them, its positions."""
        many = group.count > 1
        if not many:
            self.add(f"{article_of(group.name)} ")
        counted = f"{_WORDS[group.count]} " if many and not (places and group.locants) else ""
        # "replaced by chloro groups" needs no number: the positions stand before it.
        counted = "" if group.locants and not places else counted
        words = f"{counted}{group.name} {noun}{'s' if many else ''}"
        if places and group.locants:
            place = places.format(_listed(group.locants))
            if many:
                place = place.replace("position", "positions")
                if "-position" in place:
                    place = f"the {_listed(tuple(f'{n}-' for n in group.locants))}positions"
            words += f" at {place}"
        return self.say(words, group.atoms)


def write_derivation(derived: Derivation, ordered: list[ClassClaim], text: Text, rng: random.Random) -> str:
    """A parent and what it bears, in one of the ways captions have."""
    groups = list(derived.groups)
    pattern = rng.choice(("substituted", "carrying", "replaced", "having"))
    if pattern == "replaced" and (len(groups) > 2 or not all(group.locants for group in groups)):
        pattern = "substituted"
    # "a benzaldehyde that is benzaldehyde" says one thing twice
    ordered = sorted(ordered, key=lambda c: c.entry.name.removesuffix("s") == derived.parent)
    text.add("The molecule is ").head(ordered[0], rng)
    text.add(" consisting of " if pattern == "having" else " that is ").say(derived.parent, derived.parent_atoms)
    if pattern == "replaced":
        text.add(" in which ")
        for number, group in enumerate(groups):
            text.add(" and " if number else "")
            text.add(
                f"the hydrogen at position {group.locants[0]} is"
                if group.count == 1
                else f"the hydrogens at positions {_listed(group.locants)} are"
            )
            text.add(" replaced by ").group(group, "group", places="")
    else:
        noun = rng.choice(("group", "group", "substituent"))
        verb = {"substituted": "substituted by", "having": "having"}.get(pattern) or rng.choice(("carrying", "bearing"))
        text.add(f" {verb} ")
        for number, group in enumerate(groups):
            text.add("" if not number else " and " if number == len(groups) - 1 else ", ")
            text.group(group, noun, places="the {}-position" if pattern == "having" else "position {}")
    if derived.stereo:
        text.add(f" (the {derived.stereo}-stereoisomer)")
    text.add(".")
    text.classes(ordered[1 : 1 + rng.choice((1, 2, 2, 3, 4))])
    return pattern


def write_groups(groups: list[Group], ordered: list[ClassClaim], text: Text, rng: random.Random) -> str:
    """Classes and, where the lexicon knows some, the groups that hang on the molecule."""
    # "A primary alcohol substituted by a hydroxymethyl group" says one thing twice.
    groups = [group for group in groups if not group.atoms & ordered[0].atoms]
    shown = rng.sample(groups, min(len(groups), rng.choice((0, 1, 2, 2, 3))))
    text.add("The molecule is ").head(ordered[0], rng)
    if shown:
        text.add(rng.choice((" bearing ", " carrying ", " substituted by ")))
        for number, group in enumerate(shown):
            text.add("" if not number else " and " if number == len(shown) - 1 else ", ")
            text.group(group, "group", places="")
    text.add(".")
    text.classes(ordered[1 : 1 + rng.choice((1, 2, 3, 4))])
    return "bearing" if shown else "classes"


def write_relations(molecule: Molecule, derived: Derivation, text: Text, rng: random.Random) -> None:
    """Write relations to the parent and to the mirror image, now and then."""
    if derived.parent and derived.groups and " " in derived.parent and rng.random() < 0.6:
        text.add(f" It derives from {article_of(derived.parent)} {derived.parent}.")
    if rng.random() < 0.4 and not _open_centres(molecule.mol):
        mirrored = str(Chem.MolToSmiles(mirror_image(molecule.mol)))
        other = mirrored_name(derived.name)
        if mirrored != Chem.MolToSmiles(molecule.mol) and other != derived.name:
            text.add(f" It is an enantiomer of {article_of(other)} {other}.")


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + f" and {items[-1]}"


def _open_centres(mol: Chem.Mol) -> bool:
    """Whether a centre or a double bond is left without its configuration: its mirror image is then no one compound."""
    return any(found.specified == Chem.StereoSpecified.Unspecified for found in Chem.FindPotentialStereo(Chem.Mol(mol)))
