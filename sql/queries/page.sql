-- name: folders :many
-- Each folder before those in it, neighbours by name: the order of a tree.
select path, name, cardinality(string_to_array(path, '/')) - 1 as depth
from library.folder
where environment_id = %(environment_id)s
order by string_to_array(lower(path), '/'), path
limit %(limit)s;

-- name: not_indexed :many
select asset_id, state, reason
from library.indexing
where environment_id = %(environment_id)s and asset_id = any(%(asset_ids)s::uuid[]);

-- name: waiting :many
select
    asset.asset_id, asset.resource_type, asset.type, asset.public_id, asset.version,
    asset.version_id, asset.format, asset.bytes, asset.width, asset.height, asset.pages, asset.etag,
    asset.sha256, asset.asset_folder, asset.display_name, asset.original_filename, asset.tags,
    asset.context, asset.metadata, asset.access_mode, asset.moderation_status, asset.moderated_at,
    asset.visual_search, asset.created_at, asset.updated_at, indexing.state,
    indexing.reason, indexing.attempts
from library.indexing
join library.asset using (environment_id, asset_id)
where indexing.environment_id = %(environment_id)s and indexing.state = %(state)s
order by indexing.created_at desc, indexing.asset_id
limit %(limit)s;

-- name: retry_failed :many
update library.indexing
set state = 'pending', attempts = 0, reason = null, next_try_at = now(), claimed_until = null
where environment_id = %(environment_id)s
    and state = 'failed'
    and (%(asset_id)s::uuid is null or asset_id = %(asset_id)s::uuid)
returning environment_id;

-- name: save_defaults :one
update library.environment
set library_preset = %(library_preset)s, api_preset = %(api_preset)s
where environment_id = %(environment_id)s
returning environment_id;

-- name: duplicate_groups :many
-- Each group with its images, the largest first (of several the oldest), as report.near_duplicates
-- names the best; what is won back by keeping only that; and both for all groups.
with member as (
    select near_duplicate.environment_id, near_duplicate.leader_id, near_duplicate.asset_id
    from library.near_duplicate
    where near_duplicate.environment_id = %(environment_id)s
    union
    select near_duplicate.environment_id, near_duplicate.leader_id, near_duplicate.leader_id
    from library.near_duplicate
    where near_duplicate.environment_id = %(environment_id)s
),
gathered as (
    select
        member.leader_id,
        array_agg(asset.asset_id order by sized.pixels desc, asset.created_at, asset.asset_id) as asset_ids,
        array_agg(asset.bytes order by sized.pixels desc, asset.created_at, asset.asset_id) as bytes
    from member
    join library.asset using (environment_id, asset_id)
    cross join lateral (select asset.width::bigint * asset.height as pixels) as sized
    group by member.leader_id
    -- Without its leader a group is one no more, until its members are compared again.
    having count(*) > 1
),
counted as (
    select
        gathered.leader_id,
        gathered.asset_ids,
        (select sum(rest)::bigint from unnest(gathered.bytes[2:]) as rest) as bytes_to_win_back
    from gathered
)
select
    counted.asset_ids,
    counted.bytes_to_win_back,
    count(*) over () as groups,
    (sum(counted.bytes_to_win_back) over ())::bigint as total_bytes
from counted
order by counted.bytes_to_win_back desc, counted.leader_id
limit %(limit)s;
