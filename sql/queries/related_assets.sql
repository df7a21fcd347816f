-- name: by_names :many
-- Assets by resource type, type and public_id, with their places in the lists that were given.
select asked.place, asset.asset_id
from unnest(%(resource_types)s::text[], %(types)s::text[], %(public_ids)s::text[])
    with ordinality as asked (resource_type, type, public_id, place)
join library.asset
    on asset.environment_id = %(environment_id)s
    and asset.resource_type = asked.resource_type
    and asset.type = asked.type
    and asset.public_id = asked.public_id;

-- name: by_ids :many
select asked.place, asset.asset_id
from unnest(%(asset_ids)s::uuid[]) with ordinality as asked (asset_id, place)
join library.asset
    on asset.environment_id = %(environment_id)s and asset.asset_id = asked.asset_id;

-- name: add :many
-- Both directions, in one order, so that two requests wait for each other instead of failing. Only
-- those come back that were not there.
with added as (
    insert into library.related_asset (environment_id, asset_id, related_id)
    select %(environment_id)s, pair.asset_id, pair.related_id
    from unnest(%(related_ids)s::uuid[]) as other (asset_id)
    cross join lateral (
        values (%(asset_id)s::uuid, other.asset_id), (other.asset_id, %(asset_id)s::uuid)
    ) as pair (asset_id, related_id)
    order by pair.asset_id, pair.related_id
    on conflict do nothing
    returning asset_id, related_id
)
select related_id as asset_id from added where asset_id = %(asset_id)s;

-- name: remove :many
-- Those that were there, in the same order.
with locked as materialized (
    select asset_id, related_id
    from library.related_asset
    where environment_id = %(environment_id)s
        and (
            asset_id = %(asset_id)s and related_id = any(%(related_ids)s::uuid[])
            or related_id = %(asset_id)s and asset_id = any(%(related_ids)s::uuid[])
        )
    order by asset_id, related_id
    for update
), removed as (
    delete from library.related_asset
    using locked
    where related_asset.environment_id = %(environment_id)s
        and related_asset.asset_id = locked.asset_id
        and related_asset.related_id = locked.related_id
    returning related_asset.asset_id, related_asset.related_id
)
select related_id as asset_id from removed where asset_id = %(asset_id)s;

-- name: list :many
-- In the order in which they were related. A page goes on behind the one at `after_…`.
select
    related_asset.created_at as related_at, asset.asset_id, asset.resource_type, asset.type,
    asset.public_id, asset.version, asset.version_id, asset.format, asset.bytes, asset.width,
    asset.height, asset.pages, asset.etag, asset.sha256, asset.asset_folder, asset.display_name,
    asset.original_filename, asset.tags, asset.context, asset.metadata, asset.access_mode,
    asset.moderation_status, asset.moderated_at, asset.visual_search, asset.created_at,
    asset.updated_at
from library.related_asset
join library.asset
    on asset.environment_id = related_asset.environment_id
    and asset.asset_id = related_asset.related_id
where related_asset.environment_id = %(environment_id)s
    and related_asset.asset_id = %(asset_id)s
    and (related_asset.created_at, related_asset.related_id)
        > (%(after_created_at)s::timestamptz, %(after_asset_id)s::uuid)
order by related_asset.created_at, related_asset.related_id
limit %(limit)s;
