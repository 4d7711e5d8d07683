"""Sentences that are read by their grammar: each with a twin that is wrong in one detail."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agents.analyst.predications.test_check import holds

PAIRS = [
    (
        "CCN(CC)CC(=O)Nc1c(C)cccc1C",
        "The carbonyl carbon, atom 6, is double-bonded to oxygen 7 and single-bonded to nitrogen 8.",
        "The carbonyl carbon, atom 6, is double-bonded to oxygen 7 and single-bonded to nitrogen 2.",
    ),
    (
        "CCN(CC)CC(=O)Nc1c(C)cccc1C",
        "Both ortho positions of the aromatic ring, relative to the amide nitrogen, carry a methyl group.",
        "Both meta positions of the aromatic ring, relative to the amide nitrogen, carry a methyl group.",
    ),
    (
        "COc1cc(CC=C)ccc1O",
        "The allyl group hangs off ring atom 4, para to the hydroxyl-bearing carbon.",
        "The allyl group hangs off ring atom 4, ortho to the hydroxyl-bearing carbon.",
    ),
    (
        "COc1cc(CC=C)ccc1O",
        "Atoms 2 and 10 are neighbouring ring carbons, one carrying the methoxy group and the other the hydroxyl.",
        "Atoms 2 and 8 are neighbouring ring carbons, one carrying the methoxy group and the other the hydroxyl.",
    ),
    (
        "COc1cc(CC=C)ccc1O",
        "The terminal alkene carbon is atom 7, which carries two hydrogens.",
        "The terminal alkene carbon is atom 7, which carries one hydrogen.",
    ),
    (
        "CN1CCC[C@H]1c1cccnc1",
        "The pyridine ring is attached at its 3-position to C2 of the N-methylpyrrolidine.",
        "The pyridine ring is attached at its 4-position to C2 of the N-methylpyrrolidine.",
    ),
    (
        "CN1CCC[C@H]1c1cccnc1",
        "The stereocentre, C5, is bonded to the pyrrolidine nitrogen, a ring CH2, the pyridine ring and one hydrogen.",
        "The stereocentre, C5, is bonded to the pyridine nitrogen, a ring CH2, the pyrrolidine ring and one hydrogen.",
    ),
    (
        "NCCc1c[nH]c2ccc(O)cc12",
        "A two-carbon chain connects the primary amine to C3 of the indole.",
        "A two-carbon chain connects the primary amine to C2 of the indole.",
    ),
    (
        "NCCc1c[nH]c2ccc(O)cc12",
        "The hydroxyl group sits on the benzene half of the indole, at atom 9.",
        "The hydroxyl group sits on the pyrrole half of the indole, at atom 9.",
    ),
    (
        "NCCc1c[nH]c2ccc(O)cc12",
        "The pyrrole and benzene rings share atoms 6 and 12.",
        "The pyrrole and benzene rings share atoms 3 and 12.",
    ),
    (
        "OC(=O)CC(O)(CC(=O)O)C(=O)O",
        "The central carbon (atom 4) carries a hydroxyl group, a carboxyl group and two CH2COOH arms.",
        "The central carbon (atom 4) carries a hydroxyl group, two carboxyl groups and one CH2COOH arm.",
    ),
    (
        "OC(=O)CC(O)(CC(=O)O)C(=O)O",
        "Two of the three carboxyl groups are attached to CH2 groups, the third directly to the central carbon.",
        "All three carboxyl groups are attached to CH2 groups.",
    ),
    (
        "OC(=O)CC(O)(CC(=O)O)C(=O)O",
        "Atom 5 is the hydroxyl oxygen on the quaternary carbon.",
        "Atom 9 is the hydroxyl oxygen on the quaternary carbon.",
    ),
    (
        "Cc1c[nH]c(=O)[nH]c1=O",
        "The methyl group is bonded to C1, which is next to the C7 carbonyl.",
        "The methyl group is bonded to C1, which is next to the C4 carbonyl.",
    ),
    (
        "Cc1c[nH]c(=O)[nH]c1=O",
        "One carbonyl is flanked by both ring nitrogens.",
        "Both carbonyls are flanked by two ring nitrogens.",
    ),
    (
        "Cc1c[nH]c(=O)[nH]c1=O",
        "Both ring nitrogens carry a hydrogen.",
        "Only one of the ring nitrogens carries a hydrogen.",
    ),
    (
        "Clc1ccc(cc1)C(c1ccc(Cl)cc1)C(Cl)(Cl)Cl",
        "The CH carbon at atom 7 joins the two chlorophenyl rings and the CCl3 group.",
        "The CH carbon at atom 7 joins the two chlorophenyl rings and the CHCl2 group.",
    ),
    (
        "Clc1ccc(cc1)C(c1ccc(Cl)cc1)C(Cl)(Cl)Cl",
        "Each aromatic ring has a chlorine para to the bridging carbon.",
        "Each aromatic ring has a chlorine meta to the bridging carbon.",
    ),
    (
        "Clc1ccc(cc1)C(c1ccc(Cl)cc1)C(Cl)(Cl)Cl",
        "Three chlorines sit on the same sp3 carbon, atom 15.",
        "Three chlorines sit on the same sp3 carbon, atom 7.",
    ),
    (
        "CC(C)NCC(O)COc1cccc2ccccc12",
        "The ether oxygen links the naphthalene to a CH2 group.",
        "The ether oxygen links the naphthalene to an isopropyl group.",
    ),
    (
        "CC(C)NCC(O)COc1cccc2ccccc12",
        "The secondary alcohol carbon lies between two CH2 groups.",
        "The secondary alcohol carbon lies between two CH groups.",
    ),
    (
        "CC(C)NCC(O)COc1cccc2ccccc12",
        "The isopropyl group is on the amine nitrogen rather than on the oxygen.",
        "The isopropyl group is on the ether oxygen.",
    ),
    (
        "CC(=O)NC[C@H]1CN(C(=O)O1)c1ccc(N2CCOCC2)c(F)c1",
        "The morpholine nitrogen is attached to the carbon next to the one bearing fluorine.",
        "The morpholine oxygen is attached to the carbon next to the one bearing fluorine.",
    ),
    (
        "CC(=O)NC[C@H]1CN(C(=O)O1)c1ccc(N2CCOCC2)c(F)c1",
        "The oxazolidinone nitrogen, atom 7, connects the five-membered ring to the fluorophenyl ring.",
        "The acetamide nitrogen, atom 3, connects the five-membered ring to the fluorophenyl ring.",
    ),
    (
        "CC(=O)NC[C@H]1CN(C(=O)O1)c1ccc(N2CCOCC2)c(F)c1",
        "The acetamide is separated from the oxazolidinone ring by one CH2 group.",
        "The acetamide is separated from the oxazolidinone ring by two CH2 groups.",
    ),
    (
        "Cc1cc(NS(=O)(=O)c2ccc(N)cc2)no1",
        "The sulfur atom is bonded to two oxygens, one nitrogen and one aromatic carbon.",
        "The sulfur atom is bonded to two oxygens, one nitrogen and two aromatic carbons.",
    ),
    (
        "Cc1cc(NS(=O)(=O)c2ccc(N)cc2)no1",
        "The aniline NH2 is para to the sulfonyl group.",
        "The aniline NH2 is ortho to the sulfonyl group.",
    ),
    (
        "Cc1cc(NS(=O)(=O)c2ccc(N)cc2)no1",
        "The NH of the sulfonamide links the sulfur to the isoxazole ring.",
        "The NH of the sulfonamide links the sulfur to the benzene ring.",
    ),
    (
        "N[C@@H](CS)C(=O)O",
        "The alpha carbon, atom 1, bears the amino group, the carboxylic acid, a hydrogen and the CH2SH side chain.",
        "The alpha carbon, atom 1, bears the amino group, the carboxylic acid, a hydrogen and the CH2OH side chain.",
    ),
    (
        "N[C@@H](CS)C(=O)O",
        "The thiol sulfur is atom 3 and is bonded to the CH2 at atom 2.",
        "The thiol sulfur is atom 3 and is bonded to the CH at atom 1.",
    ),
    (
        "CC1=CCC(CC1)C(C)=C",
        "The isopropenyl group sits on the ring carbon opposite the one carrying the methyl group.",
        "The isopropenyl group sits on the ring carbon adjacent to the one carrying the methyl group.",
    ),
    (
        "CC1=CCC(CC1)C(C)=C",
        "The ring double bond runs between atoms 1 and 2.",
        "The ring double bond runs between atoms 2 and 3.",
    ),
    (
        "CC1=CCC(CC1)C(C)=C",
        "One C=C bond is in the ring and the other is exocyclic.",
        "Both C=C bonds are in the ring.",
    ),
    (
        "CC(C)(c1ccc(O)cc1)c1ccc(O)cc1",
        "The two phenol rings are joined by a carbon that also carries two methyl groups.",
        "The two phenol rings are joined by a carbon that also carries two ethyl groups.",
    ),
    (
        "CC(C)(c1ccc(O)cc1)c1ccc(O)cc1",
        "Each hydroxyl group is para to the central quaternary carbon.",
        "Each hydroxyl group is meta to the central quaternary carbon.",
    ),
    (
        "CCNc1nc(Cl)nc(NC(C)C)n1",
        "The three ring carbons carry a chlorine, an ethylamino group and an isopropylamino group.",
        "The three ring carbons carry two chlorines and an ethylamino group.",
    ),
    (
        "CCNc1nc(Cl)nc(NC(C)C)n1",
        "The triazine ring consists of alternating carbon and nitrogen atoms.",
        "The triazine ring has two adjacent nitrogen atoms.",
    ),
    (
        "CCNc1nc(Cl)nc(NC(C)C)n1",
        "Atom 5, the carbon bearing chlorine, is flanked by two ring nitrogens.",
        "Atom 5, the carbon bearing chlorine, is flanked by two ring carbons.",
    ),
    (
        "CNCCC(Oc1ccc(cc1)C(F)(F)F)c1ccccc1",
        "The ether oxygen sits between the benzylic carbon and the CF3-substituted ring.",
        "The ether oxygen sits between the benzylic carbon and the unsubstituted phenyl ring.",
    ),
    (
        "CNCCC(Oc1ccc(cc1)C(F)(F)F)c1ccccc1",
        "The CF3 group is para to the ether oxygen.",
        "The CF3 group is meta to the ether oxygen.",
    ),
    (
        "CNCCC(Oc1ccc(cc1)C(F)(F)F)c1ccccc1",
        "The secondary amine nitrogen carries one methyl group and one hydrogen.",
        "The secondary amine nitrogen carries two methyl groups and no hydrogen.",
    ),
    (
        "OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O",
        "The anomeric carbon, atom 4, is bonded to the ring oxygen and to a hydroxyl group.",
        "The anomeric carbon, atom 2, is bonded to the ring oxygen and to a hydroxyl group.",
    ),
    (
        "OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O",
        "Every ring carbon except atom 2 carries a hydroxyl group.",
        "Every ring carbon carries a hydroxyl group.",
    ),
    (
        "OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O",
        "The exocyclic CH2OH group is attached to atom 2.",
        "The exocyclic CH2OH group is attached to atom 4.",
    ),
    (
        "Nc1ncnc2n(cnc12)[C@@H]1O[C@H](CO)[C@@H](O)[C@H]1O",
        "The glycosidic bond connects N6 with the anomeric carbon C10.",
        "The glycosidic bond connects N8 with the anomeric carbon C10.",
    ),
    (
        "Nc1ncnc2n(cnc12)[C@@H]1O[C@H](CO)[C@@H](O)[C@H]1O",
        "The exocyclic amino group is attached to the six-membered ring of the purine.",
        "The exocyclic amino group is attached to the five-membered ring of the purine.",
    ),
    (
        "Nc1ncnc2n(cnc12)[C@@H]1O[C@H](CO)[C@@H](O)[C@H]1O",
        "The sugar ring is made of atoms 10, 11, 12, 15 and 17.",
        "The sugar ring is made of atoms 10, 11, 12, 13 and 15.",
    ),
    (
        "CC1(C)C2CCC1(C)C(=O)C2",
        "The two bridgehead carbons are atoms 3 and 6.",
        "The two bridgehead carbons are atoms 1 and 6.",
    ),
    (
        "CC1(C)C2CCC1(C)C(=O)C2",
        "The ketone is adjacent to the methyl-bearing bridgehead.",
        "The ketone is adjacent to the unsubstituted bridgehead.",
    ),
    (
        "CN1c2ccc(Cl)cc2C(=NCC1=O)c1ccccc1",
        "The imine carbon, atom 9, is attached to both the phenyl ring and the fused benzene ring.",
        "The imine carbon, atom 9, is attached to both the phenyl ring and the lactam carbonyl.",
    ),
    (
        "CN1c2ccc(Cl)cc2C(=NCC1=O)c1ccccc1",
        "The lactam nitrogen bears a methyl group and is bonded to the fused benzene ring.",
        "The imine nitrogen bears a methyl group and is bonded to the fused benzene ring.",
    ),
    (
        "O=C1c2ccccc2C(=O)c2c(O)c(O)ccc12",
        "The two hydroxyl groups are on adjacent carbons of the same ring.",
        "The two hydroxyl groups are on different rings.",
    ),
    (
        "O=C1c2ccccc2C(=O)c2c(O)c(O)ccc12",
        "The central ring contains both carbonyl carbons.",
        "The central ring contains only one carbonyl carbon.",
    ),
    (
        "O=C1c2ccccc2C(=O)c2c(O)c(O)ccc12",
        "Both ketone groups are flanked by aromatic rings on either side.",
        "Both ketone groups are part of the outer rings.",
    ),
]


@pytest.mark.parametrize(("smiles", "true", "false"), PAIRS)
def test_what_is_so_is_supported_and_its_false_twin_is_not(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)
