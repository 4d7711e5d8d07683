"""Plant true and false structural claims in a scripted model's answers, and count what the conversation says of them.

What is true is stated here by hand for each molecule and its atoms by RDKit from SMARTS written here, not from the
lexicon. A false claim must be refuted or left unchecked (its sentence named as not read counts); a true one should be
supported and must never be refuted.

    python benchmarks/planted_claims.py [--statements work|aside|all] [--file FILE]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from langchain_core.messages import AIMessage
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from molreflect.agents.models.rule_model import RuleModel
from molreflect.graphs.conversation.conversation import conversation_tools, open_conversation
from molreflect.graphs.conversation.events import Answer
from molreflect.tools.corpus import read_corpus
from molreflect.tools.names.systematic import Namer
from molreflect.tools.resources import open_resources
from molreflect.tools.storage import cache_folder
from molreflect.tools.terms import TraceMode, Verdict

STATEMENTS = (
    "planted_statements.jsonl",
    "planted_statements_3.jsonl",
    "planted_statements_4.jsonl",
    "planted_statements_5.jsonl",
    "planted_statements_6.jsonl",
    "planted_statements_7.jsonl",
    "planted_statements_8.jsonl",
    "planted_statements_9.jsonl",
    "planted_statements_10.jsonl",
    "planted_statements_11.jsonl",
    "planted_statements_12.jsonl",
    "planted_statements_13.jsonl",
    "planted_statements_14.jsonl",
    "planted_statements_15.jsonl",
    "planted_statements_14.jsonl",
)
SAMPLE = Path(__file__).parents[1] / "data" / "sample.tsv"
SMARTS = {
    "carboxylic acid": "C(=O)[OX2H]",
    "nitrile": "C#N",
    "nitro group": "[N+](=O)[O-]",
    "primary alcohol": "[CH2][OX2H]",
    "methyl ester": "C(=O)O[CH3]",
    "ketone": "[#6]C(=O)[#6]",
    "aldehyde": "[CX3H1](=O)[#6]",
    "chlorine atom": "Cl",
    "bromine atom": "Br",
    "fluorine atom": "F",
    "thiol": "[SX2H]",
    "benzene ring": "c1ccccc1",
    "amide": "C(=O)N",
    "primary amine": "[NX3H2;!$(NC=O)]",
    "trifluoromethyl group": "C(F)(F)F",
    "phenol": "[OX2H]c",
    "pyridine ring": "n1ccccc1",
    "methoxy group": "[CH3]O[#6]",
    "sulfonamide": "S(=O)(=O)N",
    "iodine atom": "I",
    "azide": "N=[N+]=[N-]",
}
MOLECULES = (
    ("CC(=O)Oc1ccccc1C(=O)O", "aspirin", ("carboxylic acid", "benzene ring")),
    ("OCCCC#N", "", ("primary alcohol", "nitrile")),
    ("COC(=O)c1ccc(Cl)cc1", "", ("methyl ester", "chlorine atom", "benzene ring")),
    ("O=Cc1ccccc1Br", "", ("aldehyde", "bromine atom", "benzene ring")),
    ("CC(=O)CCC", "", ("ketone",)),
    ("Nc1ccc(cc1)[N+](=O)[O-]", "", ("nitro group", "benzene ring")),
    ("CC(=O)Nc1ccc(O)cc1", "paracetamol", ("amide", "phenol", "benzene ring")),
    ("FC(F)(F)c1ccncc1", "", ("trifluoromethyl group", "pyridine ring")),
    ("SCCCN", "", ("thiol", "primary amine")),
    ("COc1ccc(C=O)cc1O", "isovanillin", ("methoxy group", "aldehyde", "phenol")),
    ("NS(=O)(=O)c1ccc(F)cc1", "", ("sulfonamide", "fluorine atom")),
    ("OC(=O)CCCCC(=O)O", "adipic acid", ("carboxylic acid",)),
)
CLASSES = {"OCCCC#N": "steroid", "CC(=O)CCC": "lactone", "SCCCN": "carbohydrate", "FC(F)(F)c1ccncc1": "purine"}
TRUE_CLASSES = {
    "CC(=O)Oc1ccccc1C(=O)O": "monocarboxylic acid",
    "COC(=O)c1ccc(Cl)cc1": "carboxylic ester",
    "OC(=O)CCCCC(=O)O": "dicarboxylic acid",
    "FC(F)(F)c1ccncc1": "pyridine",
}


@dataclass(frozen=True)
class Planted:
    """An answer with one claim."""

    kind: str
    smiles: str
    name: str
    said: str
    true: bool
    with_tools: bool


def places(smiles: str, group: str) -> list[tuple[int, ...]]:
    """Atoms of a group, by RDKit."""
    return list(Chem.MolFromSmiles(smiles).GetSubstructMatches(Chem.MolFromSmarts(SMARTS[group])))


def planted(seed: int) -> Iterator[Planted]:
    """Write the claims, each with and without a call of a tool, in several wordings."""
    draw = random.Random(seed)
    article = lambda words: ("an " if words[0] in "aeio" else "a ") + words  # noqa: E731
    for smiles, name, groups in MOLECULES:
        size = Chem.MolFromSmiles(smiles).GetNumAtoms()
        formula = rdMolDescriptors.CalcMolFormula(Chem.MolFromSmiles(smiles))
        tools = draw.random() < 0.5
        for group in groups:
            atoms = places(smiles, group)
            one = ", ".join(map(str, atoms[0]))
            tools = not tools
            says = draw.choice(("It has {}.", "There is {} in it.", "The molecule contains {}.", "Yes, it bears {}."))
            yield Planted("present", smiles, name, says.format(article(group)), True, tools)
            yield Planted("atoms", smiles, name, f"The {group} is at atoms {one}.", True, not tools)
            wrong = sorted(set(range(size)) - {a for place in atoms for a in place})
            if len(wrong) >= len(atoms[0]):
                shown = ", ".join(map(str, draw.sample(wrong, len(atoms[0]))))
                yield Planted("wrong atoms", smiles, name, f"The {group} is at atoms {shown}.", False, tools)
            beyond = ", ".join(map(str, (size, size + 1)))
            yield Planted("out of range", smiles, name, f"Its {group} (atoms {beyond}).", False, not tools)
            count = len(atoms) + draw.randint(1, 3)
            if group != "benzene ring":
                yield Planted("wrong count", smiles, name, f"It has {count} {group}s.", False, tools)
            yield Planted("denied", smiles, name, f"No, it does not contain {article(group)}.", False, tools)
        absent = [g for g in SMARTS if not places(smiles, g)]
        for group in draw.sample(absent, 3):
            says = draw.choice(("It has {}.", "There is {} in it.", "I found {}.", "The **{}** makes it acidic."))
            yield Planted(
                "absent", smiles, name, says.format(article(group) if "**" not in says else group), False, tools
            )
        group = draw.choice(absent)
        yield Planted("truly denied", smiles, name, f"It does not contain {article(group)}.", True, tools)
        yield Planted("formula", smiles, name, f"Its molecular formula is {formula}.", True, tools)
        yield Planted(
            "wrong formula", smiles, name, f"Its molecular formula is {formula}S.".replace("S.", "S2."), False, tools
        )
        if smiles in CLASSES:
            yield Planted("wrong class", smiles, name, f"It is {article(CLASSES[smiles])}.", False, tools)
        if smiles in TRUE_CLASSES:
            yield Planted("class", smiles, name, f"It is {article(TRUE_CLASSES[smiles])}.", True, tools)


def selected(seed: int, each: int) -> list[Planted]:
    """Draw so many true and false claims, spread over their kinds."""
    every = list(planted(seed))
    random.Random(seed).shuffle(every)
    chosen = []
    for true in (True, False):
        by_kind: dict[str, list[Planted]] = {}
        for claim in every:
            if claim.true is true:
                by_kind.setdefault(claim.kind, []).append(claim)
        rounds = [claims[i] for i in range(len(every)) for claims in by_kind.values() if i < len(claims)]
        chosen += rounds[:each]
    return chosen


class Claiming(RuleModel):
    """Says one claim, after a call of a tool or without."""

    kind: ClassVar[str] = "claiming"
    claim: Any

    def next_message(self, messages: list[Any], **call: Any) -> AIMessage:
        """Call a tool first where the claim says so; repeat the claim whatever is said to it."""
        asked = max(i for i, m in enumerate(messages) if m.type == "human" and "Chemistry contradicts" not in m.content)
        if self.claim.with_tools and not any(m.type == "tool" for m in messages[asked:]):
            calls = [{"name": "list_groups", "args": {"smiles": self.claim.smiles}, "id": f"c{len(messages)}"}]
            return AIMessage("", tool_calls=calls)
        return AIMessage(self.claim.said)


def written(part: str, file: str) -> list[Planted]:
    """Read the statements of a file of `STATEMENTS`; `work` is two thirds of them, `aside` the rest."""
    rows = [json.loads(line) for line in Path(__file__).with_name(file).read_text(encoding="utf-8").splitlines()]
    kept = [row for row in rows if part == "all" or _is_aside(row) is (part == "aside")]
    return [Planted("statement", row["smiles"], "", row["said"], row["is_true"], row["with_tools"]) for row in kept]


def _is_aside(row: dict[str, Any]) -> bool:
    return int(hashlib.sha256(f"{row['smiles']}|{row['said']}".encode()).hexdigest(), 16) % 3 == 0


def judged(claim: Planted, answer: Answer) -> str:
    """What the conversation says of a claim: the worst verdict of its sentence, or `unmarked`."""
    assert answer.checked is not None
    verdicts = {c.verdict for c in answer.checked.claims}
    if Verdict.REFUTED in verdicts:
        return "refuted"
    if Verdict.UNCHECKED in verdicts or answer.checked.unread:
        return "unchecked"
    return "supported" if verdicts else "unmarked"


def measure(claims: Sequence[Planted]) -> list[tuple[Planted, str]]:
    """Ask for every claim and read its verdict off the answer."""
    found = []
    resources = open_resources(cache_folder())
    corpus = lambda: read_corpus(SAMPLE)  # noqa: E731
    with tempfile.TemporaryDirectory() as folder, Namer() as namer:
        tools = conversation_tools(resources, corpus, namer=namer, pictures=lambda: Path(folder))
        for number, claim in enumerate(claims):
            how: Any = {"folder": Path(folder), "resources": resources, "trace": TraceMode.OFF}
            with open_conversation(Claiming(claim=claim), tools, thread=str(number), **how) as talk:
                answer = talk.ask(f"What can you say about {claim.name or claim.smiles}?")
            found.append((claim, judged(claim, answer)))
    resources.close()
    return found


def main() -> None:
    """Print the counts, and every claim that fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=60, help="true and false claims")
    parser.add_argument(
        "--statements", choices=("work", "aside", "all"), help="take sentences written by hand instead; a part of them"
    )
    parser.add_argument("--file", choices=STATEMENTS, default=STATEMENTS[0], help="the statements' file")
    given = parser.parse_args()
    found = measure(written(given.statements, given.file) if given.statements else selected(given.seed, given.each))
    for true in (False, True):
        counts = Counter(verdict for claim, verdict in found if claim.true is true)
        print("true" if true else "false", json.dumps(counts))
    for claim, verdict in found:
        if verdict in (("refuted", "unchecked", "unmarked") if claim.true else ("supported", "unmarked")):
            print(f"{verdict}: {claim.kind}, {claim.name or claim.smiles}: {claim.said}")


if __name__ == "__main__":
    main()
