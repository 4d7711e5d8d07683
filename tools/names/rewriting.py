"""Biochemical names brought into wording that OPSIN reads.

Captions of biochemistry use shorthand that is exact but not systematic: condensed glycans ("alpha-L-Fucp-(1->2)-..."),
sugar nucleotides ("UDP-D-glucose"), peptides in three-letter code, sphingoid bases, oxylipins ("8(S)-HETE"), lipids
whose chains stand for any ("1,2-diacyl-sn-glycerol"). Each rule here rewrites text only; what it makes of a name counts
when OPSIN reads the result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from molreflect.tools.names.words import BIOCHEMICAL, MULTIPLIERS, one_of


@dataclass(frozen=True, slots=True)
class Rewritten:
    """One systematic wording of a biochemical name."""

    text: str
    generic: bool = False
    """Whether the name stands for many compounds, of which `text` names the smallest."""
    uncharged: bool = False
    """Whether acid groups that OPSIN leaves ionised are meant with their protons."""


def rewritten_names(name: str) -> Iterator[Rewritten]:
    """List every wording that a rule gives for a name, in plain ASCII and without charge suffix; often none."""
    for rule in (
        _peptide,
        _nucleotide_sugar,
        _conjugates,
        _glycan,
        _oxylipin,
        _sphingoid,
        _chains,
        _any_chain,
    ):
        yield from (found for found in rule(name) if found.text != name)


# ---------------------------------------------------------------------------------------------------------------------
# Peptides

_RESIDUES: dict[str, tuple[str, str]] = BIOCHEMICAL["residues"]
_RESIDUE = rf"(?:(?:gamma-|[LD]-|L-gamma-|gamma-L-)?(?:{'|'.join(_RESIDUES)}))"
_PEPTIDE = re.compile(rf"^{_RESIDUE}(?:-{_RESIDUE}){{1,11}}$")
_ONE_RESIDUE = re.compile(rf"(?P<how>gamma-L-|L-gamma-|gamma-|[LD]-)?(?P<code>{'|'.join(_RESIDUES)})(?:-|$)")


def _peptide(name: str) -> Iterator[Rewritten]:
    """Read "gamma-Glu-Phe" as L-gamma-glutamyl-L-phenylalanine: a symbol without descriptor means the L amino acid."""
    if not _PEPTIDE.match(name):
        return
    residues = list(_ONE_RESIDUE.finditer(name))
    words: list[str] = []
    for place, residue in enumerate(residues):
        last = place == len(residues) - 1
        how, code = residue["how"] or "", residue["code"]
        word = _RESIDUES[code][1 if last else 0]
        if "gamma" in how:
            if code != "Glu" or last:
                return
            word = "gamma-glutamyl"
        hand = "" if code == "Gly" else "D-" if how == "D-" else "L-"
        words.append(hand + word)
    yield Rewritten("-".join(words))


# ---------------------------------------------------------------------------------------------------------------------
# Sugars

_STEMS: dict[str, str] = BIOCHEMICAL["sugars"]
_STEM_WORDS = "|".join(_STEMS.values())
_ACIDS: dict[str, str] = BIOCHEMICAL["ketoaldonic_acids"]
_UNIT = re.compile(
    r"(?:(?P<anomer>alpha|beta)-)?(?:(?P<hand>[DL])-)?(?:"
    rf"(?P<sugar>{'|'.join(_STEMS)})(?P<ring>[pf])?(?P<kind>NAc|NGc|NS|N|A)?|"
    r"(?P<acid>Neup?5Ac|Neup?5Gc|Kdop?|NeuAc|NeuNAc))(?![A-Za-z0-9])"
)
_LINK = re.compile(r"-\(\d->\d\)-")
_SHORT_UNIT = re.compile(
    rf"(?P<unit>(?:{'|'.join(_STEMS)})(?:NAc|A)?|Neu5Ac)\((?P<anomer>[ab])(?P<from>\d)-(?P<to>\d)\)"
)
_NATURAL_L = {"Fuc", "Rha"}


def _unit(match: re.Match[str], last: bool) -> str | None:
    anomer = f"{match['anomer']}-" if match["anomer"] else ""
    if acid := match["acid"]:
        if not anomer:
            return None
        symbol = "Kdo" if acid.startswith("Kdo") else "Neu5Gc" if acid.endswith("Gc") else "Neu5Ac"
        text = _ACIDS[symbol].format(anomer.rstrip("-"))
        return text.replace("ulopyranosylonic acid", "ulopyranosonic acid") if last else text
    sugar, kind = match["sugar"], match["kind"] or ""
    hand = match["hand"] or ("L" if sugar in _NATURAL_L else "D" if sugar not in ("Ara", "Rib") else None)
    if hand is None or (sugar in ("Ara", "Rib") and match["ring"] is None):
        return None
    ring = "furan" if match["ring"] == "f" else "pyran"
    before = BIOCHEMICAL["sugar_prefixes"].get(kind, "")
    stem = f"{before}{anomer}{hand}-{_STEMS[sugar]}o{ring}"
    if kind == "A":
        return stem + ("uronic acid" if last else "uronosyl")
    return stem + ("ose" if last else "osyl")


def _glycan(name: str) -> Iterator[Rewritten]:
    """Write condensed IUPAC glycans, and glycosyl names in full words, as glycopyranosyl names."""
    text = _SHORT_UNIT.sub(
        lambda m: (
            f"{'alpha' if m['anomer'] == 'a' else 'beta'}-"
            f"{'' if m['unit'] == 'Neu5Ac' else 'L-' if m['unit'] in _NATURAL_L else 'D-'}{m['unit']}"
            f"-({m['from']}->{m['to']})-"
        ),
        name,
    )
    if text != name:
        text = re.sub(rf"(?<=-)(?=(?:{'|'.join(_STEMS)})(?:NAc|A)?$)", "D-", text)
        text = text.replace("-]", "]").replace("]", "]-").replace("--", "-")
        text = re.sub(r"-\((\d)->(\d)\)\]", r"-(\1->\2)-]", text).replace("-]", "]").replace(")]-", ")]-")
    units = list(_UNIT.finditer(text))
    if units and (_LINK.search(text) or [unit.span() for unit in units] == [(0, len(text))]):
        pieces: list[str] = []
        at = 0
        for place, unit in enumerate(units):
            word = _unit(unit, place == len(units) - 1 and unit.end() == len(text))
            if word is None:
                return
            pieces += [text[at : unit.start()], word]
            at = unit.end()
        yield Rewritten("".join(pieces) + text[at:], uncharged=True)
        return
    words = _glycosyl_words(text)
    if words != name:
        yield Rewritten(words, uncharged=True)


_NACETYL = re.compile(
    r"N-acetyl-(?P<anomer>(?:alpha|beta)-)?(?:(?P<hand>[DL])-)?(?P<stem>gluc|galact|mann|fuc)osamin(?P<end>e|yl)(?![a-z])"
)
_AMINO = re.compile(
    r"(?P<anomer>(?:alpha|beta)-)?(?P<hand>[DL])-(?P<stem>gluc|galact|mann)osamin(?P<end>e|yl)(?![a-z])"
)
_PEROSAMINE = re.compile(
    r"(?:N-(?P<acyl>formyl|acetyl)-)?(?P<anomer>(?:alpha|beta)-)?(?P<hand>[DL])-perosamin(?P<end>e|yl)(?![a-z])"
)
_BIOSYL = re.compile(
    rf"(?:(?P<anomer>alpha|beta)-)?(?:D-)?(?P<sugar>{one_of(BIOCHEMICAL['disaccharides'])})osyl(?![a-z])"
)
_PLAIN = re.compile(rf"(?<=[DL]-)(?P<stem>{_STEM_WORDS})os(?P<end>e|yl)(?![a-z])")
_URONIC = re.compile(r"(?<=[DL]-)(?P<stem>gluc|galact|mann|id)(?:uronic acid|uronosyl)(?![a-z])")
_SIALYL = re.compile(
    r"(?:N-acetyl-(?P<a>alpha|beta)-(?:D-)?|(?P<b>alpha|beta)-N-acetyl)neuramin(?:os)?yl(?=-\(2->\d\)-)"
)


def _acetamido(match: re.Match[str]) -> str:
    """Name an N-acetylated amino sugar; "N-acetyl-beta-glucosaminyl" leaves out that it is D."""
    if match["hand"] is None and (match["stem"] == "fuc" or match["end"] == "e"):
        return match[0]
    return f"2-acetamido-2-deoxy-{match['anomer'] or ''}{match['hand'] or 'D'}-{match['stem']}opyranos{match['end']}"


def _glycosyl_words(text: str) -> str:
    """Give "N-acetyl-beta-D-glucosaminyl" and "beta-D-galactosyl" their ring size."""
    linked = bool(_LINK.search(text))
    out = _SIALYL.sub(lambda m: _ACIDS["Neu5Ac"].format(m["a"] or m["b"]), text)
    out = _NACETYL.sub(_acetamido, out)
    out = _AMINO.sub(lambda m: f"2-amino-2-deoxy-{m['anomer'] or ''}{m['hand']}-{m['stem']}opyranos{m['end']}", out)
    out = _PEROSAMINE.sub(
        lambda m: (
            f"4-{ {'formyl': 'formamido', 'acetyl': 'acetamido'}.get(m['acyl'], 'amino') }-4,6-dideoxy-"
            f"{m['anomer'] or ''}{m['hand']}-mannopyranos{m['end']}"
        ),
        out,
    )
    out = _BIOSYL.sub(
        lambda m: BIOCHEMICAL["disaccharides"][m["sugar"]].format(f"{m['anomer']}-" if m["anomer"] else "") + "osyl",
        out,
    )
    if linked:
        out = _PLAIN.sub(lambda m: f"{m['stem']}opyranos{m['end']}", out)
        out = _URONIC.sub(
            lambda m: m["stem"] + ("opyranuronic acid" if m[0].endswith("acid") else "opyranuronosyl"), out
        )
    return out


# ---------------------------------------------------------------------------------------------------------------------
# Sugar nucleotides

_NUCLEOSIDES: dict[str, str] = BIOCHEMICAL["nucleosides"]
_NDP = re.compile(rf"^(?P<base>{one_of(_NUCLEOSIDES)})(?P<count>DP|MP)-(?P<sugar>.+)$")


def glycosyl(sugar: str) -> str | None:
    """Name the glycosyl group of a sugar: "N-acetyl-D-glucosamine" gives "2-acetamido-2-deoxy-D-glucopyranosyl"."""
    text = _glycosyl_words(sugar)
    text = re.sub(rf"(?<=[DL]-)({_STEM_WORDS})ose$", r"\1opyranose", text)
    if text.endswith(("pyranose", "furanose")):
        return text[:-1] + "yl"
    if uronic := re.search(r"(?<=[DL]-)(gluc|galact|mann|id)uronic acid$", text):
        return f"{text[: uronic.start()]}{uronic[1]}opyranuronosyl"
    return None


def _nucleotide_sugar(name: str) -> Iterator[Rewritten]:
    match = _NDP.match(name)
    group = glycosyl(match["sugar"]) if match else None
    if match and group and ("oyl" not in group or "-O-" in group):  # which atom carries an acyl group must be said
        phosphate = "dihydrogen diphosphate" if match["count"] == "DP" else "hydrogen phosphate"
        yield Rewritten(f"{_NUCLEOSIDES[match['base']]} 5'-({group} {phosphate})", uncharged=True)


# ---------------------------------------------------------------------------------------------------------------------
# Conjugates whose oxygen is not said

_TWICE = {"di": "bis", "tri": "tris", "tetra": "tetrakis"}
_ESTERS_OF_POLYOL = re.compile(r"^(?P<polyol>.*(?P<count>di|tri|tetra)ol) (?P=count)sulfate$")
_SUGAR_PHOSPHATE = re.compile(
    rf"^(?P<sugar>(?:(?:alpha|beta)-)?[DL]-(?:{_STEM_WORDS}))ose[- ]1-(?P<many>di)?phosphate$"
)
_BARE_GLYCOSIDE = re.compile(r"^(?P<sugar>(?:\d-O-\([^()]*\)-)?(?:alpha|beta)-[DL]-\S*os)ide$")
_PHOSPHATIDYL_INOSITOL = re.compile(r"^1-phosphatidyl-(?P<hand>1D-)?myo-inositol(?P<rest> [\d,]+-\w*phosphate)?$")
_HEXOSYLGLYCEROL = re.compile(r"^(?P<sugar>(?:(?:alpha|beta)-)?(?:[DL]-)?(?:gluc|galact|mann))osylglycerol$")
_OLIGO = {"lysine": ("lysyl", "lysine"), "alanine": ("alanyl", "alanine"), "leucine": ("leucyl", "leucine")} | {
    "arginine": ("arginyl", "arginine"),
    "phenylalanine": ("phenylalanyl", "phenylalanine"),
    "valine": ("valyl", "valine"),
    "proline": ("prolyl", "proline"),
    "glutamic acid": ("alpha-glutamyl", "glutamic acid"),
}
_OLIGO_AMINO_ACID = re.compile(
    rf"^(?P<count>tri|tetra|penta|hexa|hepta|octa|nona|deca)-?(?P<hand>[DL]-)?(?P<residue>{one_of(_OLIGO)})$"
)
_C_GLYCOSYL = re.compile(r"(?<=\d-)\((?P<group>(?:alpha|beta)-[DL]-\S*?os(?:yl|yluronic acid))\)(?=-)")
_ALKYLGLYCERONE = re.compile(r"^1-(?:O-)?(?P<alkyl>[a-z]+yl)glycerone 3-phosphate$")


def _conjugates(name: str) -> Iterator[Rewritten]:
    """Read "...-diol disulfate" as two sulfates and "2-(alpha-D-mannosyl)-..." as the sugar on oxygen."""
    if match := _ESTERS_OF_POLYOL.match(name):
        yield Rewritten(f"{match['polyol']} {_TWICE[match['count']]}(hydrogen sulfate)", uncharged=True)
    if match := _SUGAR_PHOSPHATE.match(name):
        acid = "trihydrogen diphosphate" if match["many"] else "dihydrogen phosphate"
        yield Rewritten(f"{match['sugar']}opyranose 1-({acid})", uncharged=True)
    if match := _BARE_GLYCOSIDE.match(name):
        yield Rewritten(f"{_glycosyl_group(match['sugar'] + 'yl')}oxy", uncharged=True)
    if match := _PHOSPHATIDYL_INOSITOL.match(name):
        rest, hand = (match["rest"] or "").strip(), match["hand"] or ""
        tail = f"-({hand}myo-inositol-{rest.replace(' ', '-')})" if rest else f"-({hand}myo-inositol)"
        yield Rewritten(f"1,2-diacyl-sn-glycero-3-phospho{tail}", generic=True, uncharged=True)
    if match := _HEXOSYLGLYCEROL.match(name):
        yield Rewritten(f"3-({match['sugar']}opyranosyloxy)propane-1,2-diol")
    if match := _OLIGO_AMINO_ACID.match(name):
        hand, count = match["hand"] or "L-", MULTIPLIERS[match["count"]]
        acyl, acid = _OLIGO[match["residue"]]
        yield Rewritten("-".join([hand + acyl] * (count - 1) + [hand + acid]))
    primeless = re.sub(r"(?<=\d)'+(?=-O-)", "", name)
    if primeless != name and re.search(r"osyl\)?$", name) and not re.search(r"(?<=\d)-O-", name):
        yield Rewritten(primeless, uncharged=True)
    if match := _ALKYLGLYCERONE.match(name):
        yield Rewritten(f"3-({match['alkyl']}oxy)-2-oxopropyl dihydrogen phosphate", uncharged=True)
    if _C_GLYCOSYL.search(name):
        text = _C_GLYCOSYL.sub(lambda m: "O-(" + _glycosyl_group(m["group"]) + ")", name)
        yield Rewritten(re.sub(r"3-phosphon(?:ato)?glycer", "3-O-phosphonoglycer", text), uncharged=True)


def _glycosyl_group(group: str) -> str:
    text = group.replace("osyluronic acid", "uronosyl")
    return re.sub(rf"(?<=[DL]-)({_STEM_WORDS})(osyl|uronosyl)$", r"\1opyran\2", text)


# ---------------------------------------------------------------------------------------------------------------------
# Oxylipins

_OXYLIPINS: dict[str, dict[str, Any]] = BIOCHEMICAL["oxylipins"]
_OXYLIPIN = re.compile(
    r"^\(?(?P<place>\d+)\(?(?P<hand>[RS])?\)?-(?P<group>HP|Hp|H|oxo-?|K)(?P<chain>ODE|OTrE|ETE|ETrE|EPE|DoHE|DHE|PDHE)$"
)
_OXYGEN = {"HP": "hydroperoxy", "Hp": "hydroperoxy", "H": "hydroxy", "oxo-": "oxo", "oxo": "oxo", "K": "oxo"}
_DIHYDROXY = re.compile(r"^(?P<a>\d+)\(?(?P<ra>[RS])?\)?,(?P<b>\d+)\(?(?P<rb>[RS])?\)?-DiHETE$")
_TWO = {(5, 15): "6E,8Z,11Z,13E", (8, 15): "5Z,9E,11Z,13E"}
_DHET = {(5, 6): "8Z,11Z,14Z", (8, 9): "5Z,11Z,14Z", (11, 12): "5Z,8Z,14Z", (14, 15): "5Z,8Z,11Z"}
_VICINAL = re.compile(r"^(?P<a>\d+),(?P<b>\d+)-(?P<what>DHET|DiHETrE|EET|EpETrE)$")


def _oxylipin(name: str) -> Iterator[Rewritten]:
    """Read "8(S)-HETE" as (5Z,8S,9E,11Z,14Z)-8-hydroxyicosa-5,9,11,14-tetraenoic acid."""
    if match := _OXYLIPIN.match(name):
        chain, group = match["chain"], match["group"]
        if chain in ("DHE", "PDHE"):
            chain, group = "DoHE", "HP" if group == "HP" or chain == "PDHE" else group
        place, words = match["place"].lstrip("0"), _OXYLIPINS[chain]
        if geometry := words["geometry"].get(place):
            stereo = geometry + (f",{place}{match['hand']}" if match["hand"] else "")
            yield Rewritten(_chain_name(stereo, f"{place}-{_OXYGEN[group]}", words, geometry))
    elif match := _DIHYDROXY.match(name):
        places = (int(match["a"]), int(match["b"]))
        if places in _TWO:
            hands = "".join(f",{p}{h}" for p, h in zip(places, (match["ra"], match["rb"]), strict=True) if h)
            head = f"{places[0]},{places[1]}-dihydroxy"
            yield Rewritten(_chain_name(_TWO[places] + hands, head, _OXYLIPINS["ETE"], _TWO[places]))
    elif match := _VICINAL.match(name):
        places = (int(match["a"]), int(match["b"]))
        if places in _DHET:
            word = "epoxy" if match["what"] in ("EET", "EpETrE") else "dihydroxy"
            head = f"{places[0]},{places[1]}-{word}"
            yield Rewritten(_chain_name(_DHET[places], head, _OXYLIPINS["ETrE"], _DHET[places]))


def _chain_name(stereo: str, head: str, words: dict[str, str], geometry: str) -> str:
    locants = ",".join(re.findall(r"\d+", geometry))
    return f"({_sorted_stereo(stereo)})-{head}{words['stem']}-{locants}-{words['ending']} acid"


def _sorted_stereo(stereo: str) -> str:
    return ",".join(sorted(stereo.split(","), key=lambda item: int(re.match(r"\d+", item)[0])))  # type: ignore[index]


# ---------------------------------------------------------------------------------------------------------------------
# Sphingoid bases

_LENGTHS: dict[str, int] = BIOCHEMICAL["chain_lengths"]
_LENGTH_WORDS = {number: word for word, number in _LENGTHS.items() if word != "eicosa"}
_BASES: dict[str, tuple[str, str, str, str]] = BIOCHEMICAL["sphingoid_bases"]
_SUGAR_FIRST = re.compile(
    r"^(?:1-O-|1-)?\(?(?P<sugar>(?:(?:alpha|beta)-)?D-(?:gluc|galact)osyl)\)?-(?P<acyl>N-[^-]*(?:acyl|oyl)-?)(?=\w)"
)
"""The sugar before the acyl group: "beta-D-glucosyl-N-acylsphingosine"."""
_SPHINGOID = re.compile(
    r"^(?:N-(?P<acyl>\[\S+(?:oyl|acyl)\]|\(\S+(?:oyl|acyl)\)|\S*?(?:oyl|acyl|acetyl))-?)?"
    r"(?:(?:1-O-|1-)?\(?(?P<sugar>(?:(?:alpha|beta)-)?D-(?:gluc|galact)osyl)\)?-?)?(?P<oxo>3-(?:dehydro|keto))?-?(?P<methyl>\d+-methyl)?"
    rf"(?:C(?P<number>\d\d) |(?P<length>{'|'.join(_LENGTHS)}))?"
    rf"(?P<base>{one_of(_BASES)})"
    r"(?P<head>[- ]1-phosphocholine|[- ]1-phosphoethanolamine|[- ]1-phosphate)?$"
)


def _sphingoid(name: str) -> Iterator[Rewritten]:
    """Read "15-methylhexadecasphing-4-enine" and its kin, with chain, N-acyl group and phosphorylated head."""
    match = _SPHINGOID.match(_SUGAR_FIRST.sub(r"\g<acyl>1-O-(\g<sugar>)", name))
    if match is None:
        return
    length = int(match["number"] or 0) or _LENGTHS.get(match["length"] or "octadeca", 0)
    word = _LENGTH_WORDS.get(length)
    acyl, base, head = match["acyl"], match["base"], match["head"]
    if word is None:
        return
    sugar = glycosyl(match["sugar"].removesuffix("yl") + "e") if match["sugar"] else None
    if sugar and (head or match["oxo"]):
        return
    chain = word.removesuffix("a")
    generic = acyl in ("acyl", "(acyl)")
    group = "acetyl" if generic else (acyl or "").removeprefix("[").removesuffix("]")
    amino = f"2-({group}amino)" if acyl else "2-amino"
    methyl = f"-{match['methyl']}" if match["methyl"] else ""
    if match["oxo"]:
        if base != "sphinganine" or head:
            return
        yield Rewritten(f"(2S)-{amino}-1-hydroxy{methyl}{chain}an-3-one", generic)
        return
    stereo, double, more, hydroxy = _BASES[base]
    if head is None and not sugar:
        yield Rewritten(f"({stereo})-{amino}{methyl}{chain}{double}e-{more}ol", generic)
        return
    alkyl = f"({stereo})-{amino}-{hydroxy}{methyl}{chain}{double}-1-yl"
    if head is None:
        yield Rewritten(f"{alkyl} {str(sugar).removesuffix('yl')}ide", generic)
        return
    ends = {
        "phosphate": f"{alkyl} dihydrogen phosphate",
        "phosphocholine": f"{alkyl} 2-(trimethylazaniumyl)ethyl phosphate",
        "phosphoethanolamine": f"2-aminoethyl {alkyl} hydrogen phosphate",
    }
    yield Rewritten(ends[head.lstrip("- ")[2:]], generic)


# ---------------------------------------------------------------------------------------------------------------------
# Chains

_STEM = (
    r"(?:but|pent|hex|hept|oct|non|dec|undec|dodec|tridec|tetradec|pentadec|hexadec|heptadec|octadec|nonadec|e?icos|"
    r"henicos|docos|tricos|tetracos|pentacos|hexacos|heptacos|octacos|nonacos|triacont|dotriacont|tetratriacont|"
    r"hexatriacont|octatriacont)"
)
_OPEN_CHAIN = re.compile(
    rf"\((?P<geometry>\d+[EZ](?:,\d+[EZ])*)\)-(?P<stem>{_STEM})a?(?P<count>di|tri|tetra|penta|hexa|hepta)?"
    r"en(?=oic|oate|oyl|al\b|ol\b|yl|amide|e\b|edioic|edioyl|-1-ol)"
)
_STATED = re.compile(
    r"\((?P<stereo>\d+[RS](?:,\d+[RS])*)\)-(?P<many>di|tri)?"
    r"(?P<group>hydroxy|hydroperoxy|oxo|amino|methyl|chloro|bromo|fluoro)(?P<dash>-?)(?=[a-z(\d])"
)
_JOINED = re.compile(
    r"\((?P<one>\d+[RS](?:,\d+[RS])*)\)-(?P<head>(?:\d+,)*\d+-(?:di|tri)?(?:hydroxy|hydroperoxy|oxo|amino|methyl|chloro))-?"
    r"\((?P<two>\d+[EZ](?:,\d+[EZ])*)\)-"
)


def _chains(name: str) -> Iterator[Rewritten]:
    """Place double bonds that only the geometry places, and groups whose locant only the descriptor gives."""
    text = _spell_chains(name)
    if text != name and "ylglycerone" not in text:  # OPSIN would put the ether's alkyl group on carbon
        yield Rewritten(text)


def _spell_chains(name: str) -> str:
    text = re.sub(r"(?<![A-Za-z])(\d+)([ez])(?=[,-])", lambda m: m[1] + m[2].upper(), name)
    text = re.sub(rf"(?<![(\w,])(\d+[EZ](?:,\d+[EZ])*)-(?={_STEM})", r"(\1)-", text)
    text = re.sub(rf"\((\d+[EZ](?:,\d+[EZ])*)-(?={_STEM})", r"((\1)-", text)

    def locants(match: re.Match[str]) -> str:
        places = re.findall(r"\d+", match["stereo"])
        if len(places) != MULTIPLIERS[match["many"] or ""]:
            return match[0]
        return f"({match['stereo']})-{','.join(places)}-{match['many'] or ''}{match['group']}{match['dash']}"

    text = _STATED.sub(locants, text)

    def place(match: re.Match[str]) -> str:
        places = re.findall(r"\d+", match["geometry"])
        if len(places) != MULTIPLIERS[match["count"] or ""]:
            return match[0]
        stem = match["stem"] + ("a" if match["count"] else "")
        return f"({match['geometry']})-{stem}-{','.join(places)}-{match['count'] or ''}en"

    text = _OPEN_CHAIN.sub(place, text)
    for _ in range(3):
        joined = _JOINED.sub(lambda m: f"({_sorted_stereo(m['one'] + ',' + m['two'])})-{m['head']}", text)
        if joined == text:
            break
        text = joined
    return text


# ---------------------------------------------------------------------------------------------------------------------
# Names that leave the chains open

_ACYL = re.compile(r"(?<![a-z])(?P<many>di|tri)?acyl(?=[-)\] a-z]|$)")
_POLYPRENYL = re.compile(r"\(?(?:all-(?:trans|E)-)?polyprenyl\)?")
_ALKENYL = re.compile(r"\(?(?:\(?1?Z\)?-)?alk-1-enyl\)?")


def _any_chain(name: str) -> Iterator[Rewritten]:
    """Read "1,2-diacyl-sn-glycerol" as its smallest member; its pattern is found in all of them."""
    text = _ALKENYL.sub("ethenyl", name)
    text = _ACYL.sub(lambda m: f"{m['many'] or ''}acetyl", text)
    if not _POLYPRENYL.fullmatch(text):
        text = _POLYPRENYL.sub("(3-methylbut-2-en-1-yl)", text) if "-" in text else text
    if text == name or text.strip("-") in ("acetyl", "ethenyl", "diacetyl"):
        return
    text = _spell_chains(text)
    yield Rewritten(text, generic=True, uncharged=True)
