"""WordNet for METEOR: found on this machine or named as missing, read without nltk's own loader.

METEOR wants one thing of WordNet, the synonyms of a word. Reading the database files directly (`wndb(5WN)`) needs no
sense index, no `NLTK_DATA` and a fraction of a second, where nltk's reader takes about four; a test holds the two
equal. The database is WordNet 3.0 as Debian's `wordnet-base` ships it; `python -m
molreflect.training.evaluation.metrics.wordnet` fetches it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from molreflect.tools.errors import InputError
from molreflect.tools.storage import cache_folder

POS_FILES = ("noun", "verb", "adj", "adv")
_SUFFIXES: dict[str, tuple[tuple[str, str], ...]] = {
    # The rules of detachment of morphy(7WN), as nltk lists them.
    "noun": (
        ("s", ""),
        ("ses", "s"),
        ("ves", "f"),
        ("xes", "x"),
        ("zes", "z"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("men", "man"),
        ("ies", "y"),
    ),
    "verb": (("s", ""), ("ies", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", "")),
    "adj": (("er", ""), ("est", ""), ("er", "e"), ("est", "e")),
    "adv": (),
}
LEXNAMES = [
    "adj.all",
    "adj.pert",
    "adv.all",
    "noun.Tops",
    "noun.act",
    "noun.animal",
    "noun.artifact",
    "noun.attribute",
    "noun.body",
    "noun.cognition",
    "noun.communication",
    "noun.event",
    "noun.feeling",
    "noun.food",
    "noun.group",
    "noun.location",
    "noun.motive",
    "noun.object",
    "noun.person",
    "noun.phenomenon",
    "noun.plant",
    "noun.possession",
    "noun.process",
    "noun.quantity",
    "noun.relation",
    "noun.shape",
    "noun.state",
    "noun.substance",
    "noun.time",
    "verb.body",
    "verb.change",
    "verb.cognition",
    "verb.communication",
    "verb.competition",
    "verb.consumption",
    "verb.contact",
    "verb.creation",
    "verb.emotion",
    "verb.motion",
    "verb.perception",
    "verb.possession",
    "verb.social",
    "verb.stative",
    "verb.weather",
    "adj.ppl",
]
"""Names of the lexicographer files, in the order of their numbers: lexnames(5WN). Debian leaves the file out."""


class WordNet:
    """Synonyms from WordNet's database files; each word is looked up once."""

    def __init__(self, path: str | Path) -> None:
        """Read the index.

        Args:
            path: Folder that holds `index.noun`, `data.noun` and so on, or nltk's `wordnet.zip`.

        Raises:
            InputError: a database file is missing.
        """
        self.path = Path(path)
        self._data: dict[str, bytes] = {}
        self._offsets: dict[str, dict[str, tuple[str, ...]]] = {}
        self._exceptions: dict[str, dict[str, list[str]]] = {}
        self._known: dict[str, frozenset[str]] = {}
        for pos in POS_FILES:
            self._data[pos] = self._read(f"data.{pos}")
            self._offsets[pos] = dict(_index_lines(self._read(f"index.{pos}").decode("utf-8")))
            terms = [line.split() for line in self._read(f"{pos}.exc").decode("utf-8").splitlines()]
            self._exceptions[pos] = {term[0]: term[1:] for term in terms if term}
        stated = re.search(rb"WordNet (\d+\.\d+) Copyright", self._data["noun"][:4000])
        self.version = stated[1].decode() if stated else "unknown"
        """Version that the data files state, e.g. `3.0`."""

    def _read(self, name: str) -> bytes:
        try:
            if self.path.suffix == ".zip":
                with zipfile.ZipFile(self.path) as archive:
                    return archive.read(f"wordnet/{name}")
            return (self.path / name).read_bytes()
        except (OSError, KeyError) as error:
            raise InputError(f"{self.path} is no WordNet database: it lacks {name}") from error

    def synonyms(self, word: str) -> frozenset[str]:
        """All single words that share a synset with `word` or with one of its base forms, in any part of speech.

        Empty for a word WordNet does not know. Equal to the lemma names without `_` of nltk's `synsets(word)`.
        """
        found = self._known.get(word)
        if found is None:
            found = self._known[word] = frozenset(self._look_up(word.lower()))
        return found

    def _look_up(self, word: str) -> Iterator[str]:
        for pos in POS_FILES:
            index = self._offsets[pos]
            forms = self._exceptions[pos].get(word)
            if forms is None:
                forms = [word[: -len(old)] + new for old, new in _SUFFIXES[pos] if word.endswith(old)]
            for form in dict.fromkeys([word, *forms]):
                for offset in index.get(form, ()):
                    yield from self._synset(pos, int(offset))

    def _synset(self, pos: str, offset: int) -> Iterator[str]:
        data = self._data[pos]
        fields = data[offset : data.index(b"\n", offset)].decode("utf-8").split(" ")
        for name in fields[4 : 4 + 2 * int(fields[3], 16) : 2]:
            if "_" not in name:
                yield name.partition("(")[0]  # adjectives may carry a syntactic marker: "galore(ip)"


def _index_lines(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield lemma and synset offsets of each line of an index file; lines of the licence begin with a blank."""
    for line in text.splitlines():
        if not line.startswith(" "):
            fields = line.split()
            yield fields[0], tuple(fields[-int(fields[2]) :])


def candidates() -> list[Path]:
    """Where WordNet is looked for, best first: `NLTK_DATA`, nltk's own folders, this project's cache, Debian's."""
    roots = [Path(p) for p in os.environ.get("NLTK_DATA", "").split(os.pathsep) if p]
    roots += [cache_folder() / "nltk_data", Path("~/nltk_data").expanduser(), Path(sys.prefix) / "nltk_data"]
    roots += [Path(p) for p in ("/usr/share/nltk_data", "/usr/local/share/nltk_data", "/usr/lib/nltk_data")]
    places = [root / "corpora" / name for root in roots for name in ("wordnet", "wordnet.zip")]
    return [*places, Path("/usr/share/wordnet")]


def find_wordnet() -> Path | None:
    """Return the first place that holds a WordNet database; None when there is none."""
    for place in candidates():
        if place.suffix == ".zip" and place.is_file():
            return place
        if (place / "data.noun").is_file():
            return place
    return None


MISSING = (
    "WordNet is not on this machine; run `make wordnet` (Debian's packages, no root needed), "
    "or set NLTK_DATA to a folder with corpora/wordnet"
)


def build_layout(source: Path, root: Path) -> Path:
    """Copy a WordNet database into nltk's layout, `<root>/corpora/wordnet`, with the `lexnames` Debian leaves out.

    nltk 3.10 refuses files that group or others may write, so they are made read-only for them.

    Returns:
        `root`, ready for `NLTK_DATA`.
    """
    folder = root / "corpora" / "wordnet"
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(source.iterdir()):
        if file.is_file():
            target = folder / file.name
            shutil.copyfile(file, target)
            target.chmod(0o644)
    part_of_speech = {"noun": 1, "verb": 2, "adj": 3, "adv": 4}
    lines = [f"{i:02d}\t{name}\t{part_of_speech[name.partition('.')[0]]}" for i, name in enumerate(LEXNAMES)]
    lexnames = folder / "lexnames"
    lexnames.write_text("\n".join(lines) + "\n", encoding="utf-8")
    lexnames.chmod(0o644)
    for made in (root, root / "corpora", folder):
        made.chmod(0o755)
    return root


def fetch_wordnet(root: Path | None = None) -> Path:
    """Put WordNet 3.0 into nltk's layout under `root` (default: the cache) and return `root`.

    Takes `/usr/share/wordnet` where Debian's packages are installed; else downloads the packages with apt and
    unpacks them beside, which needs no root. Does nothing when the layout is there already.

    Raises:
        InputError: the packages are not installed and apt cannot download them.
    """
    root = root or cache_folder() / "nltk_data"
    if (root / "corpora" / "wordnet" / "lexnames").is_file():
        return root
    installed = Path("/usr/share/wordnet")
    if (installed / "data.noun").is_file() and (installed / "index.sense").is_file():
        return build_layout(installed, root)
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise InputError("no apt-get here; copy WordNet 3.0's dict files to <folder>/corpora/wordnet, set NLTK_DATA")
    with tempfile.TemporaryDirectory() as scratch:
        command = ["apt-get", "download", "wordnet-base", "wordnet-sense-index"]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise InputError(f"{' '.join(command)} failed: {said}; apt-get update may help")
        for package in sorted(Path(scratch).glob("*.deb")):
            subprocess.run(["dpkg", "-x", str(package), f"{scratch}/unpacked"], check=True)
        return build_layout(Path(scratch) / "unpacked" / "usr" / "share" / "wordnet", root)


if __name__ == "__main__":
    try:
        print(fetch_wordnet(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
    except InputError as mistake:
        sys.exit(str(mistake))
