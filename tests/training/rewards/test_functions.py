"""Rewards: what an honest answer earns, and that no answer written to be rewarded earns as much."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reward_attacks import TO_CAPTION, TO_MOLECULE, Pair, half_honest, read_pair

from molreflect.tools.corpus import read_corpus
from molreflect.tools.errors import InputError
from molreflect.training.rewards.functions import WEIGHTS, Rewards, repeated

SAMPLE = Path(__file__).parents[3] / "data" / "sample.tsv"
ROWS = ("S025", "S100")
ESTER = "COC(=O)c1ccccc1O"
"""Methyl salicylate."""
CAPTION = "The molecule is a methyl ester and a member of phenols. It has a role as a metabolite."
RATIONALE = "Parts:\nmethyl ester -> COC=O\nphenols -> Oc1ccccc1"


@pytest.fixture(scope="module")
def corpus() -> Sequence[Any]:
    return read_corpus(SAMPLE).pairs


@pytest.fixture(scope="module")
def rewards(resources: Any, corpus: Sequence[Any]) -> Rewards:
    return Rewards(resources, [pair.smiles for pair in corpus])


@pytest.fixture(scope="module")
def pairs(resources: Any, corpus: Sequence[Any]) -> list[Pair]:
    rows = {pair.id: i for i, pair in enumerate(corpus)}
    found = []
    for id in ROWS:
        mine, other = (read_pair(p.smiles, p.caption, resources) for p in corpus[rows[id] : rows[id] + 2])
        found.append(replace(mine, neighbour=other))
    return found


def rows(direction: str, **changed: str) -> dict[str, list[str]]:
    sides = (ESTER, CAPTION) if direction == "mol2cap" else (CAPTION, ESTER)
    marker = "Caption:" if direction == "mol2cap" else "Molecule:"
    row = {"direction": direction, "given": sides[0], "reference": f"{RATIONALE}\n{marker} {sides[1]}"} | changed
    return {name: [value] for name, value in row.items()}


def scores(rewards: Rewards, text: str, direction: str, **changed: str) -> dict[str, float | None]:
    given = rows(direction, **changed)
    found = {f.__name__: f(prompts=[""], completions=[text], **given)[0] for f in rewards.functions()[0]}
    return {name: None if value is None else round(value, 3) for name, value in found.items()}


def test_the_references_earn_the_most_of_every_reward(rewards: Rewards) -> None:
    mine = scores(rewards, rows("mol2cap")["reference"][0], "mol2cap")
    assert mine == {
        "form": 0, "claims": 1, "rationale": 1, "validity": None, "exact": None, "similarity": None, "overlap": 1,
        "length": 0, "repetition": 0,
    }  # fmt: skip
    mine = scores(rewards, rows("cap2mol")["reference"][0], "cap2mol")
    assert mine == {
        "form": 0, "claims": 1, "rationale": 1, "validity": 1, "exact": 1, "similarity": 1, "overlap": None,
        "length": 0, "repetition": 0,
    }  # fmt: skip


def test_every_reward_falls_for_its_own_fault(rewards: Rewards) -> None:
    def caption(text: str, rationale: str = RATIONALE) -> dict[str, float | None]:
        return scores(rewards, f"{rationale}\nCaption: {text}", "mol2cap")

    assert caption("The molecule is a methyl ester.")["claims"] == pytest.approx(0.5, abs=0.2)
    wrong = caption("The molecule is a methyl ester and a nitrile.")["claims"]
    assert wrong == pytest.approx(caption("The molecule is a methyl ester.")["claims"] - 0.5, abs=0.01)  # type: ignore[operator]
    assert caption("The molecule is not a phenol.")["claims"] == -0.5
    half = caption(CAPTION, "Parts:\nmethyl ester -> COC=O")["rationale"]
    assert half == 0.5
    assert caption(CAPTION, "Parts:\nmethyl ester -> COC=O\nphenols -> Nc1ccccc1")["rationale"] == 0
    assert caption(CAPTION, "Parts:\nmethyl ester -> COC=O\nphenols -> c")["rationale"] == 0.5
    assert caption(CAPTION)["length"] == 0
    assert caption(CAPTION * 2)["length"] < 0  # type: ignore[operator]
    assert caption(CAPTION * 2)["repetition"] < -0.3  # type: ignore[operator]
    assert scores(rewards, "Just a phenol.", "mol2cap")["form"] == -0.5
    assert scores(rewards, RATIONALE, "mol2cap")["form"] == -1


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        pytest.param("COC(=O)c1ccccc1", {"validity": 1, "exact": 0, "claims": 0.0, "rationale": 0.0}, id="no phenol"),
        pytest.param("COC(=O)c1ccccc1(", {"validity": 0, "exact": 0, "similarity": 0, "claims": -1}, id="unreadable"),
        pytest.param("Oc1ccccc1.COC=O", {"validity": 0, "exact": 0, "similarity": 0, "claims": -1}, id="in pieces"),
        pytest.param("O=C(OC)c1c(O)cccc1", {"validity": 1, "exact": 1, "similarity": 1}, id="another writing"),
    ],
)
def test_molecules_are_scored_by_what_they_are(rewards: Rewards, smiles: str, expected: dict[str, float]) -> None:
    mine = scores(rewards, f"{RATIONALE}\nMolecule: {smiles}", "cap2mol")
    assert {name: mine[name] for name in expected} == pytest.approx(expected, abs=0.2)


def test_a_stereoisomer_is_similar_and_not_exact(rewards: Rewards) -> None:
    row = {"given": "The molecule is L-alanine.", "reference": "Molecule: C[C@H](N)C(=O)O"}
    mine = scores(rewards, "Molecule: C[C@@H](N)C(=O)O", "cap2mol", **row)
    assert (mine["exact"], mine["similarity"], mine["rationale"]) == (0, 1, None)


def test_rewards_take_conversations_as_trl_hands_them_over(rewards: Rewards) -> None:
    text = rows("cap2mol")["reference"][0]
    turns = [[{"role": "assistant", "content": text}]]
    assert rewards.exact([""], turns, trainer_state=None, completion_ids=[[1]], **rows("cap2mol")) == [1.0]


def test_weights_choose_the_functions_and_unknown_ones_are_refused(rewards: Rewards) -> None:
    functions, weights = rewards.functions({"exact": 2, "length": 0})
    assert [f.__name__ for f in functions] == ["exact"]
    assert weights == [2.0]
    assert rewards.total("Molecule: C", {n: v[0] for n, v in rows("cap2mol").items()}, {"exact": 2}) == 0
    with pytest.raises(InputError, match="'exakt' is no reward"):
        rewards.functions({"exakt": 1})


def test_repetition_counts_what_occurred_before() -> None:
    assert repeated("a b c d") == 0
    assert repeated("a b c") == 0
    assert repeated("a b c d a b c d") == pytest.approx(0.2)


@pytest.mark.parametrize("name", TO_CAPTION)
def test_no_caption_written_to_be_rewarded_earns_as_much_as_an_honest_one(
    rewards: Rewards, pairs: list[Pair], name: str
) -> None:
    for pair in pairs:
        row = pair.to_caption
        attack, honest, half = (
            rewards.total(text, row) for text in (TO_CAPTION[name](pair), row["reference"], half_honest(pair))
        )
        assert attack < honest - 0.5
        assert attack < half


@pytest.mark.parametrize("name", TO_MOLECULE)
def test_no_molecule_written_to_be_rewarded_earns_as_much_as_an_honest_one(
    rewards: Rewards, pairs: list[Pair], name: str
) -> None:
    for pair in pairs:
        row = pair.to_molecule
        assert rewards.total(TO_MOLECULE[name](pair), row) < rewards.total(row["reference"], row) - 0.5


@pytest.mark.parametrize(
    "name", ["one true claim forty times", "always true", "no X", "every class", "derived from anything"]
)
def test_claims_alone_pay_for_no_trick(rewards: Rewards, pairs: list[Pair], name: str) -> None:
    """By the claims reward itself, without guards: at most what saying the one true claim once earns."""
    for pair in pairs:
        given = {column: [value] for column, value in pair.to_caption.items()}
        once = f"Caption: The molecule is a {pair.true[0]}."
        [attack], [plain] = (rewards.claims([""], [text], **given) for text in (TO_CAPTION[name](pair), once))
        assert attack <= plain  # type: ignore[operator]


def test_weights_name_every_function(rewards: Rewards) -> None:
    assert [f.__name__ for f in rewards.functions()[0]] == list(WEIGHTS)


@pytest.mark.skipif("MOLREFLECT_SHARED_DATA" not in os.environ, reason="needs ChEBI-20 (MOLREFLECT_SHARED_DATA)")
def test_claims_of_real_captions_are_weighed_by_how_seldom_they_hold(resources: Any) -> None:
    path = Path(os.environ["MOLREFLECT_SHARED_DATA"]) / "chebi20" / "validation.txt"
    real = read_corpus(path, limit=40).pairs
    rewards = Rewards(resources, [pair.smiles for pair in real])
    tally = rewards.weights.tally
    from molreflect.tools.molecules.read import read_molecule

    molecule = read_molecule(ESTER)
    assert tally(molecule, "The molecule is a methyl ester.").bits > 1
    assert tally(molecule, "The molecule is an organic molecule. It contains carbon.").bits == 0
    assert tally(molecule, "It lacks a nitro group and an azide.").bits == 0
