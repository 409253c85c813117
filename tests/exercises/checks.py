"""How a task says what it saw: never a bare `assert`."""


class Unmet(AssertionError):
    """A task that is not done yet: what was looked at, seen, expected, and why it matters."""

    def __init__(self, what: str, seen: str, expected: str, why: str) -> None:
        self.what, self.seen, self.expected, self.why = what, seen, expected, why
        super().__init__(what)

    def told(self, *, predicted: bool) -> str:
        """Return it in the words of `make exercise`."""
        seen, expected = ("you said", "it is") if predicted else ("seen", "expected")
        facts = {seen: self.seen, expected: self.expected, "why": self.why}
        lines = (f"  {name:<8}  {fact}" for name, fact in facts.items() if fact)
        return "\n".join([self.what, *lines])


_KINDS = {
    bool: "True or False",
    int: "a number",
    str: "a string",
    list: "a list",
    tuple: "a tuple",
}


def expect(what: str, *, seen: object, expected: object, why: str) -> None:
    """Raise Unmet unless what was seen equals what was expected."""
    if seen is ...:
        guess = "A prediction teaches when you make it before you see the outcome."
        raise Unmet(what, in_words(seen), "", guess)
    kinds = _KINDS.get(type(seen)), _KINDS.get(type(expected))
    if None not in kinds and kinds[0] != kinds[1]:
        raise Unmet(what, f"{seen!r}, {kinds[0]}", f"{expected!r}, {kinds[1]}", why)
    if seen != expected:
        raise Unmet(what, in_words(seen), in_words(expected), why)


def expect_that(met: object, what: str, *, seen: object, expected: str, why: str) -> None:
    """Raise Unmet unless `met`; for what is not a question of being equal."""
    if not met:
        raise Unmet(what, in_words(seen), expected, why)


def in_words(value: object) -> str:
    if value is ...:
        return "nothing yet: the TODO is still there"
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    return value if isinstance(value, str) else repr(value)
