"""A statement in which the molecule is "It", whatever name it was given."""

from __future__ import annotations

import re

from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.sentences.named import is_its_name, may_be_its_name
from molreflect.agents.analyst.vocabulary import english, prose

_FIRST_NAME = re.compile(
    r"(?P<name>(?P<first>(?!(?:Its?|The|An?|One|Two|Three|Four|Five|Six|In|On|At|Of|No|All|Both|Each|This|That"
    r"|There)\b)"
    r"(?!(?:Atoms?|CIP|SMILES|RDKit|InChI|Hybridi[sz]ation|Neighbou?rs|Charges?)\b|(?:Calc|Get|Find"
    r"|Num)[A-Z])(?![A-Z][a-z]?\d)(?=[\w,'-]*[A-Za-z]{3})[A-Z0-9][\w,'-]*)"
    r"(?: (?:acid|alcohol|aldehyde|ketone|oxide|chloride|bromide|iodide|fluoride|sulfate|acetate|ester|ether|amine"
    r"|glycol|sodium|orange|red|blue|green|violet|yellow|[A-K]))?)"
    r"(?=\s?[:=]| (?:is|has|contains|shows|displays|presents|exhibits|features|bears|carries|possesses|comprises"
    r"|consists|combines|joins|includes|incorporates|holds|lacks|belongs|derives|forms|links|connects|ends|starts|can)\b)"
)
"""What a sentence begins with where that may be a name."""
_OF_NAME = re.compile(r"(?P<before>\b(?:of|in|for) )(?P<name>[A-Za-z][\w-]{4,}(?: acid)?)\b(?! ring)")


def called_it(sentence: str, nouns: Nouns) -> str:
    """Put "It" in the place of a name of the molecule that nobody here knew as such, at the start and behind "of"."""
    named = _FIRST_NAME.match(sentence)
    if (
        named is not None
        and named["first"].lower() not in english() | prose().joining
        and may_be_its_name(named["name"], nouns)
    ):
        sentence = f"It{sentence[named.end('name') :]}"
    return _OF_NAME.sub(lambda m: f"{m['before']}It" if is_its_name(m["name"], nouns) else m[0], sentence)
