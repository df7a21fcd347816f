create type search.term as (vector halfvec, weight double precision);

comment on type search.term is
    'One of the things searched for at once. A negative weight asks for images unlike it';

create function search.combine(environment bigint, variadic terms search.term[]) returns halfvec
language sql stable as $$
    -- The sum of weighted similarities to several vectors is the similarity to their weighted sum.
    -- Similarities to words spread over a fraction of the range of those to images, so each counts
    -- in units of its own spread; d(ln distance) = d(distance) / distance, taken at the median.
    with weighted as (
        select
            term.vector::vector as vector,
            term.weight / (spread.scale * exp(-spread.location)) as weight
        from unnest(terms) as term
        cross join lateral search.spread(environment, term.vector) as spread
    ), total as (
        select
            sum(vector * array_fill(weight::real, array[vector_dims(vector)])::vector) as vector,
            sum(abs(weight)) as weight
        from weighted
    )
    select l2_normalize(vector)::halfvec
    from total
    -- What cancels out leaves nothing but rounding to search for.
    where vector_norm(vector) > 0.001 * weight
$$;

comment on function search.combine(bigint, search.term[]) is
    'The unit vector of several at once (Rocchio 1971), each weighted by its spread among the images of '
    'the environment; null when they cancel each other out';
