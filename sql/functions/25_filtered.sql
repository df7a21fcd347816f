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

create function search.estimate_matching(environment bigint, filter text, filter_values jsonb)
returns bigint
language plpgsql stable as $$
declare
    found bigint;
begin
    execute format(
        'select (search.indexed($2) * avg(
            (
                select coalesce((%s), false)
                from library.asset
                where asset.environment_id = $2 and asset.asset_id = sample.asset_id
            )::integer
        ))::bigint
        from search.sample($2, 1000) as sample', filter)
    into found
    using filter_values, environment;
    return found;
end
$$;

comment on function search.estimate_matching(bigint, text, jsonb) is
    'About how many indexed images a filter holds for, from a sample of 1,000: of a half, within 3 %; of a '
    'tenth, within 10 %';

create function search.first_of_group(filter text) returns text
language sql immutable parallel safe
return format(
    '(
        select count(*)
        from search.twins($2, embedding.asset_id) as twin
        join library.embedding as other
            on other.environment_id = $2 and other.asset_id = twin.asset_id
        join library.asset on asset.environment_id = $2 and asset.asset_id = twin.asset_id
        where (other.vector <=> $3, other.asset_id) < (embedding.vector <=> $3, embedding.asset_id)
            and (%s)
    ) = 0', filter);

comment on function search.first_of_group(text) is
    'A condition on embedding: of its group no other image that matches the filter is nearer';

create function search.scan_matching(filter text, collapse boolean default false) returns text
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
            %s
        order by embedding.vector <=> $3
        limit $4
    )
    select nearest.asset_id, nearest.distance + 0 as distance
    from nearest
    order by distance, nearest.asset_id',
    filter,
    case when collapse then 'and ' || search.first_of_group(filter) end
);

comment on function search.scan_matching(text, boolean) is
    'The statement of approximate_matching; $1 to $4: values, environment, query, candidates';

create function search.approximate_matching(
    environment bigint,
    query halfvec,
    candidates integer,
    filter text,
    filter_values jsonb,
    collapse boolean default false
) returns table (asset_id uuid, distance double precision)
language plpgsql stable as $$
begin
    return query execute search.scan_matching(filter, collapse)
    using filter_values, environment, query, candidates;
end
$$;

comment on function search.approximate_matching(bigint, halfvec, integer, text, jsonb, boolean) is
    'The nearest images that a filter holds for, by the HNSW index; it may give up before it has enough. '
    'collapse: one of each group';

create function search.hidden(environment bigint, asset uuid, filter text, filter_values jsonb)
returns integer
language plpgsql stable as $$
declare
    found integer;
begin
    execute format(
        'select count(*)
        from search.twins($2, $3) as twin
        join library.embedding
            on embedding.environment_id = $2 and embedding.asset_id = twin.asset_id
        join library.asset on asset.environment_id = $2 and asset.asset_id = twin.asset_id
        where (%s)', filter)
    into found
    using filter_values, environment, asset;
    return found;
end
$$;

comment on function search.hidden(bigint, uuid, text, jsonb) is
    'How many other images of the group of an image match a filter, and are not shown beside it';
