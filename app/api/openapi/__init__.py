"""The OpenAPI document: what Litestar makes of the handlers, and what these read themselves."""
