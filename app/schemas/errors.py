"""The one form of every error."""

import msgspec


class ErrorMessage(msgspec.Struct):
    """One sentence for the user."""

    message: str


class ErrorEnvelope(msgspec.Struct):
    """The one form of every error."""

    error: ErrorMessage
