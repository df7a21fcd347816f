-- The ways to rank. None has a SET clause, so they are inlined and their plans can be read.

create function search.exact(
    environment bigint,
    query halfvec,
    candidates integer,
    after_distance double precision default null,
    after_asset_id uuid default null
) returns table (asset_id uuid, distance double precision)
language sql stable as $$
    -- "+ 0" keeps the planner from serving this order from the HNSW index, which is approximate.
    select embedding.asset_id, (embedding.vector <=> query) + 0 as distance
    from library.embedding
    where embedding.environment_id = environment
        and (
            after_distance is null
            or ((embedding.vector <=> query) + 0, embedding.asset_id) > (after_distance, after_asset_id)
        )
    order by distance, embedding.asset_id
    limit candidates
$$;

comment on function search.exact(bigint, halfvec, integer, double precision, uuid) is
    'The nearest images of an environment by a scan of all its embeddings; those behind after_* if given';

create function search.exact_among(environment bigint, query halfvec, assets uuid[])
returns table (asset_id uuid, distance double precision)
language sql stable as $$
    -- Not "= any (assets)": planning that takes 5 us for each of them, twice as long as comparing.
    select embedding.asset_id, (embedding.vector <=> query) + 0 as distance
    from unnest(assets) as asset (asset_id)
    join library.embedding on
        embedding.environment_id = environment and embedding.asset_id = asset.asset_id
$$;

comment on function search.exact_among(bigint, halfvec, uuid[]) is
    'The distances of given images, of those that are indexed';

create function search.approximate(
    environment bigint, query halfvec, candidates integer
) returns table (asset_id uuid, distance double precision)
language sql stable as $$
    -- The scan stands alone: a join or a second sort key in it loses the index (1.3 s instead of
    -- 20 ms, immich#31299). Ties and the order that a relaxed iterative scan loosens are put right
    -- outside.
    with nearest as materialized (
        select embedding.asset_id, embedding.vector <=> query as distance
        from library.embedding
        where embedding.environment_id = environment
        order by embedding.vector <=> query
        limit candidates
    )
    select nearest.asset_id, nearest.distance + 0 as distance
    from nearest
    order by distance, nearest.asset_id
$$;

comment on function search.approximate(bigint, halfvec, integer) is
    'The nearest images of an environment by the HNSW index; set hnsw.ef_search and iterative_scan first';
