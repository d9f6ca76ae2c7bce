"""Cutting a long list into pages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from mockserver.sdk.paging import Page, cut_page


@given(total=some.integers(0, 200), size=some.integers(1, 60), first=some.sampled_from([0, 1]))
def test_pages_partition_the_list_and_only_the_last_says_so(total: int, size: int, first: int) -> None:
    count = max(1, -(-total // size))
    pages = [cut_page(total, first + index, size, first=first) for index in range(count)]
    assert [row for page in pages for row in range(page.start, page.stop)] == list(range(total))
    assert [page.last for page in pages] == [False] * (count - 1) + [True]
    assert {page.total for page in pages} == {total}


def test_a_page_past_the_end_is_empty_and_the_last() -> None:
    page = cut_page(10, 10**30, 5, first=1)
    assert page == Page(10, 10, 10)
    assert page.last
