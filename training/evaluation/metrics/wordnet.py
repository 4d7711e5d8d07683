"""WordNet for METEOR: found on this machine or named as missing, and read by nltk."""

from __future__ import annotations

import os
import sys
import warnings
from functools import cache
from pathlib import Path

from molreflect.tools.errors import InputError
from molreflect.tools.storage import cache_folder

MISSING = (
    "WordNet is not on this machine; run `make wordnet` in a checkout (Debian's packages, no root needed), else "
    "`python -m nltk.downloader wordnet`, or set NLTK_DATA to a folder with corpora/wordnet"
)


class WordNet:
    """Synonyms of words; each word is looked up once.

    Args:
        path: Folder in nltk's layout (`data.noun`, `lexnames` and so on), or nltk's `wordnet.zip`.

    Raises:
        InputError: nltk cannot read the database.
    """

    def __init__(self, path: Path) -> None:
        from nltk.corpus.reader.wordnet import WordNetCorpusReader
        from nltk.data import FileSystemPathPointer, ZipFilePathPointer
        from nltk.data import path as allowed

        class Reader(WordNetCorpusReader):  # type: ignore[misc]
            def map_wn(self, version: str = "wordnet") -> None:
                """Skip the links to other languages, which take most of nltk's four seconds."""

        if str(path.parents[1]) not in allowed:  # nltk reads nothing outside of these folders
            allowed.append(str(path.parents[1]))
        zipped = path.suffix == ".zip"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # nltk says that other languages are missing
                root = ZipFilePathPointer(str(path), "wordnet/") if zipped else FileSystemPathPointer(str(path))
                self._reader = Reader(root, None)
        except (OSError, ValueError) as error:
            raise InputError(f"{path} is no WordNet database that nltk reads: {error}") from error
        self.version = str(self._reader.get_version())
        """Version that the data files state, e.g. `3.0`."""
        self.synonyms = cache(self._synonyms)

    def _synonyms(self, word: str) -> frozenset[str]:
        """Find the single words that share a synset with `word` or one of its base forms, in any part of speech."""
        names = (name for synset in self._reader.synsets(word) for name in synset.lemma_names())
        return frozenset(name for name in names if "_" not in name)


@cache
def load_wordnet(path: Path) -> WordNet:
    """Read a WordNet, once a process: it takes a second, and an ablation scores dozens of files.

    Args:
        path: As `WordNet` takes it.

    Raises:
        InputError: nltk cannot read the database.
    """
    return WordNet(path)


def candidates() -> list[Path]:
    """List where WordNet is looked for, best first: `NLTK_DATA`, this project's cache, nltk's own folders."""
    roots = [Path(p) for p in os.environ.get("NLTK_DATA", "").split(os.pathsep) if p]
    roots += [cache_folder() / "nltk_data", Path("~/nltk_data").expanduser(), Path(sys.prefix) / "nltk_data"]
    roots += [Path(p) for p in ("/usr/share/nltk_data", "/usr/local/share/nltk_data", "/usr/lib/nltk_data")]
    return [root / "corpora" / name for root in roots for name in ("wordnet", "wordnet.zip")]


def find_wordnet() -> Path | None:
    """Find the first place that holds a whole WordNet; None when there is none."""
    return next((p for p in candidates() if p.is_file() or (p / "lexnames").is_file()), None)
