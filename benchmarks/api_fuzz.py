"""Ask the JSON API what its description allows, and what it does not: no server error, no answer against its schema.

    python benchmarks/api_fuzz.py --examples 100

Prints one line an operation, then what was found; the exit code says whether anything was.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

HOST = "127.0.0.1:8000"
SECRET = "a-token-of-a-benchmark"


def described(app: Any) -> Any:
    """Load the description, as a program with the token does; requests are made in this process."""
    import schemathesis

    return schemathesis.openapi.from_asgi("/openapi.json", app, headers=headers())


def headers() -> dict[str, str]:
    """Of every request."""
    return {"Authorization": f"Bearer {SECRET}", "Host": HOST}


def fuzz(schema: Any, *, examples: int, seed: int, seconds: float) -> tuple[dict[str, list[float]], list[str]]:
    """Ask every operation.

    Args:
        schema: From `described`.
        examples: Requests an operation.
        seed: Of the requests.
        seconds: Bound on one request; a slower one is a finding.

    Returns:
        Seconds of the requests by operation, and the findings in words.
    """
    took: dict[str, list[float]] = {}
    found: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        name = f"{operation.method.upper()} {operation.path}"
        times = took.setdefault(name, [])

        def ask(case: Any) -> None:
            begun = time.perf_counter()
            try:
                told = [*problems_of(case, case.call(headers=headers(), timeout=10 * seconds))]
            except Exception as error:  # noqa: BLE001 - a bug of the API comes up here as it was raised; it is a finding
                told = [f"raised {type(error).__name__}: {error}"]
            times.append(time.perf_counter() - begun)  # noqa: B023 - called in this turn of the loop
            if times[-1] > seconds:  # noqa: B023
                told.append(f"{times[-1]:.1f} s")  # noqa: B023
            found.extend(f"{name}: {each}; asked with {shown(case)}" for each in told)  # noqa: B023

        for mode in modes():
            generate(ask, operation.as_strategy(generation_mode=mode), examples=max(1, examples // 2), seed=seed)
    return took, found


def generate(ask: Callable[[Any], None], cases: Any, *, examples: int, seed: int) -> None:
    """Draw requests and make them."""
    import hypothesis
    import hypothesis.errors
    from hypothesis import HealthCheck, Phase

    how = hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with suppress(hypothesis.errors.Unsatisfiable):  # of an address without parameters nothing can be wrong
        hypothesis.seed(seed)(how(hypothesis.given(case=cases)(lambda case: ask(case))))()


def problems_of(case: Any, response: Any) -> Iterator[str]:
    """Say what is wrong with an answer."""
    from schemathesis.core.failures import Failure, FailureGroup

    if response.status_code >= 500:
        yield f"answered {response.status_code}"
    try:
        case.validate_response(response, headers=headers(), excluded_checks=left_out())
    except FailureGroup as group:
        for failure in group.exceptions:
            yield f"{failure.title}: {failure.message}"
    except Failure as failure:
        yield f"{failure.title}: {failure.message}"


def shown(case: Any) -> str:
    """What a request holds, in short."""
    return repr({"path": case.path_parameters, "query": case.query, "body": case.body})[:400]


def modes() -> list[Any]:
    """What the description allows, and what it does not."""
    from schemathesis.generation import GenerationMode

    return [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


def left_out() -> list[Any]:
    """Checks that do not fit: most texts that the schema allows are no molecules, which 422 says."""
    from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

    return [positive_data_acceptance, ignored_auth]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=100, help="requests an operation")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60.0, help="a slower request is a finding")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        os.environ["MOLREFLECT_HOME"] = folder
        from molreflect.conversations import desk
        from molreflect.tools.facts.molecules import read_words
        from molreflect.web.app import build_app
        from molreflect.web.rest.app import add_api, build_api

        app = build_app([], token=SECRET, hosts=frozenset({HOST}))
        opened = stack.enter_context(desk())
        add_api(app, build_api(opened, Path(folder), [], stack))
        read_words("aspirin", opened.how["resources"])  # what names are looked up in is open from here on
        took, found = fuzz(described(app), examples=options.examples, seed=options.seed, seconds=options.seconds)
    for name, times in took.items():
        median = sorted(times)[len(times) // 2]
        print(f"{name:40} {len(times):6,} requests, median {median * 1e3:7.1f} ms, slowest {max(times):6.2f} s")
    print(f"{sum(map(len, took.values())):,} requests, {len(found)} findings")
    for line in found:
        print(f"- {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
