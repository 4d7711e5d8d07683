"""The one kind of error a caller can mend."""


class InputError(ValueError):
    """What came in cannot be used; the message says what came in, what was expected and what to do next.

    A person reads it as one line on the terminal, a language model reads it as a tool's answer. Everything
    that is not a `InputError` is a bug and travels up with its traceback.
    """


class StorageError(InputError):
    """A file cannot be read or written any more: a full or read-only disk, a damaged database.

    It is no fault of the row or the question in hand, so that work stops for it.
    """


class InUseError(InputError):
    """Somebody else works with it at the moment."""


def shorten(text: str, limit: int = 80) -> str:
    """Quote `text` for an error message, never longer than about `limit` characters and always on one line."""
    flat = repr(text)
    return flat if len(flat) <= limit else f"{flat[: limit - 20]}...' ({len(text)} characters)"
