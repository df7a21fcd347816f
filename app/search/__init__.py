"""Use case: a query becomes a vector, and the vector a page of results. SQL ranks, not Python.

query.py    what is searched for
vectors.py  that as one vector
ranking.py  which of the rankings of SQL answers
page.py     the page, its cursor, its place in the log
"""

from app.search.page import Page, search
from app.search.query import GOOD, MOST_RESULTS, MOST_TERMS, SORTABLE, Filter, Query, SortBy, Term
from app.search.vectors import pack

__all__ = [
    "GOOD",
    "MOST_RESULTS",
    "MOST_TERMS",
    "SORTABLE",
    "Filter",
    "Page",
    "Query",
    "SortBy",
    "Term",
    "pack",
    "search",
]
