-- A view binds to a table, a function with a string body to its name: what reads embeddings through
-- this one survives the change of model, in which two tables exchange their names.
create function search.embedded() returns table (environment_id bigint, asset_id uuid)
language sql stable as $$
    select embedding.environment_id, embedding.asset_id
    from library.embedding
$$;

comment on function search.embedded() is 'Every image that can be found by what it shows';
