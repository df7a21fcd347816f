-- name: due :many
-- Environments whose answers are approximate, and were not audited for a day under this model.
select environment.environment_id
from library.environment
cross join library.model
where model.state = 'active'
    and environment.visual_search
    and search.indexed(environment.environment_id) > %(exact_limit)s
    and not exists (
        select
        from library.recall_audit
        where recall_audit.environment_id = environment.environment_id
            and recall_audit.model_id = model.model_id
            and recall_audit.audited_at > now() - interval '1 day'
    )
order by environment.environment_id;

-- name: try_lock :one
-- One audit of an environment at a time; the lock goes with the transaction.
select pg_try_advisory_xact_lock(hashtextextended('recall_audit/' || %(environment_id)s, 0));

-- name: sample :many
-- Half of the queries are the words last searched, whose vectors are kept; the others, and what there
-- are not enough words for, are stored images: the next one behind a random id, since ids are random.
with words as (
    select distinct search_event.query
    from (
        select recent.query
        from library.search_event as recent
        where recent.environment_id = %(environment_id)s and recent.kind = 'text'
        order by recent.searched_at desc
        limit 1000
    ) as search_event
), asked as (
    select query_vector.vector
    from words
    join library.model on model.state = 'active'
    join library.query_vector
        on query_vector.model_id = model.model_id and query_vector.query = words.query
    order by random()
    limit %(queries)s / 2
), stored as (
    select image.vector
    from (
        select gen_random_uuid() as asset_id
        from generate_series(1, %(queries)s - (select count(*) from asked))
    ) as place
    cross join lateral (
        select embedding.vector
        from library.embedding
        where embedding.environment_id = %(environment_id)s and embedding.asset_id >= place.asset_id
        order by embedding.asset_id
        limit 1
    ) as image
)
select sampled.vector, sampled.is_text
from (
    select asked.vector, true as is_text from asked
    union all
    select stored.vector, false from stored
) as sampled
order by random();

-- name: recall_of :one
select search.recall_of(%(environment_id)s, %(vector)s, %(k)s, %(ef_search)s);

-- name: record :one
insert into library.recall_audit (
    environment_id, model_id, k, ef_search, queries, text_queries, recall, low, high, duration_ms
)
select
    %(environment_id)s, model.model_id, %(k)s, %(ef_search)s, %(queries)s, %(text_queries)s,
    %(recall)s, interval.low, interval.high, %(duration_ms)s
from library.model
cross join lateral search.wilson(%(recall)s, %(queries)s) as interval
where model.state = 'active'
returning environment_id, k, ef_search, queries, text_queries, recall, low, high, duration_ms;
