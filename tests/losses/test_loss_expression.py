"""The grammar of loss expressions: what it reads, what it writes, and where it says that something is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aekeras.errors import InputError
from aekeras.losses.expression import Call, Node, Sum, names, ordered, parse, weighted_sum

L1, SSIM = Call("l1"), Call("ssim")

ACCEPTED: list[tuple[str, Node]] = [
    ("l1_gray", Call("l1_gray")),
    ("  l1 ", L1),
    ("ssim()", SSIM),
    ("0.7*l1 + 0.3*ssim", Sum(((0.7, L1), (0.3, SSIM)))),
    ("l1*0.7+ssim", Sum(((0.7, L1), (1.0, SSIM)))),
    ("l1/2/2", Sum(((0.25, L1),))),
    ("1/4*l1*2", Sum(((0.5, L1),))),
    ("1e-3*l1", Sum(((0.001, L1),))),
    ("2*(l1 + 0.5*ssim)", Sum(((2.0, L1), (1.0, SSIM)))),
    ("2*(l1 + 2*(ssim + l1))/4", Sum(((1.5, L1), (1.0, SSIM)))),
    ("0.1*l1 + 0.2*l1", Sum(((0.3, L1),))),
    ("0.5*l1 + 0.5*l1", L1),
    ("mirror(mirror(l1,),)", Call("mirror", (Call("mirror", (L1,)),))),
    ("both(l1, ssim)", Call("both", (L1, SSIM))),
    ("center(.5*l1 + ssim, z=2, a=1)", Call("center", (Sum(((0.5, L1), (1.0, SSIM))),), (("a", 1), ("z", 2)))),
    ("my_losses.py:Stripes", Call("my_losses.py:Stripes")),
    ("../own-losses/my.py:Stripes", Call("../own-losses/my.py:Stripes")),
    ("package.module:Name(period=4)", Call("package.module:Name", (), (("period", 4),))),
    ("C:\\losses\\my.py:Stripes", Call("C:\\losses\\my.py:Stripes")),
    ('"C:\\losses\\my.py:Stripes"', Call("C:\\losses\\my.py:Stripes")),
    ("2*a.py:X/4", Sum(((0.5, Call("a.py:X")),))),
    ("'../own losses/my.py:Stripes'(period=4)", Call("../own losses/my.py:Stripes", (), (("period", 4),))),
    ('"l1"', L1),
]

VALUES = [
    ("7", 7), ("-7", -7), ("+7", 7), ("7.0", 7.0), ("1e3", 1000.0), ("- 1e-3", -0.001),
    ("True", True), ("true", True), ("False", False), ("false", False), ("None", None),
    ('"conv 3"', "conv 3"), ("'conv 3'", "conv 3"), ("''", ""), ('"a\\\nb"', "a\\\nb"),
    (r'"a \"b\" \\ c"', r'a "b" \ c'), (r"'it\'s'", "it's"), (r'"nets\vgg.keras"', r"nets\vgg.keras"),
    ("[1, 0.5, 0]", (1, 0.5, 0)), ("(1, 0.5, 0)", (1, 0.5, 0)), ("[]", ()),
    ("[[1, 2], ('a', [None])]", ((1, 2), ("a", (None,)))),
]  # fmt: skip

WRITTEN = [
    ("0.70*l1_gray+0.3 * l1_edges", "0.7*l1_gray + 0.3*l1_edges"),
    ("2.0*l1", "2*l1"),
    ("0.00001*l1 + 0.001*ssim", "1e-05*l1 + 0.001*ssim"),
    ("(l1 + ssim)/3", "0.333333333333*l1 + 0.333333333333*ssim"),
    ("center( l1*2 , size=.50 )", "center(2*l1, size=0.5)"),
    ("f(b='x', a=(1, 2.0))", 'f(a=[1, 2.0], b="x")'),
    ("'a.py:X' + 'own losses/a.py:X'", 'a.py:X + "own losses/a.py:X"'),
    ("'True' + 'inf' + 'a b'(c='\"')", r'"True" + "inf" + "a b"(c="\"")'),
]

NAME_ONE = "Name one, for example 'l1_gray'"
ADDED = "Losses can only be added, with weights above 0"
BY_NUMBERS = "Losses can only be added, and weighted by numbers, for example 'l1_gray*0.5'"
WEIGHT = "A number is the weight of a loss, for example '0.5*l1_gray'"
KEYWORD = "Values need a keyword, for example 'size=0.5'"
VALUE = "A value is a number, text in quotes, True, False, None or a list of these; losses stand first"
CHOOSE = "Choose one such as 0.5, or leave the loss out"
JOIN = "Join losses with '+'"
REMOVE = "It closes nothing: remove it"
OWN = "A loss of your own is written 'file.py:Name', in quotes where the path holds spaces or brackets"
PARENTHESES = "Keyword arguments stand in parentheses, for example 'ssim(filter_size=7)'"
CLOSE = "Add it, and double a backslash that ends the string"
NO_NUMBER = "one too large or too small for a number"
NEARER = "Choose weights nearer to 1"

REFUSED = [  # text, what is expected, the column, what is received, what to do
    ("", "a loss", 1, "the end", NAME_ONE),
    ("0.7*l1 +", "a loss after '+'", 9, "the end", NAME_ONE),
    ("l1 + + ssim", "a loss after '+'", 6, "'+'", NAME_ONE),
    ("()", "a loss after '('", 2, "')'", NAME_ONE),
    ("mirror('')", "a loss after '('", 8, '"\'\'"', NAME_ONE),
    ("(l1", "'+' or ')' after 'l1'", 4, "the end", "The '(' at column 1 is still open"),
    ("mirror(l1", "',' or ')' after 'l1'", 10, "the end", "The '(' at column 7 is still open"),
    ("f(w=[1, 2)", "',' or ']' after 2", 10, "')'", "The '[' at column 5 is still open"),
    ("l1)", "'+' or the end after 'l1'", 3, "')'", REMOVE),
    ("l1 - ssim", "'+' after 'l1'", 4, "'-'", ADDED),
    ("-l1", "a loss", 1, "'-'", ADDED),
    ("l1*ssim", "a number after '*'", 4, "'ssim'", BY_NUMBERS),
    ("2*l1*(l1)", "a number after '*'", 6, "'('", BY_NUMBERS),
    ("2/l1", "a number after '/'", 3, "'l1'", BY_NUMBERS),
    ("0.5", "a loss", 1, "0.5", WEIGHT),
    ("0.5 + l1", "a loss", 1, "0.5", WEIGHT),
    ("l1 + 0.5", "a loss", 6, "0.5", WEIGHT),
    ("2 l1", "a loss", 1, "2", WEIGHT),
    ("mirror(l1 + 7)", "a loss", 13, "7", WEIGHT),
    ("ssim(7)", "a loss", 6, "7", KEYWORD),
    ("ssim(a=1, 7)", "a loss", 11, "7", KEYWORD),
    ("ssim(True)", "a loss after '('", 6, "'True'", KEYWORD),
    ("ssim([1, 2])", "a loss after '('", 6, "'['", KEYWORD),
    ("0*l1", "a weight above 0 and finite", 1, "0", CHOOSE),
    ("l1 + l1*-0.5", "a weight above 0 and finite", 9, "-0.5", CHOOSE),
    ("1e999*l1", "a weight above 0 and finite", 1, "1e999", CHOOSE),
    ("Inf*l1", "a weight above 0 and finite", 1, "Inf", CHOOSE),
    ("l1*nan", "a weight above 0 and finite", 4, "nan", CHOOSE),
    ("l1/0", "a divisor above 0 and finite", 4, "0", CHOOSE),
    ("l1 + (1e200*(1e200*l1))", "a total weight above 0 and finite", 7, NO_NUMBER, NEARER),
    ("1e-200*l1*1e-200", "a total weight above 0 and finite", 1, NO_NUMBER, NEARER),
    ("f(a=1, a=2)", "every keyword once after ','", 8, "'a'", "Remove one of the two"),
    ("center(size=0.5, l1)", "losses before keyword arguments", 18, "'l1'", "Move it to the front"),
    ("f(a=)", "a value after '='", 5, "')'", VALUE),
    ("f(a=l1)", "a value after '='", 5, "'l1'", VALUE),
    ("f(a=[l1])", "a value after '['", 6, "'l1'", VALUE),
    ("f(a=0.5*l1)", "',' or ')' after 0.5", 8, "'*'", VALUE),
    ("f(a=-x)", "a number after '-'", 6, "'x'", VALUE),
    ("f(a=[-inf])", "a finite number", 6, "-inf", "Choose another"),
    ("size=3", "'+' or the end after 'size'", 5, "'='", PARENTHESES),
    ("l1 ssim", "'+' or the end after 'l1'", 4, "'ssim'", JOIN),
    ("l1 & ssim", "'+' or the end after 'l1'", 4, "'&'", JOIN),
    ("my_losses.py", "'+' or the end after 'my_losses'", 10, "'.'", OWN),
    ("../own losses/my.py:Stripes", "a loss", 1, "'.'", OWN),
    ('f(a="x)', 'a closing " for the string', 5, "the end", CLOSE),
    ("l1 + 'a.py:X", "a closing ' for the string", 6, "the end", CLOSE),
    ("l1\n+", "a loss after '+'", 5, "the end", NAME_ONE),
]  # fmt: skip


@pytest.mark.parametrize(("text", "node"), ACCEPTED)
def test_an_expression_is_read_as_its_tree_and_its_text_as_the_same(text: str, node: Node) -> None:
    assert parse(text) == node
    assert parse(str(node)) == node


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_a_value_is_read_with_its_type_and_written_back(text: str, value: object) -> None:
    read = parse(f"f(a={text}, z=0)")
    assert isinstance(read, Call)
    assert repr(read.arguments) == repr((("a", value), ("z", 0)))
    assert repr(parse(str(read))) == repr(read)


@pytest.mark.parametrize(("text", "written"), WRITTEN)
def test_the_text_of_a_tree_is_as_short_as_can_be(text: str, written: str) -> None:
    assert str(parse(text)) == written


@pytest.mark.parametrize(("text", "expected", "column", "received", "advice"), REFUSED)
def test_what_is_no_expression_is_refused_where_it_goes_wrong(
    text: str, expected: str, column: int, received: str, advice: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert str(caught.value) == f"Expected {expected} at column {column} of {text!r}. Received: {received}. {advice}."
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("brackets", [("(", ")"), ("mirror(", ")")])
def test_fifty_brackets_in_one_another_are_read_and_one_more_is_refused(brackets: tuple[str, str]) -> None:
    opening, closing = brackets
    assert L1 in list(names(parse(opening * 50 + "l1" + closing * 50)))
    with pytest.raises(InputError, match=rf"^Expected at most 50 .* at column {51 * len(opening)} of "):
        parse(opening * 51 + "l1" + closing * 51)
    with pytest.raises(InputError, match=r"^Expected at most 50 "):
        parse(opening * 5000)
    with pytest.raises(InputError, match=r"^Expected at most 50 .* at column 54 of "):
        parse("f(a=" + "[" * 60)


def test_brackets_side_by_side_are_not_in_one_another() -> None:
    assert parse(" + ".join(["(mirror(l1))"] * 60)) == Sum(((60.0, Call("mirror", (L1,))),))


@pytest.mark.parametrize("digits", ["9" * 5000, "0" * 5000])
def test_a_number_that_python_cannot_read_is_refused(digits: str) -> None:
    with pytest.raises(InputError, match=r"^Expected a .* at column 5 of "):
        parse(f"f(a={digits})")


@pytest.mark.parametrize("text", [None, 7, b"l1", ["l1"], L1])
def test_only_text_is_read(text: object) -> None:
    kind = type(text).__name__
    with pytest.raises(InputError, match=rf"^Expected `text` to be a string\. Received: {kind}\. Write a loss"):
        parse(text)  # type: ignore[arg-type]


def test_where_a_loss_stands_is_known_and_no_part_of_what_it_is() -> None:
    read = parse("0.5*l1 + mirror( ssim)")
    assert [(call.name, call.column) for call in names(read)] == [("l1", 5), ("mirror", 10), ("ssim", 18)]
    assert hash(read) == hash(parse("l1/2+mirror(ssim)"))


def test_names_are_the_calls_outermost_first_from_left_to_right() -> None:
    read = parse("b(a + c(d), e) + 2*a")
    assert [call.name for call in names(read)] == ["b", "a", "c", "d", "e", "a"]


def test_lists_as_arguments_become_tuples() -> None:
    call = Call("f", arguments=(("w", [1, [2]]), ("a", 1)))  # type: ignore[arg-type]
    assert call == parse("f(a=1, w=[1, [2]])")
    assert hash(call)


def test_a_sum_sorts_its_terms_by_the_key_of_the_caller_inside_wrappers_too() -> None:
    read = parse("0.2*ssim + mirror(2*ssim + l1) + 0.3*l1")
    assert str(ordered(read, lambda call: call.name)) == "0.3*l1 + mirror(l1 + 2*ssim) + 0.2*ssim"
    assert str(read) == "0.2*ssim + mirror(2*ssim + l1) + 0.3*l1"


def test_terms_that_sorting_makes_equal_become_one() -> None:
    assert str(ordered(parse("mirror(l1 + ssim) + mirror(ssim + l1)"), str)) == "2*mirror(l1 + ssim)"


def test_a_weighted_sum_is_flat_and_names_each_loss_once() -> None:
    inner = weighted_sum([(0.5, SSIM), (0.1, L1)])
    assert weighted_sum([(0.2, L1), (1, inner), (2, SSIM)]) == Sum(((0.3, L1), (2.5, SSIM)))
    assert str(Sum(((2.0, Sum(((0.5, L1), (2.0, SSIM)))),))) == "l1 + 4*ssim"
    assert weighted_sum([(2, weighted_sum([(0.5, L1)]))]) is L1


@pytest.mark.parametrize("weight", [0, -1, float("inf"), float("nan")])
def test_a_weighted_sum_refuses_no_terms_and_weights_that_are_not_above_0_and_finite(weight: float) -> None:
    with pytest.raises(InputError, match=rf"^Expected the weight of 'l1' to be .* Received: {weight}\. Choose"):
        weighted_sum([(2, L1), (weight, L1)])
    with pytest.raises(InputError, match=r"^Expected at least one loss to add up"):
        weighted_sum([])


KEYS = st.sampled_from(["a", "size", "filter_size", "größe"])
TEXTS = st.text(max_size=6) | st.text("\\\"' a.:(", max_size=6)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUE_TREES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=4)
FIXED = ["l1", "ssim", "my-losses/a.py:X", "C:\\a.py:X", "own losses/a.py:X", "True", "nan", "2", "é"]
NAMES = st.sampled_from(FIXED) | TEXTS.filter(bool)
WEIGHTS = st.floats(1e-6, 1e6)


def calls(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Call]:
    arguments = st.dictionaries(KEYS, VALUE_TREES, max_size=2).map(lambda found: tuple(found.items()))
    return st.builds(Call, NAMES, st.lists(inner, max_size=2).map(tuple), arguments)


def sums(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.lists(st.tuples(WEIGHTS, inner), min_size=1, max_size=3).map(weighted_sum)


TREES = st.recursive(NAMES.map(Call), lambda inner: calls(inner) | sums(inner), max_leaves=6)
WORDS = [
    "l1",
    "f",
    "a.py:X",
    "True",
    "0.5",
    "2",
    "-",
    "+",
    "*",
    "/",
    "(",
    ")",
    "[",
    "]",
    ",",
    "=",
    "a=",
    '"',
    "'x'",
    "\\",
    " ",
]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(TREES)
def test_every_tree_is_read_back_from_its_text(tree: Node) -> None:
    read = parse(str(tree))
    assert read == tree
    assert str(read) == str(tree)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=30) | st.lists(st.sampled_from(WORDS), max_size=12).map("".join))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        read = parse(text)
    except InputError as error:
        message = str(error)
    else:
        assert parse(str(read)) == read
        return
    assert message.splitlines() == [message]
    assert f"of {text!r}. Received: " in message
