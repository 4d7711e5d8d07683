"""Words and tokens of captions: what splits a caption into names, and which words are never part of a name.

A chemical name may contain commas, brackets, primes and hyphens ("1,2-di-O-acyl-sn-glycero-3-phosphocholine(1+)",
"[2-ethoxy-4-(piperidin-1-yl)phenyl]amino", "N-(very-long-chain fatty acyl)-sphingoid base"). The tokeniser keeps such
a name whole: a comma parts items only when white space follows it, a bracket belongs to a name when the name goes on
after it closes. Everything here is linear in the length of the caption.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

MAX_PHRASE_LENGTH = 1200
"""Longest text (characters) that is looked at as one name; the longest names of ChEBI have some 500."""
_MAX_MERGED = 8
"""Most white-space separated pieces that are joined because a bracket spans them."""


class Token(NamedTuple):
    """One word, name, or mark of punctuation of a caption; `caption[start:end] == text`."""

    text: str
    start: int
    end: int
    low: str
    """Lower-case text; for punctuation one of `,` `;` `:` `.` `(` `)`, where `.` always ends a sentence."""
    word: bool
    """False for punctuation."""


_CHUNK = re.compile(r"\S+")
_BRACKET = re.compile(r"[()\[\]{}]")
_CLOSES = {")": "(", "]": "[", "}": "{"}
_TRAILING = frozenset(',;:.!?"”“')
_ABBREVIATIONS = frozenset(
    [
        "var.",
        "sp.",
        "spp.",
        "subsp.",
        "ssp.",
        "cf.",
        "ca.",
        "e.g.",
        "i.e.",
        "etc.",
        "f.",
        "l.",
        "no.",
        "st.",
        "dr.",
        "vs.",
        "approx.",
        "fig.",
        "al.",
        "str.",
        "aff.",
        "nov.",
        "ex.",
    ]
)


def _brackets(caption: str) -> dict[int, int]:
    """Pair the brackets of a caption, both ways: position to position of the partner. Strays have no entry."""
    partner: dict[int, int] = {}
    stack: list[tuple[str, int]] = []
    for hit in _BRACKET.finditer(caption):
        sign = hit.group()
        position = hit.start()
        wanted = _CLOSES.get(sign)
        if wanted is None:
            stack.append((sign, position))
            continue
        for depth in range(1, min(3, len(stack)) + 1):  # a stray opening bracket must not spoil the rest
            if stack[-depth][0] == wanted:
                opened = stack[-depth][1]
                del stack[-depth:]
                partner[opened] = position
                partner[position] = opened
                break
    return partner


def _unclosed(caption: str, start: int, end: int, partner: dict[int, int]) -> int:
    """Return the furthest position that a bracket opened in `caption[start:end]` closes at, or `end - 1`."""
    furthest = end - 1
    for hit in _BRACKET.finditer(caption, start, end):
        furthest = max(furthest, partner.get(hit.start(), -1))
    return furthest


def tokenise(caption: str) -> list[Token]:
    """Split a caption into names, words and punctuation.

    Args:
        caption: Any text.

    Returns:
        Tokens in order, never overlapping. A `.` token closes each sentence; it is empty where the caption forgot the
        full stop ("... at pH 7.3 It is a ...").
    """
    partner = _brackets(caption)
    pieces = [hit.span() for hit in _CHUNK.finditer(caption)]
    tokens: list[Token] = []
    index = 0
    while index < len(pieces):
        start, end = pieces[index]
        index += 1
        while start < end and caption[start] in "([" and not start < partner.get(start, -1) < end:
            close = partner.get(start, -1)
            if close > 0 and close + 1 < len(caption) and _goes_on(caption, close + 1) and close - start < 200:
                break  # "(hydroxy imino)methyl": the bracket is part of the name
            tokens.append(Token(caption[start], start, start + 1, "(", False))
            start += 1
        if start == end:
            continue
        if _BRACKET.search(caption, start, end):
            furthest = _unclosed(caption, start, end, partner)
            merged = index
            while furthest >= end and merged < len(pieces) and merged - index < _MAX_MERGED:
                if pieces[merged][0] <= furthest:
                    end_merged = pieces[merged][1]
                    merged += 1
                    if furthest < end_merged:
                        end, index = end_merged, merged
                        break
                else:
                    break
        _piece(caption, start, end, partner, tokens, pieces[index][0] if index < len(pieces) else len(caption))
    if tokens and tokens[-1].low != ".":
        tokens.append(Token("", len(caption), len(caption), ".", False))
    return tokens


def _goes_on(caption: str, position: int) -> bool:
    return caption[position].isalnum() or caption[position] in "-[("


def _piece(caption: str, start: int, end: int, partner: dict[int, int], tokens: list[Token], following: int) -> None:
    """Append the tokens of one white-space free piece (or of several that a bracket joins)."""
    tail: list[Token] = []
    while end > start:
        sign = caption[end - 1]
        if sign in _TRAILING:
            if sign == "." and caption[start:end] in _ABBREVIATIONS:
                break
            mark = "." if sign in ".!?" else sign if sign in ",;:" else ""
            if mark == "." and not tail and not _starts_sentence(caption, following):
                mark = ""
            if mark:
                tail.append(Token(sign, end - 1, end, mark, False))
            end -= 1
        elif sign in ")]" and not start <= partner.get(end - 1, -1):
            tail.append(Token(sign, end - 1, end, ")", False))
            end -= 1
        else:
            break
    wrapped = end - start > 2 and caption[start] == "(" and partner.get(start) == end - 1
    if wrapped and "->" not in caption[start : min(end, start + 40)]:
        tail.append(Token(")", end - 1, end, ")", False))
        tokens.append(Token("(", start, start + 1, "(", False))
        start, end = start + 1, end - 1
    if end > start:
        text = caption[start:end]
        # Captions forget full stops; these words open a sentence wherever they stand with a capital.
        opens = text == "It" or (text == "The" and caption.startswith(" molecule", end))
        if tokens and tokens[-1].low != "." and opens:
            tokens.append(Token("", start, start, ".", False))
        tokens.append(Token(text, start, end, text.lower(), True))
    tokens.extend(reversed(tail))


def _starts_sentence(caption: str, position: int) -> bool:
    if position >= len(caption):
        return True
    sign = caption[position]
    return sign.isupper() or sign.isdigit() or sign in "([" or not sign.isascii()


def words(text: str) -> frozenset[str]:
    """Return the white-space separated words of a table."""
    return frozenset(text.split())


ARTICLES = words("a an the its their this these any some each another every")
COUNTS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "both": 2,
}  # fmt: skip
MULTIPLIERS = (("bis", 2), ("tris", 3), ("di", 2), ("tri", 3), ("tetra", 4), ("penta", 5), ("hexa", 6))
"""Prefixes that count a substituent ("dichloro"), longest first where one begins another."""

STOP = words(
    """a an the and or but nor of at in on to from by with without as for between into via onto under over through
    within among upon per across around along about during after before while when where whereas whereby whereupon
    that which who whose whom these those this it its they their them he she there then thus hence so than
    is are was were be been being am has have had having do does did can may might must will would could should not no
    consisting consists consist composed comprised comprising comprises containing contains contain bearing bears
    carrying carries carry substituted replaced attached linked joined fused bonded connected bound coupled located
    positioned specified obtained resulting results result arising arises derived derives formed forms form produced
    isolated found observed detected identified extracted prepared synthesized synthesised converted undergone
        undergoes oxidised oxidized oxidation reduced removed esterified acylated acetylated methylated glycosylated
    phosphorylated
    sulfated hydroxylated alkylated amidated protonated deprotonated condensed appended featuring features possessing
    possesses used using acts acting exhibits exhibiting exhibited shows showing shown known named called
    given including includes such like due because if also only both either neither respectively together original
    originally first one's lacking lacks unlike except instead rather although though however since until
    obtainable combining hydrolysed hydrolyzed cleaved involving differing differs where's has been became becomes
    belongs belonging exists occurs occurring occur differ having acetylation methylation acylation
    and/or catalyses catalyzes inhibits binds activates blocks prevents causes reduces increases interacts works
    selectively specifically thereby resulting leading leads causing associated related according approved marketed
    sold indicated developed manufactured described reported considered believed thought intended designed
    characterized characterised acting affecting targeting located flanked capped terminated para meta ortho
    stands stand sits sit occupies occupy acylates built turned placed flank flanks
    loses lose gains gain corresponding employed applied
    administered metabolized metabolised secreted released discovered investigated
    studied evaluated measured classified uncompetitive displays display undergo undergoing plus versus""",
) - words("form")
"""Words that end a noun phrase."""

GROUP_NOUNS = words(
    """group groups substituent substituents moiety moieties residue residues unit units function functions
    functionality functionalities side-chain side-chains side-group side-groups chain chains atom atoms
    functional-group"""
)
"""Head words that say "a part of the molecule" and add nothing to the name before them."""
PART_NOUNS = words("ring rings skeleton nucleus core scaffold backbone system framework")
"""Head words that belong to the name ("pyridine ring") and make it a part of the molecule."""
BOND_NOUNS = words("bond bonds linkage linkages bridge bridges")

CLASS_HEADS = words(
    """acid acids ester esters ether ethers amide amides amine amines ketone ketones aldehyde aldehydes alcohol
        alcohols salt salts anion cation ion zwitterion compound compounds derivative derivatives steroid steroids
    alkaloid
    glycoside glycosides oxide sulfide sulfate phosphate lactone lactam sugar lipid base entity anhydride amino
    inhibitor agonist antagonist agent metabolite"""
)
"""Words a name goes on with after a bracketed synonym: "hexadecanoic (palmitic) acid"."""

ROLE_NOUNS = words(
    """metabolite metabolites agent agents inhibitor inhibitors drug drugs antagonist antagonists epitope antioxidant
    antioxidants agrochemical agonist agonists allergen contaminant contaminants fluorochrome inducer dye dyes
    xenobiotic antimalarial herbicide herbicides prodrug prodrugs hapten cofactor cofactors scavenger analgesic
    analgesics relaxant solvent solvents antidepressant antidepressants antigen component antimetabolite acaricide
    chelator nutraceutical mutagen insecticide insecticides sedative anaesthetic anesthetic blocker beta-blocker
    modulator astringent pheromone surfactant phytotoxin fragrance reagent indicator antiemetic neurotoxin
    mycotoxin mycotoxins parasympatholytic micronutrient fungicide fungicides regulator phytoestrogen kairomone
    coenzyme biomarker anti-estrogen activator antitussive immunomodulator depressant peptidomimetic hormone hormones
    anticoagulant siderophore anticonvulsant hallucinogen pigment pigments poison retardant retardants buffer diuretic
    antipsychotic phytoalexin antifeedant antimitotic estrogen mediator auxin explosive chromophore osmolyte luciferin
    antimutagen repellent phosphoantigen decongestant pollutant pollutants colouring coloring proherbicide antipyretic
    xenoestrogen probe mimotope cyanotoxin profungicide antacid intercalator additive suppressant donor filter
    nematicide detergent mycoestrogen toxin toxins propellant refrigerant coccidiostat safener fixative antibiotic
    antibiotics antihistamine antiviral antiviral vaccine pesticide pesticides rodenticide molluscicide carcinogen
    teratogen stimulant vasodilator vasoconstrictor bronchodilator antiseptic disinfectant preservative sweetener
    emulsifier stabilizer stabiliser catalyst antifungal antibacterial antimicrobial antiparasitic anthelmintic
    antineoplastic antihypertensive antiarrhythmic antiepileptic anxiolytic hypnotic opioid narcotic corticosteroid
    glucocorticoid mineralocorticoid progestin progestogen androgen neurotransmitter nutrient nutrients vitamin
    vitamins medication medications medicine precursor intermediate intermediates substrate ligand ligands sensitizer
    photosensitizer endocannabinoid radiopharmaceutical tracer marker biocide bactericide virucide growth-regulator
    semiochemical
    attractant defoliant desiccant flavouring flavoring humectant plasticizer plasticiser fertilizer fuel monomer
    lubricant prohormone bronchoconstrictor laxative emetic antidiarrheal immunosuppressant immunosuppressive
    anti-inflammatory radiosensitizer adjuvant excipient cathartic expectorant mydriatic miotic tranquilizer
    sympathomimetic parasympathomimetic sympatholytic antispasmodic anticholinergic cholinergic uncoupler ionophore
    messenger lachrymator irritant antidote oxidant reductant mordant colorant abortifacient contraceptive
    geroprotector tocolytic secretagogue neurotransmitter mucolytic keratolytic antiperspirant antipruritic
    antituberculosis antiprotozoal antileishmanial trypanocide taxol-like NSAID NSAIDs NNRTI SSRI potentiator
    degrader conditioner stain stains sensitiser sensitisers""".lower()
)
"""Head words of what a molecule does rather than what it is."""

ROLE_BUT_STRUCTURE = words("corticosteroid glucocorticoid mineralocorticoid cyanotoxin")
"""Role words that also name a class of structures; the lexicon decides."""

NOT_STRUCTURE = words(
    """liquid liquids solid solids powder powders crystal crystals mineral minerals gas gases substance substances
    candidate product products species microspecies mixture mixtures constituent constituents element elements isotope
    material materials chemical chemicals member members one part parts form forms kind type class family number
    analogue analogues analog analogs isomer isomers stereoisomer enantiomer diastereomer epimer tautomer anomer
    racemate congener congeners
    configuration configurations stereochemistry formula ratio position positions sequence terminus end centre center
    effect effects activity activities action actions properties property use uses treatment therapy production
    biosynthesis synthesis degradation metabolism pathway pathways process reaction reactions condensation
    deprotonation protonation removal transfer loss addition combination replacement presence absence
    study studies trial trials patient patients disease diseases cancer tumor tumors cell cells tissue tissues plant
    plants bacteria fungi fungus organism organisms animal animals human humans food foods water soil air oil plastic
    plastics body brain liver kidney blood plasma serum urine skin odor odour taste smell color colour point
    temperature pressure wavelength weight mass equivalent equivalents amount amounts level levels concentration dose
    name symbol molecule molecules result results method technique way order time day year group's target targets
    receptor receptors enzyme enzymes protein proteins kinase kinases transporter transporters channel channels
    polymerase synthase reductase oxidase dehydrogenase hydrolase transferase phosphatase protease peptidase isomerase
    ligase lyase esterase lipase cyclase carboxylase hydroxylase gene genes pump virus viruses consumption
    poisoning intake abuse dependence withdrawal intoxication exposure deficiency metabolism transport uptake release
    hydrogen hydrogens proton protons carbon carbons water state example variety range series derivative-type
    source sources wood species-specific drowsiness sleep block prodrug-like issue letter association report
    constituent ingredient ingredients supplement supplements herb resin ore ores supply industry worldwide isoform
    crystalline colorless colourless white yellow red blue soluble insoluble available active effective toxic potent
    flammable combustible corrosive volatile odorless stable unstable responsible important essential necessary
    capable able present similar identical equal higher lower useful safe common rare unknown unclear due likely
        expected subject used known made composed soluble miscible endogenous mutagenic carcinogenic teratogenic
    metal metals
    metalloid body linker counterion counter-ion counterions bond bonds fact basis mechanism model tool standard
    component-part reservoir equivalent half-life study-drug epitope-part semiconductor explosive-type
    fluid fluids sugar-like clinical identification only addition-product positive negative agency dimer monomer-unit
    assistance one's fumes vapors vapor dust particle particles combination combinations inhibitors-type
    infection infections event events disorder disorders threat cause causes nerve stool signal signals seen word words
    opener openers epidemic green gray grey black orange purple pink brown blue-green bluish-gray
    ingestion inhalation contact exposure interaction hydrolysis oxidation reduction hydroxylation metabolization
    approval market country world united states hormone-like analogue-type neurons neuron membrane membranes muscle
    system systems nervous central compartment site sites subunit domain strand fragment fragments library assay"""
)
"""Head words that never make a structural phrase, whatever stands before them."""

ADJECTIVES = words(
    """naturally naturally-occurring occurring natural synthetic semisynthetic semi-synthetic potent selective novel
    new major minor main primary-type important essential key common simple typical well-known known widely used
    commonly orally bioavailable orally-available available active bioactive biologically highly very-potent
    specific particular certain endogenous exogenous human mammalian bacterial fungal marine plant therapeutic
    clinical experimental investigational newly broad-spectrum long-acting short-acting intermediate-acting
    ultra-short-acting rapid-acting second-generation first-generation third-generation fourth-generation topical
    injectable oral intravenous water-soluble fat-soluble soluble lipophilic hydrophilic lipid-soluble
        hypothetical doubly-charged singly-charged optically inactive racemic colorless colourless white yellow red
    crystalline clear
    odorless volatile stable toxic nontoxic non-toxic free additional further single same resulting corresponding
    respective appropriate adjacent remaining other various several many different multiple numerous all terminal-type
    rare unusual atypical small-molecule small large simplest smallest prototypical classical modern oldest first
        second third last one linear branched weakly strongly moderately mildly powerful strong weak mild
    nonselective non-selective
    competitive noncompetitive reversible irreversible peripheral centrally central acting centrally-acting
    manufactured man-made anthropogenic artificial commercial industrial popular traditional folk early late
    genetically engineered recombinant radioactive labelled labeled light-sensitive light heavy water-insoluble
    immunosuppressive antineoplastic antibacterial antifungal antiviral antimicrobial antiinflammatory
    anti-inflammatory antipsychotic antidepressant antihypertensive antidiabetic anticancer anti-cancer anti-tumor
    antitumor antihyperglycemic antihistaminic antimalarial antituberculosis analgesic anesthetic anaesthetic
    antioxidant antiarrhythmic antiemetic anticonvulsant antiepileptic cytotoxic cytostatic cardioactive psychoactive
    psychotropic hallucinogenic insecticidal fungicidal herbicidal antiparasitic anthelmintic antispasmodic
    anticoagulant diuretic sedative hypnotic neurotoxic carcinogenic mutagenic immunomodulatory antiandrogenic
    second-line first-line proprietary extremely slightly relatively unique structurally closely chemically
    otherwise unsubstituted extra
    odorous fluorescent highly-potent pungent sweet bitter sweet-smelling deliquescent hygroscopic basically only"""
)
"""Words that describe a molecule without saying anything about its structure; trimmed off the front of a name."""

NOT_NAMES = words(
    """one none alone bone zone tone stone hormone done gone everyone someone anyone phone drone
    medicine marine routine machine vaccine urine spine line decline determine combine examine genuine feminine
    masculine online define engine discipline examine mine nine fine wine shine swine bovine porcine equine canine
    feline guideline baseline magazine crystalline alkaline adrenaline-like
    active native relative negative positive side wide inside outside beside provide guide decide divide slide hide
    pride ride tide bride coincide worldwide pesticide insecticide herbicide fungicide suicide rodenticide genocide
    climate private isolate candidate rate state date late plate estate create separate moderate appropriate adequate
    accurate immediate intermediate ultimate approximate estimate update indicate associate mandate template
    substrate delicate demonstrate evaluate investigate associate generate activate regulate modulate mediate
    gene scene hygiene scheme plane airplane hurricane membrane humane insane urbane cane crane octane-number arcane
    obscene serene intervene convene
    hospital animal vital total final several general typical medical clinical chemical biological renal fetal oral
    normal usual neural natural actual critical physical local global central topical signal principal material
    mineral essential potential initial special industrial commercial bacterial fungal microbial viral renal neuronal
    control protocol alcohol-free patrol school symbol tool cool pool fool gasoline
    protein skin begin origin margin main pain brain strain grain contain obtain maintain remain certain again
    captain mountain fountain train chain gain rain vein toxin cabin basin ruin bin win thin twin admin within
    human organ japan plan than can ran pan man woman european american mammalian african german korean indian asian
    median ocean mean clean lean bean veteran
    write white despite site quite favorite opposite definite infinite composite finite unite invite bite kite elite
    rite metabolite
    dose those whose close nose rose purpose expose propose diagnose loose choose goose impose compose dispose
    life safe like
    avoid void steroid-like opioid rheumatoid asteroid
    treated weed humid
    premium medium stadium podium tedium consortium bacterium helium-like
    hydrogen hydrogens proton protons carbon carbons
    family easily daily only early likely highly july reply supply apply comply rely fly ally rally assembly finally"""
)
"""English words (and words of biology) that end like chemical names."""

_SUFFIX = re.compile(
    r"(?:yl|ylidene|ylene|oyl|oxy|oxo|amino|imino|amido|ido|nitro|nitroso|thio|azo|diazo|aza|oxa|cyano|chloro|bromo|"
    r"fluoro|iodo|halo|hydro|hydroxy|carboxy|sulfo|phospho|phosphono|formyl|mercapto|sulfanyl|sulfonyl|ureido|guanidino|"
    r"ol|one|al|ate|ite|ide|ine|in|oic|ose|oside|ene|ane|yne|an|ans|oid|onium|ium|azole|azine|idine|iline|ole|epine|epin|"
    r"oxin|arin|olin|urea|ether|ester|acid|amide|imide|amine|imine|lactone|lactam|sugar|oxime|quinone|chalcone|"
    r"stane|sterol|steroid|terpene|terpenoid|flavone|flavan|uron|ylic|anoic|enoic|ynoic|inoic|onic|uronic|aric|"
    r"phenol|furan|pyran|thiophene|indole|purine|coa|acp|gpc|chlorine|bromine|fluorine|iodine|sulfur|oxygen|nitrogen|"
    r"phosphorus|acyl|aryl|lipid|peptide|saccharide|cyclic|hydride|nitrile|thiol|chroman|mide|mycin|cillin|ium|anion|"
    r"cation|zwitterion|carbonyl|carboxyl|hydroxyl|keto|epoxy|dioxy|methylenedioxy|ethylenedioxy|oxide|methano|sulfoxide|"
    r"anilino|toluidino|idino|pholino|guanosine|adenosine|uridine|cytidine|thymidine|uronyl|osyl|osamine|inositol|glycerol|choline|acetal|lactol|"
    r"hemiacetal|arene|cresol|xylene|halide|glycan|ceramide|nac|glcp|galp|manp|fucp|araf|arap|galf|glc|gal)s?$"
)
_LOCANT_NAME = re.compile(r"\d[a-z]?'{0,3}(?:,\d[a-z]?'{0,3}){0,12}[)\]}]{0,3}-[(\[{]{0,4}[A-Za-z]")
_CHARGE = re.compile(r"\(\d{0,2}[+-]\)$|\([ivx]{1,4}\)$|\(\d{0,2}[+-]\)s$")
_FORMULA = re.compile(r"^(?:[A-Z][a-z]?\d*){2,}$")
_LAST_RUN = re.compile(r"[a-z]+$")
_GREEK_TAIL = re.compile(r"(?:alpha|beta|gamma|delta|epsilon|omega|zeta|[- ][a-h])$")
_NOT_ENZYME = re.compile(r"(?:ase|ases|ases'|receptor|receptors|like|related|dependent|induced|mediated|resistant)$")


@lru_cache(maxsize=65536)
def looks_chemical(word: str) -> bool:
    """Say whether one token has the shape of a chemical name: an ending of the nomenclature, locants, a charge.

    Only a hint: English words that end alike are known by a list, and the reader asks where a name is expected.

    Args:
        word: One token as written, e.g. "4-methoxyphenyl", "N-acetyl-beta-D-glucosamine", "CDP(3-)".
    """
    if not word or len(word) > MAX_PHRASE_LENGTH:
        return False
    low = word.lower().strip("-'\"")
    if low in NOT_NAMES or _NOT_ENZYME.search(low):
        return False
    if _CHARGE.search(low) or ("->" in low and len(low) > 8):
        return True
    low = low.rstrip(")]}")
    run = _LAST_RUN.search(low)
    if run is None:
        return bool(_LOCANT_NAME.search(low)) or bool(_GREEK_TAIL.search(low))
    tail = run.group()
    if len(tail) < 3 and len(tail) != len(low):
        return bool(_LOCANT_NAME.search(low)) or tail in {"yl", "ol", "al"}
    if tail in NOT_NAMES:
        return False
    return len(low) > 3 and bool(_SUFFIX.search(tail))
