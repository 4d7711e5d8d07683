"""Wordings of one sense written in one way, so that a sentence has fewer forms: "is made up of" as "contains"."""

from __future__ import annotations

import re
from collections.abc import Callable

_NUMBER = r"(?:\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_IT = r"(?:it|(?:the|this) (?:entire |whole )?(?:molecule|compound|structure|substance|species|skeleton))"
_WRITTEN: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"[\u2010-\u2013\u2212]", "-"),
    (r"\s*\u2014\s*| -- ", " , "),
    (r"[\"\u201c\u201d]", ""),
    (r"\u2019", "'"),
    (r"\bit 's\b|\bit's (?=an?\b|the\b|not\b|one\b)", "it is "),
    (r"\bit ?'s (?!an?\b|the\b|not\b|one\b|its\b)", "its "),
    (r"\bthere's\b", "there is"),
    (
        r"\b(?:its|their|the) (?:absolute )?(?:configurations?|stereochemistry) (?:is|are) "
        r"(?:not (?:specified|defined|given|stated|assigned)"
        r"|unspecified|undefined|unassigned|unknown|(?:left )?open)(?: here)?\b",
        "they are undefined",
    ),
    (
        r"^it is (?P<name>[^,;]+?) with (?P<many>an?|one|two|three) (?:additional|extra|further) (?P<what>[^,;]+)$",
        r"it differs from \g<name> by \g<many> \g<what>",
    ),
    (r" ?,? (?:due to|owing to|thanks to|because of) (?:its|the|an?) ", " ; it has a "),
    (r"\b(?:in this (?:smiles|SMILES|drawing|structure|representation)|as (?:written|drawn)(?: here)?)\b", " "),
    (
        r"\b(?:left |fully |completely )?(?P<un>undefined|unspecified|unassigned)\b"
        r"|\bnot (?:specified|defined|assigned)\b|\bleft open\b",
        "undefined",
    ),
    (r"\b(?:fully |completely |explicitly )(?:specified|defined|assigned)\b", "defined"),
    (r"\bnot (?:a single|any|even one)\b", "no"),
    (
        r"\b(?P<bond>double|triple|single) (?P<s>bonds?) between (?:two )?carbons?(?: atoms?)?\b",
        r"carbon-carbon \g<bond> \g<s>",
    ),
    (
        r"\bthe (?P<what>hydrogen|carbon|nitrogen|oxygen|ring|heavy[- ]atom|stereocentre) count is (?P<n>\w+)\b",
        r"it contains \g<n> \g<what>s",
    ),
    (r"^(?P<head>it (?:has|contains) .+?) rather than (?:an? )?(?P<no>[^,;]+)$", r"\g<head> , no \g<no>"),
    (r"^(?P<head>it is .+?) rather than (?P<no>an? [^,;]+)$", r"\g<head> , not \g<no>"),
    (r"\bboth (?P<one>[a-z]+) and (?P<two>[a-z]+)\b(?! (?:are|have|sit|lie))", r"\g<one> and \g<two>"),
    (r"\b(?P<n>one|two|three|four|five|six|seven|eight|\d+) (?:remaining|ring) (?=hydrogens?\b)", r"\g<n> "),
    (r"\b(?:here|instead|at all|alone in the molecule)(?= |$)", " "),
    (r"\b(?P<what>[a-z-]+s) being\b", r"\g<what> are"),
    (r"\b(?P<what>[a-z-]+) being\b", r"\g<what> is"),
    (
        r"\b(?:giving|making|yielding|bringing it to|for) "
        r"(?=(?:a total of )?(?:\d+|two|three|four|five|six|seven|eight)\b)",
        ", ",
    ),
    (r"^(?P<head>it is (?:an?|the) [^;,:]+?) that is (?!fused|attached|bonded|linked|joined)", r"\g<head> ; it is "),
    (r"\bbelongs? to (?P<one>(?:an?|the) [^,;]+?)$", r"is part of \g<one>"),
    (r"\b(?:has|contains) only single bonds\b", "is fully saturated"),
    (
        r"\bthe (?:base|nucleobase|sugar|amino acid|acid|alcohol|drug|heterocycle|ring system) "
        r"(?=[a-z]+(?:ine|ole|ose|in|one|il|ane)\b)",
        "the ",
    ),
    (r"\bdoes not (?:contain|have|bear|carry|possess|include|feature)(?: any)?\b", "lacks"),
    (r"\b(?:has|have|contains|carries|bears) (?:no|neither) ", "lacks "),
    (r"\b(?:is|are) (?:completely |entirely )?(?:free of|devoid of|free from|without)(?: any)?\b", "lacks"),
    (r"\blacks? (?:any|an?)\b", "lacks"),
    (r"\bthere (?:is|are) no\b", "it lacks"),
    (r"\bthere (?:is|are)\b", "it contains"),
    (
        r"\b(?:is|are) (?:made up|made|composed|built up|built|comprised|constructed|assembled|formed)"
        r" (?:of|from|out of)\b",
        "contains",
    ),
    (r"\b(?:made up|composed|built up|built|constructed|assembled) (?:of|from|out of)\b", "containing"),
    (r"\bconsists? (?:only|solely|exclusively|entirely|purely) of (?P<what>.+)", r"contains \g<what> only"),
    (r"\bconsists? of\b", "contains"),
    (r"\bconsisting of\b", "containing"),
    (r"\b(?:is|are) (?:characteri[sz]ed|marked) by\b", "contains"),
    (r"\b(?:is|are) built (?:on|around|upon)\b", "contains"),
    (
        r"\b(?:bears|carries|features|includes|possesses|comprises|incorporates|displays|exhibits|shows|holds|combines"
        r"|harbou?rs|boasts|owns)\b",
        "has",
    ),
    (r"\b(?:bear|carry|feature|include|possess|comprise|incorporate|display|exhibit|hold)\b(?! (?:of|on)\b)", "have"),
    (r"\b(?:features|including) (?=an?\b)", "has "),
    (r"\b(?:bearing|carrying|featuring|possessing|comprising|incorporating|displaying)\b", "having"),
    (
        r"\b(?:can|could|may) be (?:found|seen|counted|identified)\b"
        r"|\b(?:is|are|can be) (?:present|found|seen)\b(?! (?:on|at|as)\b)",
        "exist",
    ),
    (r"\b(?:exists?|occurs?) in (?:total|all)\b", "exist"),
    (rf"\b(?:exist) in {_IT}\b", "exist"),
    (rf"\b(?:in|within|of|throughout) {_IT}(?= |$)", " "),
    (
        r"\b(?:is|are) (?:classified|categori[sz]ed|regarded|described|known|viewed|classed|best described|seen"
        r"|considered)"
        r"(?: as| to be)?(?= an?\b| the\b)",
        "is",
    ),
    (r"\b(?:qualifies|counts|acts|serves) as (?=an?\b)", "is "),
    (r"\b(?:represents|constitutes) (?=an?\b)", "is "),
    (r"\bbelongs to the (?:class|family|group) of\b", "is one of the"),
    (r"\ba total of\b|\bin total ,?|\bin all(?= |$)|\baltogether ,?|\boverall ,?", " "),
    (r"\b(?:exactly|precisely|just|only) (?=(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|\d+)\b)", ""),
    (r"\b(?:a single|a sole|a lone|just one|only one)\b", "one"),
    (r"\b(?:a pair of|a couple of)\b", "two"),
    (r"\b(?:several|multiple|numerous|a number of)\b", "several"),
    (rf"\b(?P<n>{_NUMBER}) (?:additional|further|separate|individual) (?=[a-z])", r"\g<n> "),
    (r"\b(?:an additional|a further|(?<!one )another|an extra|one more)\b", "a"),
    (
        r"\b(?:also|therefore|thus|hence|consequently|accordingly|additionally|furthermore|moreover|overall|formally"
        r"|structurally|chemically|simply|just|itself|notably|namely|respectively|in turn|in addition|as well)\b",
        " ",
    ),
    (r"\b(?:i\.e\.?|e\.g\.?|that is(?= to say| ,)|to say)\s*,?", ", "),
    (r"\bas well as\b|\balong with\b|\btogether with\b|\bplus\b|\bin addition to\b|\bnot to mention\b", "and"),
    (
        r"\b(?:because|since|even though|given that|"
        r"seeing that|due to the fact that|for the reason that|so|whereas|while|although"
        r"|though"
        r"|but|yet|and so|which means(?: that)?|meaning(?: that)?|making)\b",
        "; ",
    ),
    (r"\bis both (?=an? )", "is "),
    (r"\bas (?=(?:the|its|it|both|each|all|no|there|one|two|three|four)\b)", "; "),
    (
        r"\bwhose (?:absolute )?(?:configurations?|stereochemistry) (?:is|are) "
        r"(?:not (?:specified|defined|given|stated|assigned)|unspecified"
        r"|undefined|unassigned|unknown|(?:left )?open)\b",
        "; they are undefined",
    ),
    (r"\bin which\b|\bwhere\b", "; "),
    (r"\bwhose\b", "; its"),
    (r", (?:which|who|that) (?=(?:has|have|is|are|contains|lacks)\b)", "; they "),
    (r"\bof which\b", "of them"),
    (r"\(?(?<![\w-])(?P<l>[EZRSezrs])\)?-configured\b", r"\g<l>"),
    (r"\b(?:in|as) (?:this|its|the) (?:form|drawing|representation)(?: here)?\b", " "),
    (
        r"\bit fuses (?P<one>(?:an?|the|its) .+?) (?:to|with|onto|and) (?P<two>(?:an?|the|its) .+)",
        r"it contains \g<one> fused to \g<two>",
    ),
    (
        r"\bit (?:joins|links|connects|couples) (?P<one>(?:an?|the|its) .+?) (?:to|with|and) "
        r"(?P<two>(?:an?|the|its) [^,;]+)$",
        r"it contains \g<one> attached to \g<two>",
    ),
    (
        r"\b(?P<v>has|have|contains?|contain) (?:only|solely|exclusively|nothing but) "
        r"(?P<what>(?:carbon|hydrogen|nitrogen|oxygen|sulfur|chlorine|fluorine|bromine|,| |and|atoms)+)$",
        r"\g<v> \g<what> only",
    ),
    (r"\b(?P<v>contains) only of\b", r"\g<v>"),
    (r"\bis not an?\b", "is-no"),
    (
        r"\b(?:has|have) (?:the |an? )?\(?(?P<l>E|Z|R|S|cis|trans|e|z|r|s)\)?[ -]"
        r"(?:geometry|configuration|stereochemistry)\b",
        r"is \g<l>",
    ),
    (
        r"\b(?:of|with|having) (?:the |an? )?(?:\()?(?P<l>E|Z|R|S|cis|trans|e|z|r|s)(?:\))?[ -]"
        r"(?:geometry|configuration|configured|stereochemistry)\b",
        r"\g<l>",
    ),
    (r"\b(?:permanent|formal|full) (?=(?:positive|negative) charge)", ""),
    (r"\b(?:positively|negatively) charged\b", lambda m: m[0].replace(" ", "-")),
    (r"\b(?P<sp>sp[23]?) hybridi[sz]ed\b", r"\g<sp>-hybridised"),
    (r"\b(?:chirality|chiral|stereogenic|asymmetric|stereo) cent(?:er|re)(?P<s>s?)\b", r"stereocentre\g<s>"),
    (r"\b(?:asymmetric|stereogenic|chiral) carbons?(?: atoms?)?\b", "stereocentres"),
    (r"\bstereocenter(?P<s>s?)\b", r"stereocentre\g<s>"),
)
_COMPILED = tuple((re.compile(pattern), meant) for pattern, meant in _WRITTEN)
_MARK = re.compile(r"(?:(?<=\D)|(?<=^))([;:()]|,(?=\s|$))|([;:()]|,(?=\s|$))(?=\D|$)")


def in_one_way(sentence: str) -> str:
    """Write a sentence in small letters, marks as words of their own, and each sense by one wording."""
    text = _MARK.sub(lambda m: f" {m[1] or m[2]} ", sentence.strip().rstrip(".!? "))
    text = " ".join(text.split())
    text = text[:1].lower() + text[1:]
    text = " ".join(word if _is_symbol(word) else word.lower() for word in text.split())
    for pattern, meant in _COMPILED:
        text = pattern.sub(meant, text)
    text = _OF_THEM.sub(_in_order, text)
    text = re.sub(r"(?: ?[,;] ?)+(?=[;,])", " ", text)
    return " ".join(text.split()).strip(" ,;")


def _is_symbol(word: str) -> bool:
    """Whether a word is a formula, a bond or a label, whose letters tell: "C=C", "NH2", "N-methyl"."""
    return (
        any(a.isupper() for a in word[1:])
        or re.fullmatch(r"C\d+", word) is not None
        or (len(word) == 1 and word.isupper())
        or word[:2] in ("N-", "O-", "S-")
    )


_OF_THEM = re.compile(
    r"(?:^|(?<=[;,:] )|(?<=and ))of (?P<noun>(?:the|its|these|them|which)(?: (?!is |are |has )[^,;\s]+){0,5}?) ?,? "
    r"(?P<many>one|two|three|four|five|six|both|all|none|each|only one)(?= (?:is|are|has|have|carry|lies|sits?)\b)"
)


def _in_order(found: re.Match[str]) -> str:
    """Write "of the five chlorines, three are" as "three of the five chlorines are"."""
    return f"{found['many']} of {found['noun']}"
