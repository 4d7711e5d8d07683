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
    (
        "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
        "The isobutyl chain and the propanoic acid unit sit at opposite ends of the benzene ring (atoms 4 and 7).",
        "The isobutyl chain and the propanoic acid unit sit at opposite ends of the benzene ring (atoms 4 and 6).",
    ),
    (
        "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
        "Atom 10 is a benzylic CH that carries both a methyl group and the carboxyl group.",
        "Atom 10 is a benzylic CH that carries both an ethyl group and the carboxyl group.",
    ),
    ("CC(C)Cc1ccc(cc1)C(C)C(=O)O", "The acidic hydrogen is on oxygen 14.", "The acidic hydrogen is on oxygen 13."),
    (
        "Cn1cnc2c1c(=O)n(C)c(=O)n2C",
        "The C=O at atom 10 lies between the two methylated nitrogens of the six-membered ring.",
        "The C=O at atom 6 lies between the two methylated nitrogens of the six-membered ring.",
    ),
    (
        "Cn1cnc2c1c(=O)n(C)c(=O)n2C",
        "The two rings are fused along the bond between atoms 4 and 5.",
        "The two rings are fused along the bond between atoms 3 and 4.",
    ),
    (
        "CC(C)(C)NCC(O)c1ccc(O)c(CO)c1",
        "The tert-butyl group is bonded to the nitrogen, and the nitrogen in turn to a CH2.",
        "The tert-butyl group is bonded to the nitrogen, and the nitrogen in turn to an aromatic carbon.",
    ),
    (
        "CC(C)(C)NCC(O)c1ccc(O)c(CO)c1",
        "On the aromatic ring the phenol OH and the hydroxymethyl group occupy neighbouring positions.",
        "On the aromatic ring the phenol OH and the hydroxymethyl group are para to each other.",
    ),
    (
        "OC[C@@H](NC(=O)C(Cl)Cl)[C@H](O)c1ccc(cc1)[N+](=O)[O-]",
        "Both chlorines are attached to the carbon next to the amide carbonyl.",
        "Both chlorines are attached to the amide carbonyl carbon.",
    ),
    (
        "OC[C@@H](NC(=O)C(Cl)Cl)[C@H](O)c1ccc(cc1)[N+](=O)[O-]",
        "The nitro group is positioned para to the carbon chain.",
        "The nitro group is positioned meta to the carbon chain.",
    ),
    (
        "OC[C@@H](NC(=O)C(Cl)Cl)[C@H](O)c1ccc(cc1)[N+](=O)[O-]",
        "C2 and C9 are the two stereocentres; C2 bears the amide nitrogen and C9 the benzylic hydroxyl.",
        "C2 and C9 are the two stereocentres; C2 bears the benzylic hydroxyl and C9 the amide nitrogen.",
    ),
    (
        "N[C@@H](Cc1c[nH]c2ccccc12)C(=O)O",
        "The indole NH is atom 5, which is bonded to carbons 4 and 6.",
        "The indole NH is atom 5, which is bonded to carbons 3 and 6.",
    ),
    (
        "N[C@@H](Cc1c[nH]c2ccccc12)C(=O)O",
        "A single CH2 separates the indole from the stereogenic carbon.",
        "Two CH2 groups separate the indole from the stereogenic carbon.",
    ),
    (
        "N[C@@H](Cc1c[nH]c2ccccc12)C(=O)O",
        "The free amino group is on the carbon alpha to the carboxylic acid.",
        "The free amino group is on the carbon beta to the carboxylic acid.",
    ),
    (
        "CC(C)[C@@H]1CC[C@@H](C)C[C@H]1O",
        "The carbon carrying the hydroxyl is flanked by a CH2 and by the carbon carrying the isopropyl group.",
        "The carbon carrying the hydroxyl is flanked by a CH2 and by the carbon carrying the methyl group.",
    ),
    (
        "CC(C)[C@@H]1CC[C@@H](C)C[C@H]1O",
        "The methyl and isopropyl substituents are 1,4-related on the cyclohexane ring.",
        "The methyl and isopropyl substituents are 1,3-related on the cyclohexane ring.",
    ),
    (
        "CC(C)[C@@H]1CC[C@@H](C)C[C@H]1O",
        "The ring contains three CH2 groups and three CH groups.",
        "The ring contains four CH2 groups and two CH groups.",
    ),
    (
        "CN(C)c1ccc(cc1)N=Nc1ccc(cc1)S(=O)(=O)O",
        "The azo nitrogens (atoms 9 and 10) each carry one aryl ring.",
        "The azo nitrogens (atoms 9 and 10) each carry one methyl group.",
    ),
    (
        "CN(C)c1ccc(cc1)N=Nc1ccc(cc1)S(=O)(=O)O",
        "The sulfur is attached to ring carbon 14 and to three oxygens.",
        "The sulfur is attached to ring carbon 14 and to two oxygens.",
    ),
    (
        "CN(C)C(=N)N=C(N)N",
        "The dimethylated nitrogen, N1, is bonded to C3, which also bears an imine NH.",
        "The dimethylated nitrogen, N1, is bonded to C6, which also bears an imine NH.",
    ),
    ("CN(C)C(=N)N=C(N)N", "C6 carries two NH2 groups.", "C6 carries two methyl groups."),
    (
        "CN(C)C(=N)N=C(N)N",
        "Nitrogen 5 bridges the two carbons C3 and C6.",
        "Nitrogen 4 bridges the two carbons C3 and C6.",
    ),
    (
        "CCOC(=O)CC(SP(=S)(OC)OC)C(=O)OCC",
        "The P=S double bond is formed by atoms 8 and 9.",
        "The P=S double bond is formed by atoms 7 and 8.",
    ),
    (
        "Oc1ccc(/C=C/c2cc(O)cc(O)c2)cc1",
        "One ring carries a single hydroxyl para to the vinylene bridge, the other carries two hydroxyls meta to it.",
        "One ring carries a single hydroxyl meta to the vinylene bridge, the other carries two hydroxyls para to it.",
    ),
    (
        "Oc1ccc(/C=C/c2cc(O)cc(O)c2)cc1",
        "The alkene carbons, 5 and 6, each carry one hydrogen and one aryl group.",
        "The alkene carbons, 5 and 6, each carry one hydrogen and one hydroxyl group.",
    ),
    (
        "Oc1ccc(/C=C/c2cc(O)cc(O)c2)cc1",
        "The two hydroxyls of the resorcinol ring are meta to one another.",
        "The two hydroxyls of the resorcinol ring are para to one another.",
    ),
    (
        "CCC1(CC)C(=O)NC(=O)NC1=O",
        "Both ethyl groups sit on the same ring carbon, which lies between two carbonyl groups.",
        "Both ethyl groups sit on the same ring carbon, which lies between two nitrogens.",
    ),
    (
        "CCC1(CC)C(=O)NC(=O)NC1=O",
        "The carbonyl at atom 8 is sandwiched between the two NH groups.",
        "The carbonyl at atom 5 is sandwiched between the two NH groups.",
    ),
    (
        "CCC1(CC)C(=O)NC(=O)NC1=O",
        "All three carbonyl carbons are ring members.",
        "All three carbonyl carbons are outside the ring.",
    ),
    (
        "O=c1ccn([C@@H]2O[C@H](CO)[C@@H](O)[C@H]2O)c(=O)[nH]1",
        "Nitrogen 4 of the uracil is attached to the anomeric carbon of the ribose ring.",
        "Nitrogen 16 of the uracil is attached to the anomeric carbon of the ribose ring.",
    ),
    (
        "O=c1ccn([C@@H]2O[C@H](CO)[C@@H](O)[C@H]2O)c(=O)[nH]1",
        "The ribose bears two ring hydroxyls on adjacent carbons plus one exocyclic CH2OH.",
        "The ribose bears three ring hydroxyls on adjacent carbons plus one exocyclic CH2OH.",
    ),
    (
        "O=c1ccn([C@@H]2O[C@H](CO)[C@@H](O)[C@H]2O)c(=O)[nH]1",
        "The ring oxygen of the sugar is bonded to carbons 5 and 7.",
        "The ring oxygen of the sugar is bonded to carbons 5 and 12.",
    ),
    (
        "C[C@H](CS)C(=O)N1CCC[C@H]1C(=O)O",
        "The carboxylic acid is attached to the pyrrolidine ring at the carbon next to nitrogen.",
        "The carboxylic acid is attached to the pyrrolidine nitrogen.",
    ),
    (
        "C[C@H](CS)C(=O)N1CCC[C@H]1C(=O)O",
        "The thiol-bearing CH2 is connected to the carbon that carries the methyl group.",
        "The thiol-bearing CH2 is connected to the carbonyl carbon.",
    ),
    (
        "C[C@H](CS)C(=O)N1CCC[C@H]1C(=O)O",
        "The amide nitrogen has no hydrogen because it is part of the pyrrolidine ring.",
        "The amide nitrogen has one hydrogen and lies outside the pyrrolidine ring.",
    ),
    (
        "COc1ccc2nccc([C@@H](O)[C@@H]3CC4CCN3C[C@@H]4C=C)c2c1",
        "The secondary alcohol carbon connects the quinoline with the quinuclidine.",
        "The methoxy oxygen connects the quinoline with the quinuclidine.",
    ),
    (
        "COc1ccc2nccc([C@@H](O)[C@@H]3CC4CCN3C[C@@H]4C=C)c2c1",
        "The methoxy group sits on the carbocyclic ring of the quinoline, not on the one containing nitrogen.",
        "The methoxy group sits on the pyridine ring of the quinoline.",
    ),
    (
        "COC(=O)c1ccccc1O",
        "The OH and the ester are ortho to each other on the benzene ring.",
        "The OH and the ester are meta to each other on the benzene ring.",
    ),
    (
        "COC(=O)c1ccccc1O",
        "The methyl group is on the single-bonded ester oxygen, atom 1.",
        "The methyl group is on the phenolic oxygen, atom 10.",
    ),
    (
        "O=C(O)c1cn(C2CC2)c2cc(N3CCNCC3)c(F)cc2c1=O",
        "The cyclopropyl group is attached to the quinolone nitrogen.",
        "The cyclopropyl group is attached to the piperazine nitrogen.",
    ),
    (
        "O=C(O)c1cn(C2CC2)c2cc(N3CCNCC3)c(F)cc2c1=O",
        "Fluorine and the piperazine are on adjacent carbons of the benzo ring.",
        "Fluorine and the piperazine are on the same carbon of the benzo ring.",
    ),
    (
        "O=C(O)c1cn(C2CC2)c2cc(N3CCNCC3)c(F)cc2c1=O",
        "The ketone at atom 22 and the carboxylic acid are on neighbouring carbons.",
        "The ketone at atom 22 and the carboxylic acid are on the same carbon.",
    ),
    (
        "C1OC1c1ccccc1",
        "The epoxide oxygen is linked to both a CH2 and a benzylic CH.",
        "The epoxide oxygen is linked to two CH2 groups.",
    ),
    (
        "C1CCC2(C1)CCCCC2",
        "The five- and six-membered rings share only one atom, carbon 3.",
        "The five- and six-membered rings share two atoms.",
    ),
    (
        "C1CCC2(C1)CCCCC2",
        "The spiro carbon is bonded to four CH2 groups and has no hydrogens.",
        "The spiro carbon is bonded to three CH2 groups and has one hydrogen.",
    ),
    (
        "CC1(C)S[C@@H]2[C@H](NC(=O)COc3ccccc3)C(=O)N2[C@H]1C(=O)O",
        "The beta-lactam nitrogen is shared by the four-membered and five-membered rings.",
        "The side-chain amide nitrogen is shared by the four-membered and five-membered rings.",
    ),
    (
        "CC1(C)S[C@@H]2[C@H](NC(=O)COc3ccccc3)C(=O)N2[C@H]1C(=O)O",
        "The two geminal methyl groups are on the carbon next to sulfur.",
        "The two geminal methyl groups are on the carbon next to nitrogen.",
    ),
    (
        "CC1(C)S[C@@H]2[C@H](NC(=O)COc3ccccc3)C(=O)N2[C@H]1C(=O)O",
        "The phenoxy oxygen is linked through a CH2 to the side-chain amide carbonyl.",
        "The phenoxy oxygen is linked through a CH2 to the beta-lactam carbonyl.",
    ),
    (
        "CCN(CC)c1ccc2c(c1)oc(=O)cc2C",
        "The diethylamino nitrogen is attached to the benzene ring of the coumarin.",
        "The diethylamino nitrogen is attached to the lactone ring of the coumarin.",
    ),
    (
        "CCN(CC)c1ccc2c(c1)oc(=O)cc2C",
        "The lactone carbonyl carbon is atom 12, and the exocyclic oxygen attached to it is atom 13.",
        "The lactone carbonyl carbon is atom 12, and the exocyclic oxygen attached to it is atom 11.",
    ),
    (
        "CCN(CC)c1ccc2c(c1)oc(=O)cc2C",
        "The methyl on atom 15 is four bonds away from the lactone carbonyl oxygen.",
        "The methyl on atom 15 is directly bonded to the benzene ring.",
    ),
]


@pytest.mark.parametrize(("smiles", "true", "false"), PAIRS)
def test_what_is_so_is_supported_and_its_false_twin_is_not(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)
