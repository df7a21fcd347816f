create function search.kept(
    environment bigint,
    ranking uuid,
    query halfvec,
    direction text,
    max_results integer,
    after_distance double precision,
    after_asset_id uuid,
    best_distance double precision,
    within double precision,
    known_total bigint
) returns setof search.answer
language sql stable as $$
    select
        'approximate', true, ranked.candidates, known_total, ranked.estimated,
        cardinality(page.hits) > max_results, best_distance, within,
        search.judged(
            page.hits[:max_results], search.calibrate(environment, query, direction), direction,
            ranked.candidates, best_distance)
    from library.kept_ranking as ranked
    cross join lateral (
        select array(
            select search.found(image.asset_id, image.distance)
            from unnest(ranked.asset_ids, ranked.distances) as image (asset_id, distance)
            -- What was deleted meanwhile is passed over, and the page is full all the same.
            join library.embedding
                on embedding.environment_id = environment and embedding.asset_id = image.asset_id
            where (image.distance, image.asset_id) > (after_distance, after_asset_id)
            order by image.distance, image.asset_id
            limit max_results + 1
        ) as hits
    ) as page
    where ranked.environment_id = environment
        and ranked.ranking_id = ranking
        and (ranked.is_whole or cardinality(page.hits) > max_results)
$$;

comment on function search.kept(
    bigint, uuid, halfvec, text, integer, double precision, uuid, double precision, double precision,
    bigint
) is
    'A page of a ranking that was kept, as search.rank answers; no row where what was kept ends';
