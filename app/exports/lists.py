"""Stand-in."""

from app.exports.asked import Asked


def check(asked: Asked) -> None:
    """Stand-in."""
