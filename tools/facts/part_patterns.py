"""Parts that one SMARTS finds: atoms and bonds by kind."""

from __future__ import annotations

BY_SMARTS: tuple[tuple[tuple[str, ...], str, str, str], ...] = (
    (("atom", "heavy atom", "non-hydrogen atom"), "heavy atom", "atoms other than hydrogen", "[!#1]"),
    (("ring atom", "ring member", "cyclic atom"), "ring atom", "atoms of rings", "[!#1;R]"),
    (("heteroatom", "hetero atom"), "heteroatom", "atoms other than carbon and hydrogen", "[!#6;!#1]"),
    (
        ("halogen", "halogen atom", "halide", "halo group", "halogen substituent"),
        "halogen atom",
        "F, Cl, Br and I",
        "[F,Cl,Br,I]",
    ),
    (
        ("metal", "metal atom"),
        "metal atom",
        "atoms of metals",
        "[!#1;!#2;!#5;!#6;!#7;!#8;!#9;!#10;!#14;!#15;!#16;!#17;!#18;!#33;!#34;!#35;!#36;!#52;!#53;!#54;!#85;!#0]",
    ),
    (("aromatic atom",), "aromatic atom", "atoms of aromatic rings", "[a]"),
    (("aromatic carbon", "aromatic carbon atom"), "aromatic carbon atom", "carbons of aromatic rings", "[c]"),
    (
        ("sp3 carbon", "sp3 carbon atom", "sp3-hybridized carbon", "sp3 hybridised carbon", "saturated carbon"),
        "sp3 carbon atom",
        "carbons with single bonds alone",
        "[CX4]",
    ),
    (
        ("sp2 carbon", "sp2 carbon atom"),
        "sp2 carbon atom",
        "carbons with three neighbours, aromatic ones included",
        "[#6X3]",
    ),
    (("sp carbon", "sp carbon atom"), "sp carbon atom", "carbons with two neighbours", "[#6X2]"),
    (("primary carbon",), "primary carbon atom", "sp3 carbons bound to one carbon", "[CX4;$(C[#6]);!$(C([#6])[#6])]"),
    (
        ("secondary carbon",),
        "secondary carbon atom",
        "sp3 carbons bound to two carbons",
        "[CX4;$(C([#6])[#6]);!$(C([#6])([#6])[#6])]",
    ),
    (
        ("tertiary carbon",),
        "tertiary carbon atom",
        "sp3 carbons bound to three carbons",
        "[CX4;$(C([#6])([#6])[#6]);!$(C([#6])([#6])([#6])[#6])]",
    ),
    (
        ("quaternary carbon", "quaternary centre", "quaternary carbon centre"),
        "quaternary carbon atom",
        "carbons bound to four carbons",
        "[CX4]([#6])([#6])([#6])[#6]",
    ),
    (("single bond",), "single bond", "single bonds between heavy atoms", "[!#1]-;!:[!#1]"),
    (("double bond",), "double bond", "double bonds outside aromatic rings, C=O and the like included", "*=;!:*"),
    (
        ("carbon-carbon double bond", "alkene double bond", "olefinic double bond", "c=c"),
        "C=C bond",
        "double bonds between carbons outside aromatic rings",
        "[#6]=;!:[#6]",
    ),
    (("triple bond",), "triple bond", "triple bonds", "*#*"),
    (("carbon-carbon triple bond", "alkyne triple bond"), "C\u2261C bond", "triple bonds between carbons", "[#6]#[#6]"),
    (("aromatic bond",), "aromatic bond", "bonds of aromatic rings", "*:*"),
    (("bond",), "bond", "bonds between heavy atoms", "[!#1]~[!#1]"),
    (
        ("peptide bond", "peptide link", "peptide linkage"),
        "peptide bond",
        "amide bonds between alpha-carbons",
        "[CX4][CX3](=O)[NX3;!$(N([CX3]=O)[CX3]=O)][CX4;$([CX4][CX3]=[O,N,S])]",
    ),
    (("amide bond",), "amide bond", "C-N bonds of carboxamides", "[#6X3](=[OX1])[#7X3]"),
    (("charge", "charged atom", "formal charge"), "charged atom", "atoms with a formal charge", "[!+0]"),
    (
        ("positive charge", "cationic centre", "cationic atom"),
        "positively charged atom",
        "atoms with a positive formal charge",
        "[+,+2,+3,+4]",
    ),
    (
        ("negative charge", "anionic centre", "anionic atom"),
        "negatively charged atom",
        "atoms with a negative formal charge",
        "[-,-2,-3,-4]",
    ),
)
"""What they are called, the name in an answer, what is counted, and the SMARTS that finds it."""
