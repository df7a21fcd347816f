-- Changes of assets that are there. Whatever changes several locks them in the order of their names
-- first, so that two of them wait for each other instead of failing.

-- name: edit :one
-- What is null stays. Metadata is merged, since a client sends only the fields that it changes; a null
-- in it clears its field.
update library.asset
set
    tags = coalesce(%(tags)s::text[], tags),
    context = coalesce(%(context)s::jsonb, context),
    metadata = jsonb_strip_nulls(metadata || coalesce(%(metadata)s::jsonb, '{}')),
    asset_folder = coalesce(%(asset_folder)s::text, asset_folder),
    display_name = coalesce(%(display_name)s::text, display_name),
    visual_search = coalesce(%(visual_search)s::boolean, visual_search),
    moderation_status = coalesce(%(moderation_status)s::text, moderation_status),
    moderated_at = case when %(moderation_status)s::text is null then moderated_at else now() end,
    backup = coalesce(%(backup)s::boolean, backup),
    updated_at = now()
where environment_id = %(environment_id)s and asset_id = %(asset_id)s
returning
    asset_id, resource_type, type, public_id, version, version_id, format, bytes, width, height,
    pages, etag, sha256, asset_folder, display_name, original_filename, tags, context, metadata,
    access_mode, moderation_status, moderated_at, visual_search, created_at, updated_at;

-- name: lock_pair :many
-- The asset to rename and the one that has the new name.
select asset_id, type, public_id, version
from library.asset
where environment_id = %(environment_id)s
    and resource_type = %(resource_type)s
    and (type, public_id) in ((%(type)s, %(public_id)s), (%(to_type)s, %(to_public_id)s))
order by public_id collate "C", asset_id
for update;

-- name: rename :one
-- The version grows beyond that of an asset that had the name before: URLs with it are cached.
update library.asset
set
    type = %(to_type)s,
    public_id = %(to_public_id)s,
    version = greatest(floor(extract(epoch from now()))::bigint, version + 1, %(least_version)s),
    version_id = gen_random_uuid(),
    context = context || coalesce(%(context)s::jsonb, '{}'),
    metadata = jsonb_strip_nulls(metadata || coalesce(%(metadata)s::jsonb, '{}')),
    updated_at = now()
where environment_id = %(environment_id)s and asset_id = %(asset_id)s
returning
    asset_id, resource_type, type, public_id, version, version_id, format, bytes, width, height,
    pages, etag, sha256, asset_folder, display_name, original_filename, tags, context, metadata,
    access_mode, moderation_status, moderated_at, visual_search, created_at, updated_at;

-- name: lock_display_name :none
-- Two uploads of one name to one folder decide one after the other which of them keeps it.
select pg_advisory_xact_lock(
    hashtextextended(%(asset_folder)s || '/' || %(display_name)s, %(environment_id)s)
);

-- name: has_display_name :one
-- Whether another asset of the folder is called so.
select exists (
    select
    from library.asset
    where environment_id = %(environment_id)s
        and asset_folder = %(asset_folder)s
        and display_name = %(display_name)s
        and (resource_type, type, public_id) <> (%(resource_type)s, %(type)s, %(public_id)s)
) as found;

-- name: edit_tags :many
-- Of assets by their names, in the order of the names. `add` and `remove` are empty or tags; without
-- `keep` the tags that they had are gone.
with locked as materialized (
    select environment_id, asset_id
    from library.asset
    where environment_id = %(environment_id)s
        and resource_type = %(resource_type)s
        and type = %(type)s
        and public_id = any(%(public_ids)s::text[])
    order by public_id collate "C"
    for update
), edited as (
    update library.asset
    set
        tags = array(
            select distinct tag collate "C" as tag
            from unnest(case when %(keep)s then tags else '{}' end || %(add)s::text[]) as tag
            where tag <> all(%(remove)s::text[])
            order by tag
        ),
        updated_at = now()
    from locked
    where asset.environment_id = locked.environment_id and asset.asset_id = locked.asset_id
    returning asset.public_id
)
select edited.public_id
from unnest(%(public_ids)s::text[]) with ordinality as asked (public_id, place)
join edited using (public_id)
order by asked.place;

-- name: take_tags :none
-- From every asset of the resource type but those of these names: the tags are theirs alone.
with locked as materialized (
    select asset.environment_id, asset.asset_id
    from library.asset
    where asset.environment_id = %(environment_id)s
        and asset.asset_id in (
            select asset_term.asset_id
            from library.asset_term
            where asset_term.environment_id = %(environment_id)s
                and asset_term.resource_type = %(resource_type)s
                and asset_term.kind = 'tag'
                and asset_term.term = any(%(tags)s::text[])
        )
        and not (asset.type = %(type)s and asset.public_id = any(%(public_ids)s::text[]))
    order by asset.public_id collate "C", asset.asset_id
    for update
)
update library.asset
set
    tags = array(
        select tag from unnest(tags) as tag where tag <> all(%(tags)s::text[]) order by tag collate "C"
    ),
    updated_at = now()
from locked
where asset.environment_id = locked.environment_id and asset.asset_id = locked.asset_id;

-- name: edit_context :many
-- Like edit_tags; `add` has the pairs to set.
with locked as materialized (
    select environment_id, asset_id
    from library.asset
    where environment_id = %(environment_id)s
        and resource_type = %(resource_type)s
        and type = %(type)s
        and public_id = any(%(public_ids)s::text[])
    order by public_id collate "C"
    for update
), edited as (
    update library.asset
    set
        context = case when %(keep)s then context else '{}' end || %(add)s::jsonb,
        updated_at = now()
    from locked
    where asset.environment_id = locked.environment_id and asset.asset_id = locked.asset_id
    returning asset.public_id
)
select edited.public_id
from unnest(%(public_ids)s::text[]) with ordinality as asked (public_id, place)
join edited using (public_id)
order by asked.place;

-- name: lock_metadata :one
select metadata
from library.asset
where environment_id = %(environment_id)s and asset_id = %(asset_id)s
for update;

-- name: lock_named_metadata :many
select asset_id, public_id, metadata
from library.asset
where environment_id = %(environment_id)s
    and resource_type = %(resource_type)s
    and type = %(type)s
    and public_id = any(%(public_ids)s::text[])
order by public_id collate "C"
for update;

-- name: set_metadata :none
-- Of assets that are locked, where rules make something else of each.
update library.asset
set metadata = jsonb_strip_nulls(asset.metadata || changed.metadata), updated_at = now()
from unnest(%(asset_ids)s::uuid[], %(changes)s::jsonb[]) as changed (asset_id, metadata)
where asset.environment_id = %(environment_id)s and asset.asset_id = changed.asset_id;

-- name: edit_metadata :many
-- Like edit_context; a null clears its field.
with locked as materialized (
    select environment_id, asset_id
    from library.asset
    where environment_id = %(environment_id)s
        and resource_type = %(resource_type)s
        and type = %(type)s
        and public_id = any(%(public_ids)s::text[])
    order by public_id collate "C"
    for update
), edited as (
    update library.asset
    set metadata = jsonb_strip_nulls(metadata || %(metadata)s::jsonb), updated_at = now()
    from locked
    where asset.environment_id = locked.environment_id and asset.asset_id = locked.asset_id
    returning asset.public_id
)
select edited.public_id
from unnest(%(public_ids)s::text[]) with ordinality as asked (public_id, place)
join edited using (public_id)
order by asked.place;
