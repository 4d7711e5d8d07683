"""How often the offline analyst is right, on questions as users word them, with answers that RDKit computes.

Run: python benchmarks/questions.py [--wrong] [--part work|aside|all] [--only questions|classes]

`questions.jsonl` holds conversations whose last answer is graded on its facts: numbers, atoms, yes or no, the compound
that was read. `class_questions.jsonl` holds "is X a Y" by name, by textbook definition. A third of each is kept aside
(by hash of the words), and rules were written with the other two thirds alone. An answer is right, wrong (it states
something that is not so) or not understood (it says that it cannot); a crash is counted by itself.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

from rdkit import Chem, DataStructs, RDLogger
from rdkit.Chem import Crippen, Descriptors, rdFingerprintGenerator, rdMolDescriptors

from molreflect.agents.analyst.agent import build_analyst
from molreflect.agents.analyst.offline import OfflineAnalyst
from molreflect.graphs.conversation.conversation import conversation_tools
from molreflect.settings import Settings
from molreflect.tools.corpus import read_corpus
from molreflect.tools.names.systematic import Namer
from molreflect.tools.resources import open_resources

HERE = Path(__file__).parent
DESCRIPTORS: dict[str, Callable[[Chem.Mol], float]] = {
    "MolWt": Descriptors.MolWt,
    "ExactMolWt": Descriptors.ExactMolWt,
    "MolLogP": Crippen.MolLogP,
    "TPSA": rdMolDescriptors.CalcTPSA,
    "FractionCSP3": rdMolDescriptors.CalcFractionCSP3,
}
REFUSALS = (
    "I cannot",
    "I did not understand",
    "I know no",
    "I could not",
    "Which ",
    "That question",
    "Undecided",
    "Why what",
    "I find no phrase",
    "I answer by rules",
    "Ask me about",
)
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w])")


def is_aside(case: dict[str, Any]) -> bool:
    words = "|".join(case["turns"]) if "turns" in case else f"{case['name']}|{case['class']}"
    return int(hashlib.sha256(words.encode()).hexdigest(), 16) % 3 == 0


def body_of(answer: str) -> str:
    """Leave out what was guessed, which stands before an answer."""
    lines = answer.splitlines()
    return "\n".join(lines[1:] if len(lines) > 1 and re.search(" is (?:read as|taken to be) ", lines[0]) else lines)


def compounds_of(answer: str) -> Iterator[Chem.Mol]:
    """Read whatever in an answer is a SMILES."""
    for token in answer.replace("\n", " ").split():
        for form in (token, token.strip(".,;:"), token.strip(".,;:").removeprefix("(").removesuffix(")")):
            if form and (mol := Chem.MolFromSmiles(form)) is not None and mol.GetNumAtoms():
                yield mol
                break


def the_compound(answer: str, case: dict[str, Any]) -> Chem.Mol | None:
    """Find the compound of a question in an answer, stereochemistry aside, as it is written there.

    A name may mean one of several tautomers or ring forms; the case then lists the others under `also`.
    """
    flat = {
        Chem.MolToSmiles(Chem.MolFromSmiles(smiles), isomericSmiles=False)
        for smiles in (case["smiles"], *case.get("also", ()))
    }
    return next((m for m in compounds_of(answer) if Chem.MolToSmiles(m, isomericSmiles=False) in flat), None)


def atoms_are_right(answer: str, case: dict[str, Any]) -> bool:
    mol = the_compound(answer, case)
    if mol is None:
        return False
    core = {atom for place in mol.GetSubstructMatches(Chem.MolFromSmarts(case["smarts"])) for atom in place}
    near = core | {n.GetIdx() for atom in core for n in mol.GetAtomWithIdx(atom).GetNeighbors()}
    runs = re.findall(r"\batoms? ((?:\(?[\d, ]+\)?(?: and )?)+)", answer)
    said = {int(number) for run in runs for number in re.findall(r"\d+", run)}
    return bool(core) and bool(said) and core & said != set() and said <= near and _covers(mol, core, said, case)


def _covers(mol: Chem.Mol, core: set[int], said: set[int], case: dict[str, Any]) -> bool:
    """Whether each place that RDKit finds has an atom among those that are said."""
    pattern = Chem.MolFromSmarts(case["smarts"])
    return all(set(place) & said for place in mol.GetSubstructMatches(pattern))


def number_of(case: dict[str, Any]) -> int:
    if "value" in case:
        return int(case["value"])
    return len(Chem.MolFromSmiles(case["smiles"]).GetSubstructMatches(Chem.MolFromSmarts(case["smarts"])))


def tanimoto(one: str, two: str) -> float:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    return float(DataStructs.TanimotoSimilarity(*(generator.GetFingerprint(Chem.MolFromSmiles(s)) for s in (one, two))))


def labels_of(answer: str) -> set[str]:
    """Find the stereo labels that an answer gives, letters within a SMILES aside."""
    answer = re.sub(r"\b(?:R or S|S or R|E or Z|Z or E)\b", "", answer)
    words = [w for w in answer.replace("\n", " ").split() if len(w) < 3 or Chem.MolFromSmiles(w.strip(".,;:")) is None]
    return set(re.findall(r"(?<![\w@-])(?:\d+)?([RSEZ])(?![\w-])", " ".join(words)))


def is_right(answer: str, case: dict[str, Any]) -> bool:
    body = body_of(answer)
    kind = case["kind"]
    said = all(part.casefold() in body.casefold() for part in case.get("all", ()))
    said &= any(part.casefold() in body.casefold() for part in case.get("any", [""]))
    said &= case.get("never", "\0").casefold() not in body.casefold()
    if kind in ("yes", "no"):
        return body.startswith("Yes" if kind == "yes" else "No") and the_compound(body, case) is not None
    if kind == "atoms":
        return atoms_are_right(body, case)
    if kind == "number":
        first = NUMBER.search(body)
        read = the_compound(body, case) is not None
        return read and first is not None and float(first.group()) == number_of(case)
    if kind == "value":
        wanted = DESCRIPTORS[case["descriptor"]](Chem.MolFromSmiles(case["smiles"]))
        near = any(abs(float(n) - wanted) <= 0.006 * max(1.0, abs(wanted) ** 0.25) for n in NUMBER.findall(body))
        return said and near and the_compound(body, case) is not None
    if kind == "compound":
        return said and the_compound(body, case) is not None
    if kind == "inchikey":
        return Chem.MolToInchiKey(Chem.MolFromSmiles(case["smiles"])) in body
    if kind == "inchi":
        return Chem.MolToInchi(Chem.MolFromSmiles(case["smiles"])) in body
    if kind == "labels":
        return not body.startswith(REFUSALS) and labels_of(body) == set(case["labels"])
    if kind == "tanimoto":
        return f"{tanimoto(case['smiles'], case['other']):.3f}" in body
    if kind == "refuses":
        safe = re.search(r"\b(?:is|are) safe\b", body) is None
        return body.startswith(REFUSALS) and said and safe
    if kind == "asks":
        return body.startswith(REFUSALS) and said
    return said and not (case["intent"] != "caption" and "cannot" not in case["all"] and body.startswith(REFUSALS[:3]))


def grade(answer: str, case: dict[str, Any]) -> str:
    if is_right(answer, case):
        return "right"
    if not answer.strip():
        return "wrong"
    understood_not = body_of(answer).startswith(REFUSALS)
    return "not understood" if understood_not and case["kind"] not in ("asks",) else "wrong"


def cases_of(part: str, path: Path) -> list[dict[str, Any]]:
    cases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [case for case in cases if part == "all" or is_aside(case) is (part == "aside")]


def class_case(case: dict[str, Any]) -> dict[str, Any]:
    article = "an" if case["class"][0] in "aeiou" else "a"
    question = f"Is {case['name']} {article} {case['class']}?"
    turns = [question, "why?" if case["is_a"] else "why not?"] if case.get("why") else [question]
    return {"turns": turns, "intent": "class", "kind": "yes" if case["is_a"] else "no", "by_name": True}


def ask_all(agent: Any, cases: list[dict[str, Any]], show: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    for case in cases:
        config = {"configurable": {"thread_id": uuid4().hex}}
        answers = []
        try:
            for turn in case["turns"]:
                answers.append(str(agent.invoke({"messages": [("user", turn)]}, config)["messages"][-1].content))
        except Exception:  # noqa: BLE001 - whatever it is, it is a crash that is to be counted
            counts["crash"] += 1
            traceback.print_exc()
            continue
        answer = answers[-1]
        if case.get("by_name"):
            opening = "Yes" if case["kind"] == "yes" else "No"
            body = body_of(answers[0])
            verdict = "right" if body.startswith(opening) else "wrong" if body.startswith(("Yes", "No")) else "open"
            if verdict == "right" and len(answers) > 1 and body_of(answer).startswith(REFUSALS):
                verdict = "why unanswered"
        else:
            verdict = grade(answer, case)
        counts[verdict] += 1
        if show and verdict != "right":
            print(f"  {verdict}: {' / '.join(case['turns'])}\n    {answer[:600]}", flush=True)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wrong", action="store_true", help="show what was not right")
    parser.add_argument("--part", choices=("work", "aside", "all"), default="all")
    parser.add_argument("--only", choices=("questions", "classes"))
    parser.add_argument("--set", choices=tuple(map(str, range(1, 16))), default="1", help="2 to 15: later sets")
    chosen = parser.parse_args()
    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    number = "" if chosen.set == "1" else f"_{chosen.set}"
    parts = ("work", "aside") if chosen.part == "all" else (chosen.part,)
    with ExitStack() as stack:
        resources = open_resources()
        stack.callback(resources.close)
        namer = stack.enter_context(Namer())
        pictures = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tools = conversation_tools(
            resources, lambda: read_corpus(Settings().sample), namer=namer, pictures=lambda: pictures
        )
        from langgraph.checkpoint.memory import InMemorySaver

        agent = build_analyst(OfflineAnalyst(), tools, checkpointer=InMemorySaver())
        for part in parts:
            if chosen.only != "classes":
                counts = ask_all(agent, cases_of(part, HERE / f"questions{number}.jsonl"), chosen.wrong)
                print(f"questions, {part}: {counts['right']} of {counts.total()} right; {dict(counts)}", flush=True)
            if chosen.only != "questions":
                cases = [class_case(case) for case in cases_of(part, HERE / f"class_questions{number}.jsonl")]
                counts = ask_all(agent, cases, chosen.wrong)
                print(f"is X a Y, {part}: {counts['right']} of {counts.total()} right; {dict(counts)}", flush=True)


if __name__ == "__main__":
    main()
