-- name: outdated :many
-- Environments that have grown to twice what was measured, or were never, or by another model.
select environment.environment_id
from library.environment
cross join lateral (select search.indexed(environment.environment_id) as images) as indexed
where indexed.images >= 100
    and not exists (
        select
        from library.background
        join library.model using (model_id)
        where background.environment_id = environment.environment_id
            and background.direction = 'image'
            and model.state = 'active'
            and indexed.images < 2 * background.images
    );

-- name: measure :none
-- Random pairs: 100 images, or the last 200 words that were searched for, with 400 images. Too few
-- words tell nothing.
with query as materialized (
    select 'image' as direction, sample.asset_id, sample.vector
    from search.sample(%(environment_id)s, 100) as sample
    union all
    (
        select 'text', null, query_vector.vector
        from library.query_vector
        join library.model using (model_id)
        where model.state = 'active'
        order by query_vector.created_at desc
        limit 200
    )
), pair as (
    select
        query.direction,
        query.vector,
        (search.closeness(sample.vector <=> query.vector) - spread.location) / spread.scale as units
    from query
    cross join lateral search.spread(%(environment_id)s, query.vector) as spread
    cross join search.sample(%(environment_id)s) as sample
    where sample.asset_id is distinct from query.asset_id
), measured as (
    select
        pair.direction,
        count(distinct pair.vector) as queries,
        percentile_cont(array[0.75, 0.9]) within group (order by pair.units) as quantile
    from pair
    group by pair.direction
)
insert into library.background (
    environment_id, direction, model_id, images, queries, upper_quartile, upper_tenth
)
select
    %(environment_id)s, measured.direction, model.model_id, search.indexed(%(environment_id)s),
    measured.queries, measured.quantile[1], measured.quantile[2]
from measured
cross join library.model
where model.state = 'active' and measured.queries >= 20 and measured.quantile[2] > measured.quantile[1]
on conflict (environment_id, direction) do update
set
    model_id = excluded.model_id,
    images = excluded.images,
    queries = excluded.queries,
    upper_quartile = excluded.upper_quartile,
    upper_tenth = excluded.upper_tenth,
    measured_at = now();
