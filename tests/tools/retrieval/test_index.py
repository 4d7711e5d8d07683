from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from chromadb.api.models.Collection import Collection as ChromaCollection
from chromadb.api.shared_system_client import SharedSystemClient
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import DataStructs
from rdkit.Chem import rdFingerprintGenerator

from molreflect.tools.corpus import Corpus, Pair, fingerprint, read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.retrieval import vectors
from molreflect.tools.retrieval.embeddings import SentenceEmbedder
from molreflect.tools.retrieval.index import NeighbourIndex
from molreflect.tools.retrieval.vectors import FOLDED, IndexSettings

CHAINS = ["C" * n for n in range(2, 8)]
HEADS = ["O", "N", "C(=O)O", "c1ccccc1", "C#N", "S", "C(=O)N", "[N+](=O)[O-]", "F", "Cl"]
STEREO = ["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "CC(N)C(=O)O", "CC([NH3+])C(=O)[O-]"]


def corpus_of(smiles: list[str], captions: list[str] | None = None) -> Corpus:
    words = captions or [f"The molecule is number {n}, a compound of {len(s)} letters." for n, s in enumerate(smiles)]
    pairs = tuple(Pair(f"m{n}", s, c, s, n + 2) for n, (s, c) in enumerate(zip(smiles, words, strict=True)))
    return Corpus(pairs, (), fingerprint(pairs), "test")


SMALL = corpus_of([chain + head for chain in CHAINS for head in HEADS] + STEREO)


@pytest.fixture(scope="module")
def small():
    with NeighbourIndex(SMALL) as index:
        yield index


@pytest.fixture(scope="module")
def chebi():
    root = os.environ.get("MOLREFLECT_SHARED_DATA")
    path = Path(root or "") / "chebi20/validation.txt"
    if not root or not path.exists():
        pytest.skip("chebi20/validation.txt is not here; set MOLREFLECT_SHARED_DATA to the folder that holds it")
    return read_corpus(path)


@pytest.fixture(scope="module")
def chebi_index(chebi):
    with NeighbourIndex(chebi, routes=["molecule", "bm25"]) as index:
        yield index


@pytest.fixture(scope="module")
def chebi_prints(chebi):
    make = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    return {pair.id: make.GetFingerprint(read_molecule(pair.smiles).mol) for pair in chebi.pairs}


def tanimoto_scan(corpus: Corpus) -> np.ndarray:
    make = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    prints = [make.GetFingerprint(read_molecule(pair.smiles).mol) for pair in corpus.pairs]
    return np.array([DataStructs.BulkTanimotoSimilarity(one, prints) for one in prints])


def test_neighbours_equal_an_exhaustive_scan_with_ties_in_corpus_order(small):
    scan = tanimoto_scan(SMALL)
    for row, pair in enumerate(SMALL.pairs):
        order = sorted(range(len(SMALL)), key=lambda other: (-scan[row, other], other))[:10]
        found = small.neighbours(pair.smiles, k=10)
        assert [n.id for n in found] == [SMALL.pairs[other].id for other in order]
        assert [n.similarity for n in found] == pytest.approx([scan[row, other] for other in order])


def test_chroma_alone_finds_nearly_all_of_them():
    with NeighbourIndex(SMALL, settings=IndexSettings(complete_below=0, fetch=30)) as index:
        scan = tanimoto_scan(SMALL)
        hits = 0
        for row, pair in enumerate(SMALL.pairs):
            least = np.sort(scan[row])[-10]
            hits += sum(n.similarity >= least - 1e-9 for n in index.neighbours(pair.smiles, k=10))
        assert hits / (10 * len(SMALL)) >= 0.99
        assert index.observed_recall is None  # nothing was scanned to compare with


def test_a_neighbour_never_shares_the_queries_first_block(small):
    blocks = small.blocks
    alanine = small.block_of("m60")
    assert list(blocks).count(alanine) == 4  # stereoisomers and the zwitterion
    for pair in SMALL.pairs:
        own = small.block_of(pair.id)
        for found in small.neighbours(pair.smiles, k=len(SMALL), exclude={own}):
            assert small.block_of(found.id) != own


def test_over_fetching_goes_on_until_k_remain_or_the_corpus_is_exhausted():
    twins = corpus_of(["CCO"] * 40 + CHAINS)  # forty copies stand before the first allowed row
    with NeighbourIndex(twins, settings=IndexSettings(fetch=5, complete_below=0)) as index:
        own = index.block_of("m0")
        assert {n.smiles for n in index.neighbours("CCO", k=3, exclude={own})} <= set(CHAINS)
        assert len(index.neighbours("CCO", k=3, exclude={own})) == 3
        assert len(index.neighbours("CCO", k=30, exclude={own})) == len(CHAINS)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_exclusions_and_thresholds_hold_for_any_query(small, data):
    pair = data.draw(st.sampled_from(SMALL.pairs))
    out = frozenset(data.draw(st.lists(st.sampled_from(sorted(set(small.blocks.tolist()))), max_size=8)))
    k = data.draw(st.integers(1, 70))
    limit = data.draw(st.sampled_from([None, 0.0, 0.3, 0.9, 1.0]))
    found = small.neighbours(pair.smiles, k=k, exclude=out, max_tanimoto=limit)
    scan = tanimoto_scan_row(pair.smiles)
    allowed = [
        row for row in range(len(SMALL)) if small.blocks[row] not in out and (limit is None or scan[row] <= limit)
    ]
    assert len(found) == min(k, len(allowed))
    assert {n.id for n in found} <= {SMALL.pairs[row].id for row in allowed}
    assert [n.similarity for n in found] == sorted((n.similarity for n in found), reverse=True)
    assert found == small.neighbours_many([pair.smiles], k=k, exclude=[out], max_tanimoto=limit)[0]


def tanimoto_scan_row(smiles: str) -> list[float]:
    make = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    own = make.GetFingerprint(read_molecule(smiles).mol)
    return [DataStructs.TanimotoSimilarity(own, make.GetFingerprint(read_molecule(p.smiles).mol)) for p in SMALL.pairs]


def test_a_threshold_for_a_caption_needs_the_molecule(small):
    with pytest.raises(InputError, match="needs the query's molecule"):
        small.neighbours("a compound", by="bm25", max_tanimoto=0.5)
    assert small.neighbours("a compound", by="bm25", max_tanimoto=0.5, molecule="CCO", k=3)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({"query": "CCO", "k": 0}, id="no neighbours"),
        pytest.param({"query": "CCO", "max_tanimoto": 1.5}, id="threshold"),
        pytest.param({"query": "C1C"}, id="smiles"),
        pytest.param({"query": "  ", "by": "bm25"}, id="caption"),
    ],
)
def test_a_wrong_query_is_a_mistake_to_mend(small, arguments):
    with pytest.raises(InputError):
        small.neighbours(**arguments)


def test_captions_are_found_by_words_and_by_meaning(tmp_path):
    pytest.importorskip("sentence_transformers", reason="the extra molreflect[models] is not installed")
    captions = ["The molecule is a steroid hormone.", "The molecule is a nitrile.", "It is a cyanide compound."]
    with NeighbourIndex(corpus_of(["CC", "CC#N", "CCC#N"], captions), tmp_path) as index:
        near = index.neighbours("The molecule is a nitrile.", by="caption", k=3)
        assert near[0].id == "m1"
        assert near[0].similarity == pytest.approx(1, abs=1e-5)
        assert index.neighbours("a hormone that is a steroid", by="caption", k=1)[0].id == "m0"
        assert index.neighbours("nitrile", by="bm25", k=1)[0].id == "m1"
    vectors = next(tmp_path.glob("embeddings-*.npy"))
    before = vectors.stat().st_mtime_ns
    with NeighbourIndex(corpus_of(["CC", "CC#N", "CCC#N"], captions), tmp_path) as again:
        assert again.neighbours("The molecule is a nitrile.", by="caption", k=3) == near
        assert "_model" not in again._vectors.embedder.__dict__  # nothing was embedded again
    assert vectors.stat().st_mtime_ns == before


def names(index: NeighbourIndex) -> set[str]:
    return {collection.name for collection in index._chroma.client.list_collections()}


def test_an_unchanged_index_is_used_again_and_a_changed_one_is_built_again(tmp_path):
    with NeighbourIndex(SMALL, tmp_path) as index:
        index.prepare(["molecule"])
        first, first_hash = names(index), index.index_hash
        uid = index._collection("molecules").id
    with NeighbourIndex(SMALL, tmp_path) as index:
        index.prepare(["molecule"])
        assert (names(index), index.index_hash, index._collection("molecules").id) == (first, first_hash, uid)
    other = corpus_of([*CHAINS, "CCOC"])
    with NeighbourIndex(other, tmp_path) as index:
        index.prepare(["molecule"])
        assert index.index_hash != first_hash
        assert len(names(index)) == 1  # the outdated collection went
        assert names(index) != first
        assert index.neighbours("CCOC", k=1)[0].id == "m6"
    with NeighbourIndex(other, tmp_path, settings=IndexSettings(radius=3)) as index:
        index.prepare(["molecule"])
        assert index._collection("molecules").count() == 7


def test_a_folder_that_was_closed_and_removed_is_built_again_by_the_same_process(tmp_path):
    found = []
    for _ in range(3):
        with NeighbourIndex(SMALL, tmp_path / "index", settings=IndexSettings(complete_below=0, fetch=30)) as index:
            found.append([n.id for n in index.neighbours(SMALL.pairs[3].smiles, k=3)])
        assert not [path for path in SharedSystemClient._identifier_to_system if path.startswith(str(tmp_path))]
        shutil.rmtree(tmp_path / "index")
    assert found[0]
    assert found[0] == found[1] == found[2]


def test_a_killed_build_is_not_taken_for_whole(tmp_path):
    script = f"""
import os, signal, sys
sys.path[:0] = {[str(Path(__file__).parents[n]) for n in (0, 3)]!r}
import molreflect.tools.retrieval.index as retrieval
from chromadb.api.models.Collection import Collection
Collection.modify = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)  # all rows are in, the name is not
from test_index import SMALL
retrieval.NeighbourIndex(SMALL, __import__("pathlib").Path({str(tmp_path)!r})).prepare(["molecule"])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-500:]
    with NeighbourIndex(SMALL, tmp_path) as index:
        assert len(index.neighbours("CCO", k=10)) == 10
        assert [name.split("-")[0] for name in names(index)] == ["molecules"]


def test_a_chroma_server_serves_the_same_neighbours_and_a_missing_one_is_named(tmp_path, small):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(InputError, match="no Chroma server answers"):
        NeighbourIndex(SMALL, chroma_url=f"http://127.0.0.1:{port}")
    with pytest.raises(InputError, match="not the address"):
        NeighbourIndex(SMALL, chroma_url="ftp://x")
    command = [str(Path(sys.executable).parent / "chroma"), "run", "--path", str(tmp_path), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                index = NeighbourIndex(SMALL, chroma_url=f"http://127.0.0.1:{port}")
                break
            except InputError:
                time.sleep(0.2)
        else:
            pytest.fail("the Chroma server did not start")
        assert index.neighbours("CCCO", k=10) == small.neighbours("CCCO", k=10)
        assert len(index._chroma.client.list_collections()) == 1
    finally:
        server.terminate()
        server.wait(20)


@pytest.mark.parametrize("threshold", [None, 0.5])
@pytest.mark.parametrize("route", ["molecule", "bm25"])
def test_on_chebi20_the_bar_of_recall_is_reached_and_no_row_is_given_what_it_excludes(
    chebi, chebi_index, chebi_prints, route, threshold
):
    block_of = dict(zip((pair.id for pair in chebi.pairs), chebi_index.blocks.tolist(), strict=True))
    molecules = [pair.smiles for pair in chebi.pairs]
    answers = chebi_index.neighbours_many(
        molecules if route == "molecule" else [pair.caption for pair in chebi.pairs],
        by=route, k=10, exclude=[{block_of[pair.id]} for pair in chebi.pairs], max_tanimoto=threshold,
        molecules=molecules,
    )  # fmt: skip
    for pair, answer in zip(chebi.pairs, answers, strict=True):
        assert len(answer) == 10
        for found in answer:
            assert block_of[found.id] != block_of[pair.id]
            if threshold is not None:
                assert DataStructs.TanimotoSimilarity(chebi_prints[pair.id], chebi_prints[found.id]) <= threshold
    if (route, threshold) == ("molecule", None):  # the first to ask; a threshold eats the candidates that are counted
        assert chebi_index.observed_recall is not None
        assert chebi_index.observed_recall >= 0.99


def test_a_batch_is_compared_with_every_row_without_a_graph(small, tmp_path):
    queries = [pair.smiles for pair in SMALL.pairs]
    exclude = [{small.block_of(pair.id)} for pair in SMALL.pairs]
    for threshold in (None, 0.5):
        asked = {"by": "molecule", "k": 4, "exclude": exclude, "max_tanimoto": threshold, "molecules": queries}
        with NeighbourIndex(SMALL, tmp_path, routes=["molecule"]) as index:
            index.prepare_batch(["molecule"])
            found = index.neighbours_of_batch(queries, **asked)
            assert not index._chroma.client.list_collections()
        assert found == small.neighbours_many(queries, **asked)


def test_a_batch_asks_chroma_where_that_is_wanted(tmp_path):
    queries = [pair.smiles for pair in SMALL.pairs[:5]]
    with NeighbourIndex(SMALL, tmp_path, routes=["molecule"], settings=IndexSettings(complete_below=0)) as index:
        index.prepare_batch(["molecule"])
        assert len(index._chroma.client.list_collections()) == 1
        asked = {"by": "molecule", "k": 4, "exclude": [()] * 5}
        assert index.neighbours_of_batch(queries, **asked) == index.neighbours_many(queries, **asked)


def test_what_is_known_of_molecules_stays_known_in_a_larger_corpus(tmp_path, monkeypatch):
    first, larger = corpus_of(["CCO", "CCN"]), corpus_of(["CCC", "CCN", "CCO"])
    for corpus in (first, larger):
        with NeighbourIndex(corpus, tmp_path, routes=["molecule"]) as index:
            index.prepare_batch(["molecule"])
    made: list[str] = []
    monkeypatch.setattr(vectors, "morgan", lambda mol, **_: made.append(mol))
    with NeighbourIndex(larger, tmp_path, routes=["molecule"]) as index:
        found = index.neighbours_of_batch(["CCC"], by="molecule", k=1, exclude=[{index.block_of("m0")}])
        assert index.blocks.tolist() == [read_molecule(pair.smiles).block for pair in larger.pairs]
    assert made == []
    assert found[0][0].smiles == "CCN"


def test_folded_fingerprints_find_the_same_neighbours_after_the_exact_re_rank():
    folded = IndexSettings(complete_below=0, fold_above=10)
    with NeighbourIndex(SMALL, settings=folded) as index, NeighbourIndex(SMALL) as whole:
        assert index.index_hash != whole.index_hash
        hits = 0
        for pair in SMALL.pairs:
            found = [n.similarity for n in index.neighbours(pair.smiles, k=10)]
            least = whole.neighbours(pair.smiles, k=10)[-1].similarity
            hits += sum(similarity >= least for similarity in found)
        assert hits / (10 * len(SMALL)) >= 0.99
        stored = index._collection("molecules").get(ids=["m0"], include=["embeddings"])["embeddings"]
        assert stored.shape == (1, FOLDED)


def test_an_index_opened_for_molecules_needs_no_embedding_model_and_answers_nothing_else(monkeypatch):
    def missing(_: object) -> str:
        raise InputError("no embedding model")

    monkeypatch.setattr(SentenceEmbedder, "identity", property(missing))
    with NeighbourIndex(SMALL, routes=["molecule"]) as index:
        assert len(index.index_hash) == 16
        index.prepare(["molecule"])
        assert index.neighbours("CCO", k=1)
        with pytest.raises(InputError, match="opened to search by molecule, not by bm25"):
            index.neighbours("a compound", by="bm25")
    with pytest.raises(InputError, match="no embedding model"):
        _ = NeighbourIndex(SMALL).index_hash


def test_who_finds_the_same_collection_built_meanwhile_uses_it_and_leaves_nothing_behind(monkeypatch):
    corpus = corpus_of([*CHAINS, "CCCOCC"])
    first, second = NeighbourIndex(corpus), NeighbourIndex(corpus)
    rename = ChromaCollection.modify

    def overtaken(self: ChromaCollection, **settings: object) -> None:
        monkeypatch.setattr(ChromaCollection, "modify", rename)
        second.prepare(["molecule"])
        rename(self, **settings)

    monkeypatch.setattr(ChromaCollection, "modify", overtaken)
    assert first.neighbours("CCCOCC", k=1)[0].id == "m6"
    assert first._collection("molecules").id == second._collection("molecules").id
    assert not [name for name in names(first) if name.startswith("building-")]
