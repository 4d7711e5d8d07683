"""The two tokenizers that captions are scored with in this field, found on this machine or named as missing.

MolT5, BioT5 and MolCA cut captions with SciBERT's WordPiece vocabulary; MolReGPT and ICMA (and, by all appearance, the
MolReFlect paper) with T5's SentencePiece model, which gives .02 to .04 more BLEU for the same captions. So every
figure here carries its tokenizer's name, and a tokenizer that is not there is never replaced by the other.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from molreflect.tools.errors import InputError
from molreflect.tools.storage import cache_folder

SCIBERT_LIMIT = 512
"""MolT5's script cuts captions after so many WordPiece tokens; the MolReGPT copy, with T5 tokens, does not cut."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Where a tokenizer's one file comes from."""

    name: str
    variable: str
    """Environment variable that names the file."""
    file: str
    repository: str
    """Model repository on the Hugging Face hub that holds the file."""
    sha256: str
    """Of the published file; another file is used too, but the output says that it is not the published one."""


SCIBERT = Vocabulary(
    "scibert",
    "MOLREFLECT_SCIBERT_VOCAB",
    "vocab.txt",
    "allenai/scibert_scivocab_uncased",
    "f0a650346e51ede8996710f79ba65d83fdb8da05b159f17037b74ba4e3a36c6f",
)
T5 = Vocabulary(
    "t5",
    "MOLREFLECT_T5_SPIECE",
    "spiece.model",
    "google-t5/t5-base",
    "d60acb128cf7b7f2536e8f38a5b18a05535c9e14c7a355904270e15b0945ea86",
)
VOCABULARIES = {v.name: v for v in (SCIBERT, T5)}


class Tokenizer(Protocol):
    """Cuts captions into tokens, the way one family of evaluation scripts does."""

    name: str
    path: Path
    sha256: str
    limit: int | None
    """Tokens that the family's script keeps of a caption; None for all."""

    def tokenize(self, texts: Sequence[str]) -> list[list[str]]:
        """Cut every text into tokens, all of them (`limit` is the caller's to apply)."""
        ...


class SciBertTokenizer:
    """Lower-cased WordPiece of SciBERT, without special tokens, as `BertTokenizerFast.tokenize` gives them."""

    name: str = "scibert"
    limit: int | None = SCIBERT_LIMIT

    def __init__(self, path: Path) -> None:
        from tokenizers import BertWordPieceTokenizer

        self.path = path
        self.sha256 = _sha256(path)
        try:
            self._cut: Any = BertWordPieceTokenizer(str(path), lowercase=True)
        except Exception as error:  # the Rust library raises bare Exception for a file it cannot read
            raise InputError(f"{path} is no WordPiece vocabulary: {_first_line(error)}") from error

    def tokenize(self, texts: Sequence[str]) -> list[list[str]]:
        """Cut every text into WordPiece tokens; batches run on all cores."""
        return [list(e.tokens) for e in self._cut.encode_batch(list(texts), add_special_tokens=False)]


class T5Tokenizer:
    """SentencePiece of T5; pieces keep their surface form also where the vocabulary lacks it (`{`, `<`)."""

    name: str = "t5"
    limit: int | None = None

    def __init__(self, path: Path) -> None:
        from sentencepiece import SentencePieceProcessor

        self.path = path
        self.sha256 = _sha256(path)
        try:
            self._cut: Any = SentencePieceProcessor(model_file=str(path))
        except (OSError, RuntimeError) as error:
            raise InputError(f"{path} is no SentencePiece model: {_first_line(error)}") from error

    def tokenize(self, texts: Sequence[str]) -> list[list[str]]:
        """Cut every text into pieces."""
        pieces: list[list[str]] = self._cut.encode(list(texts), out_type=str)
        return pieces


def load_tokenizer(name: str) -> Tokenizer:
    """Load `scibert` or `t5` from the named file, else the local cache, else the model hub.

    Raises:
        InputError: it is nowhere to be found, a package is missing, or its file cannot be read. The message is the
            reason that an evaluation states for leaving the metric out.
    """
    if name not in VOCABULARIES:
        raise InputError(f"{name!r} is no tokenizer of this field; known are {', '.join(VOCABULARIES)}")
    vocabulary = VOCABULARIES[name]
    path = find_vocabulary(vocabulary)
    try:
        return SciBertTokenizer(path) if name == "scibert" else T5Tokenizer(path)
    except ImportError as error:
        raise InputError(f"{error.name} is not installed; pip install 'molreflect[evaluate]'") from error


def find_vocabulary(vocabulary: Vocabulary) -> Path:
    """Return the tokenizer's file: environment variable, then cache, then hub.

    Raises:
        InputError: it is not there, with every place that was looked at.
    """
    return local_vocabulary(vocabulary) or _from_hub(vocabulary)


def local_vocabulary(vocabulary: Vocabulary) -> Path | None:
    """Return the tokenizer's file where this machine has it; no other one is asked.

    Raises:
        InputError: the environment variable names no file.
    """
    stated = os.environ.get(vocabulary.variable, "").strip()
    if stated:
        path = Path(stated).expanduser()
        if not path.is_file():
            raise InputError(f"{vocabulary.variable} names {stated}, which is no file")
        return path
    cached = _cached(vocabulary)
    if cached.is_file():
        return cached
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None  # `_from_hub` says so
    found = try_to_load_from_cache(vocabulary.repository, vocabulary.file)
    return Path(found) if isinstance(found, str) else None


def _cached(vocabulary: Vocabulary) -> Path:
    return cache_folder() / "tokenizers" / vocabulary.name / vocabulary.file


def _from_hub(vocabulary: Vocabulary) -> Path:
    where = f"set {vocabulary.variable} to a {vocabulary.file}, or put it at {_cached(vocabulary)}"
    try:
        from huggingface_hub import constants, hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError:
        raise InputError(f"no {vocabulary.name} vocabulary and no huggingface_hub to fetch it with; {where}") from None
    reason = "HF_HUB_OFFLINE is set"
    if not constants.HF_HUB_OFFLINE:
        reason = _unreachable(constants.ENDPOINT)
        if not reason:
            try:
                return Path(hf_hub_download(vocabulary.repository, vocabulary.file))
            except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
                reason = f"{type(error).__name__}: {_first_line(error)}"
    raise InputError(f"no {vocabulary.name} vocabulary here, and none from the hub ({reason}); {where}")


def _unreachable(endpoint: str) -> str:
    """Say why the hub cannot be reached; empty when it can. The hub's client itself retries for half a minute."""
    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")):
        return ""
    address = urlsplit(endpoint)
    try:
        socket.create_connection((address.hostname or endpoint, address.port or 443), timeout=3).close()
    except OSError as error:
        return f"{endpoint} cannot be reached: {error.strerror or error}"
    return ""


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
