"""Claims: "The molecule is a X", "It is a X, a Y and a Z", "An X used to ..."."""

from __future__ import annotations

import pytest
from caption_cases import caption_cases, texts

from molreflect.tools.captions.reader import CaptionReader


@pytest.mark.parametrize(
    ("caption", "expected"),
    caption_cases("""
The molecule is a methyl ester.
    methyl ester
The molecule is 2-methoxyphenol.
    2-methoxyphenol
The molecule is the dicarboxylic acid.
    dicarboxylic acid
It is an aromatic ketone, a primary alcohol and a methyl ester.
    aromatic ketone | primary alcohol | methyl ester
It is a 3-oxo-Delta(4) steroid, an 11-oxo steroid and a methyl ester.
    3-oxo-Delta(4) steroid | 11-oxo steroid | methyl ester
It is a member of pyridines and a member of the class of ureas.
    pyridines | ureas
The molecule is a member of the class of indoles.
    indoles
The molecule is a member of the class resorcinols that is orcinol.
    resorcinols | orcinol
The molecule is a simplest memebr of the class of aurones.
    aurones
The molecule is a parenteral third-generation cephalosporin.
    cephalosporin
It is an organochlorine compound and a zorbaquinoid.
    organochlorine compound | zorbaquinoid
It is an N-(very-long-chain fatty acyl)-sphingoid base and a lactam.
    N-(very-long-chain fatty acyl)-sphingoid base | lactam
The molecule is a 1,2-di-O-acyl-sn-glycero-3-phosphocholine(1+) and a primary amide.
    1,2-di-O-acyl-sn-glycero-3-phosphocholine(1+) | primary amide
It is an alpha,beta-unsaturated ketone, an enol ether and a nitrile.
    alpha,beta-unsaturated ketone | enol ether | nitrile
It is a hexadecanoic (palmitic) acid ester.
    hexadecanoic (palmitic) acid ester
The molecule is a potent, selective, orally available aromatic ketone.
    aromatic ketone
The molecule is a heat-labile, bitter sesquiterpene lactone.
    sesquiterpene lactone
The molecule is a compound. It is an acid.
    -
A nitroimidazole used to treat infections.
    nitroimidazole
An alkaloid from the bark of trees.
    alkaloid
Wonderol is an aromatic ketone.
    aromatic ketone
The molecule is a potent, selective inhibitor of renin.
    -
The molecule is a white crystalline powder.
    -
It is a histamine receptor antagonist and a monoamine oxidase inhibitor.
    -
The molecule is a lead compound; the salt was mined at the base of a hill.
    lead compound
It is a diester and a member of dicarboxylic acids and O-substituted derivatives.
    diester | dicarboxylic acids and O-substituted derivatives
It is a bis(azo) compound and a semisynthetic derivative.
    bis(azo) compound
It is a macrolide antibiotic.
    macrolide
"""),
)
def test_claims_are_quoted_exactly(reader: CaptionReader, caption: str, expected: list[str]) -> None:
    assert texts(reader.read(caption)) == expected


def test_what_follows_the_molecule_is_a_names_the_whole_molecule(reader: CaptionReader) -> None:
    found = reader.read("The molecule is a phenol. It is a methyl ester.")
    assert [(p.text, p.whole, p.source) for p in found] == [("phenol", True, "head"), ("methyl ester", False, "item")]


def test_a_substituted_head_does_not_name_the_whole_molecule(reader: CaptionReader) -> None:
    assert not reader.read("The molecule is a pyridine substituted by a chloro group.")[0].whole
