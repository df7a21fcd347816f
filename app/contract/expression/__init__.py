r"""The expressions of the Search API: text → a tree of conditions. No SQL, no HTTP.

    lexer.py   text → tokens. Cloudinary's spelling: =, escapes, *, quotes
    parser.py  tokens → luqum's tree of Lucene's grammar → conditions
    fields.py  which fields exist and what values they take
    values.py  numbers, sizes and dates
    tree.py    the conditions

What an expression can say (`shared/cloudinary.md`, D.4):

    shoe "red shoe" sho*           words of any text; neighbours; a word that begins so
    tags:shoe  tags=Shoe           words of a field, in any case; exactly this, in this case
    folder:a/*  folder=a           a folder and all below it; this folder
    bytes>1mb  width:[100 TO 200]  comparisons; a range without its end
    created_at>1w                  later than a week ago; also 2024, 2024-05, "2024-05-31T10:00"
    tags  context:key              has any tag; has the key
    a AND b  a OR b  NOT a  -a  +a  (a)  tags:(a OR b)  a b

AND binds tighter than OR, and OR tighter than a mere space, which means AND.
"""

from app.contract.expression.parser import parse

__all__ = ["parse"]
