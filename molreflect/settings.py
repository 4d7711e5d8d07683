"""Settings of the installation: from the environment (`MOLREFLECT_...`), with defaults that need nothing."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from molreflect.tools.storage import cache_folder, home_folder


class Settings(BaseSettings):
    """Where things are kept. Settings of a run are the options of its command, and stand in its `run.yaml`."""

    model_config = SettingsConfigDict(env_prefix="MOLREFLECT_", env_ignore_empty=True, extra="ignore")

    cache: Path = Field(default_factory=cache_folder)
    """Converted weights, names turned into structures, vocabularies: can be deleted at any time."""
    home: Path = Field(default_factory=home_folder)
    """Conversations, traces of conversations and of single pairs."""
    sample: Path = Path(__file__).parent / "data" / "sample.tsv"
    """The corpus that synthesis and questions about similar molecules use where none is named; part of the package."""
    student: Path | None = None
    """A folder that `train` wrote: the student that translates in conversations; none where not set."""

    @field_validator("cache", "home", "sample", "student")
    @classmethod
    def _expanded(cls, path: Path | None) -> Path | None:
        return path and path.expanduser()  # a shell leaves the ~ of MOLREFLECT_CACHE="~/x" to us
