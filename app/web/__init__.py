"""The Media Library page, rendered by the same server that speaks the API.

Everything but `/` lies below `/-/`, since a cloud name, with which delivery URLs begin, cannot
begin with a hyphen.
"""
