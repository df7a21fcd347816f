"""Every error that a user of Iris can meet, each with its HTTP status.

    IrisError                 500
    ├── BadRequest            400  the request is wrong; the message says how
    │   └── InvalidImage      400  bytes that are not an image we accept
    ├── Unauthorized          401  unknown key, wrong secret, bad signature
    ├── Forbidden             403  known, but not allowed
    ├── NotFound              404  no such asset, preset or route
    ├── AlreadyExists         409  the name is taken
    ├── RateLimited           420  the hourly limit of the environment is used up
    ├── Busy                  429  the encoder's queue is full; try again
    └── Misconfigured         500  the operator has to change something

The statuses are those that the official SDKs parse; any other would reach their users as an
unreadable answer. The message is one sentence and is shown to the client as it stands.
"""


class IrisError(Exception):
    """Something went wrong in Iris."""

    status = 500

    def __init__(self, message: str | None = None) -> None:
        self.message = message or (self.__doc__ or "").strip()
        super().__init__(self.message)


class BadRequest(IrisError):
    """The request cannot be understood."""

    status = 400


class InvalidImage(BadRequest):
    """Invalid image file"""


class Unauthorized(IrisError):
    """The credentials are not accepted."""

    status = 401


class Forbidden(IrisError):
    """The operation is not allowed."""

    status = 403


class NotFound(IrisError):
    """Resource not found"""

    status = 404


class AlreadyExists(IrisError):
    """The name is already taken."""

    status = 409


class RateLimited(IrisError):
    """Rate limit exceeded."""

    status = 420


class Busy(IrisError):
    """The encoder is busy. Try again in a moment."""

    status = 429


class Misconfigured(IrisError):
    """Iris is not configured correctly."""
