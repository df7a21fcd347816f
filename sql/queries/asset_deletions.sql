-- Which assets a deletion is about, locked in the order of their names, and the deletion itself.
-- `more` says that there are others beyond the limit.

-- name: lock_by_public_ids :many
select asset_id, resource_type, type, public_id, created_at, false as more
from library.asset
where environment_id = %(environment_id)s
    and resource_type = %(resource_type)s
    and type = %(type)s
    and public_id = any(%(public_ids)s::text[])
order by public_id collate "C", asset_id
for update;

-- name: lock_by_asset_ids :many
select asset_id, resource_type, type, public_id, created_at, false as more
from library.asset
where environment_id = %(environment_id)s and asset_id = any(%(asset_ids)s::uuid[])
order by public_id collate "C", asset_id
for update;

-- name: lock_by_prefix :many
-- All of them when the prefix is empty.
with page as materialized (
    select asset_id, row_number() over (order by public_id collate "C") as place
    from library.asset
    where environment_id = %(environment_id)s
        and resource_type = %(resource_type)s
        and type = %(type)s
        and public_id collate "C" >= %(prefix)s
        and public_id collate "C" < %(prefix)s || chr(1114111)
        and public_id collate "C" > %(after_public_id)s
    order by public_id collate "C"
    limit %(limit)s + 1
), locked as materialized (
    select
        asset.asset_id, asset.resource_type, asset.type, asset.public_id, asset.created_at, page.place
    from page
    join library.asset
        on asset.environment_id = %(environment_id)s and asset.asset_id = page.asset_id
    where page.place <= %(limit)s
    order by asset.public_id collate "C", asset.asset_id
    for update of asset
)
select asset_id, resource_type, type, public_id, created_at, (select count(*) > %(limit)s from page) as more
from locked
order by place;

-- name: lock_by_tag :many
-- Oldest first.
with page as materialized (
    select asset_id, row_number() over (order by created_at, asset_id) as place
    from library.asset_term
    where environment_id = %(environment_id)s
        and resource_type = %(resource_type)s
        and kind = 'tag'
        and term = %(tag)s
        and (created_at, asset_id) > (%(after_created_at)s::timestamptz, %(after_asset_id)s::uuid)
    order by created_at, asset_id
    limit %(limit)s + 1
), locked as materialized (
    select
        asset.asset_id, asset.resource_type, asset.type, asset.public_id, asset.created_at, page.place
    from page
    join library.asset
        on asset.environment_id = %(environment_id)s and asset.asset_id = page.asset_id
    where page.place <= %(limit)s
    order by asset.public_id collate "C", asset.asset_id
    for update of asset
)
select asset_id, resource_type, type, public_id, created_at, (select count(*) > %(limit)s from page) as more
from locked
order by place;

-- name: delete_renditions :many
-- How many each asset had; assets that had none are not named.
with deleted as (
    delete from library.rendition
    where environment_id = %(environment_id)s
        and asset_id = any(%(asset_ids)s::uuid[])
        and (
            %(all)s
            or exists (
                select
                from unnest(%(transformations)s::text[], %(formats)s::text[])
                    as wanted (transformation, format)
                where wanted.transformation = rendition.transformation
                    and coalesce(wanted.format, rendition.format) = rendition.format
            )
        )
    returning asset_id
)
select asset_id, count(*) as derived
from deleted
group by asset_id;

-- name: delete :none
-- Bytes, embeddings and places in the queue go with their assets, by foreign keys.
delete from library.asset
where environment_id = %(environment_id)s and asset_id = any(%(asset_ids)s::uuid[]);
