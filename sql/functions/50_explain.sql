create function search.explain(
    environment bigint,
    query halfvec,
    candidates integer,
    mode text,
    filter text default null,
    filter_values jsonb default '{}',
    ef_search integer default 100
) returns setof text
language plpgsql volatile as $$
declare
    line text;
begin
    perform set_config('hnsw.ef_search', least(1000, greatest(ef_search, candidates))::text, true),
        set_config('hnsw.iterative_scan', 'relaxed_order', true);
    for line in execute 'explain (analyze, buffers, costs off) ' || case
        when mode = 'approximate' and filter is null
            then 'select asset_id, distance from search.approximate($2, $3, $4)'
        when mode = 'approximate' then search.scan_matching(filter)
        when filter is null then 'select asset_id, distance from search.exact($2, $3, $4)'
        else 'select asset_id, distance from search.exact_among($2, $3, search.matching($2, $5, $1, null))
            order by distance, asset_id limit $4'
    end
    using filter_values, environment, query, candidates, filter
    loop
        -- A vector of 640 numbers tells nobody anything.
        return next regexp_replace(line, '\[[^]]{60,}\]', '[…]', 'g');
    end loop;
end
$$;

comment on function search.explain(bigint, halfvec, integer, text, text, jsonb, integer) is
    'The plan of a ranking as it was run for this purpose, line by line';
