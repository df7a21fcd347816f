-- name: environments :many
-- How far indexing and grouping have come; of one environment if it is named.
select
    coverage.cloud_name, coverage.images, coverage.indexed, coverage.pending, coverage.failed,
    coverage.not_asked_for, turn.next_try_at, backlog.ungrouped, (audit).recall, (audit).low
from report.coverage
join library.environment using (cloud_name)
cross join lateral (
    select min(indexing.next_try_at) as next_try_at
    from library.indexing
    where indexing.environment_id = environment.environment_id and indexing.state = 'pending'
) as turn
cross join lateral (
    select count(*) as ungrouped
    from library.ungrouped
    where ungrouped.environment_id = environment.environment_id
) as backlog
cross join lateral search.audited_recall(environment.environment_id) as audit
where cloud_name = coalesce(%(cloud_name)s, cloud_name)
order by cloud_name;

-- name: reasons :many
-- Why images are not indexed, the most frequent reasons first.
select environment.cloud_name, indexing.state, indexing.reason, count(*) as images
from library.indexing
join library.environment using (environment_id)
where indexing.reason is not null
    and environment.cloud_name = coalesce(%(cloud_name)s, environment.cloud_name)
group by environment.cloud_name, indexing.state, indexing.reason
order by images desc, environment.cloud_name, indexing.reason
limit %(limit)s;

-- name: retry :one
-- Failed images wait again, of one environment or all, with any reason or one that contains a text.
with retried as (
    update library.indexing
    set state = 'pending', attempts = 0, reason = null, next_try_at = now(), claimed_until = null
    from library.environment
    where environment.environment_id = indexing.environment_id
        and environment.cloud_name = coalesce(%(cloud_name)s, environment.cloud_name)
        and indexing.state = 'failed'
        and strpos(lower(indexing.reason), lower(%(reason)s)) > 0
    returning indexing.asset_id
)
select count(*) as retried from retried;
