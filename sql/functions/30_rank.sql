create type search.hit as (asset_id uuid, distance double precision, score double precision);

comment on type search.hit is 'One image of a ranking: cosine distance and score from 0 to 1';

create type search.answer as (
    mode text,
    candidates bigint,
    total_count bigint,
    has_more boolean,
    hits search.hit[]
);

comment on type search.answer is
    'A page of a ranking. mode: exact or approximate; candidates: images that could be ranked; '
    'total_count: images within the threshold';

create function search.is_on_page(
    distance double precision,
    asset_id uuid,
    farthest double precision,
    after_distance double precision,
    after_asset_id uuid
) returns boolean
language sql immutable parallel safe
return (farthest is null or distance <= farthest)
    and (after_distance is null or (distance, asset_id) > (after_distance, after_asset_id));

comment on function search.is_on_page(double precision, uuid, double precision, double precision, uuid) is
    'Whether an image is near enough and comes behind the last one of the page before';

create function search.rank(
    environment bigint,
    query halfvec,
    max_results integer default 50,
    threshold double precision default 0,
    after_distance double precision default null,
    after_asset_id uuid default null,
    skipped integer default 0,
    exact_limit integer default 20000,
    ef_search integer default 100
) returns search.answer
language plpgsql stable as $$
declare
    answer search.answer;
    seen bigint;
    outermost double precision;
    -- One more than the page, to know whether another follows. Deep pages rank what was passed too.
    wanted constant integer := skipped + max_results + 1;
    farthest constant double precision := case when threshold > 0 then search.distance(threshold) end;
begin
    -- The planner guesses a tenth of the table for a limit it does not know, and would scan it all.
    perform set_config('plan_cache_mode', 'force_custom_plan', true);

    select coalesce(sum(counted.indexed), 0) into answer.candidates
    from library.indexed_count as counted
    where counted.environment_id = environment;

    -- Beyond 1,000 candidates (the largest ef_search) an approximate order means little.
    answer.mode := case
        when answer.candidates <= exact_limit or wanted > 1000 then 'exact'
        else 'approximate'
    end;

    if answer.mode = 'approximate' then
        perform set_config('hnsw.ef_search', least(1000, greatest(ef_search, wanted))::text, true),
            set_config('hnsw.iterative_scan', 'relaxed_order', true);
        select
            count(*),
            max(found.distance),
            array_agg((found.asset_id, found.distance, search.score(found.distance))::search.hit
                order by found.distance, found.asset_id)
            filter (where search.is_on_page(
                found.distance, found.asset_id, farthest, after_distance, after_asset_id))
        into seen, outermost, answer.hits
        from search.approximate(environment, query, wanted) as found;
        -- A small environment in a large index: the scan gave up before it met enough of it. Or images
        -- came since the page before, or the index missed some then: what was to fill this page is
        -- farther out than the scan went.
        if seen < least(wanted, answer.candidates)
            or seen = wanted
                and coalesce(cardinality(answer.hits), 0) <= max_results
                and (farthest is null or outermost <= farthest)
        then
            answer.mode := 'exact';
        end if;
    end if;

    if answer.mode = 'exact' then
        select array_agg((found.asset_id, found.distance, search.score(found.distance))::search.hit
            order by found.distance, found.asset_id)
        into answer.hits
        from search.exact(
            environment, query, max_results + 1, after_distance, after_asset_id) as found
        where farthest is null or found.distance <= farthest;
    end if;

    answer.hits := coalesce(answer.hits, '{}');
    answer.has_more := cardinality(answer.hits) > max_results;
    answer.hits := answer.hits[:max_results];
    answer.total_count := answer.candidates;
    if farthest is not null and not answer.has_more then
        answer.total_count := skipped + cardinality(answer.hits);
    elsif farthest is not null then
        -- Every image is compared: 80 ms for 100,000.
        select count(*) into answer.total_count
        from library.embedding
        where embedding.environment_id = environment
            and (embedding.vector <=> query) <= farthest;
    end if;
    return answer;
end
$$;

comment on function search.rank(
    bigint, halfvec, integer, double precision, double precision, uuid, integer, integer, integer
) is
    'A page of the images nearest to a vector, best first. Up to exact_limit candidates every one is '
    'compared; beyond it the HNSW index answers. after_* and skipped continue a page before';

create function search.vector_of(environment bigint, asset uuid) returns halfvec
language sql stable as $$
    select embedding.vector
    from library.embedding
    where embedding.environment_id = environment and embedding.asset_id = asset
$$;

comment on function search.vector_of(bigint, uuid) is 'The stored embedding of an image, or null';

create function search.by_asset(
    environment bigint,
    asset uuid,
    max_results integer default 50,
    threshold double precision default 0
) returns setof search.hit
language sql stable as $$
    select hit.*
    from search.rank(environment, search.vector_of(environment, asset), max_results, threshold) as answer
    cross join lateral unnest(answer.hits) as hit
$$;

comment on function search.by_asset(bigint, uuid, integer, double precision) is
    'The images most like a stored one, itself included, best first';

create function search.by_vector(
    environment bigint,
    query halfvec,
    max_results integer default 50,
    threshold double precision default 0
) returns setof search.hit
language sql stable as $$
    select hit.*
    from search.rank(environment, query, max_results, threshold) as answer
    cross join lateral unnest(answer.hits) as hit
$$;

comment on function search.by_vector(bigint, halfvec, integer, double precision) is
    'The images nearest to a vector, best first';
