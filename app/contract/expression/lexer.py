"""Tokens of an expression, for luqum's parser in place of those of its own lexer.

luqum knows Lucene's grammar: precedence, groups, ranges. Its lexer does not know Cloudinary's
spelling (`field=value`, `field>value`, spaces around these, escapes in quotes), and positions in a
rewritten text would not be those of the user's.
"""

from collections.abc import Iterator
from typing import Any

from luqum.head_tail import TokenValue
from luqum.tree import Word

from app.errors import BadRequest

MOST_CHARACTERS = 8_000
MOST_TERMS = 300

_ESCAPED = frozenset('!(){}[]*^~?:\\=&><"')  # what must be escaped outside quotes
_ENDS = "()[]:=<>"  # where a word ends, besides at a space
_MARKS = {"(": "LPAREN", ")": "RPAREN", "[": "LBRACKET", "]": "RBRACKET"}
_COMPARISONS = {"<": "LESSTHAN", ">": "GREATERTHAN"}
_RESERVED = {"AND": "AND_OP", "OR": "OR_OP", "NOT": "NOT"}
_BEFORE_VALUE = frozenset({"COLUMN", "LESSTHAN", "GREATERTHAN"})


def query_error(position: int, reason: str) -> BadRequest:
    """The error for an expression; `position` counts from 0 and is shown from 1."""
    return BadRequest(f"Query Error (at position {position + 1}): {reason}")


class Literal(Word):  # type: ignore[misc] # luqum is not typed
    """A word or a quoted text, without its escapes. `prefix`: it ended in a wildcard.

    luqum keeps only `value` of one that names a field: the literal itself, for its position.
    """

    def __init__(self, text: str, *, position: int, prefix: bool, bare: bool) -> None:
        super().__init__(self, pos=position, size=0)
        self.text = text
        self.prefix = prefix
        self.bare = bare
        self.exact = False

    def __str__(self, head_tail: bool = False) -> str:
        """luqum writes it into its errors, which ours replace."""
        return self.text


class Token:
    """What PLY reads of a token."""

    def __init__(self, type: str, position: int, value: Any = None) -> None:
        self.type = type
        self.lexpos = position
        self.lineno = 1
        self.value = value
        if value is None or isinstance(value, str):
            self.value = TokenValue(value)
            self.value.pos, self.value.size = position, 0


class Lexer:
    """The lexer of one expression.

    Raises:
        BadRequest: the expression is too long, or a character stands where it must not.
    """

    def __init__(self, text: str) -> None:
        if len(text) > MOST_CHARACTERS:
            raise query_error(MOST_CHARACTERS, f"more than {MOST_CHARACTERS} characters")
        self._text = text
        self._at = 0
        self._terms = 0
        self._before = ""
        self._in_range = False
        self._tokens = self._read()
        self.position = 0
        """Of the last token that was asked for, or of the end."""

    def input(self, text: str) -> None:
        """PLY calls it; the text is known."""

    def token(self) -> Token | None:
        """The next token, or None."""
        token = next(self._tokens, None)
        self.position = len(self._text) if token is None else token.lexpos
        return token

    def _read(self) -> Iterator[Token]:
        while self._skip_space():
            for token in self._next():
                self._before = token.type
                yield token

    def _skip_space(self) -> bool:
        while self._peek().isspace():
            self._at += 1
        return self._at < len(self._text)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> Iterator[Token]:
        start, character = self._at, self._peek()
        if character in _MARKS:
            self._at += 1
            if character in "[]":
                self._in_range = character == "["
            yield Token(_MARKS[character], start, character)
        elif character in _COMPARISONS:
            yield self._comparison()
        elif character in "+-" and not self._value_expected():
            self._at += 1
            yield Token("PLUS" if character == "+" else "MINUS", start, character)
        else:
            yield from self._term()

    def _value_expected(self) -> bool:
        """A sign after these belongs to a number."""
        return self._before in _BEFORE_VALUE or self._in_range

    def _comparison(self) -> Token:
        start, character = self._at, self._peek()
        self._at += 1
        if self._peek() == "=":
            self._at += 1
        return Token(_COMPARISONS[character], start, self._text[start : self._at])

    def _term(self) -> Iterator[Token]:
        start = self._at
        literal = self._quoted() if self._peek() == '"' else self._bare()
        word = self._text[start : self._at]
        if literal.bare and not self._value_expected() and word in _RESERVED:
            yield Token(_RESERVED[word], start, word)
        elif literal.bare and self._in_range and word == "TO":
            yield Token("TO", start, word)
        else:
            operator = list(self._operator(literal))
            if not operator:
                self._count(start)
            yield from [Token("TERM", start, literal), *operator]

    def _count(self, position: int) -> None:
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise query_error(position, f"more than {MOST_TERMS} terms")

    def _operator(self, name: Literal) -> Iterator[Token]:
        """The operator after a field's name."""
        self._skip_space()
        start, character = self._at, self._peek()
        if not character or character not in ":=<>" or self._in_range:
            return
        if not name.bare or name.prefix:
            raise query_error(start, "only the name of a field may stand before this")
        if character in ":=":
            self._at += 1
            name.exact = character == "="
        yield Token("COLUMN", start, ":")

    def _bare(self) -> Literal:
        start, text, prefix = self._at, "", False
        while (character := self._peek()) and not (character.isspace() or character in _ENDS):
            if character == "*":
                self._at += 1
                prefix = self._end_wildcard(start, text)
                break
            if character in _ESCAPED and character != "\\":
                raise query_error(self._at, f"{character} must be escaped as \\{character}")
            text += self._character(escapes=None)
        if not text and not prefix:
            raise query_error(start, "a word or a quoted text is missing")
        return Literal(text, position=start, prefix=prefix, bare=True)

    def _end_wildcard(self, start: int, text: str) -> bool:
        following = self._peek()
        whole = not following or following.isspace() or following in _ENDS
        if not text and not (whole and self._before == "COLUMN"):
            raise query_error(start, "* cannot stand at the beginning")
        if not whole:
            raise query_error(self._at - 1, "* can only stand at the end")
        return True

    def _quoted(self) -> Literal:
        start, text, prefix = self._at, "", False
        self._at += 1
        while (character := self._peek()) != '"':
            if not character:
                raise query_error(start, "the quote is not closed")
            if prefix:
                where = "can only stand at the end" if text else "cannot stand at the beginning"
                raise query_error(self._at - 1, f"* {where}")
            if character == "*":
                self._at += 1
                prefix = True
            else:
                text += self._character(escapes='"*\\')
        self._at += 1
        return Literal(text, position=start, prefix=prefix, bare=False)

    def _character(self, escapes: str | None) -> str:
        """The next character, or the one that a backslash before it takes as it is."""
        character = self._peek()
        following = self._text[self._at + 1 : self._at + 2]
        if character == "\\" and (escapes is None or (following and following in escapes)):
            if not following:
                raise query_error(self._at, "nothing follows the backslash")
            self._at += 1
            character = following
        self._at += 1
        return character
