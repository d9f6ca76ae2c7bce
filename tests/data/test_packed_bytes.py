"""Many texts as one."""

from __future__ import annotations

import pytest

from mockserver.data import packed_bytes
from mockserver.data.packed_bytes import PackedBytes, join_array, pack

LINES = [b"one", b"", b"three \xc3\xbc", b"4"]


@pytest.fixture
def joined() -> PackedBytes:
    return PackedBytes(b"".join(LINES), map(len, LINES))


def test_it_is_read_like_a_list(joined: PackedBytes) -> None:
    assert len(joined) == 4
    assert list(joined) == LINES
    assert (joined[0], joined[-1], joined[-4]) == (b"one", b"4", b"one")
    assert joined[1:3] == LINES[1:3]
    assert joined[::-2] == LINES[::-2]
    assert joined == LINES
    assert joined != LINES[1:]
    with pytest.raises(IndexError):
        joined[4]
    with pytest.raises(IndexError):
        joined[-5]


def test_rows_are_listed_in_any_order_out_of_either_form(joined: PackedBytes) -> None:
    for texts_ in (joined, LINES):
        assert join_array(texts_, [3, 0, 3]) == b"[4,one,4]"
        assert join_array(texts_, [2]) == b"[three \xc3\xbc]"
        assert join_array(texts_, []) == b"[]"
    assert LINES[0] == b"one"


def test_lengths_that_are_not_those_of_the_text_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^3 bytes, wanted 4$"):
        PackedBytes(b"abc", [1, 3])


def test_few_are_kept_as_a_list_and_many_as_one(monkeypatch: pytest.MonkeyPatch, joined: PackedBytes) -> None:
    assert pack(iter(LINES)) == LINES
    assert isinstance(pack(joined), list)
    monkeypatch.setattr(packed_bytes, "MIN_PACKED", 3)
    assert isinstance(pack(iter(LINES)), PackedBytes)
    assert pack(iter(LINES)) == LINES
    assert pack(joined) is joined
