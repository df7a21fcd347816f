create type search.hit as (
    asset_id uuid, distance double precision, score double precision, match text, hidden integer
);

comment on type search.hit is
    'One image of a ranking: cosine distance, score from 0 to 1, how good a match it is in a word, and, if '
    'one of each group is shown, how many others are not';

create function search.found(asset_id uuid, distance double precision) returns search.hit
language sql immutable parallel safe
return row(asset_id, distance, null, null, null)::search.hit;

comment on function search.found(uuid, double precision) is 'A hit that is not judged yet';

create type search.answer as (
    mode text,
    complete boolean,
    candidates bigint,
    total_count bigint,
    estimated boolean,
    has_more boolean,
    best_distance double precision,
    farthest double precision,
    hits search.hit[]
);

comment on type search.answer is
    'A page of a ranking. mode: exact or approximate; complete: the page holds as many images as were '
    'asked for, or all there are; candidates: images that could be ranked; total_count: those of them '
    'within the threshold; estimated: both are estimates; best_distance: of the first image of the first page; farthest: the '
    'distance that the threshold was on the first page, if there was one';

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

create function search.indexed(environment bigint) returns bigint
language sql stable as $$
    select coalesce(sum(counted.indexed), 0)::bigint
    from library.indexed_count as counted
    where counted.environment_id = environment
$$;

comment on function search.indexed(bigint) is 'How many images of an environment are in the index';

create function search.judged(
    hits search.hit[],
    calibration search.calibration,
    direction text,
    candidates bigint,
    best_distance double precision,
    twins uuid[] default '{}'
) returns search.hit[]
language sql immutable parallel safe
return array(
    select (
        hit.asset_id,
        hit.distance,
        search.score(hit.distance, calibration),
        search.match(
            hit.distance, calibration, direction, candidates, best_distance,
            hit.asset_id = any (twins)),
        hit.hidden
    )::search.hit
    from unnest(hits) with ordinality as hit (asset_id, distance, score, match, hidden, place)
    order by hit.place
);

comment on function search.judged(
    search.hit[], search.calibration, text, bigint, double precision, uuid[]
) is
    'Hits with their scores and matches, in their order; twins: known near-duplicates of the query';

create function search.few(wanted integer, indexed bigint, exact_limit integer) returns integer
language sql immutable parallel safe
-- Looking up an image and comparing it takes some 2.5 us; meeting one in the graph some 20 us, and
-- the share that matches says how many must be met there: solved for equal times, with 2.5 ms to
-- spare, it is 6,900 of 100,000 images and 21,000 of a million.
return least(exact_limit, 500 + sqrt(250000 + 8.0 * wanted * indexed))::integer;

comment on function search.few(integer, bigint, integer) is
    'Up to how many matching images it is faster to compare them all than to look for them by the index';

create function search.rank(
    environment bigint,
    query halfvec,
    max_results integer default 50,
    threshold double precision default 0,
    direction text default 'image',
    filter text default null,
    filter_values jsonb default '{}',
    exact boolean default false,
    collapse boolean default false,
    like_asset uuid default null,
    after_distance double precision default null,
    after_asset_id uuid default null,
    best_distance double precision default null,
    within double precision default null,
    skipped integer default 0,
    known_total bigint default null,
    exact_limit integer default 20000,
    ef_search integer default 100,
    most_exact integer default 1000000
) returns search.answer
language plpgsql stable as $$
declare
    answer search.answer;
    calibration constant search.calibration := search.calibrate(environment, query, direction);
    -- Of a later page that of the first: the background may have changed with the library.
    farthest constant double precision := coalesce(
        within, case when threshold > 0 then search.distance(threshold, calibration) end);
    -- One more than the page, to know whether another follows. Deep pages rank what was passed too.
    wanted constant integer := skipped + max_results + 1;
    chosen constant text := coalesce(filter, case when collapse then 'true' end);
    indexed constant bigint := search.indexed(environment);
    few integer := exact_limit;
    among uuid[];
    nearest search.hit[];
begin
    -- The planner guesses a tenth of the table for a limit it does not know, and would scan it all.
    perform set_config('plan_cache_mode', 'force_custom_plan', true);

    answer.complete := true;
    answer.farthest := farthest;
    answer.candidates := indexed;
    if chosen is not null then
        few := search.few(wanted, indexed, exact_limit);
        among := search.matching(environment, chosen, filter_values, few + 1);
        answer.candidates := cardinality(among);
    end if;

    -- Not far beyond 1,000, the largest ef_search, an approximate order means little.
    answer.mode := case
        when exact or answer.candidates <= few or wanted > 1100 then 'exact'
        else 'approximate'
    end;

    if answer.mode = 'approximate' then
        perform set_config('hnsw.ef_search', least(1000, greatest(ef_search, wanted))::text, true),
            set_config('hnsw.iterative_scan', 'relaxed_order', true);
        if chosen is null then
            nearest := array(
                select search.found(found.asset_id, found.distance)
                from search.approximate(environment, query, wanted) as found
            );
        else
            nearest := array(
                select search.found(found.asset_id, found.distance)
                from search.approximate_matching(
                    environment, query, wanted, chosen, filter_values, collapse) as found
            );
        end if;
        select array_agg(hit order by hit.distance, hit.asset_id) into answer.hits
        from unnest(nearest) as hit
        where search.is_on_page(
            hit.distance, hit.asset_id, farthest, after_distance, after_asset_id);
        -- A small environment in a large index: the scan gave up before it met enough of it. Or images
        -- came since the page before, or the index missed some then: what was to fill this page is
        -- farther out than the scan went.
        if cardinality(nearest) < least(wanted, answer.candidates)
            or cardinality(nearest) = wanted
                and coalesce(cardinality(answer.hits), 0) <= max_results
                and (farthest is null or nearest[wanted].distance <= farthest)
        then
            answer.complete := indexed <= most_exact;
            answer.mode := case when answer.complete then 'exact' else answer.mode end;
        end if;
    end if;

    if answer.mode = 'exact' and chosen is null then
        answer.hits := array(
            select search.found(found.asset_id, found.distance)
            from search.exact(
                environment, query, max_results + 1, after_distance, after_asset_id) as found
            where farthest is null or found.distance <= farthest
        );
    elsif answer.mode = 'exact' then
        if answer.candidates > few then
            among := search.matching(environment, chosen, filter_values, null);
        end if;
        answer.hits := array(
            select search.found(found.asset_id, found.distance)
            from (
                select image.asset_id, image.distance
                from search.exact_among(environment, query, among) as image
                where not collapse
                union all
                select image.asset_id, image.distance
                from search.exact_groups(environment, query, among) as image
                where collapse
            ) as found
            where search.is_on_page(
                found.distance, found.asset_id, farthest, after_distance, after_asset_id)
            order by found.distance, found.asset_id
            limit max_results + 1
        );
    end if;

    -- Counting takes 0.5 us an image, a second for a million where the ranking takes 10 ms.
    answer.estimated := filter is not null and answer.candidates > few and not exact;
    if chosen is not null and filter is null then
        answer.candidates := indexed;
    elsif answer.estimated then
        answer.candidates := greatest(
            answer.candidates,
            skipped + cardinality(answer.hits),
            search.estimate_matching(environment, chosen, filter_values));
    elsif filter is not null and answer.candidates > few then
        answer.candidates := search.count_matching(environment, chosen, filter_values);
    end if;
    answer.has_more := coalesce(cardinality(answer.hits), 0) > max_results;
    answer.best_distance := coalesce(best_distance, answer.hits[1].distance);
    answer.hits := search.judged(
        answer.hits[:max_results], calibration, direction, answer.candidates, answer.best_distance,
        case when like_asset is not null
            then array(select twin.asset_id from search.twins(environment, like_asset) as twin) end);
    if collapse then
        answer.hits := array(
            select (
                hit.asset_id, hit.distance, hit.score, hit.match,
                search.hidden(environment, hit.asset_id, chosen, filter_values)
            )::search.hit
            from unnest(answer.hits) with ordinality
                as hit (asset_id, distance, score, match, hidden, place)
            order by hit.place
        );
    end if;

    answer.total_count := case
        when known_total is not null then known_total
        when farthest is null then answer.candidates
        when not answer.has_more and not collapse then skipped + cardinality(answer.hits)
        when chosen is not null
            then search.count_matching(environment, chosen, filter_values, query, farthest)
        -- Every image is compared: 80 ms for 100,000.
        else (
            select count(*)
            from library.embedding
            where embedding.environment_id = environment
                and (embedding.vector <=> query) <= farthest
        )
    end;
    return answer;
end
$$;

comment on function search.rank(
    bigint, halfvec, integer, double precision, text, text, jsonb, boolean, boolean, uuid,
    double precision, uuid, double precision, double precision, integer, bigint, integer, integer,
    integer
) is
    'A page of the images nearest to a vector, best first. Up to exact_limit candidates every one is '
    'compared; beyond it the HNSW index answers, and where that does not fill the page every one is '
    'compared after all, among up to most_exact images. direction: what the vector is of, text or image; '
    'filter: a condition on asset, whose values it takes from filter_values as $1; collapse: show one '
    'of each group of near-identical images; like_asset: the image that the query is. after_*, skipped, '
    'best_distance, within (its farthest) and known_total continue a page before';

create function search.vector_of(environment bigint, asset uuid) returns halfvec
language sql stable as $$
    select embedding.vector
    from library.embedding
    where embedding.environment_id = environment and embedding.asset_id = asset
$$;

comment on function search.vector_of(bigint, uuid) is 'The stored embedding of an image, or null';
