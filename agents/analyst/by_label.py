"""What is said of atoms by their labels, said of each of them in a sentence of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from molreflect.agents.analyst.unfolding import SPEAKS_BACK, VERBS, capital, definite

_LABEL = r"(?:atom \d{1,3}|[A-Z][a-z]?\d{1,3})"
_PLACED_LABELS = re.compile(
    rf"^(?P<main>It has [^,;:()]{{2,60}}): (?P<list>{_LABEL} (?:is )?[a-z][^,;:]{{3,}}?(?:(?:,|;|,? and"
    rf"|,? while) {_LABEL} (?:is )?[a-z][^,;:]{{3,}}?)+)$"
)
_ONE_AND_OTHER = re.compile(
    rf"^(?:one|the first) (?:of the (?:two "
    rf"|three )?)?(?P<what>[^,;:()]{{2,40}}?)(?:,? \(?(?P<a>{_LABEL})\)?,?)? (?P<said>(?:{VERBS}) [^,;:()]{{2,60}}?)"
    rf"(?: \((?P<a2>{_LABEL})\))?(?:;|,)?(?: and| while| whereas)? the (?:other"
    rf"|second)(?: one)?,? \(?(?P<b>{_LABEL})\)?,? (?P<other>(?:{VERBS}) .{{2,}})$",
    re.IGNORECASE,
)

_LABELS_BEHIND = re.compile(
    r"^(?P<main>[^:;]{4,}?)(?::|,| \() ?(?P<list>\d{1,3}[RS](?:(?:,|,? and) ?\d{1,3}[RS])*)\)?$"
)
_INDEX_AND_LABEL = re.compile(r"(\d{1,3})([RS])")
_NOT_SO = re.compile(
    r"^(?P<one>[^,;:]{1,40}?) (?P<verb>is|are) (?P<rest>[^,;:]{3,60})(?:,|;)(?: but| and| while"
    r"| whereas)? (?P<other>[^,;:]{1,40}?) (?:is|are) not$",
    re.IGNORECASE,
)
_GAPPED = re.compile(
    rf"^(?P<one>[^,;:]{{1,40}}?) (?P<verb>(?:is |are )?(?:{VERBS}|connects|attached|bonded|bound|linked"
    rf"|connected|joined|fused)) (?P<to>to|on|at|in|by) (?P<first>[^,;:]{{2,50}}?)"
    rf"(?:,|;)?(?: and| while| whereas)? (?P<other>(?:the |{_LABEL}|carbon \d|nitrogen \d"
    rf"|oxygen \d)[^,;:]{{0,40}}?) (?P=to) (?P<second>[^,;:]{{2,50}})$",
    re.IGNORECASE,
)
_BETWEEN_THEM = re.compile(
    rf"^(?P<main>(?P<one>[^,;:]{{2,60}}?) (?:{VERBS}) (?:[a-z]+ )?(?P<object>(?:an?|the"
    rf"|one) [^,;:]{{2,60}}?)),? (?:with )?"
    r"(?P<what>(?:an?|one|two|three|four) [^,;:]{2,40}?) (?:separating|between|in between|linking|connecting"
    r"|joining) ?(?:the two|them)?$",
    re.IGNORECASE,
)


def by_label(sentence: str) -> Iterator[Sequence[str]]:
    """Part what is said of atoms by their labels: ": S6 in the ring and S1 in the chain"."""
    if (found := _PLACED_LABELS.match(sentence)) is not None:
        items = re.split(rf"(?:,|;|,? and|,? while) (?={_LABEL} )", found["list"])
        told = []
        for item in items:
            label, _, rest = item.partition(" ") if not item.startswith("atom") else item[5:].partition(" ")
            label = label if not item.startswith("atom") else f"Atom {label}"
            told.append(f"{label} {rest}" if rest.startswith("is ") else f"{label} is {rest}")
        if not any(SPEAKS_BACK.search(each) for each in told):
            yield found["main"], *told
    if (found := _LABELS_BEHIND.match(sentence)) is not None:
        yield found["main"], *(f"Atom {index} is {label}" for index, label in _INDEX_AND_LABEL.findall(found["list"]))
    if (found := _NOT_SO.match(sentence)) is not None and not SPEAKS_BACK.search(sentence):
        yield (
            f"{found['one']} {found['verb']} {found['rest']}",
            f"{capital(found['other'])} {found['verb']} not {found['rest']}",
        )
    if (found := _GAPPED.match(sentence)) is not None and not SPEAKS_BACK.search(sentence):
        yield (
            f"{found['one']} {found['verb']} {found['to']} {found['first']}",
            f"{capital(found['other'])} {found['verb']} {found['to']} {found['second']}",
        )
    if (found := _BETWEEN_THEM.match(sentence)) is not None:
        one, other = definite(found["one"]), definite(found["object"])
        yield found["main"], f"{one} and {other[:1].lower()}{other[1:]} are separated by {found['what']}"
    found = _ONE_AND_OTHER.match(sentence)
    if found is not None and (found["a"] or found["a2"]):
        one, what = capital(found["a"] or found["a2"]), re.sub(r"s$", "", found["what"])
        article = "an" if what[:1].lower() in "aeiou" else "a"
        other = capital(found["b"])
        if not SPEAKS_BACK.search(f"{found['said']} {found['other']}"):
            yield (
                f"{one} is {article} {what}",
                f"{other} is {article} {what}",
                f"{one} {found['said']}",
                f"{other} {found['other']}",
            )
