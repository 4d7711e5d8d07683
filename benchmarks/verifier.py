"""Speed and discrimination of the verifier on ChEBI-20 validation (3,301 pairs) of `MOLREFLECT_SHARED_DATA`.

Run: MOLREFLECT_SHARED_DATA=<folder> python benchmarks/verifier.py [--pairs 1000] [--seed 7] [--cache FOLDER]

Speed: pairs per second of reading a caption, looking its phrases up and judging every reading, with the index warm (a
first pass has filled presence vectors and the cache of names; verdicts are not remembered between passes), in one
process and in one a core; seconds to build evidence for all pairs; milliseconds for one pattern over the whole corpus.

Discrimination: the lexicon teacher's ties of N pairs with their own captions, with captions shuffled so that no
molecule keeps its own, and with the patterns of each pair's phrases swapped among them. A shuffled phrase may well be
true of the other molecule ("hydroxy group"); how often that is expected is the mean rate at which the patterns that
were supported occur in molecules drawn at random ("chance presence").

Times are given by the clock and, in brackets, in seconds of processor: on a busy machine only the latter compare.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

from gold import tie_all  # benchmarks/gold.py: the lexicon teacher's ties of one pair

from molreflect.tools.corpus import Corpus, Pair, read_corpus
from molreflect.tools.evidence.corpus_evidence import CorpusEvidence
from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.terms import Level, PhraseKind, Verdict
from molreflect.tools.verification.proposals import ProposedAlignment, Verification
from molreflect.tools.verification.verify import verify, verify_all

PATTERNS = (
    "[CX3](=O)[OX2H1]",
    "c1ccccc1",
    "[NX3;H2,H1;!$(NC=O)]",
    "C1CCC2C(C1)CCC1C2CCC2CCCC12",
    "[#6]~[#6]~[#6]~[#6]~[#7]",
    "[OX2]1[CX4][CX4]([OX2])[CX4]([OX2])[CX4]([OX2])[CX4]1",
    "O=c1cc(-c2ccccc2)oc2ccccc12",
    "[$([CX3](=O)[OX2H0][#6])]",
    "P(=O)([OX2])[OX2]",
    "C/C=C/C",
    "[C@H](N)C(=O)O",
    "[O-]",
    "[N+]",
    "*~*~*~*~*",
)


def structural(judged: Sequence[Verification]) -> list[Verification]:
    return [j for j in judged if j.proposal.kind is PhraseKind.STRUCTURE]


def supported(judged: Sequence[Verification]) -> int:
    return sum(j.verdict is Verdict.SUPPORTED for j in judged)


def look_up_all(corpus: Corpus, resources: Resources) -> None:
    """Turn all names of the corpus into structures in one batch, as a run does before its first pair."""
    names = {
        p.name or p.key
        for pair in corpus.pairs
        for p in resources.reader.read(pair.caption)
        if p.kind in (PhraseKind.STRUCTURE, PhraseKind.RELATION)
    }
    resources.nomenclature.resolve(sorted(n for n in names if resources.lexicon.find(n) is None))


def verify_once(pairs: Sequence[Pair], resources: Resources) -> int:
    """Read and judge every reading's first pattern of every phrase, nothing remembered; how many ties."""
    ties = 0
    for pair in pairs:
        molecule = read_molecule(pair.smiles)
        for phrase in resources.reader.read(pair.caption):
            known = (
                interpret(phrase.name or phrase.key, resources, leave_out=pair.id)
                if phrase.kind is PhraseKind.STRUCTURE
                else ()
            )
            pattern = known[0].patterns[0] if known else None
            verify(
                ProposedAlignment.of(phrase, pattern, known[0] if known else None),
                molecule=molecule,
                caption=pair.caption,
                resources=resources,
                pair_id=pair.id,
            )
            ties += 1
    return ties


_toolbox: Resources | None = None


def _begin(resources: Resources) -> None:
    global _toolbox
    _toolbox = resources


def _verify_share(pairs: Sequence[Pair]) -> int:
    assert _toolbox is not None
    return verify_once(pairs, _toolbox)


def shuffled(pairs: Sequence[Pair], seed: int) -> list[tuple[Pair, str]]:
    """Every molecule with the caption of another one (of another InChIKey first block)."""
    order = list(range(len(pairs)))
    generator = random.Random(seed)
    generator.shuffle(order)
    blocks = [read_molecule(pair.smiles).block for pair in pairs]
    for i in range(len(order)):
        if blocks[order[i]] == blocks[i]:
            j = next(j for j in range(len(order)) if blocks[order[j]] != blocks[i] and blocks[order[i]] != blocks[j])
            order[i], order[j] = order[j], order[i]
    return [(pair, pairs[order[i]].caption) for i, pair in enumerate(pairs)]


def swapped(pair: Pair, ties: Sequence[Verification], resources: Resources) -> list[tuple[Verification, Verification]]:
    """Supported ties of one pair, each with the pattern of the next that lights up other atoms, judged again."""
    good = [j for j in structural(ties) if j.verdict is Verdict.SUPPORTED]
    found: list[tuple[Verification, Verification]] = []
    for index, own in enumerate(good):
        for other in (*good[index + 1 :], *good[:index]):
            a, b = ({i for hit in j.atoms for i in hit} for j in (own, other))
            if own.key != other.key and len(a & b) / len(a | b) < 0.5:
                tie = ProposedAlignment(
                    phrase=own.proposal.phrase, pattern=other.proposal.pattern, start=own.start, kind=own.proposal.kind
                )
                (judged,) = verify_all(
                    [tie], smiles=pair.smiles, caption=pair.caption, resources=resources, pair_id=pair.id
                )
                found.append((own, judged))
                break
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1000, help="pairs for the figures of discrimination")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--cache", type=Path, help="folder for names turned into structures (default: a new one)")
    parser.add_argument("--misses", action="store_true", help="print swapped ties that were supported all the same")
    chosen = parser.parse_args(arguments)
    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    if not shared:
        print("set MOLREFLECT_SHARED_DATA to the folder that holds chebi20/validation.txt", file=sys.stderr)
        return 2
    corpus = read_corpus(Path(shared) / "chebi20" / "validation.txt")
    with tempfile.TemporaryDirectory() as scratch:
        bare = open_resources(chosen.cache or Path(scratch) / "names")
        began = time.perf_counter()
        bare.nomenclature.learn(corpus)
        look_up_all(corpus, bare)
        names_s = time.perf_counter() - began
        print(f"names: learned and looked up in {names_s:.1f} s, lexicon {bare.lexicon.version}")

        began, busy = time.perf_counter(), time.process_time()
        keys = {
            pair.id: {p.key for p in bare.reader.read(pair.caption) if p.kind is PhraseKind.STRUCTURE}
            for pair in corpus.pairs
        }
        evidence = CorpusEvidence(corpus, keys, Path(scratch) / "evidence")
        evidence.save(phrase_version=bare.lexicon.version)  # fragments and screens included
        evidence.presence("[#6]")  # fingerprints to screen with
        build_s, build_cpu = time.perf_counter() - began, time.process_time() - busy
        print(f"evidence: built for {len(corpus)} pairs in {build_s:.1f} s ({build_cpu:.1f}) (bar: under 60)")

        resources = bare.with_evidence(evidence)
        spent: list[float] = []
        for pattern in PATTERNS:
            began = time.process_time()
            evidence.presence(pattern)
            spent.append(1000 * (time.process_time() - began))
        print(
            f"one pattern over the corpus, first time, processor: median {statistics.median(spent):.1f} ms, "
            f"slowest {max(spent):.1f} ms ({PATTERNS[spent.index(max(spent))]}) (bar: under 30)"
        )

        for state in ("cold", "warm"):
            began, busy = time.perf_counter(), time.process_time()
            ties = verify_once(corpus.pairs, resources)
            rate, cpu_rate = (
                len(corpus) / (now - then) for now, then in ((time.perf_counter(), began), (time.process_time(), busy))
            )
            print(f"reading and verifying, {state}: {rate:.0f} pairs/s ({cpu_rate:.0f}), {ties} ties (bar: 150 warm)")

        # Every name is known by now, so forked processes never ask for Java, which does not survive a fork.
        cores = len(os.sched_getaffinity(0))
        shares = [corpus.pairs[k::cores] for k in range(cores)]
        began = time.perf_counter()
        with get_context("fork").Pool(cores, _begin, (resources,)) as pool:
            ties = sum(pool.map(_verify_share, shares, chunksize=1))
        rate = len(corpus) / (time.perf_counter() - began)
        print(f"reading and verifying, warm, {cores} processes: {rate:.0f} pairs/s, {ties} ties (bar: 150)")

        sample = random.Random(chosen.seed).sample(corpus.pairs, min(chosen.pairs, len(corpus)))
        true_ties = [structural(tie_all(p.smiles, p.caption, resources, p.id)) for p in sample]
        false_ties = [structural(tie_all(p.smiles, c, resources, p.id)) for p, c in shuffled(sample, chosen.seed)]
        flat_true = [j for ties in true_ties for j in ties]
        flat_false = [j for ties in false_ties for j in ties]
        asked_true, asked_false = len(flat_true), len(flat_false)
        rate_true, rate_false = supported(flat_true) / asked_true, supported(flat_false) / asked_false
        print(f"true pairs: {supported(flat_true)} of {asked_true} structural phrases supported ({rate_true:.3f})")
        print(f"shuffled captions: {supported(flat_false)} of {asked_false} supported ({rate_false:.3f})")
        print(f"discrimination, true to shuffled: {rate_true / max(rate_false, 1e-9):.1f} to 1")
        expected = chance(flat_true, sample, resources)
        print(f"chance presence: {expected:.3f} of the supported ties' patterns are in a molecule drawn at random")

        pairs_of_swaps = [s for p, ties in zip(sample, true_ties, strict=True) for s in swapped(p, ties, resources)]
        still = [after for _, after in pairs_of_swaps if after.verdict is Verdict.SUPPORTED]
        share = len(still) / max(1, len(pairs_of_swaps))
        print(f"patterns swapped within a pair: {len(still)} of {len(pairs_of_swaps)} supported ({share:.4f})")
        print(f"discrimination, own to swapped: {1 / max(share, 1 / max(1, len(pairs_of_swaps))):.0f} to 1")
        if chosen.misses:
            for after in still:
                print(f"  {after.proposal.phrase!r} {after.proposal.pattern} {after.evidence}")
        evidence.close()
        resources.close()
    return 0


def chance(ties: Sequence[Verification], pairs: Sequence[Pair], resources: Resources, draws: int = 20) -> float:
    """Share of supported ties whose pattern also occurs in a molecule drawn at random, the tie's level allowed."""
    generator = random.Random(0)
    molecules = [read_molecule(pair.smiles) for pair in generator.sample(list(pairs), min(draws, len(pairs)))]
    good = {(j.proposal.pattern, j.level): 0 for j in ties if j.verdict is Verdict.SUPPORTED}
    for pattern, level in good:
        assert pattern is not None
        good[pattern, level] = sum(find(m, pattern, floor=level or Level.NEUTRAL) is not None for m in molecules)
    counted = [good[j.proposal.pattern, j.level] for j in ties if j.verdict is Verdict.SUPPORTED]
    return sum(counted) / max(1, len(counted) * len(molecules))


if __name__ == "__main__":
    sys.exit(main())
