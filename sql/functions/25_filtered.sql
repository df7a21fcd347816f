-- Ranking of the images that a filter holds for. A filter is a condition on `asset`, as it would
-- stand after `where`, with its values in a jsonb object that it calls $1. Only the server writes
-- filters (app/db/asset_predicate.py), from constants: what a client sent is among the values.
--
-- These run with the rights of their caller, who can do nothing by a filter that he could not do
-- without it, and only iris_app may call them.

create function search.matching(environment bigint, filter text, filter_values jsonb, most integer)
returns uuid[]
language plpgsql stable as $$
declare
    found uuid[];
begin
    -- Whoever asked to be indexed and does not wait for it has an embedding (check_coverage).
    execute format(
        'select array(
            select asset.asset_id
            from library.asset
            where asset.environment_id = $2
                and asset.visual_search
                and (%s)
                and not exists (
                    select from library.indexing
                    where indexing.environment_id = asset.environment_id
                        and indexing.asset_id = asset.asset_id
                )
            limit $3
        )', filter)
    into found
    using filter_values, environment, most;
    return found;
end
$$;

comment on function search.matching(bigint, text, jsonb, integer) is
    'Indexed images of an environment that a filter holds for, at most so many';

create function search.count_matching(
    environment bigint,
    filter text,
    filter_values jsonb,
    query halfvec default null,
    farthest double precision default null
) returns bigint
language plpgsql stable as $$
declare
    found bigint;
begin
    execute format(
        'select count(*)
        from library.asset
        where asset.environment_id = $2
            and asset.visual_search
            and (%s)
            and not exists (
                select from library.indexing
                where indexing.environment_id = asset.environment_id
                    and indexing.asset_id = asset.asset_id
            )
            and ($4 is null or exists (
                select from library.embedding
                where embedding.environment_id = asset.environment_id
                    and embedding.asset_id = asset.asset_id
                    and (embedding.vector <=> $3) <= $4
            ))', filter)
    into found
    using filter_values, environment, query, farthest;
    return found;
end
$$;

comment on function search.count_matching(bigint, text, jsonb, halfvec, double precision) is
    'How many indexed images a filter holds for, within a distance of a vector if given';

create function search.scan_matching(filter text) returns text
language sql immutable parallel safe
-- The filter looks at each image that the scan meets, until enough were met that match; as a scalar
-- subquery it cannot become a join, which would lose the index.
return format(
    'with nearest as materialized (
        select embedding.asset_id, embedding.vector <=> $3 as distance
        from library.embedding
        where embedding.environment_id = $2
            and (
                select %s
                from library.asset
                where asset.environment_id = embedding.environment_id
                    and asset.asset_id = embedding.asset_id
            )
        order by embedding.vector <=> $3
        limit $4
    )
    select nearest.asset_id, nearest.distance + 0 as distance
    from nearest
    order by distance, nearest.asset_id', filter);

comment on function search.scan_matching(text) is
    'The statement of approximate_matching; $1 to $4: values, environment, query, candidates';

create function search.approximate_matching(
    environment bigint, query halfvec, candidates integer, filter text, filter_values jsonb
) returns table (asset_id uuid, distance double precision)
language plpgsql stable as $$
begin
    return query execute search.scan_matching(filter)
    using filter_values, environment, query, candidates;
end
$$;

comment on function search.approximate_matching(bigint, halfvec, integer, text, jsonb) is
    'The nearest images that a filter holds for, by the HNSW index; it may give up before it has enough';
