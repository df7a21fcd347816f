-- name: begin_batch :none
-- Less than deadlock_timeout (1 s): when this transaction and somebody's deletion wait for each other,
-- it is this one that gives way.
select set_config('lock_timeout', '100ms', true);

-- name: claim_environment :one
-- An environment with work that nobody else does. One worker at a time groups an environment: two
-- look-alikes that two workers see at once, neither of them a leader yet, would both become one.
with recursive waiting (environment_id) as (
    (
        select ungrouped.environment_id
        from library.ungrouped
        order by ungrouped.environment_id
        limit 1
    )
    union all
    select (
        select ungrouped.environment_id
        from library.ungrouped
        where ungrouped.environment_id > waiting.environment_id
        order by ungrouped.environment_id
        limit 1
    )
    from waiting
    where waiting.environment_id is not null
), shuffled as materialized (
    select waiting.environment_id
    from waiting
    where waiting.environment_id is not null
        and waiting.environment_id = coalesce(%(environment_id)s, waiting.environment_id)
    order by random()
)
select shuffled.environment_id
from shuffled
where pg_try_advisory_xact_lock(hashtextextended('near_duplicate/' || shuffled.environment_id, 0))
limit 1;

-- name: claim :many
-- What somebody changes at this moment is left for later rather than waited for.
select ungrouped.asset_id
from library.ungrouped
where ungrouped.environment_id = %(environment_id)s
order by ungrouped.created_at, ungrouped.asset_id
limit %(limit)s
for update skip locked;

-- name: release :none
-- What was known of these images holds no more, and their members, if any, need another leader.
with released as (
    delete from library.near_duplicate
    where environment_id = %(environment_id)s
        and (asset_id = any(%(asset_ids)s::uuid[]) or leader_id = any(%(asset_ids)s::uuid[]))
    returning asset_id
)
insert into library.ungrouped as waiting (environment_id, asset_id, created_at)
select asset.environment_id, asset.asset_id, asset.created_at
from released
join library.asset on asset.environment_id = %(environment_id)s and asset.asset_id = released.asset_id
where asset.asset_id <> all(%(asset_ids)s::uuid[])
order by asset.asset_id
on conflict (environment_id, asset_id) do update
set created_at = excluded.created_at;

-- name: group :none
-- Makes an image a member of the group of its nearest leader, or else, by having no row, a leader.
with done as (
    delete from library.ungrouped
    where environment_id = %(environment_id)s and asset_id = %(asset_id)s
)
insert into library.near_duplicate (
    environment_id, asset_id, leader_id, distance, phash_distance, same_bytes
)
select
    %(environment_id)s, %(asset_id)s, found.leader_id, found.distance, found.phash_distance,
    found.same_bytes
from search.nearest_leader(%(environment_id)s, %(asset_id)s, %(farthest)s) as found;

-- name: farthest :one
select search.farthest_duplicate(%(environment_id)s);

-- name: count_ungrouped :one
select count(*) as waiting
from library.ungrouped
where environment_id = %(environment_id)s;

-- name: list :many
select
    leader_public_id, leader_type, leader_size, leader_bytes, public_id, type, size, bytes, same_bytes,
    distance, phash_distance, best_public_id, bytes_to_win_back, leader_asset_id, asset_id,
    best_asset_id
from report.near_duplicates
where cloud_name = %(cloud_name)s
order by
    sum(bytes_to_win_back) over (partition by leader_asset_id) desc, leader_public_id,
    leader_asset_id, public_id, asset_id;
