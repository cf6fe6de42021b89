"""What a spreadsheet must not take for a formula: one rule for every file that one may open."""

FORMULA = tuple("=+-@\t\r＝＋－＠")
"""What makes a spreadsheet take a text for a formula, or for nothing at the start of one."""


def inert(text: str) -> str:
    """The text as it is written where cells have no type: with an apostrophe before a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
