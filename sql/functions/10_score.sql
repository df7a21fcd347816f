-- What a distance means. Nearest neighbours always exist, so a distance alone says little: 0.7 is an
-- excellent match of words and a poor one of images, and another model has other numbers.
--
-- A score compares with the background: the distances from the same query to images that it has
-- nothing to do with. The far half of a sample tells where they lie and how they spread; the near
-- half may hold matches. Close to a point, the share of images within a distance d grows as a power
-- of d (extreme value theory; the exponent is the local intrinsic dimension, Houle 2017), so
-- logarithms of distances have an exponential tail, which two quantiles fix.

create type search.calibration as (intercept double precision, slope double precision);

comment on type search.calibration is
    'The background of one query: log10 of how many random images it takes until one is as near as '
    'a distance d is intercept - slope * ln(d)';

create function search.closeness(distance double precision) returns double precision
language sql immutable parallel safe
-- halfvec knows distances to about 1e-6, and an image is at distance 0 to itself.
return -ln(greatest(distance, 1e-6));

comment on function search.closeness(double precision) is
    'Minus the logarithm of a cosine distance: 0 for unrelated vectors, 13.8 for equal ones';

create function search.sample(environment bigint, images integer default 400)
returns table (asset_id uuid, vector halfvec)
language sql stable as $$
    -- Ids are random, so the first ones are a random sample, and one that deletes itself.
    select embedding.asset_id, embedding.vector
    from library.embedding
    where embedding.environment_id = environment
    order by embedding.asset_id
    limit images
$$;

comment on function search.sample(bigint, integer) is
    'Some indexed images of an environment by chance, the same ones while the library stays as it is';

create function search.spread(
    environment bigint,
    query halfvec,
    out location double precision,
    out scale double precision
)
language sql stable as $$
    -- The 16 % that are farthest begin one standard deviation from the median. The far side stays
    -- where it is when up to 40 % of the library match; mean and deviation would not. A library too
    -- small to tell counts for little beside five images of a usual kind.
    select
        coalesce(found.images * quantile[2], 0) / (found.images + 5),
        greatest(
            (coalesce(found.images * (quantile[2] - quantile[1]), 0) + 5 * 0.06) / (found.images + 5),
            0.01
        )
    from (
        select
            count(*) as images,
            percentile_cont(array[0.16, 0.5]) within group (
                order by search.closeness(sample.vector <=> query)
            ) as quantile
        from search.sample(environment) as sample
    ) as found
$$;

comment on function search.spread(bigint, halfvec) is
    'Where the closeness of random images to a query lies (median), and how it spreads (robust sigma)';

create function search.calibrate(environment bigint, query halfvec, direction text default 'image')
returns search.calibration
language sql stable as $$
    select row(
        1 - (spread.location / spread.scale + tail.begins) / tail.decade,
        1 / (spread.scale * tail.decade)
    )::search.calibration
    from search.spread(environment, query) as spread
    cross join lateral (
        select begins, (begins - quartile) * ln(10) / ln(2.5) as decade
        from (
            -- Until measured: what 200 photos gave with the builtin model, words and images alike.
            select
                coalesce(max(background.upper_quartile), 0.8) as quartile,
                coalesce(max(background.upper_tenth), 1.75) as begins
            from library.background
            join library.model using (model_id)
            where background.environment_id = environment
                and background.direction = calibrate.direction
                and model.state = 'active'
        ) as shape
    ) as tail
$$;

comment on function search.calibrate(bigint, halfvec, text) is
    'The background of a query (direction: text or image) among the images of an environment';

create function search.rarity(distance double precision, calibration search.calibration)
returns double precision
language sql immutable parallel safe
-- Where all images but one are copies of each other, that one is farther than powers of ten reach.
return greatest(
    -300, least(300, calibration.intercept + calibration.slope * search.closeness(distance)));

comment on function search.rarity(double precision, search.calibration) is
    'Log10 of how many random images it takes until one is as near: 3 is one in a thousand';

create function search.score(distance double precision, calibration search.calibration)
returns double precision
language sql immutable parallel safe
return case
    when distance <= 1e-6 then 1
    else greatest(0, 1 - power(10, -search.rarity(distance, calibration) / 10))
end;

comment on function search.score(double precision, search.calibration) is
    'From 0 to 1: 1 - p^0.1, where p is the share of random images that are as near. 0.5 is one in a '
    'thousand, 0.75 one in a million; what the API calls score and compares with threshold';

create function search.distance(score double precision, calibration search.calibration)
returns double precision
language sql immutable parallel safe
return case
    when score >= 1 then 1e-6
    -- Distances lie between 1e-6 and 2; beyond, exp() would run out of numbers.
    else exp(greatest(-13.8, least(1, (calibration.intercept + 10 * log(1 - score)) / calibration.slope)))
end;

comment on function search.distance(double precision, search.calibration) is
    'The largest cosine distance that still has the given score';

create function search.match(
    distance double precision,
    calibration search.calibration,
    direction text,
    candidates bigint,
    best_distance double precision,
    is_twin boolean default false
) returns text
language sql immutable parallel safe
return case
    when direction = 'image' and distance <= 0.0005 then 'same'
    -- Two kinds of evidence say so, or the distance alone, at which Immich began to group distinct shots.
    when is_twin or direction = 'image' and distance <= 0.01 then 'near_duplicate'
    -- So many random images would hold one as near as the best of them: it says nothing. (As the
    -- E-value of sequence search does: Karlin and Altschul 1990.)
    when candidates > 0.2 * power(10::double precision, search.rarity(best_distance, calibration))
        then 'weak'
    when search.rarity(distance, calibration) >= 6 then 'similar'
    when search.rarity(distance, calibration) >= 3 then 'related'
    else 'weak'
end;

comment on function search.match(
    double precision, search.calibration, text, bigint, double precision, boolean
) is
    'A distance in a word: same, near_duplicate, similar (score 0.75 or more), related (0.5), weak. '
    'All is weak if chance alone would find one as near as the best among so many candidates';
